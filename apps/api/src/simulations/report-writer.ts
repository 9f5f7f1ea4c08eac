import { type ResultStore, type SimulationRow, type SimulationStore } from '#platform';
import type { ModelThreads } from '../scenarios/model-threads.js';
import type { ReportFormat } from './render-report.js';
import type { RunReader } from './run-reader.js';

/** The report of a finished run. Chunks are gone through in turns with other requests; the rest is written in a thread if it is large. */
export class ReportWriter {
  constructor(
    private readonly reader: RunReader,
    private readonly results: ResultStore,
    private readonly simulations: SimulationStore,
    private readonly threads: ModelThreads,
  ) {}

  /** `row`: one that has succeeded. */
  async text(row: SimulationRow, format: ReportFormat): Promise<string> {
    const [scenario, healthz, transcript] = await Promise.all([
      this.simulations.scenario(row.digest),
      this.results.document(row.id, 'healthz'),
      this.results.document(row.id, 'transcript'),
    ]);
    return this.threads.report(format, {
      id: row.id,
      seed: row.seed,
      modelVersion: row.modelVersion!,
      fingerprint: row.fingerprint!,
      summary: row.summary!,
      expectations: row.expectations!,
      scenario: scenario!,
      healthz: healthz!,
      transcript: transcript!,
      overview: await this.reader.overview(row),
    });
  }
}
