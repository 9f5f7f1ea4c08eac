/**
 * What a node answers to a load balancer's probe.
 *
 * Models: HTTP checks of kube-proxy's sockets, which pass on 200 alone; TCP checks of a node port, which go through the
 *   node's rules to some pod, perhaps of another node.
 * Source: providers' documentation of their checks; kube-proxy's rules for the rest.
 * Simplified: a TCP check heeds no session affinity.
 * Who could tell: someone whose prober always gets the same dead pod.
 */
import { type Locations, UPLINK } from '../cluster/locations.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import type { Balancer } from '../load-balancer/balancer.js';
import type { ProbeAnswer } from '../load-balancer/cloud-controller.js';
import type { AddressBook } from '../netfilter/address-book.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import { pick } from '../netfilter/decision.js';
import type { IpFamily } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { refusalBy } from './ways.js';

/** Where probes come from when a load balancer has no address of its own; no rule of kube-proxy knows it (RFC 5737, RFC 3849). */
const PROBERS: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.1', IPv6: '2001:db8::1' };

export interface ProbeWorld {
  readonly locations: Locations;
  readonly addresses: AddressBook;
  now(): Nanos;
  /** Null: the node is gone. */
  proxy(node: number): NodeProxy | null;
  rules(node: number, family: IpFamily): CompiledRuleset | null;
}

export class NodeProbes {
  constructor(private readonly world: ProbeWorld) {}

  /** `chance`: 0 … 1, which endpoint a TCP check gets. */
  answer(balancer: Balancer, node: number, chance: number): ProbeAnswer {
    const { check } = balancer;
    if (check === null || this.world.proxy(node) === null) return 'silent';
    if (check.kind === 'tcp-node-port') return this.connect(balancer, node, check.port, chance);
    return this.status(balancer, node) === 200 ? 'pass' : 'fail';
  }

  /** HTTP status of the answer to the check; null: no answer. */
  status({ check }: Balancer, node: number): number | null {
    const address = this.world.locations.nodes[node]?.addresses[0];
    if (address === undefined || check === null) return null;
    return this.world.proxy(node)?.answer(address, check.port, '/healthz', this.world.now())?.status ?? null;
  }

  private connect(balancer: Balancer, node: number, port: number, chance: number): ProbeAnswer {
    const { addresses, locations } = this.world;
    const address = locations.nodes[node]?.addresses[0];
    const rules = address === undefined ? null : this.world.rules(node, address.family);
    if (address === undefined || rules === null) return 'silent';
    const { family } = address;
    const source = addresses.idOf(balancer.profile.kind === 'proxy' ? balancer.sources[family][0]! : PROBERS[family]);
    const decision = rules.decide('arriving', source, UPLINK, addresses.idOfIp(address), port, 'TCP');
    const choice = decision.choices[pick(decision, chance)];
    if (choice === undefined || choice.verdict === 'drop') return 'silent';
    if (choice.verdict === 'reject') return 'fail';
    const host = locations.hostAt(choice.ip);
    const onNode = choice.verdict === 'local' ? node : locations.nodeAt(choice.ip);
    if (choice.verdict === 'local' || (host === undefined && onNode >= 0))
      return locations.listenerOn(onNode, 'TCP', choice.port, choice.dnat) === undefined ? 'fail' : 'pass';
    if (host === undefined || host.state === 'gone') return 'silent';
    return refusalBy(host) === null ? 'pass' : 'fail';
  }
}
