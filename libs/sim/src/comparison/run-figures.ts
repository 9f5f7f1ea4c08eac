/** What an experiment may ask of each run: a closed set of numbers, taken down while the run goes on without keeping its rows. */
import { LatencyHistograms } from '../results/latency-histograms.js';
import { PackedChunk } from '../results/packed-chunk.js';
import { OUTCOMES, type RunResult, type SealedChunk, SOURCE_KINDS } from '../results/result.js';

export type FigureUnit = 'share' | 'count' | 'us' | 's';

interface Kind {
  unit: FigureUnit;
  text: string;
  /** Null where the run has nothing to measure. */
  of: (result: RunResult, latencies: LatencyHistograms) => number | null;
}

const OK = OUTCOMES.indexOf('ok');

const count = (text: string, of: (result: RunResult) => number): Kind => ({ unit: 'count', text, of });
const quantile = (q: number): Kind => ({
  unit: 'us',
  text: `latency that ${q * 100} % of the requests with outcome ok do not exceed; off by at most 0.4 % of itself`,
  of: (_result, latencies) => nsToUs(latencies.quantile(0, q)),
});
const nsToUs = (ns: number | null) => (ns === null ? null : ns / 1e3);

const KINDS: Record<string, Kind> = {
  requests: count('requests sent', ({ summary }) => summary.requests),
  ok: {
    unit: 'share',
    text: 'requests with outcome ok, of all',
    of: ({ summary }) => share(summary.outcomes.ok ?? 0, summary.requests),
  },
  lost: count('requests with any other outcome', ({ summary }) => summary.requests - (summary.outcomes.ok ?? 0)),
  lossSeconds: {
    unit: 's',
    text: 'from the first lost request to the last; 0 without losses',
    of: ({ summary: { losses = [] } }) =>
      losses.length === 0
        ? 0
        : (Math.max(...losses.map(({ toMs }) => toMs)) - Math.min(...losses.map(({ fromMs }) => fromMs))) / 1e3,
  },
  ...Object.fromEntries(
    OUTCOMES.map((name) => [
      `outcome.${name}`,
      count(`requests with outcome ${name}`, ({ summary }) => summary.outcomes[name] ?? 0),
    ]),
  ),
  ...Object.fromEntries(
    SOURCE_KINDS.map((kind) => [
      `source.${kind}`,
      {
        unit: 'share',
        text: `requests of which the pod saw the address of a ${kind}, of those that reached a pod`,
        of: ({ summary: { sourceKinds } }) =>
          share(
            sourceKinds[kind] ?? 0,
            Object.values(sourceKinds).reduce((sum, number) => sum + number, 0),
          ),
      } satisfies Kind,
    ]),
  ),
  latencyMean: {
    unit: 'us',
    text: 'mean latency of the requests with outcome ok',
    of: ({ summary }) => summary.latencyUs?.mean ?? null,
  },
  latencyP50: quantile(0.5),
  latencyP90: quantile(0.9),
  latencyP99: quantile(0.99),
  'latencyP99.9': quantile(0.999),
  latencyMax: {
    unit: 'us',
    text: 'greatest latency of a request with outcome ok',
    of: ({ summary }) => summary.latencyUs?.max ?? null,
  },
  unhealthySeconds: {
    unit: 's',
    text: 'time for which load balancers took targets for unhealthy, over all targets',
    of: ({ healthz }) => seconds(healthz.loadBalancers, ({ state }) => state === 'unhealthy'),
  },
  failingSeconds: {
    unit: 's',
    text: 'time for which healthCheckNodePorts did not answer 200, over all nodes and services',
    of: ({ healthz }) =>
      seconds(
        healthz.nodes.filter(({ kind }) => kind === 'healthCheckNodePort'),
        ({ status }) => status !== 200,
      ),
  },
  expectationsMet: {
    unit: 'share',
    text: "the scenario's expectations that are met, of all",
    of: ({ expectations }) => share(expectations.filter(({ passed }) => passed).length, expectations.length),
  },
  probes: count('health checks of load balancers', ({ summary }) => summary.probes),
  ruleSyncs: count('syncs of rules', ({ summary }) => summary.ruleSyncs),
  endpointChanges: count('changes of endpoints', ({ summary }) => summary.endpointChanges),
};

/** Every figure by its name, in the order of the documentation. */
export const FIGURES: ReadonlyMap<string, { unit: FigureUnit; text: string }> = new Map(Object.entries(KINDS));

export const DEFAULT_FIGURES = ['ok', 'lost', 'latencyP50', 'latencyP99', 'source.client', 'unhealthySeconds'];

/** Takes down the figures of one run. */
export class RunFigures {
  private readonly latencies = new LatencyHistograms(1);
  private readonly needsRows: boolean;
  private readonly oneGroup = new Int32Array(8192);

  constructor(private readonly names: readonly string[]) {
    this.needsRows = names.some((name) => name.startsWith('latencyP'));
  }

  onChunk({ data }: Pick<SealedChunk, 'data'>): void {
    if (!this.needsRows) return;
    const chunk = new PackedChunk(data);
    const outcomes = chunk.codes('outcome');
    const rows = new Int32Array(chunk.rows);
    let answered = 0;
    for (let row = 0; row < chunk.rows; row++) if (outcomes[row] === OK) rows[answered++] = row;
    if (answered === 0) return;
    const { least, most } = chunk.bounds('latencyNs');
    this.latencies.cover(least, most);
    this.latencies.add(rows.subarray(0, answered), this.oneGroup, chunk.times('latencyNs'));
  }

  /** In the order of the names. */
  of(result: RunResult): (number | null)[] {
    return this.names.map((name) => KINDS[name]!.of(result, this.latencies));
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function seconds<Segment extends { fromMs: number; toMs: number }>(
  timelines: readonly { segments: readonly Segment[] }[],
  is: (segment: Segment) => boolean,
): number {
  const ms = timelines
    .flatMap(({ segments }) => segments.filter(is))
    .reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return ms / 1e3;
}
