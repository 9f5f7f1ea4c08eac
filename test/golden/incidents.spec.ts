/** Incidents and their cures: each meets its expectations, and no cure meets those of its incident. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { createRun, type Scenario } from '#sim';

const FOLDER = new URL('../../presets/incidents/', import.meta.url);
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

function scenarioOf(name: string): Scenario {
  const { scenario, issues } = parseScenario(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8'), { format: 'yaml' });
  expect(issues).toEqual([]);
  return scenario!;
}

/** The rows are thrown away: expectations are counted while a run goes on. */
function failedBy(scenario: Scenario): string[] {
  const run = createRun(scenario, { onChunk() {} });
  while (!run.step(1_000_000));
  return run
    .result()
    .expectations.filter(({ passed }) => !passed)
    .map(({ name }) => name);
}

it.each(names)('%s comes to what it expects', (name) => {
  const scenario = scenarioOf(name);
  expect(scenario.expect.length).toBeGreaterThan(0);
  expect(failedBy(scenario)).toEqual([]);
});

it.each(names.filter((name) => names.includes(`${name}-cured`)))(
  '%s expects what its cure does not come to',
  (name) => {
    const cured = { ...scenarioOf(`${name}-cured`), expect: scenarioOf(name).expect };
    expect(failedBy(cured)).not.toEqual([]);
  },
);
