import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const here = new URL('.', import.meta.url);
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.startsWith('testing'),
);

/** Without comments and texts: there they are only words. */
function codeOf(name: string): string {
  return readFileSync(new URL(name, here), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
}

it.each([
  ['the clock', /\bDate\b|\bperformance\b|\bhrtime\b/],
  ['chance', /\bMath\s*\.\s*random\b|\bcrypto\b/],
  ['timers', /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b|\bPromise\b|\basync\b|\bawait\b/],
  ['the process and its console', /\bprocess\s*\.|\bconsole\s*\.|\bglobalThis\b|\bBuffer\b/],
  ['what differs between places', /\btoLocale|\bIntl\b|\blocaleCompare\b/],
])('the model does not use %s', (_, forbidden) => {
  const found = sources.filter((name) => forbidden.test(codeOf(name)));
  expect(found).toEqual([]);
});

it('nothing that decides uses functions that engines may compute differently', () => {
  const deciding = sources.filter((name) => !name.startsWith('results/') && name !== 'kernel/event-ladder.ts');
  const inexact =
    /\bMath\s*\.\s*(?:exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\b/;
  expect(deciding.filter((name) => inexact.test(codeOf(name)))).toEqual([]);
});

it('the model imports nothing but itself', () => {
  expect(sources.length).toBeGreaterThan(80);
  const strangers = sources.flatMap((name) =>
    [...readFileSync(new URL(name, here), 'utf8').matchAll(/^(?:import|export)[^;]*?from '([^']+)'/gm)]
      .map(([, from]) => from as string)
      .filter((from) => !/^\.\.?\/[\w./-]+\.js$/.test(from))
      .map((from) => `${name}: ${from}`),
  );
  expect(strangers).toEqual([]);
});
