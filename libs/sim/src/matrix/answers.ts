/** The outcomes of a trace as a cell tells them: endpoints that fare alike are one outcome, equal answers are one answer. */
import type { Locations } from '../cluster/locations.js';
import { formatHostPort } from '../netfilter/address.js';
import type { TraceOutcome } from '../trace-result.js';
import type { MatrixEndpoint, MatrixOutcome, MatrixSeen } from './result.js';

/** Statistic rules carry ten decimals, and sums of thirds miss 1 by a hair. */
const PROBABILITY_STEPS = 1e6;

/** Endpoints and answers of one table, each once, in the order in which they are first met. */
export class Answers {
  readonly endpoints: MatrixEndpoint[] = [];
  readonly list: MatrixOutcome[][] = [];
  private readonly endpointIndex = new Map<string, number>();
  private readonly indicesByIp = new Map<string, number[]>();
  private readonly indexByText = new Map<string, number>();

  constructor(private readonly locations: Locations) {}

  /** `own`: the source with which the packet set out. */
  merged(outcomes: readonly TraceOutcome[], own: string): MatrixOutcome[] {
    const parts = new Map<string, { part: MatrixOutcome; endpoints: Set<number> }>();
    for (const outcome of outcomes) {
      const { verdict, sourceKind, sourceIp, masquerade, accepted, node, reason } = outcome;
      const key = `${verdict} ${sourceKind} ${sourceIp} ${masquerade} ${accepted} ${node} ${reason}`;
      const known = parts.get(key) ?? { part: this.part(outcome, own), endpoints: new Set<number>() };
      parts.set(key, known);
      known.part.probability += outcome.probability;
      if (outcome.endpoint !== null) known.endpoints.add(this.endpoint(outcome.endpoint));
    }
    return [...parts.values()].map(({ part, endpoints }) => ({
      ...part,
      probability: Math.round(part.probability * PROBABILITY_STEPS) / PROBABILITY_STEPS,
      endpoints: [...endpoints].sort((a, b) => a - b),
    }));
  }

  /** Index of the one endpoint that stands at these addresses; -1: none does, or several do. */
  standingAt(ips: readonly string[]): number {
    const found = new Set(ips.flatMap((ip) => this.indicesByIp.get(ip) ?? []));
    const [only = -1] = found;
    return found.size === 1 ? only : -1;
  }

  /** Index of the answer, as a sender tells it who is that endpoint; -1: who is none. */
  indexOf(answer: readonly MatrixOutcome[], self: number): number {
    const reachesSelf = answer.some(({ endpoints }) => endpoints.includes(self));
    const told = inOrder(reachesSelf ? answer.map((outcome) => this.toldBy(self, outcome)) : answer);
    const text = JSON.stringify(told);
    let index = this.indexByText.get(text);
    if (index === undefined) {
      index = this.list.push(told) - 1;
      this.indexByText.set(text, index);
    }
    return index;
  }

  /** "All of these but me" reads the same for every endpoint of a node, so their rows can be one. */
  private toldBy(self: number, outcome: MatrixOutcome): MatrixOutcome {
    const { endpoints } = outcome;
    if (endpoints.includes(self)) return endpoints.length > 1 ? outcome : { ...outcome, endpoints: [], itself: 'only' };
    const node = this.endpoints[self]?.node ?? null;
    const hasPeer = node !== null && endpoints.some((index) => this.endpoints[index]?.node === node);
    if (!hasPeer) return outcome;
    return { ...outcome, endpoints: [...endpoints, self].sort((a, b) => a - b), itself: 'never' };
  }

  private part({ verdict, masquerade, accepted, node, reason, ...outcome }: TraceOutcome, own: string): MatrixOutcome {
    return {
      verdict,
      probability: 0,
      endpoints: [],
      itself: null,
      seen: this.seen(outcome, own),
      masquerade,
      accepted: accepted === true,
      node,
      reason: reason ?? null,
    };
  }

  private seen(
    { sourceIp, sourceKind }: Pick<TraceOutcome, 'sourceIp' | 'sourceKind'>,
    own: string,
  ): MatrixSeen | null {
    if (sourceIp === null || sourceKind === null) return null;
    const node = this.locations.nodes[this.locations.nodeAt(sourceIp)]?.name ?? null;
    // A node has several addresses, and which one is its own depends on the destination.
    const isOwn = sourceIp === own && sourceKind !== 'node';
    return { kind: sourceKind, ip: isOwn ? null : sourceIp, node };
  }

  private endpoint({ ip, port, pod, node }: NonNullable<TraceOutcome['endpoint']>): number {
    const key = formatHostPort(ip, port);
    let index = this.endpointIndex.get(key);
    if (index === undefined) {
      index = this.endpoints.push({ ip, port, pod: pod ?? null, node: node ?? null }) - 1;
      this.endpointIndex.set(key, index);
      this.indicesByIp.set(ip, [...(this.indicesByIp.get(ip) ?? []), index]);
    }
    return index;
  }
}

/** The likeliest first; whoever tells it, the order is the same. */
function inOrder(answer: readonly MatrixOutcome[]): MatrixOutcome[] {
  if (answer.length < 2) return [...answer];
  const texts = new Map(answer.map((outcome) => [outcome, JSON.stringify(outcome)]));
  return [...answer].sort(
    (a, b) => b.probability - a.probability || ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1),
  );
}
