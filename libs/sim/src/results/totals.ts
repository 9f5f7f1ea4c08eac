/** Running totals over the requests of a run, for its summary. */
import type { ChunkColumns } from './columns.js';
import type { ChunkWatcher } from './recorder.js';
import { type Dictionaries, OUTCOMES, type Outcome, type RunSummary, SOURCE_KINDS, type SourceKind } from './result.js';

const OK = OUTCOMES.indexOf('ok');

export class RunTotals implements ChunkWatcher {
  private requests = 0;
  private readonly outcomes = new Float64Array(OUTCOMES.length);
  private readonly sourceKinds = new Float64Array(SOURCE_KINDS.length + 1);
  /** By id of the source; its last place in `sourceKinds` for "none". */
  private readonly kindOf: number[] = [SOURCE_KINDS.length];
  private sumNs = 0;
  private leastNs = Number.POSITIVE_INFINITY;
  private mostNs = Number.NEGATIVE_INFINITY;

  /** `dictionaries` may grow while the run goes on. */
  constructor(private readonly dictionaries: Dictionaries) {}

  sealing(columns: ChunkColumns, rows: number): void {
    const { sources } = this.dictionaries;
    const { kindOf, outcomes, sourceKinds } = this;
    while (kindOf.length < sources.length) kindOf.push(SOURCE_KINDS.indexOf(sources[kindOf.length]!.kind));
    const { outcome, source, latencyNs } = columns;
    let { sumNs, leastNs, mostNs } = this;
    for (let i = 0; i < rows; i++) {
      outcomes[outcome[i]!]!++;
      sourceKinds[kindOf[source[i]!]!]!++;
      if (outcome[i] !== OK) continue;
      const ns = latencyNs[i]!;
      sumNs += ns;
      if (ns < leastNs) leastNs = ns;
      if (ns > mostNs) mostNs = ns;
    }
    this.sumNs = sumNs;
    this.leastNs = leastNs;
    this.mostNs = mostNs;
    this.requests += rows;
  }

  /** Of the chunks sealed until now. */
  summary(): Pick<RunSummary, 'requests' | 'outcomes' | 'sourceKinds' | 'latencyUs'> {
    const answered = this.outcomes[OK]!;
    return {
      requests: this.requests,
      outcomes: counts<Outcome>(OUTCOMES, this.outcomes),
      sourceKinds: counts<SourceKind>(SOURCE_KINDS, this.sourceKinds),
      latencyUs:
        answered === 0 ? null : { mean: this.sumNs / answered / 1e3, min: this.leastNs / 1e3, max: this.mostNs / 1e3 },
    };
  }
}

/** Those that occurred. */
function counts<Name extends string>(names: readonly Name[], numbers: Float64Array): Partial<Record<Name, number>> {
  const occurred = names.map((name, i) => [name, numbers[i]!] as const).filter(([, number]) => number > 0);
  return Object.fromEntries(occurred) as Partial<Record<Name, number>>;
}
