/** What README.md and docs/walkthrough.md show of runs is what they print, and links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { transcriptText } from '#report';
import { parseScenario } from '#scenario';
import { createRun } from '#sim';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const readme = read('README.md') + read('docs/walkthrough.md');

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

const withoutBlocks = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = withoutBlocks(text).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, words]) =>
    words!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const pages = ['README.md', ...readdirSync(new URL('../../docs', import.meta.url)).map((name) => `docs/${name}`)];

it.each(pages.filter((page) => page.endsWith('.md')))('links of %s', (page) => {
  const targets = [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  const broken = targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path, anchor] = target.split('#') as [string, string?];
    const file =
      path === ''
        ? new URL(`../../${page}`, import.meta.url)
        : new URL(path, new URL(`../../${page}`, import.meta.url));
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor));
  });
  expect(broken).toEqual([]);
});
