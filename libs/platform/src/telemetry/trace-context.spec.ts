import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTraceContext, readTraceContext, traceIdOf } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const parentOf = (text: string) => readTraceContext(text)?.traceparent ?? null;
const stateOf = (text: string) => readTraceContext(SAMPLED, text)?.tracestate ?? null;

describe('traceparent', () => {
  it('is handed on as it came', () => {
    expect(readTraceContext(SAMPLED)).toEqual({ traceparent: SAMPLED, tracestate: null });
    expect(parentOf(`00-${TRACE}-${PARENT}-00`)).toBe(`00-${TRACE}-${PARENT}-00`);
    expect(parentOf(`  ${SAMPLED}\t`)).toBe(SAMPLED);
    expect(traceIdOf({ traceparent: SAMPLED })).toBe(TRACE);
  });

  it('of a later version is read as far as it is known, and handed on as version 00', () => {
    for (const later of [`cc-${TRACE}-${PARENT}-01`, `cc-${TRACE}-${PARENT}-01-what-the-future-brings`])
      expect(parentOf(later)).toBe(SAMPLED);
  });

  it('loses flags that nobody has defined', () => {
    expect(parentOf(`00-${TRACE}-${PARENT}-ff`)).toBe(`00-${TRACE}-${PARENT}-03`);
    expect(parentOf(`00-${TRACE}-${PARENT}-08`)).toBe(`00-${TRACE}-${PARENT}-00`);
  });

  it.each([
    ['nothing', ''],
    ['capital letters', SAMPLED.toUpperCase()],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['more than version 00 has', `${SAMPLED}-more`],
    ['a dash too many', `${SAMPLED}-`],
    ['a later version that goes on without a dash', `cc-${TRACE}-${PARENT}-01.more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a trace id that is too short', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['what is no hexadecimal number', `00-${TRACE.replace('4', 'g')}-${PARENT}-01`],
    ['flags of one digit', `00-${TRACE}-${PARENT}-1`],
    ['two headers that were joined', `${SAMPLED}, ${SAMPLED}`],
  ])('is not read from %s', (_, text) => {
    expect(readTraceContext(text, 'vendor=1')).toBeNull();
  });

  it('whatever is sent, is one of version 00 or none', () => {
    const pieces = fc.constantFrom('00', 'cc', 'ff', '-', TRACE, PARENT, '01', '0', 'g', ' ', ',');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((some) => some.join('')),
        ),
        (text) => {
          expect(parentOf(text) ?? SAMPLED).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
        },
      ),
    );
  });
});

describe('tracestate', () => {
  it('keeps its members and their order', () => {
    expect(stateOf('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')).toBe('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
    expect(stateOf(' a=1 ,\tfw529a3039@dt=FfffFf ,, b= 2')).toBe('a=1,fw529a3039@dt=FfffFf,b= 2');
  });

  it.each([
    ['nothing', ''],
    ['commas alone', ' , ,'],
    ['a key without a value', 'a='],
    ['a member without a sign', 'a'],
    ['a key with capital letters', 'A=1'],
    ['a key that begins with a sign', '*a=1'],
    ['a value with an equals sign', 'a=b=c'],
    ['what is no ASCII', 'a=ü'],
    ['the same key twice', 'a=1,b=2,a=3'],
    ['more than 32 members', Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(',')],
    ['a value of more than 256 characters', `a=${'x'.repeat(257)}`],
  ])('is none where it is %s', (_, text) => {
    expect(stateOf(text)).toBeNull();
  });

  it('that is too long loses whole members: first the long ones, then the last', () => {
    const long = `long=${'x'.repeat(200)}`;
    const many = Array.from({ length: 20 }, (_, n) => `key${n + 10}=${'v'.repeat(20)}`);
    // Of 27 characters with their comma: 512 hold nineteen less one comma.
    expect(stateOf([long, ...many].join(','))).toBe(many.slice(0, 19).join(','));
    expect(stateOf(`a=1,${long},b=2`)).toBe(`a=1,${long},b=2`);
  });
});

it('a new trace is one that can be read, is not sampled, and is like no other', () => {
  const made = Array.from({ length: 100 }, newTraceContext);
  for (const { traceparent, tracestate } of made)
    expect(readTraceContext(traceparent)).toEqual({ traceparent, tracestate });
  expect(made.every(({ traceparent }) => traceparent.endsWith('-00'))).toBe(true);
  expect(new Set(made.map(traceIdOf)).size).toBe(100);
});
