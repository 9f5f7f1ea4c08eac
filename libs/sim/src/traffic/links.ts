/**
 * Links that are cut, slow or lossy: between nodes, clients and load balancers.
 *
 * Models: a cut link is silence in both directions; a slow one adds its delay each way; a lossy one loses packets by the dice: a SYN or
 *   a datagram, or what comes back for it, is sent again or missed (`crossed-links.ts`), other segments are late (`lost-segments.ts`).
 * Source: what links do; netem.
 * Simplified: an answer takes the way of the first packet, also where it would go straight from a node to its client; links between a
 *   node and its own pods are never at fault.
 * Who could tell: someone who cuts the link to a load balancer that answers pass by.
 */
import { NOBODY } from '../cluster/blame.js';
import { draw, hashName, Stream } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';

/** A place: the index of a node, LOAD_BALANCER, or a client's place, further down. */
export type Place = number;
export const LOAD_BALANCER: Place = -1;
/** Clients that the scenario does not name have this place. */
const FIRST_CLIENT = -2;
const ALL_CLIENTS = Number.NEGATIVE_INFINITY;

/** How a packet meets a fault of a link. */
export type LinkCause = 'link-cut' | 'packet-lost' | 'too-late';

interface LinkFault {
  between: readonly [Place, Place];
  isCut: boolean;
  delayNs: Nanos;
  /** 0 … 1 of the packets. */
  share: number;
  /** Its place in the random numbers. */
  key: number;
  untilNs: Nanos;
  /** The entry of the timeline behind it, see `Blame`. */
  because: number;
}

/** `untilNs`: where it is known from the beginning. */
export type LinkChange = ({ isCut: true } | { delayNs: Nanos } | { share: number }) & { untilNs?: Nanos };

export class Links {
  /** Nothing is wrong with any link: the one question of most of a run. */
  quiet = true;
  private readonly faults = new Set<LinkFault>();
  private readonly clients: ReadonlyMap<string, Place>;
  private begun = 0;

  constructor(
    private readonly seed: number,
    clients: readonly { name: string }[],
  ) {
    this.clients = new Map(clients.map(({ name }, n) => [name, FIRST_CLIENT - n]));
  }

  /** What a scenario calls it: a client, `clients` or `loadBalancer`; null: none of these, so a node. */
  placeNamed(name: string): Place | null {
    if (name === 'loadBalancer') return LOAD_BALANCER;
    return name === 'clients' ? ALL_CLIENTS : (this.clients.get(name) ?? null);
  }

  placeOfClient(name: string): Place {
    return this.clients.get(name) ?? FIRST_CLIENT - this.clients.size;
  }

  /** Answers what ends it. */
  begin(a: Place, b: Place, change: LinkChange, because = NOBODY): () => void {
    const key = hashName(`link fault ${this.begun++}`);
    const fault: LinkFault = {
      between: [a, b],
      isCut: false,
      delayNs: 0,
      share: 0,
      untilNs: Infinity,
      key,
      because,
      ...change,
    };
    this.faults.add(fault);
    this.quiet = false;
    return () => {
      this.faults.delete(fault);
      this.quiet = this.faults.size === 0;
    };
  }

  isCut(from: Place, to: Place): boolean {
    for (const fault of this.faults) if (fault.isCut && joins(fault, from, to)) return true;
    return false;
  }

  /** Of several faults of the link the last one that does what has been met; or else the last one. */
  becauseOf(from: Place, to: Place, met: LinkCause): number {
    let [last, behind] = [NOBODY, NOBODY];
    for (const fault of this.faults) {
      if (!joins(fault, from, to)) continue;
      last = fault.because;
      if (does(fault, met)) behind = fault.because;
    }
    return behind === NOBODY ? last : behind;
  }

  delayNs(from: Place, to: Place): Nanos {
    let delayNs = 0;
    for (const fault of this.faults) if (joins(fault, from, to)) delayNs += fault.delayNs;
    return delayNs;
  }

  /** `key` and `n`: which packet it is. */
  losesPacket(from: Place, to: Place, key: number, n: number, atNs = 0): boolean {
    for (const fault of this.faults)
      if (
        fault.share > 0 &&
        joins(fault, from, to) &&
        atNs < fault.untilNs &&
        draw(this.seed, Stream.fault, key ^ fault.key, n) < fault.share
      )
        return true;
    return false;
  }

  /** Some link loses some of what crosses it. */
  get isLossy(): boolean {
    for (const { share } of this.faults) if (share > 0) return true;
    return false;
  }
}

function does({ isCut, share, delayNs }: LinkFault, met: LinkCause): boolean {
  if (met === 'link-cut') return isCut;
  return met === 'packet-lost' ? share > 0 : delayNs > 0;
}

function joins({ between: [a, b] }: Pick<LinkFault, 'between'>, from: Place, to: Place): boolean {
  return (is(a, from) && is(b, to)) || (is(a, to) && is(b, from));
}

function is(side: Place, place: Place): boolean {
  return side === place || (side === ALL_CLIENTS && place <= FIRST_CLIENT);
}
