/** The report of a run in this process. */
import { createHash } from 'node:crypto';
import { reportHtml } from '#report';
import type { Issue } from '#scenario';
import { OverviewQuery, PackedChunk, type RunResult, type Scenario, type SealedChunk } from '#sim';
import { version } from './version.js';

/** `scenario`: with the seed that was used. */
export function reportHere(
  scenario: Scenario,
  warnings: readonly Issue[],
  result: RunResult,
  chunks: readonly SealedChunk[],
): string {
  const query = new OverviewQuery(result.dictionaries, result.summary);
  // Chunks come when they are complete; "first" means the order of requests.
  const inOrder = [...chunks].sort((a, b) => a.first - b.first);
  for (const { first, data } of inOrder) query.add({ first, chunk: new PackedChunk(data) });
  const { seed } = scenario;
  const input = { id: null, version: version(), seed, scenario, warnings, result, overview: query.answer() };
  return reportHtml(input, (text) => createHash('sha256').update(text).digest('base64'));
}
