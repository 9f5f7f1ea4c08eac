/** Single probes of load balancers, told from the runs in which they are stored: a page of them, never all. */
import { z } from 'zod';
import type { HealthTimelines, ProbeRunSegment } from '#sim';
import { fromCursor, toCursor } from '../http/paging.js';

export interface ProbeRow {
  service: string;
  node: string;
  pod?: string;
  prober: string;
  atMs: number;
  result: ProbeRunSegment['result'];
  status: number | null;
}

interface Page {
  fromMs?: number | undefined;
  toMs?: number | undefined;
  limit: number;
  cursor?: string | undefined;
  /** Whose cursors it takes and gives. */
  list: string;
}

interface Stream {
  of: Pick<ProbeRow, 'service' | 'node' | 'pod' | 'prober'>;
  runs: readonly ProbeRunSegment[];
}

/** After which probe a page begins: its time, and its place among those of the same time. */
const Position = z.strictObject({ atMs: z.number(), stream: z.int().min(0) });

/** Probes in the order of time; of one time in the order of the timelines. Throws AppError `invalid-cursor`. */
export function probePage(
  { loadBalancers }: HealthTimelines,
  { fromMs = 0, toMs = Infinity, limit, cursor, list }: Page,
): { items: ProbeRow[]; next: string | null } {
  const after = fromCursor(cursor, Position, list);
  const streams = loadBalancers.flatMap(({ service, node, pod, probers = [] }): Stream[] =>
    probers.map(({ prober, runs }) => ({ of: { service, node, ...(pod === undefined ? {} : { pod }), prober }, runs })),
  );
  const heads = streams.map(({ runs }, n) => new Head(runs, fromMs, after && { ...after, isPast: n <= after.stream }));
  const items: ProbeRow[] = [];
  let last = { atMs: 0, stream: 0 };
  for (;;) {
    const stream = earliest(heads);
    const head = heads[stream];
    if (head === undefined || head.atMs >= toMs) return { items, next: null };
    if (items.length === limit) return { items, next: toCursor(last, list) };
    const { result, status } = head.run as ProbeRunSegment;
    items.push({ ...(streams[stream] as Stream).of, atMs: head.atMs, result, status });
    last = { atMs: head.atMs, stream };
    head.advance();
  }
}

/** The next probe of a stream; Infinity: there is none. */
class Head {
  atMs = Infinity;
  private at = 0;
  private probe = 0;

  constructor(
    private readonly runs: readonly ProbeRunSegment[],
    fromMs: number,
    after: { atMs: number; isPast: boolean } | null,
  ) {
    const isTooEarly = (ms: number) =>
      ms < fromMs || (after !== null && (ms < after.atMs || (ms === after.atMs && after.isPast)));
    while (
      this.at < runs.length &&
      isTooEarly(timeOf(this.run as ProbeRunSegment, (this.run as ProbeRunSegment).count - 1))
    )
      this.at++;
    const { run } = this;
    if (run === undefined) return;
    const start = Math.max(fromMs, after?.atMs ?? 0);
    this.probe = run.everyMs === 0 ? 0 : Math.max(0, Math.floor((start - run.fromMs) / run.everyMs) - 1);
    while (isTooEarly(timeOf(run, this.probe))) this.probe++;
    this.atMs = timeOf(run, this.probe);
  }

  get run(): ProbeRunSegment | undefined {
    return this.runs[this.at];
  }

  advance(): void {
    this.probe++;
    if (this.run !== undefined && this.probe >= this.run.count) {
      this.at++;
      this.probe = 0;
    }
    this.atMs = this.run === undefined ? Infinity : timeOf(this.run, this.probe);
  }
}

function timeOf({ fromMs, everyMs }: ProbeRunSegment, probe: number): number {
  return fromMs + probe * everyMs;
}

function earliest(heads: readonly Head[]): number {
  let best = -1;
  for (const [n, { atMs }] of heads.entries()) if (atMs < (heads[best]?.atMs ?? Infinity)) best = n;
  return best;
}
