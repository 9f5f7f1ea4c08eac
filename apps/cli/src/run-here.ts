/** Runs a scenario in this process; no server is needed. */
import { type Issue, parseScenario } from '#scenario';
import { createRun, ModelError } from '#sim';
import type { EndedRun, OnProgress } from './ended-run.js';
import { Failure, issueLine, Refusal } from './refusal.js';

const EVENTS_AT_ONCE = 200_000;

export interface ScenarioFile {
  /** As the user named it. */
  file: string;
  text: string;
}

/** Warnings, where the scenario can be run; throws a Refusal that names every issue where it cannot. */
export function checkHere({ file, text }: ScenarioFile): Issue[] {
  const { scenario, issues } = parseScenario(text);
  if (scenario === null) throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  return issues;
}

/** `seed`: null for the scenario's own. */
export function runHere({ file, text }: ScenarioFile, seed: number | null, onProgress: OnProgress): EndedRun {
  const { scenario, issues } = parseScenario(text);
  if (scenario === null) throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  const chosen = { ...scenario, seed: seed ?? scenario.seed };
  try {
    const run = createRun(chosen, { onChunk() {} });
    while (!run.step(EVENTS_AT_ONCE)) onProgress(run.progress);
    const { summary, expectations, fingerprint, modelVersion } = run.result();
    return { name: chosen.name, seed: chosen.seed, summary, expectations, fingerprint, modelVersion };
  } catch (error) {
    if (error instanceof ModelError) throw new Failure(`${file}: ${error.code}: ${error.message}`);
    throw error;
  }
}
