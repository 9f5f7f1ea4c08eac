/** Runs a scenario in this process; no server is needed. */
import { type Issue, parseScenario } from '#scenario';
import { createRun, ModelError, type SealedChunk } from '#sim';
import type { OnProgress, ReportedRun } from './ended-run.js';
import { Failure, issueLine, Refusal, refusalOfWarnings } from './refusal.js';
import { reportHere } from './report-here.js';

const EVENTS_AT_ONCE = 200_000;

export interface ScenarioFile {
  /** As the user named it. */
  file: string;
  text: string;
}

/** All that there is to say of it; where an issue is an error it cannot be run. */
export const issuesHere = ({ text }: ScenarioFile): Issue[] => parseScenario(text).issues;

/** Warnings, where the scenario can be run; throws a Refusal that names every issue where it cannot, or `isStrict` and there are any. */
export function checkHere(source: ScenarioFile, isStrict: boolean): Issue[] {
  const { file } = source;
  const issues = issuesHere(source);
  if (issues.some(({ severity }) => severity === 'error'))
    throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  if (isStrict && issues.length > 0) throw refusalOfWarnings(file, issues);
  return issues;
}

/** `seed`: null for the scenario's own. */
export function runHere(
  { file, text }: ScenarioFile,
  seed: number | null,
  wantsReport: boolean,
  onProgress: OnProgress,
): ReportedRun {
  const { scenario, issues } = parseScenario(text);
  if (scenario === null) throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  const chosen = { ...scenario, seed: seed ?? scenario.seed };
  try {
    const chunks: SealedChunk[] = [];
    const run = createRun(chosen, {
      onChunk(chunk) {
        if (wantsReport) chunks.push(chunk);
      },
    });
    while (!run.step(EVENTS_AT_ONCE)) onProgress(run.progress);
    const result = run.result();
    const { summary, expectations, fingerprint, modelVersion } = result;
    return {
      ended: { name: chosen.name, seed: chosen.seed, summary, expectations, fingerprint, modelVersion },
      report: wantsReport ? reportHere(chosen, issues, result, chunks) : null,
    };
  } catch (error) {
    if (error instanceof ModelError) throw new Failure(`${file}: ${error.code}: ${error.message}`);
    throw error;
  }
}
