import type { Response } from 'express';
import type { ResultStore, SimulationRow, SimulationStore } from '#platform';
import { VERSION } from '#platform';
import { MEDIA } from '../http/accept.js';
import type { ModelThreads } from '../scenarios/model-threads.js';
import { REPORT_POLICY, type ReportFormat } from './render-report.js';
import { deletedMeanwhile, type RunReader } from './run-reader.js';

/** The report of a finished run. Chunks are gone through in turns with other requests; the rest is written in a thread if it is large. */
export class ReportWriter {
  constructor(
    private readonly reader: RunReader,
    private readonly results: ResultStore,
    private readonly simulations: SimulationStore,
    private readonly threads: ModelThreads,
  ) {}

  /** `row`: one that has succeeded. */
  async send(response: Response, row: SimulationRow, format: ReportFormat): Promise<void> {
    const text = await this.text(row, format);
    if (format === 'html') response.setHeader('Content-Security-Policy', REPORT_POLICY);
    response.type(MEDIA[format]).send(text);
  }

  /** The same. */
  async text(row: SimulationRow, format: ReportFormat): Promise<string> {
    const [scenario, healthz, transcript] = await Promise.all([
      this.simulations.scenario(row.tenant, row.digest),
      this.results.document(row.id, 'healthz'),
      this.results.document(row.id, 'transcript'),
    ]);
    const overview = await this.reader.overview(row);
    if (scenario === null || healthz === null || transcript === null) throw deletedMeanwhile(row);
    return this.threads.report(format, {
      id: row.id,
      version: VERSION,
      seed: row.seed,
      modelVersion: row.modelVersion!,
      fingerprint: row.fingerprint!,
      summary: row.summary!,
      expectations: row.expectations!,
      scenario,
      healthz,
      transcript,
      warnings: row.warnings ?? '[]',
      overview,
    });
  }
}
