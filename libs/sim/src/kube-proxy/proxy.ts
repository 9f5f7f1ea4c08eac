/**
 * One kube-proxy: what it has heard, when it syncs, which rules are in force, what its sockets answer.
 *
 * Models: changes heard one after the other, paced syncs, rules that come into force at the end of a sync, health answers.
 * Source: pkg/proxy/iptables/proxier.go (syncProxyRules and the order of what follows it), cmd/kube-proxy/app/server.go.
 * Simplified: both families of a dual-stack node sync together.
 * Who could tell: someone who measures staleness in clusters of thousands of services.
 */
import type { Change } from '../cluster/api-server.js';
import type { NodePlace } from '../cluster/locations.js';
import { internalIPs } from '../cluster/pod-objects.js';
import { type Ip, parseCidr, parseIp, sameIp } from '../netfilter/address.js';
import type { AddressBook } from '../netfilter/address-book.js';
import { contextUnder } from '../netfilter/bound-addresses.js';
import { type CompiledRuleset, compileRuleset } from '../netfilter/compile.js';
import type { ConnectionTable } from '../netfilter/conntrack.js';
import { isLoopback } from '../netfilter/loopback.js';
import { ownRulesets } from '../netfilter/own-rules.js';
import type { NodeContext } from '../netfilter/packet.js';
import type { Ruleset } from '../netfilter/rules.js';
import type { EndpointSliceObject, IpFamily, NodeObject, Protocol, ServiceObject } from '../objects.js';
import type { Nanos, NodeSettings, Scenario } from '../scenario.js';
import { ChangeTracker } from './change-tracker.js';
import { type FeatureGates, featureGatesOf } from './feature-gates.js';
import { HealthPorts } from './health-ports.js';
import { LARGE_CLUSTER_ENDPOINTS } from './large-cluster.js';
import { localDetectorOf } from './local-detector.js';
import { minorOf } from './minor-version.js';
import { modeSettings } from './mode-settings.js';
import type { ProxyMode, ProxyProgram } from './modes/mode.js';
import { modeOf } from './modes/modes.js';
import type { ProxySockets } from './modes/userspace-sockets.js';
import { HEALTHZ_PORT, METRICS_PORT, metricsAnswer } from './node-answers.js';
import { nodePortAddressesOf } from './node-port-addresses.js';
import { OrderedMap } from './ordered-map.js';
import {
  type HttpAnswer,
  healthTimeoutNs,
  healthzAnswer,
  isNodeEligible,
  isProxierHealthy,
  livezAnswer,
  NEW_PROXY_HEALTH,
  NOT_FOUND,
  type ProxyHealth,
  withQueuedUpdate,
  withUpdated,
} from './proxy-health.js';
import { masqueradeMarkOf, type ProxyNode } from './proxy-node.js';
import { DEFAULT_UDP_IDLE_TIMEOUT_NS, Relay, type RelaySocket } from './relay.js';
import { serviceHealthAnswer } from './service-health.js';
import { deleteEntriesOfClosedServices, deleteStaleUdpEntries } from './stale-udp-entries.js';
import {
  endSync,
  maxIntervalNs,
  newRunner,
  type RunnerSettings,
  type RunnerState,
  requestSync,
  type SyncKind,
  startSync,
  syncKind,
} from './sync-runner.js';
import { SyncSize } from './sync-size.js';
import { behaviourOf, type ProxyBehaviour } from './versions.js';

interface FamilyProxy {
  node: ProxyNode;
  tracker: ChangeTracker;
  /** In force. */
  program: ProxyProgram | null;
  /** Written by the sync that is going on. */
  next: ProxyProgram | null;
  healthPorts: HealthPorts;
  size: SyncSize;
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
const NO_SOCKETS: ProxySockets = OrderedMap.empty();
const NO_LOOPBACK = parseIp('192.0.2.1');
const NO_RULES: Readonly<Record<IpFamily, Ruleset>> = {
  IPv4: { ipFamily: 'IPv4', tables: new Map() },
  IPv6: { ipFamily: 'IPv6', tables: new Map() },
};

export class NodeProxy {
  readonly behaviour: ProxyBehaviour;
  readonly mode: ProxyMode;
  /** 1 << masqueradeBit. */
  readonly masqueradeMark: number;
  private readonly gates: FeatureGates;
  private readonly families = new Map<IpFamily, FamilyProxy>();
  /** Rules of a real node, which stand in the place of those that this kube-proxy writes. */
  readonly ownRules: Readonly<Record<IpFamily, Ruleset | null>>;
  private readonly ownBesideIpvs: Partial<Record<IpFamily, Ruleset>> = {};
  private compiledRules: Partial<Record<IpFamily, CompiledRuleset>> = {};
  private readonly settings: RunnerSettings;
  private readonly timeoutNs: Nanos;
  private runner: RunnerState;
  private running: SyncKind = 'full';
  private health: ProxyHealth = NEW_PROXY_HEALTH;
  private nodeLabels: Record<string, string> = {};
  private node: NodeObject | null;
  /** Of mode userspace. */
  private readonly relay: Relay | null;
  syncs = 0;
  /** By the sync that began last. */
  rulesWritten = 0;
  /** False until its process has started: nothing hears and nothing answers. */
  isUp = true;
  /** What an earlier process left in the kernel: in force until the first sync is done. */
  private standing: Partial<Record<IpFamily, Ruleset>> = {};

  constructor(
    readonly place: NodePlace,
    node: NodeObject,
    private readonly config: NodeSettings,
    private readonly scenario: Pick<Scenario, 'healthzText' | 'cluster' | 'seed'>,
    private readonly addresses: AddressBook,
    /** When kube-proxy starts. */
    nowNs: Nanos,
  ) {
    const { kubeProxy, version } = config;
    this.ownRules = ownRulesets(config.rules);
    this.behaviour = behaviourOf(version);
    this.mode = modeOf(kubeProxy.mode);
    this.gates = featureGatesOf(version, kubeProxy.featureGates);
    const { masqueradeBit, minSyncPeriodNs, syncPeriodNs } = modeSettings(kubeProxy);
    this.masqueradeMark = masqueradeMarkOf({ masqueradeBit });
    this.node = node;
    this.nodeLabels = node.metadata.labels ?? {};
    this.settings = {
      behaviour: this.behaviour,
      gates: this.gates,
      minSyncPeriodNs,
      syncPeriodNs,
      maxIntervalNs: maxIntervalNs(this.mode.name, syncPeriodNs),
    };
    this.timeoutNs = healthTimeoutNs(kubeProxy.iptables.syncPeriodNs);
    this.runner = newRunner(this.settings, nowNs);
    this.relay = this.mode.name === 'userspace' ? this.newRelay() : null;
    for (const family of this.relay === null ? FAMILIES : [this.onlyFamily(node)]) this.addFamily(family, node);
  }

  /** When the next sync is due; null while one is going on. */
  get dueNs(): Nanos | null {
    return this.runner.dueNs;
  }

  /** When the health answers may turn because an update waits too long. */
  get healthDeadlineNs(): Nanos | null {
    const waiting = Object.values(this.health)
      .map(({ pendingSinceNs }) => pendingSinceNs)
      .filter((since) => since !== null);
    return waiting.length === 0 ? null : Math.min(...waiting) + this.timeoutNs;
  }

  /** A watch delivers; true: a sync was asked for. */
  deliver(change: Change, nowNs: Nanos): boolean {
    if (this.relay !== null) return this.deliverToRelay(this.relay, change, nowNs);
    let due = false;
    for (const [family, proxy] of this.families) {
      if (!this.track(proxy.tracker, change)) continue;
      due = true;
      this.health = withQueuedUpdate(this.health, family, nowNs, this.behaviour);
    }
    const full = this.trackNode(change);
    if (due || full) this.runner = requestSync(this.runner, this.settings, nowNs, full);
    return due || full;
  }

  /** Only Services need a sync, and nobody's health waits for it. */
  private deliverToRelay(relay: Relay, change: Change, nowNs: Nanos): boolean {
    let due = false;
    for (const { tracker, next, program } of this.families.values()) {
      if (!this.track(tracker, change)) continue;
      if (change.kind === 'Service') due = true;
      else if (next !== null || program !== null) relay.endpointsChanged(tracker.checkoutEndpoints());
    }
    this.trackNode(change);
    if (due) this.runner = requestSync(this.runner, this.settings, nowNs);
    return due;
  }

  startSync(nowNs: Nanos): void {
    const size = [...this.families.values()].reduce((sum, { tracker }) => sum + tracker.endpointCount, 0);
    this.running = syncKind(this.runner, this.settings, nowNs, size > LARGE_CLUSTER_ENDPOINTS);
    this.runner = startSync(this.runner, this.settings, nowNs);
    this.rulesWritten = 0;
    for (const proxy of this.families.values()) {
      const { services, endpoints, changedServicePorts } = proxy.tracker.checkout();
      const view = { node: proxy.node, nodeLabels: this.nodeLabels, services, endpoints };
      const before = proxy.program?.view ?? null;
      const rewritesLeading = this.mode.name === 'iptables';
      this.rulesWritten += proxy.size.written(before, view, changedServicePorts, this.running, rewritesLeading);
      this.relay?.endpointsChanged(endpoints);
      proxy.next = this.mode.program(view, proxy.program ?? undefined);
    }
  }

  /** The rules are in force, and what follows a successful sync has happened. `conntrack`: the node's, where it holds anything. */
  endSync(nowNs: Nanos, conntrack: ConnectionTable | null = null): void {
    this.syncs++;
    for (const [family, proxy] of this.families) {
      if (proxy.next === null) continue;
      const deleteStale = this.relay === null ? deleteStaleUdpEntries : deleteEntriesOfClosedServices;
      if (conntrack !== null) deleteStale(conntrack, proxy.program?.view ?? null, proxy.next.view);
      proxy.program = proxy.next;
      proxy.next = null;
      // In mode userspace no health server hears of a sync.
      if (this.relay !== null) {
        this.relay.socketsChanged(proxy.program.sockets ?? NO_SOCKETS);
        continue;
      }
      this.health = withUpdated(this.health, family, nowNs, this.behaviour);
      proxy.healthPorts.update(proxy.program.view);
    }
    this.runner = endSync(this.runner, this.settings, nowNs, this.running, true);
  }

  program(family: IpFamily): ProxyProgram | null {
    return this.families.get(family)?.program ?? null;
  }

  /** What accepts there, to connect to an endpoint itself; null: nothing, as in all modes but userspace. */
  relayAt(address: Ip, port: number, protocol: Protocol): RelaySocket | null {
    return this.relay !== null && this.families.has(address.family)
      ? this.relay.socketAt(address, port, protocol)
      : null;
  }

  /** The rules in force: none before the first sync, and none for a family that the node does not have. */
  ruleset(family: IpFamily): Ruleset {
    const inForce = this.families.get(family)?.program?.ruleset ?? this.standing[family] ?? NO_RULES[family];
    const own = this.ownRules[family];
    return own === null ? inForce : this.besideIpvs(own, inForce);
  }

  /** No text of own rules shows IPVS: its virtual servers, and the addresses of their device, stay with them. */
  private besideIpvs(own: Ruleset, { ipFamily, virtualServers, boundAddresses }: Ruleset): Ruleset {
    if (virtualServers === undefined) return own;
    const known = this.ownBesideIpvs[ipFamily];
    if (known?.virtualServers === virtualServers && known.boundAddresses === boundAddresses) return known;
    const both = { ...own, virtualServers, ...(boundAddresses === undefined ? {} : { boundAddresses }) };
    this.ownBesideIpvs[ipFamily] = both;
    return both;
  }

  /** The process ends. */
  end(): void {
    this.relay?.end();
  }

  /** This process takes the place of another one, which had ended. */
  follow(before: NodeProxy): void {
    for (const family of FAMILIES) this.standing[family] = before.ruleset(family);
  }

  /**
   * Rules of another mode go as its process starts, before it has written its own: those of iptables and ipvs for nftables, and
   * the other way round. Between iptables and ipvs nobody tidies up before the first sync. False: they stay.
   */
  cleanUp(before: NodeProxy): boolean {
    const isNft = (proxy: NodeProxy) => proxy.mode.name === 'nftables';
    if (isNft(this) === isNft(before)) return false;
    this.standing = {};
    return true;
  }

  /** The node as its packets find it: with the addresses that the rules in force bring along. */
  context(family: IpFamily): NodeContext {
    return contextUnder(this.ruleset(family), this.place.context);
  }

  /** The same, ready for the hot path. */
  compiled(family: IpFamily): CompiledRuleset {
    const ruleset = this.ruleset(family);
    let known = this.compiledRules[family];
    if (known?.ruleset !== ruleset) {
      known =
        known?.followedBy(ruleset) ?? compileRuleset(ruleset, this.place.context, this.masqueradeMark, this.addresses);
      this.compiledRules[family] = known;
    }
    return known;
  }

  /** Who is where changed: what was compiled may be wrong. */
  forgetCompiled(): void {
    this.compiledRules = {};
  }

  /** `namespace/name` and port of every healthCheckNodePort that is open. */
  openHealthPorts(): ReadonlyMap<string, number> {
    const [first, ...others] = [...this.families.values()].map(({ healthPorts }) => healthPorts.ports);
    if (first === undefined || others.every(({ size }) => size === 0)) return first ?? new Map();
    // The proxier of the other family finds the port taken.
    return new Map([...others.reverse().flatMap((ports) => [...ports]), ...first]);
  }

  localEndpointsOf(service: string): number {
    for (const { healthPorts } of this.families.values()) {
      const count = healthPorts.localEndpoints.get(service);
      if (count !== undefined) return count;
    }
    return 0;
  }

  serviceAnswer(service: string, nowNs: Nanos): HttpAnswer {
    const health = {
      service,
      localEndpoints: this.localEndpointsOf(service),
      proxierHealthy: isProxierHealthy(this.health, nowNs, this.timeoutNs),
    };
    return serviceHealthAnswer(health, this.behaviour, this.scenario.healthzText);
  }

  healthz(nowNs: Nanos): HttpAnswer {
    return healthzAnswer(
      this.health,
      isNodeEligible(this.node, this.behaviour, this.gates),
      nowNs,
      this.timeoutNs,
      this.behaviour,
    );
  }

  livez(nowNs: Nanos): HttpAnswer {
    return livezAnswer(this.health, nowNs, this.timeoutNs, this.behaviour);
  }

  /** What kube-proxy's own sockets answer; null: none of them listens there. */
  answer(address: Ip, port: number, path: string, nowNs: Nanos): HttpAnswer | null {
    if (!this.isUp) return null;
    const bare = path.split('?')[0] ?? path;
    if (port === METRICS_PORT) return isLoopback(address) ? metricsAnswer(bare, this.mode.name) : null;
    if (port === HEALTHZ_PORT) {
      if (bare === '/healthz') return this.healthz(nowNs);
      return bare === '/livez' ? this.livez(nowNs) : NOT_FOUND;
    }
    for (const [service, open] of this.openHealthPorts())
      if (open === port) return this.hearsHealthChecksOn(address) ? this.serviceAnswer(service, nowNs) : null;
    return null;
  }

  /** Since 1.23 health-check node ports listen where node ports work. */
  private hearsHealthChecksOn(address: Ip): boolean {
    const node = this.families.get(address.family)?.node;
    if (node === undefined || !this.behaviour.healthCheckOnNodePortAddresses) return true;
    const own = [...node.ips, ...node.bridgeIPs];
    const { ips } = nodePortAddressesOf(node.nodePortAddresses, address.family, own, node.primaryIP);
    return ips === null || ips.some((ip) => sameIp(ip, address));
  }

  private track(tracker: ChangeTracker, change: Change): boolean {
    if (change.kind === 'Service') {
      return change.object === null
        ? tracker.serviceDeleted(change.key)
        : tracker.serviceChanged(change.object as ServiceObject);
    }
    if (change.kind !== 'EndpointSlice') return false;
    return change.object === null
      ? tracker.endpointSliceDeleted(change.key)
      : tracker.endpointSliceChanged(change.object as EndpointSliceObject);
  }

  /** True where the node's labels changed: that asks for a full sync. */
  private trackNode(change: Change): boolean {
    if (change.kind !== 'Node' || change.key !== this.place.name) return false;
    this.node = change.object as NodeObject | null;
    const labels = this.node?.metadata.labels ?? {};
    if (JSON.stringify(labels) === JSON.stringify(this.nodeLabels)) return false;
    this.nodeLabels = labels;
    return true;
  }

  private get bindAddress(): Ip | null {
    return parseIp(this.config.kubeProxy.userspace?.bindAddress ?? '');
  }

  private newRelay(): Relay {
    const { udpIdleTimeoutNs = DEFAULT_UDP_IDLE_TIMEOUT_NS } = this.config.kubeProxy.userspace ?? {};
    return new Relay(this.scenario.seed, this.place.name, udpIdleTimeoutNs, this.bindAddress);
  }

  /** That of the address that it is bound to, or of the node's first one. */
  private onlyFamily(node: NodeObject): IpFamily {
    const [first] = internalIPs(node);
    return (this.bindAddress ?? parseIp(first ?? '') ?? this.place.addresses[0])?.family ?? 'IPv4';
  }

  /** kube-proxy writes rules for both families whatever addresses its node has; where nobody speaks one, that is left out. */
  private isSpoken(family: IpFamily): boolean {
    const ranges = this.scenario.cluster.serviceCIDRs.map(parseCidr);
    return [...this.place.podCIDRs, ...ranges].some((range) => range?.family === family);
  }

  private addFamily(family: IpFamily, node: NodeObject): void {
    const ips = this.place.addresses.filter((ip) => ip.family === family);
    if (ips.length === 0 && (this.relay !== null || !this.isSpoken(family))) return;
    const { kubeProxy } = this.config;
    const { masqueradeAll, masqueradeBit } = modeSettings(kubeProxy);
    const podCIDRs = this.place.podCIDRs.map(({ text }) => text);
    const primary =
      internalIPs(node)
        .map(parseIp)
        .find((ip) => ip?.family === family) ?? null;
    const proxyNode: ProxyNode = {
      name: this.place.name,
      ipFamily: family,
      behaviour: this.behaviour,
      gates: this.gates,
      ips,
      bridgeIPs: this.place.bridges.filter((ip) => ip.family === family),
      primaryIP: primary,
      localDetector: localDetectorOf(kubeProxy, podCIDRs, family),
      masqueradeAll,
      masqueradeBit,
      nodePortAddresses: kubeProxy.nodePortAddresses,
      serviceCIDRs: this.scenario.cluster.serviceCIDRs
        .map(parseCidr)
        .filter((cidr) => cidr !== null)
        .filter((cidr) => cidr.family === family),
      localhostNodePorts: kubeProxy.iptables.localhostNodePorts,
      ipvsScheduler: kubeProxy.ipvs.scheduler,
      tcpBeLiberal: kubeProxy.conntrack.tcpBeLiberal,
      // The rules that count would not load where nobody has made the counters.
      nfacctCounters: [],
      randomFully: true,
      ...(this.relay === null
        ? {}
        : { userspace: { bindAddress: this.bindAddress, portRange: kubeProxy.userspace?.portRange ?? null } }),
    };
    const tracker = new ChangeTracker(this.place.name, {
      ipFamily: family,
      behaviour: this.behaviour,
      gates: this.gates,
      ...(this.relay === null ? {} : { singleFamily: true }),
    });
    this.families.set(family, {
      node: proxyNode,
      tracker,
      program: null,
      next: null,
      healthPorts: new HealthPorts(this.place.name),
      size: new SyncSize(),
    });
  }
}

/**
 * Whether kube-proxy sets route_localnet, so that node ports answer on 127.0.0.1: always until 1.23, unless
 * nodePortAddresses leave loopback out since 1.24, and only with localhostNodePorts since 1.26; never in modes nftables,
 * ipvs and userspace.
 */
export function setsRouteLocalnet({ version, kubeProxy }: NodeSettings): boolean {
  if (kubeProxy.mode !== 'iptables') return false;
  const minor = minorOf(version);
  if (minor < 24) return true;
  // Whichever address `primary` stands for, it is no loopback.
  const { containsIPv4Loopback } = nodePortAddressesOf(kubeProxy.nodePortAddresses, 'IPv4', [], NO_LOOPBACK);
  return containsIPv4Loopback && (minor < 26 || kubeProxy.iptables.localhostNodePorts);
}
