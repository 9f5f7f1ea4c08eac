/** What README.md shows of presets is what they print. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { transcriptText } from '#report';
import { parseScenario } from '#scenario';
import { createRun } from '#sim';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

it.each([
  ['pod-becomes-unready', 'presets/pod-becomes-unready.yaml'],
  ['i-01-local-rollout', 'presets/incidents/i-01-local-rollout.yaml'],
])('the transcript of %s', (preset, file) => {
  const after = read('README.md').split(`-d 'preset: ${preset}'\n\`\`\`\n\n\`\`\`text\n`)[1]!;
  const shown = after.slice(0, after.indexOf('```'));
  const run = createRun(parseScenario(read(file)).scenario!, { onChunk: () => {} });
  while (!run.step(10_000));
  expect(transcriptText(run.result())).toBe(shown);
});
