/** Dictionary ids of what a request's row names, kept where they were looked up once: most requests repeat. */
import { NOBODY } from '../cluster/blame.js';
import type { BlameLedger } from '../cluster/blame-ledger.js';
import type { Host, Locations } from '../cluster/locations.js';
import { reach } from '../kernel/index.js';
import type { Balancer } from '../load-balancer/balancer.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import { SOURCE_UNKNOWN } from '../netfilter/decision.js';
import { BY_RULE } from '../netfilter/refusal.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Cause, LossPlace } from '../results/result.js';
import { SOURCE_KINDS, type SourceKind } from '../results/result.js';
import type { Way } from './ways.js';

/** Whom losses are put down to. */
export interface LossBlame {
  readonly ledger: BlameLedger;
  /** Dictionary id of the event; 0 of NOBODY. */
  event(because: number): number;
  /** Behind what happens now. */
  current(): number;
  /** By which the rules of the node are older than they would be, or are none; NOBODY. */
  fault(node: number): number;
  /** That fault, with the change that the node has not followed for it. */
  notFollowed(fault: number, missed: number, node: string): number;
}

export class RowIds {
  /** 0: not looked up yet. */
  private readonly hosts: number[] = [];
  private readonly nodes: number[] = [];
  private readonly balancers = new Map<Balancer, { forwards: string; own: number }>();
  /** By kind, then by address. */
  private readonly sources: number[][] = SOURCE_KINDS.map(() => []);

  constructor(
    private readonly locations: Locations,
    private readonly addresses: AddressBook,
    private readonly dictionaries: DictionaryBuilder,
    private readonly blame: LossBlame,
  ) {}

  /** Of the source that an endpoint sees; 0 where that cannot be known. `kind`: index in SOURCE_KINDS. */
  source(address: AddressId, kind: number): number {
    if (address === SOURCE_UNKNOWN) return 0;
    const ids = this.sources[kind] as number[];
    return ids[address] || this.noteSource(ids, address, SOURCE_KINDS[kind] as SourceKind);
  }

  host(host: Host): number {
    return this.hosts[host.index] || this.noteHost(host);
  }

  node(node: number): number {
    return this.nodes[node] || this.noteNode(node);
  }

  /** `client`: what it takes for the client's address, where that is not the client's own; -1: it is. */
  balancer(balancer: Balancer, client: AddressId): number {
    const { forwards } = balancer.profile;
    let known = this.balancers.get(balancer);
    if (known === undefined || known.forwards !== forwards) {
      known = { forwards, own: this.dictionaries.loadBalancer(balancer.service, forwards) };
      this.balancers.set(balancer, known);
    }
    if (client < 0 || forwards === 'nothing') return known.own;
    return this.dictionaries.loadBalancer(balancer.service, forwards, this.addresses.at(client).text);
  }

  /** `place`: the object that decided. `because`: the entry of the timeline or step behind it, see `Blame`. */
  reason(text: string, cause: Cause, place: LossPlace | null = null, because = NOBODY): number {
    return this.dictionaries.reason(text, cause, place, this.blame.event(because));
  }

  reasonText(reason: number): string {
    return this.dictionaries.dictionaries.reasons[reason] ?? '';
  }

  /** What a pod, or another endpoint, does or is. */
  ofHost(text: string, cause: Cause, { name }: Host): number {
    return this.reason(text, cause, { kind: 'pod', name }, this.blame.ledger.ofPod(name));
  }

  /** … that rules of a node have sent a packet for the service to. */
  ofTarget(text: string, cause: Cause, host: Host, node: number, service: string | null): number {
    const found = this.blame.ledger.ofPod(host.name);
    return this.reason(text, cause, { kind: 'pod', name: host.name }, this.behindRules(node, service, found, found));
  }

  /** The machine of an endpoint that rules of another node have sent a packet for the service to. */
  ofTargetNode(text: string, target: number, node: number, service: string | null): number {
    const name = this.nodeName(target);
    const found = this.blame.ledger.ofNode(name);
    return this.reason(text, 'node-down', { kind: 'node', name }, this.behindRules(node, service, found, found));
  }

  /** Nothing can be sent at all. `client`: by its name. */
  ofProblem(text: string, { isSenderGone, client }: { isSenderGone: boolean; client: string }): number {
    if (!isSenderGone) return this.reason(text, 'no-address');
    const { ledger } = this.blame;
    const machine = this.locations.nodes[this.locations.hostsNamed(client)[0]?.node ?? -1];
    const because = machine?.isOn === false ? ledger.ofNode(machine.name) : ledger.ofPod(client);
    return this.reason(text, 'sender-gone', { kind: 'pod', name: client }, because);
  }

  /** What a node is, or its kernel does. */
  ofNode(text: string, cause: Cause, node: number): number {
    const name = this.nodeName(node);
    return this.reason(text, cause, { kind: 'node', name }, this.blame.ledger.ofNode(name));
  }

  /** What is happening now happens to that node. */
  befellNode(node: number): void {
    this.blame.ledger.befellNode(this.nodeName(node), this.blame.current());
  }

  /** What a node's rules do with traffic of a service; null: of none that is known. */
  ofRules(text: string, cause: Cause, node: number, service: string | null): number {
    const name = this.nodeName(node);
    const found = service === null ? NOBODY : rulesBlame(this.blame.ledger, cause, service, name);
    return this.reason(text, cause, { kind: 'node', name }, this.behindRules(node, service, found));
  }

  /**
   * `found`, or the fault by which the node's rules do not follow the service. `change`: what of that matters; without it the last one
   * that they have missed.
   */
  private behindRules(node: number, service: string | null, found: number, change = NOBODY): number {
    const { ledger } = this.blame;
    const fault = this.blame.fault(node);
    if (fault === NOBODY) return found;
    const name = this.nodeName(node);
    if (ledger.isWithoutRules(name)) return fault;
    const missed = service === null ? NOBODY : ledger.missed(service, name);
    if (missed === NOBODY) return found;
    const named = change === NOBODY ? missed : change;
    return named === fault ? fault : this.blame.notFollowed(fault, named, name);
  }

  /** What the program of an endpoint does of itself: nobody is behind it. */
  ofProgram(text: string, cause: Cause, { name }: Host): number {
    return this.reason(text, cause, { kind: 'pod', name });
  }

  /** An endpoint has too much to do: whoever has left the work to fewer of them is behind it. */
  ofLoad(text: string, cause: Cause, pod: string, service: string | null): number {
    const because = service === null ? NOBODY : this.blame.ledger.ofFewer(service);
    return this.reason(text, cause, { kind: 'pod', name: pod }, because);
  }

  /** `pod`: dictionary id of the endpoint that took too long, 0 for none. */
  ofLateness(text: string, pod: number, service: string | null): number {
    if (pod === 0) return this.reason(text, 'too-late');
    return this.ofLoad(text, 'too-late', this.dictionaries.dictionaries.pods[pod]!.name, service);
  }

  /** What the client asked for; null where it was a bare address. */
  serviceOf({ target }: { readonly target: number }): string | null {
    return this.dictionaries.dictionaries.targets[target]?.service ?? null;
  }

  ofBalancer(text: string, cause: Cause, { service, because }: Balancer): number {
    return this.reason(text, cause, { kind: 'loadBalancer', name: service }, because);
  }

  /** The rule by which a node refuses what is sent to `target`. */
  refusal(way: Way, node: number, target: number): number {
    // While a fault lasts, what the rules have missed may become more.
    const isSteady = this.blame.fault(node) === NOBODY;
    if (isSteady && way.reason !== 0) return way.reason;
    const text = `${this.nodeName(node)}: ${way.choice.reason ?? 'no reason given'}`;
    const { cause, service } = way.choice.refusal ?? BY_RULE;
    const reason = this.ofRules(text, cause, node, service ?? this.serviceOf({ target }));
    if (isSteady) way.reason = reason;
    return reason;
  }

  private noteSource(ids: number[], address: AddressId, kind: SourceKind): number {
    reach(ids, address, 0);
    ids[address] = this.dictionaries.source(this.addresses.at(address).text, kind);
    return ids[address];
  }

  private noteHost(host: Host): number {
    reach(this.hosts, host.index, 0);
    this.hosts[host.index] = this.dictionaries.pod(host.name, this.nodeName(host.node), host.ip);
    return this.hosts[host.index] as number;
  }

  private noteNode(node: number): number {
    if (node < 0) return this.dictionaries.node('');
    reach(this.nodes, node, 0);
    this.nodes[node] = this.dictionaries.node(this.nodeName(node));
    return this.nodes[node] as number;
  }

  nodeName(node: number): string {
    return this.locations.nodes[node]?.name ?? '';
  }
}

function rulesBlame(ledger: BlameLedger, cause: Cause, service: string, node: string): number {
  if (cause === 'no-local-endpoint') return ledger.ofMissingLocal(service, node);
  if (cause === 'no-endpoint') return ledger.ofMissing(service, node);
  return ledger.ofService(service, node);
}
