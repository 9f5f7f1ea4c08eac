/** Dictionary ids of what a request's row names, kept where they were looked up once: most requests repeat. */
import type { Host, Locations } from '../cluster/locations.js';
import type { Balancer } from '../load-balancer/balancer.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import { SOURCE_UNKNOWN } from '../netfilter/decision.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Cause } from '../results/result.js';
import { SOURCE_KINDS, type SourceKind } from '../results/result.js';
import type { Way } from './ways.js';

export class RowIds {
  private readonly hosts: number[] = [];
  private readonly nodes: number[] = [];
  private readonly balancers = new Map<Balancer, number>();
  /** By kind, then by address. */
  private readonly sources: number[][] = SOURCE_KINDS.map(() => []);

  constructor(
    private readonly locations: Locations,
    private readonly addresses: AddressBook,
    private readonly dictionaries: DictionaryBuilder,
  ) {}

  /** Of the source that an endpoint sees; 0 where that cannot be known. `kind`: index in SOURCE_KINDS. */
  source(address: AddressId, kind: number): number {
    if (address === SOURCE_UNKNOWN) return 0;
    const ids = this.sources[kind] as number[];
    ids[address] ??= this.dictionaries.source(this.addresses.at(address).text, SOURCE_KINDS[kind] as SourceKind);
    return ids[address];
  }

  host(host: Host): number {
    this.hosts[host.index] ??= this.dictionaries.pod(host.name, this.nodeName(host.node), host.ip);
    return this.hosts[host.index] as number;
  }

  node(node: number): number {
    this.nodes[node] ??= this.dictionaries.node(this.nodeName(node));
    return this.nodes[node] as number;
  }

  balancer(balancer: Balancer): number {
    let id = this.balancers.get(balancer);
    if (id === undefined) {
      id = this.dictionaries.loadBalancer(balancer.service, balancer.profile.forwards);
      this.balancers.set(balancer, id);
    }
    return id;
  }

  reason(text: string, cause: Cause): number {
    return this.dictionaries.reason(text, cause);
  }

  reasonText(reason: number): string {
    return this.dictionaries.dictionaries.reasons[reason] ?? '';
  }

  /** The rule by which a node refuses. */
  refusal(way: Way, node: number): number {
    if (way.reason === 0)
      way.reason = this.reason(`${this.nodeName(node)}: ${way.choice.reason ?? 'no reason given'}`, 'rule');
    return way.reason;
  }

  nodeName(node: number): string {
    return this.locations.nodes[node]?.name ?? '';
  }
}
