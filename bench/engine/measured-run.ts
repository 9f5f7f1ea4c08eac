/** Runs a document, simulated only; its chunks are counted and thrown away. */
import { parseScenario } from '#scenario';
import { createRun } from '#sim';

const EVENTS_PER_SLICE = 10_000;

/** The figures that workloads ask for; rates and seconds by the wall's clock. */
export function measuredRun(document: unknown) {
  const { scenario, issues } = parseScenario(document);
  if (scenario === null) throw new Error(JSON.stringify(issues.slice(0, 5)));
  let bytes = 0;
  let rows = 0;
  const start = process.hrtime.bigint();
  const run = createRun(scenario, {
    onChunk(chunk) {
      bytes += chunk.data.length;
      rows += chunk.rows;
    },
  });
  const built = process.hrtime.bigint();
  while (!run.step(EVENTS_PER_SLICE));
  const { summary } = run.result();
  const end = process.hrtime.bigint();
  const seconds = Number(end - start) / 1e9;
  return {
    rate: Math.round(rows / seconds),
    seconds,
    /** Without the building of the world. */
    runningSeconds: Number(end - built) / 1e9,
    rows,
    events: summary.events,
    ruleSyncs: summary.ruleSyncs,
    bytesPerRow: bytes / rows,
    peakMb: process.resourceUsage().maxRSS / 1024,
    ok: (summary.outcomes.ok ?? 0) / rows,
  };
}
