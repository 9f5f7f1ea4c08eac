/** What README.md shows of runs is what they print. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { transcriptText } from '#report';
import { parseScenario } from '#scenario';
import { createRun } from '#sim';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');

/** The first block of that language behind a text. */
function blockAfter(text: string, language: string): string {
  const from = readme.indexOf(text);
  expect(from, text).toBeGreaterThan(0);
  return readme.slice(from).split(`\`\`\`${language}\n`)[1]!.split('```')[0]!;
}

function printed(scenario: string): string {
  const parsed = parseScenario(scenario);
  expect(parsed.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const run = createRun(parsed.scenario!, { onChunk: () => {} });
  while (!run.step(10_000));
  return transcriptText(run.result());
}

it.each([
  ['pod-becomes-unready', 'presets/pod-becomes-unready.yaml'],
  ['i-01-local-rollout', 'presets/incidents/i-01-local-rollout.yaml'],
])('the transcript of %s', (preset, file) => {
  expect(printed(read(file))).toBe(
    blockAfter(`-H 'accept: text/plain' -H 'prefer: wait=30' -d 'preset: ${preset}'`, 'text'),
  );
});

it('the scenario that is whole, as it is pasted', () => {
  const scenario = blockAfter('This one is whole.', 'yaml');
  expect(parseScenario(scenario).issues).toEqual([]);
  expect(printed(scenario)).toBe(blockAfter('This one is whole.', 'text'));
});
