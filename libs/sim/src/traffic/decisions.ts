/**
 * What the rules of a node make of a connection's packet: the compiled rules asked, a choice drawn, session affinity kept.
 *
 * Models: chance by keyed draws; xt_recent's lists behind session affinity; what is remembered as long as rules and places
 *   stay, so that a request costs a look-up.
 * Source: netfilter/compile.ts; net/netfilter/xt_recent.c (a stamp is set anew by each new connection; a full list forgets the oldest).
 * Simplified: a list is pruned when rules that do not name it are first asked; what a kernel takes by a hash of the client's
 *   address is drawn once for that address, from the seed.
 * Who could tell: someone whose endpoint goes and comes back with no connection in between, or who knows the kernel's hash.
 */
import type { Locations } from '../cluster/locations.js';
import { UPLINK } from '../cluster/locations.js';
import { draw, hashName, innerMap, reach, Stream } from '../kernel/index.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import { capacityOf, keepsList } from '../netfilter/affinity-lists.js';
import type { CompiledDestination, CompiledRuleset } from '../netfilter/compile.js';
import { type Choice, type Decision, pick } from '../netfilter/decision.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import { TRANSPORT_COUNT } from './transport.js';
import { type Crossroads, type Way, wayOf } from './ways.js';

export interface DecisionWorld extends Crossroads {
  readonly seed: number;
  readonly locations: Locations;
  readonly addresses: AddressBook;
  now(): Nanos;
  /** The rules in force on a node for the family of an address; null: the node is gone. */
  rules(node: number, destination: AddressId): CompiledRuleset | null;
  /** Counts changes of the addresses of load balancers. */
  balancerRevision(): number;
}

/** What is remembered of a node, of one IP family and protocol. */
interface NodeMemory {
  rules: CompiledRuleset;
  /** Of everybody's places. */
  revision: number;
  /** Counts changes of both. */
  age: number;
  /** At this age somebody’s place changed for the last time. */
  placesSince: number;
  /** Packets that come in by the uplink: by destination and port in one number. */
  uplink: Destinations;
  /** By interface, `null` for the node's own processes. */
  inside: Map<string | null, Destinations>;
}

type Destinations = Map<number, Destination>;

interface Destination {
  /** When it was last looked up. */
  age: number;
  compiled: CompiledDestination;
  /** By class of sources. */
  ways: (Ways | undefined)[];
}

/** One for each choice that was ever taken: most decisions of a busy cluster are replaced before all are. */
interface Ways {
  /** When they were last asked for. */
  age: number;
  readonly taken: (Way | undefined)[];
}

export class Decisions {
  /** By node, IP family and protocol. */
  private readonly memories: (NodeMemory | null)[] = [];
  /** Session affinity, by node, IP family and protocol: last stamp by list and source. */
  private readonly stamps: Map<string, Map<AddressId, Nanos>>[] = [];

  private readonly hashes: number[] = [];

  constructor(private readonly world: DecisionWorld) {}

  /** Where the packet goes from the node that it is at; null: the node is gone. `inInterface`: null for its own processes. */
  choose(c: Connection, inInterface: string | null): Way | null {
    const rules = this.world.rules(c.node, c.destination);
    if (rules === null) return null;
    const memory = this.memory(this.place(c), rules);
    const destination = this.destination(memory, inInterface, c);
    const { compiled } = destination;
    const place = compiled.placeOf(c.source);
    const decision = compiled.at(place);
    const { taken } = this.ways(destination, place, memory);
    const n = this.choice(c, decision);
    let way = taken[n];
    if (way === undefined) {
      way = wayOf(decision.choices[n] as Choice, c.node, this.world);
      taken[n] = way;
    }
    return way;
  }

  /** Decisions outlive rules that do not touch them, and so does where they lead as long as nobody moves and somebody asks. */
  private ways({ ways }: Destination, place: number, { age, placesSince }: NodeMemory): Ways {
    const known = ways[place];
    if (known !== undefined && (known.age === age || (known.age === age - 1 && placesSince < age))) {
      known.age = age;
      return known;
    }
    const fresh = { age, taken: [] };
    ways[place] = fresh;
    return fresh;
  }

  /** What the rules do to a packet that no nat rule is asked about any more, where they refuse it; null: they let it pass. */
  refusal(c: Connection, inInterface: string | null): Way | null {
    const rules = this.world.rules(c.node, c.destination);
    if (rules === null) return null;
    const { choices } = this.destination(this.memory(this.place(c), rules), inInterface, c).compiled.decide(c.source);
    const [only] = choices;
    const isRefused = only?.verdict === 'drop' || only?.verdict === 'reject';
    return choices.length === 1 && isRefused && !only.dnat ? wayOf(only, c.node, this.world) : null;
  }

  /** The node's machine has lost its power, and the lists behind session affinity with it. */
  powerLost(node: number): void {
    for (let at = 0; at < 2 * TRANSPORT_COUNT; at++) this.stamps[2 * node * TRANSPORT_COUNT + at]?.clear();
  }

  private choice(c: Connection, decision: Decision): number {
    if (decision.affinity.length > 0) return this.affine(c, decision);
    return decision.choices.length === 1 ? 0 : this.drawn(c, decision);
  }

  private drawn(c: Connection, decision: Decision): number {
    const { seed } = this.world;
    if (decision.drawnBy === 'packet')
      return pick(decision, draw(seed, Stream.pick, c.flow.key, c.dice * 16 + c.attempts));
    const server = this.hashOf(c.destination) ^ Math.imul(c.port, 0x9e3779b1);
    return pick(decision, draw(seed, Stream.hash, decision.drawnBy === 'source' ? this.hashOf(c.source) : 0, server));
  }

  private hashOf(address: AddressId): number {
    let hash = this.hashes[address];
    if (!hash) {
      reach(this.hashes, address, 0);
      hash = hashName(this.world.addresses.at(address).text);
      this.hashes[address] = hash;
    }
    return hash;
  }

  private affine(c: Connection, decision: Decision): number {
    const now = this.world.now();
    const place = this.place(c);
    this.stamps[place] ??= new Map();
    const stamps = this.stamps[place] as Map<string, Map<AddressId, Nanos>>;
    const kept = decision.affinity.find(({ name, seconds }) => {
      const stamped = stamps.get(name)?.get(c.source);
      return stamped !== undefined && now - stamped <= seconds * 1e9;
    });
    const chosen = kept?.choice ?? this.drawn(c, decision);
    const name = decision.choices[chosen]?.affinityName ?? null;
    if (name !== null) {
      const list = stamps.get(name) ?? new Map<AddressId, Nanos>();
      stamp(list, c.source, now, capacityOf(name));
      stamps.set(name, list);
    }
    return chosen;
  }

  /** Where what is known of the connection's node, its IP family and its protocol stands. */
  private place(c: Connection): number {
    const family = this.world.addresses.at(c.destination).family === 'IPv4' ? 0 : 1;
    return (2 * c.node + family) * TRANSPORT_COUNT + c.flow.transport.index;
  }

  private memory(place: number, rules: CompiledRuleset): NodeMemory {
    const revision = this.world.locations.revision + this.world.balancerRevision();
    const known = this.memories[place];
    if (!known) {
      reach(this.memories, place, null);
      const memory = { rules, revision, age: 0, placesSince: 0, uplink: new Map(), inside: new Map() };
      this.memories[place] = memory;
      this.forgetAffinity(place, rules);
      return memory;
    }
    if (known.rules === rules && known.revision === revision) return known;
    known.age++;
    forgetUnasked(known.uplink, known.age);
    for (const byPlace of known.inside.values()) forgetUnasked(byPlace, known.age);
    if (known.rules !== rules) this.forgetAffinity(place, rules);
    if (known.revision !== revision) known.placesSince = known.age;
    known.rules = rules;
    known.revision = revision;
    return known;
  }

  /** A list lives as long as a rule names it. */
  private forgetAffinity(place: number, rules: CompiledRuleset): void {
    const stamps = this.stamps[place];
    if (stamps === undefined) return;
    for (const name of stamps.keys()) if (!keepsList(rules.ruleset, name)) stamps.delete(name);
  }

  private destination(
    { rules, age, uplink, inside }: NodeMemory,
    inInterface: string | null,
    { destination, port, flow }: Connection,
  ): Destination {
    const byPlace = inInterface === UPLINK ? uplink : innerMap(inside, inInterface);
    const place = destination * 65536 + port;
    let known = byPlace.get(place);
    if (known?.age === age) return known;
    const entry = inInterface === null ? 'local' : 'arriving';
    const compiled = rules.destination(entry, inInterface, destination, port, flow.transport.protocol);
    if (known?.compiled !== compiled) {
      known = { age, compiled, ways: [] };
      byPlace.set(place, known);
    }
    known.age = age;
    return known;
  }
}

/** Ways are kept from one age to the next, and no longer: what nobody asked for since is held for nothing. */
function forgetUnasked(destinations: Destinations, age: number): void {
  for (const [place, destination] of destinations) if (destination.age < age - 1) destinations.delete(place);
}

/** The list stands in the order of its stamps. */
function stamp(list: Map<AddressId, Nanos>, source: AddressId, now: Nanos, capacity: number): void {
  const isKnown = list.delete(source);
  if (!isKnown && list.size >= capacity) {
    const [oldest] = list.keys();
    list.delete(oldest as AddressId);
  }
  list.set(source, now);
}
