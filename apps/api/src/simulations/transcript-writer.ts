import { Injectable } from '@nestjs/common';
import { ResultStore, type SimulationRow } from '#platform';
import { transcriptText } from '#report';
import type { RunResult } from '#sim';

/** The transcript of a finished run, as text. */
@Injectable()
export class TranscriptWriter {
  constructor(private readonly results: ResultStore) {}

  /** `row`: one that has succeeded. */
  async text(row: SimulationRow): Promise<string> {
    const [dictionaries, healthz, transcript] = await Promise.all(
      (['dictionaries', 'healthz', 'transcript'] as const).map((kind) => this.results.document(row.id, kind)),
    );
    const result: RunResult = {
      modelVersion: row.modelVersion!,
      fingerprint: row.fingerprint!,
      summary: JSON.parse(row.summary!),
      expectations: JSON.parse(row.expectations!),
      dictionaries: JSON.parse(dictionaries!),
      healthz: JSON.parse(healthz!),
      transcript: JSON.parse(transcript!),
    };
    return transcriptText(result);
  }
}
