/**
 * What a target replies to a load balancer's probe.
 *
 * Models: HTTP checks of kube-proxy's sockets, which the node's own rules let in or not and which pass on 200 alone; checks of
 *   a node port, which go through the node's rules to some pod, perhaps of another node; checks of a pod at its own address.
 * Source: providers' documentation of their checks; kube-proxy's rules for the rest; Go's net/http, which answers what is no
 *   HTTP with 400, for checks that begin with a PROXY header.
 * Simplified: a check of a node port heeds no session affinity, and in mode userspace takes no endpoint's turn; the address that it comes from is a documentation address
 *   where the load balancer has none.
 * Who could tell: someone whose prober always gets the same dead pod, or whose firewall knows the provider's probe ranges.
 */
import { type Host, type Locations, UPLINK } from '../cluster/locations.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import { DIAL_TIMEOUTS_NS, type RelaySocket } from '../kube-proxy/relay.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import { CONNECTED, NOT_CONNECTED, SILENCE } from '../load-balancer/probe-runs.js';
import type { Ip } from '../netfilter/address.js';
import type { AddressBook } from '../netfilter/address-book.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import { type Choice, pick } from '../netfilter/decision.js';
import type { IpFamily } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { replyToCheck } from './app-answers.js';
import { type Links, LOAD_BALANCER } from './links.js';
import { refusalBy } from './ways.js';

/** Where probes come from when a load balancer has no address of its own; no rule of kube-proxy knows it (RFC 5737, RFC 3849). */
const PROBERS: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.1', IPv6: '2001:db8::1' };

const BAD_REQUEST = 400;

export interface ProbeWorld {
  readonly links: Links;
  readonly locations: Locations;
  readonly addresses: AddressBook;
  now(): Nanos;
  /** Null: the node is gone. */
  proxy(node: number): NodeProxy | null;
  rules(node: number, family: IpFamily): CompiledRuleset | null;
}

export class NodeProbes {
  constructor(private readonly world: ProbeWorld) {}

  /** See `probe-runs.ts`. `chance`: 0 … 1, which endpoint a check of a node port gets. */
  reply(balancer: Balancer, target: Target, chance: number): number {
    const { check } = balancer;
    const isUp = this.world.proxy(target.node) !== null && this.world.locations.hasPower(target.node);
    if (check === null || !isUp) return SILENCE;
    if (!this.world.links.quiet && this.isLost(balancer, target.node, chance)) return SILENCE;
    const asksHttp = check.kind === 'http-node-port';
    if (target.pod !== null) return this.ofHost(balancer, this.world.locations.hostAt(target.pod.ip), asksHttp);
    if (check.kind === 'tcp-node-port' || asksHttp) return this.ofNodePort(balancer, target.node, chance, asksHttp);
    return this.ofKubeProxy(balancer, target.node, chance);
  }

  /** HTTP status of the answer to the check; null: no answer, or the check is no HTTP. */
  status(balancer: Balancer, target: Target): number | null {
    const reply = this.reply(balancer, target, 0);
    return reply >= 100 ? reply : null;
  }

  /** Between the load balancer and the node. */
  private isLost({ check }: Balancer, node: number, chance: number): boolean {
    const { links } = this.world;
    const late = 2 * links.delayNs(LOAD_BALANCER, node) > (check?.settings.timeoutNs ?? Infinity);
    return late || links.isCut(LOAD_BALANCER, node) || links.losesPacket(LOAD_BALANCER, node, node, chance * 2 ** 31);
  }

  private ofKubeProxy(balancer: Balancer, node: number, chance: number): number {
    const { check } = balancer;
    const address = this.world.locations.nodes[node]?.addresses[0];
    if (address === undefined || check === null) return SILENCE;
    const choice = this.choice(balancer, node, address, check.port, chance);
    if (choice === null || choice.verdict === 'drop') return SILENCE;
    if (choice.verdict === 'reject') return NOT_CONNECTED;
    const answer = this.world.proxy(node)?.answer(address, check.port, '/healthz', this.world.now());
    if (answer == null) return NOT_CONNECTED;
    return sendsHeader(balancer) ? BAD_REQUEST : answer.status;
  }

  private ofNodePort(balancer: Balancer, node: number, chance: number, asksHttp: boolean): number {
    const { locations } = this.world;
    const address = locations.nodes[node]?.addresses[0];
    const port = balancer.check?.port ?? 0;
    const choice = address === undefined ? null : this.choice(balancer, node, address, port, chance);
    if (choice === null || choice.verdict === 'drop') return SILENCE;
    if (choice.verdict === 'reject') return NOT_CONNECTED;
    const relay = choice.verdict === 'local' ? this.relayAt(node, choice) : null;
    if (relay !== null) return this.ofRelay(balancer, relay, chance, asksHttp);
    const host = locations.hostAt(choice.ip);
    const onNode = choice.verdict === 'local' ? node : locations.nodeAt(choice.ip);
    if (choice.verdict === 'local' || (host === undefined && onNode >= 0)) {
      const listener = locations.listenerOn(onNode, 'TCP', choice.port, choice.dnat);
      return listener === undefined ? NOT_CONNECTED : this.ofHost(balancer, listener, asksHttp);
    }
    const { links } = this.world;
    if (!links.quiet && host !== undefined && host.node >= 0 && host.node !== node) {
      if (links.isCut(node, host.node) || links.losesPacket(node, host.node, node, chance * 2 ** 31)) return SILENCE;
    }
    return this.ofHost(balancer, host, asksHttp);
  }

  private ofHost(balancer: Balancer, host: Host | undefined, asksHttp: boolean): number {
    if (host === undefined || host.state === 'gone' || !this.world.locations.hasPower(host.node)) return SILENCE;
    if (refusalBy(host) !== null) return NOT_CONNECTED;
    const { checkPath, forwards } = balancer.profile;
    return asksHttp ? replyToCheck(host, checkPath, sendsHeader(balancer) ? forwards : null) : CONNECTED;
  }

  /** What the node's rules make of a probe; null: the node is gone. */
  private choice(balancer: Balancer, node: number, address: Ip, port: number, chance: number): Choice | null {
    const { addresses } = this.world;
    const { family } = address;
    const { kind } = balancer.profile;
    const source = addresses.idOf(kind === 'proxy' ? (balancer.sources[family][0] as string) : PROBERS[family]);
    const decision = this.world
      .rules(node, family)
      ?.decide('arriving', source, UPLINK, addresses.idOfIp(address), port, 'TCP');
    return decision?.choices[pick(decision, chance)] ?? null;
  }

  private relayAt(node: number, { address, port }: Choice): RelaySocket | null {
    return this.world.proxy(node)?.relayAt(this.world.addresses.at(address), port, 'TCP') ?? null;
  }

  /** kube-proxy of mode userspace accepts first, and then looks for an endpoint that takes its own connection. */
  private ofRelay(balancer: Balancer, { endpoints }: RelaySocket, chance: number, asksHttp: boolean): number {
    if (!asksHttp) return CONNECTED;
    const first = Math.floor(chance * endpoints.length);
    for (let n = 0; n < Math.min(DIAL_TIMEOUTS_NS.length, endpoints.length); n++) {
      const { ip } = endpoints[(first + n) % endpoints.length] as (typeof endpoints)[number];
      const host = this.world.locations.hostAt(ip.text);
      if (host?.state === 'running') return this.ofHost(balancer, host, true);
    }
    return NOT_CONNECTED;
  }
}

function sendsHeader({ profile: { forwards, checkSendsProxyHeader } }: Balancer): boolean {
  return checkSendsProxyHeader && (forwards === 'proxy-v1' || forwards === 'proxy-v2');
}
