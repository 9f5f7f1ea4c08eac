/** One of the ways that chance may take a packet through a node: where it is, what became of it, what it met. */
import type { Hook, TraceStep } from '../trace-result.js';
import { type Cidr, hostCidr, type Ip } from './address.js';
import { candidateRules } from './chain-index.js';
import type { Consulted } from './consulted.js';
import type { BaseChain } from './hooks.js';
import type { IpSet } from './ip-sets.js';
import type { PacketView } from './match.js';
import type { NftChain, NftRule } from './nft-rules.js';
import type { Egress, NodeContext, Packet } from './packet.js';
import { EPHEMERAL_PORTS, type PortSet } from './port-set.js';
import type { PlacedRule } from './refusals.js';
import type { Chain, ConntrackState, RecentMatch, Rule } from './rules.js';
import type { VirtualServer } from './virtual-servers.js';

/** An immutable list that ways share after they part: the newest first. */
export interface Chained<T> {
  readonly item: T;
  readonly before: Chained<T> | null;
}

/** A session affinity list that was asked for the packet's source, not older than `seconds`. */
export interface AffinityQuestion {
  readonly name: string;
  readonly seconds: number;
}

/** A place in a chain: `next` counts in `candidates`, or in the chain's rules where that is null. */
interface Place {
  readonly chain: Chain | NftChain;
  readonly candidates: readonly number[] | null;
  readonly next: number;
  readonly caller: Place | null;
}

/** What stays the same on all ways of one evaluation. */
export interface WalkSetting {
  readonly node: NodeContext;
  readonly packet: Packet;
  readonly sets: ReadonlyMap<string, IpSet>;
  readonly sourceTested: (cidr: Cidr) => void;
  readonly interfaceTested: (pattern: string | null) => void;
  readonly consulted: Consulted | undefined;
  readonly recentlySet: (name: string, seconds: number, source: Ip) => boolean;
  /** The first packet of a connection. */
  readonly opens: boolean;
}

/** `packet`: every connection draws anew; the others get the same answer to the same question. */
export type DrawnBy = 'packet' | 'source' | 'virtualServer';

/** Base chains of a lower priority come before connection tracking, and see no connection. */
const TRACKING_PRIORITY = -200;
const NOT_TRACKED_YET: ReadonlySet<ConntrackState> = new Set(['INVALID']);

export class Walk implements PacketView {
  /** Place of `base` among the hook's base chains. */
  place = 0;
  /** The base chain that is walked, or was last. */
  base: BaseChain | null = null;
  chain: Chain | NftChain | null = null;
  /** The base chain came to its end without a verdict: its policy decides. */
  undecided = false;
  /** NAT of destinations (PREROUTING, OUTPUT) and of sources (INPUT, POSTROUTING) is settled, translated or not. */
  destinationSettled = false;
  sourceSettled = false;

  sourceIp: Ip;
  sourcePorts: PortSet;
  destinationIp: Ip;
  destinationPort: number;
  private arrivedBy: string | null;
  /** Where the packet leaves as far as a hook knows: until the next one, what routing said before it. */
  outInterface: string | null = null;
  /** Set by routing. */
  egress: Egress | null = null;
  mark = 0;
  /** Of the connection, not of the packet. */
  connectionMark = 0;

  probability = 1;
  /** A DNAT or MASQUERADE rule took the packet. */
  dnat = false;
  snat = false;
  /** MASQUERADE applied, but the egress interface's address is not known; `sourceIp` is still the old one. */
  sourceUnknown = false;
  masqueradeMarked = false;
  acceptedOnInput = false;
  /** A packet of the node to the node that has come back from the loopback interface. */
  loopedBack = false;
  /** The hook at which IPVS looked at it last. */
  askedIpvs: Hook | null = null;
  /** The virtual server for which IPVS has sent it on: it does not look at the packet again. */
  balanced: VirtualServer | null = null;
  /** What the choice of a real server hangs on. */
  drawnBy: DrawnBy = 'packet';

  /** The rule that sent it to KUBE-MARK-DROP first. */
  dropMarkedBy: PlacedRule | null = null;
  /** Whom kube-proxy's map of what has no endpoint named. */
  emptied: string | null = null;

  steps: Chained<TraceStep> | null = null;
  affinitySet: Chained<string> | null = null;
  affinityChecked: Chained<AffinityQuestion> | null = null;

  private candidates: readonly number[] | null = null;
  private next = 0;
  private caller: Place | null = null;

  constructor(
    readonly setting: WalkSetting,
    public hook: Hook,
    /** The connection's states; replaced, never changed. */
    public states: ReadonlySet<ConntrackState>,
  ) {
    const { sourcePort } = setting.packet;
    this.sourceIp = setting.packet.sourceIp;
    this.sourcePorts = sourcePort === null ? EPHEMERAL_PORTS : [{ first: sourcePort, last: sourcePort }];
    this.destinationIp = setting.packet.destinationIp;
    this.destinationPort = setting.packet.destinationPort;
    this.arrivedBy = setting.packet.inInterface;
  }

  get node(): NodeContext {
    return this.setting.node;
  }

  get protocol(): Packet['protocol'] {
    return this.setting.packet.protocol;
  }

  get sets(): ReadonlyMap<string, IpSet> {
    return this.setting.sets;
  }

  get inInterface(): string | null {
    this.setting.interfaceTested(null);
    return this.arrivedBy;
  }

  set inInterface(name: string | null) {
    this.arrivedBy = name;
  }

  cameInBy(pattern: string): boolean {
    this.setting.interfaceTested(pattern);
    return interfaceMatches(pattern, this.arrivedBy);
  }

  goesOutBy(pattern: string): boolean {
    return interfaceMatches(pattern, this.outInterface);
  }

  get original(): Packet {
    return this.setting.packet;
  }

  get opens(): boolean {
    return this.setting.opens;
  }

  get isOwn(): boolean {
    return this.hook === 'OUTPUT' || (this.hook === 'POSTROUTING' && this.arrivedBy === null);
  }

  /** What went out over the loopback has passed all rules once. */
  get confirmed(): boolean {
    return this.loopedBack;
  }

  get connection(): ReadonlySet<ConntrackState> {
    const untracked = this.loopedBack || this.states.has('UNTRACKED') || this.base === null;
    return untracked || this.base!.priority > TRACKING_PRIORITY ? this.states : NOT_TRACKED_YET;
  }

  sourceTested(cidr: Cidr): void {
    this.setting.sourceTested(cidr);
  }

  askedSet(set: IpSet, key: string | null): void {
    this.setting.consulted?.set(set, key);
  }

  sourceUsed(): void {
    this.setting.sourceTested(hostCidr(this.setting.packet.sourceIp));
  }

  /** Beside what the way itself has set, only lists of sources are remembered, and of each source only the last time. */
  wasSet(match: RecentMatch): boolean {
    const { name, key, mask } = match;
    const hits = ('hits' in match && match.hits) || 1;
    if (count(this.affinitySet, listKey(match)) >= hits) return true;
    if (!('seconds' in match) || hits > 1 || key !== undefined || mask !== undefined) return false;
    return this.recentlySet(name, match.seconds === 0 ? Number.POSITIVE_INFINITY : match.seconds);
  }

  recentlySet(name: string, seconds: number): boolean {
    this.affinityChecked = { item: { name, seconds }, before: this.affinityChecked };
    return this.setting.recentlySet(name, seconds, this.sourceIp);
  }

  /** What a `recent` match that holds does to its list. */
  noteRecent(match: RecentMatch): void {
    const key = listKey(match);
    if (match.operation === 'rcheck') return;
    if (match.operation !== 'remove') this.affinitySet = { item: key, before: this.affinitySet };
    else this.affinitySet = without(this.affinitySet, key);
  }

  /** A second way from here on; the two share nothing that changes. */
  fork(): Walk {
    // Field by field: every choice of every service forks, and Object.assign costs many times as much.
    const copy = new Walk(this.setting, this.hook, this.states);
    copy.place = this.place;
    copy.base = this.base;
    copy.chain = this.chain;
    copy.undecided = this.undecided;
    copy.destinationSettled = this.destinationSettled;
    copy.sourceSettled = this.sourceSettled;
    copy.sourceIp = this.sourceIp;
    copy.sourcePorts = this.sourcePorts;
    copy.destinationIp = this.destinationIp;
    copy.destinationPort = this.destinationPort;
    copy.arrivedBy = this.arrivedBy;
    copy.outInterface = this.outInterface;
    copy.egress = this.egress;
    copy.mark = this.mark;
    copy.connectionMark = this.connectionMark;
    copy.probability = this.probability;
    copy.dnat = this.dnat;
    copy.snat = this.snat;
    copy.sourceUnknown = this.sourceUnknown;
    copy.masqueradeMarked = this.masqueradeMarked;
    copy.acceptedOnInput = this.acceptedOnInput;
    copy.loopedBack = this.loopedBack;
    copy.askedIpvs = this.askedIpvs;
    copy.balanced = this.balanced;
    copy.drawnBy = this.drawnBy;
    copy.dropMarkedBy = this.dropMarkedBy;
    copy.emptied = this.emptied;
    copy.steps = this.steps;
    copy.affinitySet = this.affinitySet;
    copy.affinityChecked = this.affinityChecked;
    copy.candidates = this.candidates;
    copy.next = this.next;
    copy.caller = this.caller;
    return copy;
  }

  /** Starts a base chain; null leaves the one that is walked. */
  enter(base: BaseChain | null): void {
    if (base !== null) this.base = base;
    this.caller = null;
    this.undecided = false;
    this.open(base === null ? null : base.chain);
  }

  jump(chain: Chain | NftChain): void {
    if (this.chain !== null) {
      this.caller = { chain: this.chain, candidates: this.candidates, next: this.next, caller: this.caller };
    }
    this.open(chain);
  }

  /** As a jump, but the chain's end leads back to where this one's would. */
  goTo(chain: Chain | NftChain): void {
    this.open(chain);
  }

  /** Back behind the rule that jumped here; from a base chain to its policy. */
  goBack(): void {
    const place = this.caller;
    this.undecided = place === null;
    this.chain = place?.chain ?? null;
    this.candidates = place?.candidates ?? null;
    this.next = place?.next ?? 0;
    this.caller = place?.caller ?? null;
  }

  /** Whether the packet is in the chain already, and would go round for ever. */
  isInside(name: string): boolean {
    if (this.chain?.name === name) return true;
    for (let place = this.caller; place !== null; place = place.caller) if (place.chain.name === name) return true;
    return false;
  }

  /** Null at the end of the chain. */
  nextRule(): Rule | NftRule | null {
    const number = this.candidates === null ? this.next : this.candidates[this.next];
    this.next++;
    return number === undefined ? null : (this.chain?.rules[number] ?? null);
  }

  private open(chain: Chain | NftChain | null): void {
    this.chain = chain;
    // nft has maps for what iptables has thousands of rules for.
    const isIndexed = chain !== null && this.base?.table.syntax === 'iptables';
    this.candidates = isIndexed ? candidateRules(chain as Chain, this.destinationIp, this.destinationPort) : null;
    this.next = 0;
  }
}

/** Lists of sources are named as session affinity names them. */
function listKey({ name, key, mask }: RecentMatch): string {
  return key === undefined && mask === undefined ? name : `${name} ${key ?? 'source'} ${mask ?? ''}`;
}

function count(list: Chained<string> | null, item: string): number {
  let found = 0;
  for (let link = list; link !== null; link = link.before) if (link.item === item) found++;
  return found;
}

function without(list: Chained<string> | null, item: string): Chained<string> | null {
  let rest: Chained<string> | null = null;
  for (const kept of unchain(list)) if (kept !== item) rest = { item: kept, before: rest };
  return rest;
}

/** Oldest first. */
export function unchain<T>(list: Chained<T> | null): T[] {
  const items: T[] = [];
  for (let link = list; link !== null; link = link.before) items.push(link.item);
  return items.reverse();
}

/** As iptables writes them: `veth+` is every name that starts so, `+` also that of no interface, which is empty. */
export function interfaceMatches(pattern: string, name: string | null): boolean {
  if (pattern === '+') return true;
  if (name === null) return false;
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
