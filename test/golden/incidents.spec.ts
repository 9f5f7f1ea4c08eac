/** Incidents and their cures: each meets its expectations, and no cure meets those of its incident. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { createRun, type ExpectationResult, type Scenario } from '#sim';
import { gotText } from '../../libs/report/src/report/expectation-got.js';
import { wantedText } from '../../libs/report/src/report/expectation-text.js';

const FOLDER = new URL('../../presets/incidents/', import.meta.url);
const PAGE = new URL('../../docs/incidents.md', import.meta.url);
const HEAD = `# Incidents: what is expected, and what the model gives

Every preset in \`presets/incidents\`, with its public threads; \`-cured\` is the same on the version or with the setting that cures it.
What is expected and why stands in each preset's notes (\`GET /v1/presets/{name}\`). \`npx hairpin run NAME\` shows it.
Generated: \`UPDATE_GOLDEN=1 npx vitest run test/golden/incidents.spec.ts\`.

`;
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))
  .sort();

function scenarioOf(name: string): Scenario {
  const { scenario, issues } = parseScenario(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8'), { format: 'yaml' });
  expect(issues).toEqual([]);
  return scenario!;
}

/** The rows are thrown away: expectations are counted while a run goes on. */
function resultsOf(scenario: Scenario): ExpectationResult[] {
  const run = createRun(scenario, { onChunk() {} });
  while (!run.step(1_000_000));
  return run.result().expectations;
}

function failedBy(results: readonly ExpectationResult[]): string[] {
  return results.filter(({ passed }) => !passed).map(({ name }) => name);
}

const sections = new Map<string, string>();

it.each(names)('%s comes to what it expects', (name) => {
  const scenario = scenarioOf(name);
  const results = resultsOf(scenario);
  expect(results.length).toBeGreaterThan(0);
  expect(failedBy(results)).toEqual([]);
  sections.set(name, section(scenario, results));
});

it('docs/incidents.md says so', () => {
  const page = `${HEAD}${names.map((name) => sections.get(name)).join('\n')}`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, page);
  expect(page).toBe(readFileSync(PAGE, 'utf8'));
});

function section({ name, notes, expect }: Scenario, results: readonly ExpectationResult[]): string {
  const threads = [...new Set(notes?.match(/[\w.-]+\/[\w.-]+#\d+|(?<![\w/])#\d+/g))];
  const rows = results.map(
    (result, n) => `| ${result.name} | ${wantedText(expect[n]!)} | ${gotText(result, expect[n])} |`,
  );
  const head = [`## ${name}`, '', ...(threads.length > 0 ? [`Threads: ${threads.join(', ')}`, ''] : [])];
  return [...head, '| expected | bounds | got |', '|---|---|---|', ...rows, ''].join('\n');
}

it.each(names.filter((name) => names.includes(`${name}-cured`)))(
  '%s expects what its cure does not come to',
  (name) => {
    const cured = { ...scenarioOf(`${name}-cured`), expect: scenarioOf(name).expect };
    expect(failedBy(resultsOf(cured))).not.toEqual([]);
  },
);
