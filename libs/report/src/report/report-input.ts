/** What a report is made of. */
import type { Overview, RunResult, Scenario } from '#sim';
import type { Warning } from '../warning-lines.js';

export interface ReportInput {
  /** Of the simulation; null where no server has it. */
  id: string | null;
  /** Of Hairpin. */
  version: string;
  /** What the run used, which need not be the scenario's own. */
  seed: number;
  scenario: Scenario;
  result: Pick<RunResult, 'modelVersion' | 'fingerprint' | 'summary' | 'expectations' | 'healthz' | 'transcript'>;
  overview: Overview;
  /** What of the scenario may not be as it was meant. */
  warnings: readonly Warning[];
}
