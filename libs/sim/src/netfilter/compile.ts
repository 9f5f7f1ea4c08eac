/**
 * The fast path: what the evaluator said, remembered by what the rules can tell apart.
 *
 * Models: nothing of its own; `decide` gives what `evaluate` gives for a new connection without session affinity.
 * Source: a ruleset is immutable between two syncs.
 * Simplified: nothing; test/properties/compiled-equals-walked.spec.ts compares the two.
 * Who could tell: nobody.
 *
 * A source is known to the rules only by the CIDRs that they compare it with and by whether it is the node's own.
 * Each destination collects the CIDRs that its walks met, see `numbered-sources.ts`, and hands them on to the rules that follow.
 */
import { innerMap } from '../kernel/index.js';
import type { Protocol } from '../objects.js';
import type { AddressBook, AddressId } from './address-book.js';
import { contextUnder } from './bound-addresses.js';
import { Consulted } from './consulted.js';
import { type Decision, decisionOf } from './decision.js';
import { evaluate } from './evaluate.js';
import { sameHooks } from './hooks.js';
import { NumberedSources } from './numbered-sources.js';
import type { Entry, NodeContext } from './packet.js';
import type { Ruleset } from './rules.js';

/** With more classes of sources the next rules begin anew: most of them will have been of endpoints that are gone. */
const CLASSES_HANDED_OVER = 1024;

const PROTOCOL_NUMBER: Readonly<Record<Protocol, number>> = { TCP: 0, UDP: 1, SCTP: 2 };

/** Costs nothing until it is asked. `node` must not change its answers while this lives. */
export function compileRuleset(
  ruleset: Ruleset,
  node: NodeContext,
  masqueradeMark: number,
  addresses: AddressBook,
): CompiledRuleset {
  return new CompiledRuleset(ruleset, node, masqueradeMark, addresses);
}

/** By interface; by port, protocol and entry in one number; by destination. */
type Destinations = Map<string | null, Map<number, Map<AddressId, CompiledDestination>>>;

export class CompiledRuleset {
  /** The node with the addresses that the rules bring along. */
  readonly context: NodeContext;

  constructor(
    readonly ruleset: Ruleset,
    private readonly node: NodeContext,
    readonly masqueradeMark: number,
    readonly addresses: AddressBook,
    private readonly destinations: Destinations = new Map(),
  ) {
    this.context = contextUnder(ruleset, node);
  }

  /**
   * The same node with the rules that follow: what was remembered stays, as long as its walks met nothing that has changed.
   * It is handed over: this one is not to be asked any more.
   */
  followedBy(ruleset: Ruleset): CompiledRuleset {
    const { node, masqueradeMark, addresses } = this;
    const lives = sameHooks(this.ruleset, ruleset) && sameAddresses(this.ruleset, ruleset);
    const destinations = lives ? this.destinations : undefined;
    return new CompiledRuleset(ruleset, node, masqueradeMark, addresses, destinations);
  }

  /** What becomes of the first packet of a connection. `inInterface` is null for `local`. */
  decide(
    entry: Entry,
    source: AddressId,
    inInterface: string | null,
    destination: AddressId,
    destinationPort: number,
    protocol: Protocol,
  ): Decision {
    return this.destination(entry, inInterface, destination, destinationPort, protocol).decide(source);
  }

  /** For callers that ask about one destination again and again; valid as long as this ruleset is. */
  destination(
    entry: Entry,
    inInterface: string | null,
    destination: AddressId,
    destinationPort: number,
    protocol: Protocol,
  ): CompiledDestination {
    const portKey = destinationPort * 8 + PROTOCOL_NUMBER[protocol] * 2 + (entry === 'local' ? 1 : 0);
    const byAddress = innerMap(innerMap(this.destinations, inInterface), portKey);
    const known = byAddress.get(destination);
    if (known?.holdsIn(this)) return known;
    const key = { entry, inInterface, destination, destinationPort, protocol };
    const sources = known?.handOver() ?? new NumberedSources(this.addresses, this.context);
    const compiled = new CompiledDestination(this, key, sources);
    byAddress.set(destination, compiled);
    return compiled;
  }
}

function sameAddresses(before: Ruleset, after: Ruleset): boolean {
  const [a, b] = [before.boundAddresses, after.boundAddresses];
  return a === b || (a?.size === b?.size && a !== undefined && [...a].every((address) => b?.has(address)));
}

interface DestinationKey {
  readonly entry: Entry;
  readonly inInterface: string | null;
  readonly destination: AddressId;
  readonly destinationPort: number;
  readonly protocol: Protocol;
}

export class CompiledDestination {
  /** By the number of the source's class. */
  private readonly decisions: (Decision | undefined)[] = [];
  private readonly consulted = new Consulted();

  constructor(
    private owner: CompiledRuleset,
    private readonly key: DestinationKey,
    private readonly sources: NumberedSources,
  ) {}

  /** Whether the walks would go the same ways by the rules of `owner`, which then is the one that is walked on. */
  holdsIn(owner: CompiledRuleset): boolean {
    if (this.owner === owner) return true;
    if (!this.consulted.holdsIn(owner.ruleset)) return false;
    this.owner = owner;
    return true;
  }

  /** What its walks would ask of sources under other rules, as far as it is known; undefined: too much to keep. */
  handOver(): NumberedSources | undefined {
    return this.sources.count <= CLASSES_HANDED_OVER ? this.sources : undefined;
  }

  decide(source: AddressId): Decision {
    return this.at(this.placeOf(source));
  }

  /** The same for sources that are decided alike; stays what it is as long as this object is asked. */
  placeOf(source: AddressId): number {
    const place = this.sources.numberOf(source);
    return this.decisions[place] === undefined ? this.walkFor(source) : place;
  }

  /** `place`: what `placeOf` has said. */
  at(place: number): Decision {
    return this.decisions[place] as Decision;
  }

  private walkFor(source: AddressId): number {
    const decision = this.walk(source);
    // Only now are the CIDRs of this walk known.
    const place = this.sources.numberOf(source);
    this.decisions[place] ??= decision;
    return place;
  }

  private walk(source: AddressId): Decision {
    const { addresses, masqueradeMark, context, ruleset } = this.owner;
    const { entry, inInterface, destination, destinationPort, protocol } = this.key;
    const packet = {
      sourceIp: addresses.at(source),
      sourcePort: null,
      destinationIp: addresses.at(destination),
      destinationPort,
      protocol,
      inInterface,
    };
    const outcomes = evaluate(entry, ruleset, context, packet, {
      masqueradeMark,
      steps: false,
      sourceTested: (cidr) => this.sources.learn(cidr),
      consulted: this.consulted,
    });
    return decisionOf(outcomes, addresses);
  }
}
