/**
 * Bad documents are answers, not exceptions: whatever comes in, the door gives issues of the registry, in time.
 *
 * Each kind of document is made from a seed, so that a failure is reproduced by its kind and number.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ISSUES, importObjects, type ParsedScenario, parseScenario } from '#scenario';

const CASES_A_KIND = 200;
const CPU_MS_MAX = 1000;

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const TEXTS = [
  file('presets/source-ip-tutorial.yaml'),
  file('presets/source-ip-real.yaml'),
  file('libs/scenario/src/fixtures/kubectl-get-1.33.yaml'),
];

/** Pseudo-random whole numbers below `below`, from a seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Dice = ReturnType<typeof dice>;
const pick = <T>(from: readonly T[], roll: Dice): T => from[roll(from.length)]!;

const JUNK_TEXT = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '💥',
  '\u202e',
  '\ufeff',
  '%',
  '\t',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '!!binary ',
  '"',
  "'",
  '|',
  '>',
  '#',
  '<<: ',
  '---\n',
  '...\n',
  '\r',
  '?',
  '\n',
];
const JUNK_VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  '',
  ' ',
  '5',
  '1 min',
  '-5s',
  '1e99h',
  '999999999h',
  '10.0.0.300',
  '::1',
  '0.0.0.0/0',
  'fd00::/999',
  'a/b/c',
  '__proto__',
  'constructor',
  'x'.repeat(5000),
  '💥',
  '\u0000',
  [],
  {},
  [[]],
  [null],
  [{}],
  { a: 1 },
  { __proto__x: 1 },
  { toString: 1, constructor: 2, hasOwnProperty: 3 },
  { kind: 'List', items: [{ kind: 'List', items: null }] },
  { kind: 'Secret' },
  Array.from({ length: 200 }, () => ({})),
];
const KEYS = [
  'toString',
  'constructor',
  'hasOwnProperty',
  '__proto__',
  'name',
  'kind',
  'at',
  '',
  ' ',
  '💥',
  'metadata',
  '0',
];

/** Every place of a value, as the container and the key in it. */
function places(root: unknown): { container: Record<string, unknown>; key: string }[] {
  if (typeof root !== 'object' || root === null) return [];
  const container = root as Record<string, unknown>;
  return Object.keys(container).flatMap((key) => [{ container, key }, ...places(container[key])]);
}

function mutatedValue(roll: Dice): unknown {
  const value = structuredClone(parse(pick(TEXTS, roll)) as unknown);
  for (let changes = 1 + roll(6); changes > 0; changes--) {
    const all = places(value);
    const { container, key } = pick(all, roll);
    const other = pick(all, roll);
    const action = roll(5);
    // A list keeps its length: what comes from JSON or YAML has no holes.
    if (action === 0 && !Array.isArray(container)) delete container[key];
    else if (action === 1) container[key] = structuredClone(other.container[other.key]);
    else if (action === 2)
      Object.defineProperty(container, pick(KEYS, roll), {
        value: pick(JUNK_VALUES, roll),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else container[key] = structuredClone(pick(JUNK_VALUES, roll));
  }
  return value;
}

function mutatedText(roll: Dice): string {
  let text = pick(TEXTS, roll);
  for (let changes = 1 + roll(8); changes > 0; changes--) {
    const at = roll(text.length);
    const junk = pick(JUNK_TEXT, roll).repeat(1 + roll(3));
    text = text.slice(0, at) + junk + text.slice(at + roll(4));
  }
  return text;
}

function truncated(roll: Dice): string {
  const text = pick(TEXTS, roll);
  const from = roll(3) === 0 ? roll(text.length) : 0;
  return text.slice(from, from + roll(text.length - from));
}

const NESTS: ((depth: number) => string)[] = [
  (depth) => '['.repeat(depth),
  (depth) => '['.repeat(depth) + ']'.repeat(depth),
  (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  (depth) => `${'- '.repeat(depth)}a`,
  (depth) => `${'? '.repeat(depth)}a`,
  (depth) => '[{a: '.repeat(depth),
  (depth) => Array.from({ length: Math.min(depth, 2000) }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  (depth) => `name: x\nobjects: ${'['.repeat(depth)}${']'.repeat(depth)}`,
  (depth) => `${'&a ['.repeat(depth)}*a`,
  (depth) => `a: &a [${'*a,'.repeat(Math.min(depth, 1000))}]`,
  (depth) => `name: x\nnotes: "${'['.repeat(depth)}"`,
];

function nested(roll: Dice): string {
  return pick(NESTS, roll)(pick([50, 99, 100, 101, 102, 1000, 20_000, 100_000], roll));
}

function aliases(roll: Dice): string {
  const [levels, width] = [1 + roll(12), 1 + roll(12)];
  const lines = [`a0: &a0 [${new Array(width).fill('x').join(', ')}]`];
  for (let i = 1; i <= levels; i++)
    lines.push(
      `a${i}: &a${i} ${roll(2) === 0 ? `[${new Array(width).fill(`*a${i - 1}`).join(', ')}]` : `{<<: {k: *a${i - 1}}, l: *a${roll(i)}}`}`,
    );
  return `name: x\n${lines.join('\n')}\nobjects: *a${levels}\n`;
}

function noise(roll: Dice): string {
  const alphabet = [...JUNK_TEXT, 'name', 'objects', 'steps', 'kind', ':', ' ', '\n', '  ', '1', '"a"', ',', '-'];
  return Array.from({ length: roll(400) }, () => pick(alphabet, roll)).join('');
}

const KINDS: Record<string, (roll: Dice) => unknown> = {
  'with values of the wrong type': mutatedValue,
  'with values of the wrong type, as JSON text': (roll) => JSON.stringify(mutatedValue(roll)),
  'with damaged text': mutatedText,
  'cut off': truncated,
  'cut off JSON': (roll) => JSON.stringify(parse(pick(TEXTS, roll))).slice(0, roll(5000)),
  'nested deeply': nested,
  'with aliases of aliases': aliases,
  'of noise': noise,
};

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function expectAnswer({ scenario, document, issues }: ParsedScenario): void {
  const errors = issues.filter(({ severity }) => severity === 'error');
  expect(scenario === null, JSON.stringify(issues.slice(0, 3))).toBe(errors.length > 0);
  for (const { code, message, line, column } of issues) {
    expect(Object.hasOwn(ISSUES, code), code).toBe(true);
    expect(message.length).toBeLessThan(1000);
    if (line !== undefined) expect(Math.min(line, column!)).toBeGreaterThanOrEqual(1);
  }
  if (scenario !== null) expect(JSON.stringify(JSON.parse(JSON.stringify(scenario)))).toBe(JSON.stringify(scenario));
  JSON.stringify(document);
}

let documents = 0;
let slowestMs = 0;
const codes = new Set<string>();

it.each(Object.entries(KINDS))(
  'a document %s is answered with issues',
  (kind, make) => {
    for (let number = 0; number < CASES_A_KIND; number++) {
      const input = make(dice(number + kind.length * 1000));
      for (const read of [parseScenario, importObjects]) {
        let result: ParsedScenario | undefined;
        const ms = cpuMs(() => {
          try {
            result = read(input);
          } catch (error) {
            throw new Error(`${read.name} threw at "${kind}" number ${number}`, { cause: error });
          }
        });
        expect(ms, `${read.name} at "${kind}" number ${number}`).toBeLessThan(CPU_MS_MAX);
        expectAnswer(result!);
        for (const { code } of result!.issues) codes.add(code);
        slowestMs = Math.max(slowestMs, ms);
      }
      documents++;
    }
  },
  120_000,
);

it('has seen enough documents and many kinds of issues', () => {
  console.log(
    `bad documents: ${documents}, each by both doors; ${codes.size} codes seen; slowest ${slowestMs.toFixed(0)} ms of CPU`,
  );
  expect(documents).toBe(CASES_A_KIND * Object.keys(KINDS).length);
  expect(codes.size).toBeGreaterThan(20);
});
