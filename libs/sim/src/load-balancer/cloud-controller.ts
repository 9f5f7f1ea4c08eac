/**
 * The service controller and the cloud behind it: load balancers appear, get their nodes and health checks, and go.
 *
 * Models: which nodes are targets by version, and which changes of a node are acted on; one check for policy Cluster,
 *   another for Local; provisioning and update latency; a new target has to pass its checks first; a change of the check
 *   leaves the targets as they are until probes say otherwise.
 * Source: k8s.io/cloud-provider controllers/service/controller.go v0.19 to v0.36; lb families in `families.ts`.
 * Simplified: a change is acted on once, after a fixed latency; only a provider that refuses a Service for want of nodes is
 *   asked again; a load balancer whose service goes takes no finalizer to go with it.
 * Who could tell: someone whose provider's API fails.
 */
import type { ApiServer, Change } from '../cluster/api-server.js';
import { Blame } from '../cluster/blame.js';
import { slicesOf } from '../cluster/endpoint-slices.js';
import { internalIPs } from '../cluster/pod-objects.js';
import { draw, hashName, Stream } from '../kernel/index.js';
import { featureGatesOf } from '../kube-proxy/feature-gates.js';
import { parseIp } from '../netfilter/address.js';
import { keyOf, type NodeObject, type ServiceObject } from '../objects.js';
import type { LoadBalancerProfile, Nanos, Scenario, Timings } from '../scenario.js';
import { Announcers } from './announcers.js';
import { Balancer, type Check, type PodTarget, type Target } from './balancer.js';
import { ingressFor, ingressIPs, ingressName, nameFor } from './ingress.js';
import { asksForSync, isExcluded, isFoundByResync, isTarget, NODE_RESYNC_NS } from './node-set.js';
import { podMembers } from './pod-targets.js';
import { Probers, type ProberWorld } from './probers.js';

/** Providers that build no load balancer without nodes. Source: legacy-cloud-providers gce/gce_loadbalancer.go. */
const NEEDS_NODES = new Set(['gce-1.21']);
/** Of what the provider refused: doubled from the first to the longest. */
const FIRST_RETRY_NS = 5e9;
const LONGEST_RETRY_NS = 300e9;
/** kube-proxy's /healthz port. */
const PROXY_HEALTHZ_PORT = 10256;

export interface CloudWorld extends ProberWorld {
  /** Who is behind what happens now. */
  readonly blame?: Blame;
  nodeIndex(name: string): number;
  /** The same, also of a node that is gone. */
  placeOf(name: string): number;
  /** The zone that its label names; empty: none. */
  zoneOf(node: number): string;
  /** The name stands for these addresses from now on. */
  name(hostname: string, addresses: readonly string[]): void;
  scheduleUpdate(delayNs: Nanos, balancer: number): void;
  /** What is open through the target is reset. */
  closes(balancer: Balancer, target: Target): void;
  /** What would now be sent to another target is, in the middle of a connection. */
  moves(balancer: Balancer): void;
  now(): Nanos;
  /** A Kubernetes Event about an object. */
  event(about: string, reason: string, message: string): void;
}

export class CloudController {
  readonly balancers: Balancer[] = [];
  private readonly byService = new Map<string, Balancer>();
  private readonly byAddress = new Map<string, Balancer>();
  private readonly probers: Probers;
  private readonly announcers: Announcers;
  /** Machines that are gone, and since when. */
  private readonly goneSinceNs = new Map<string, { index: number; atNs: Nanos }>();
  /** Services that have changed since the provider built their load balancer; how long the next try waits where one failed. */
  private readonly toBuild = new Map<Balancer, Nanos>();
  private fallback: LoadBalancerProfile;
  /** By service. */
  private readonly own: Map<string, LoadBalancerProfile>;
  private readonly minor: number;
  private readonly knowsIpMode: boolean;
  private readonly timings: Timings;
  private readonly blame: Blame;
  /** Counts changes of addresses. */
  revision = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly api: ApiServer,
    private readonly world: CloudWorld,
  ) {
    this.minor = Number(scenario.cluster.version.split('.')[1]);
    this.timings = scenario.cluster.timings;
    this.blame = world.blame ?? new Blame();
    this.knowsIpMode = featureGatesOf(scenario.cluster.version, scenario.cluster.featureGates).LoadBalancerIPMode;
    this.probers = new Probers(scenario.seed, this.timings, world);
    this.announcers = new Announcers(scenario.seed);
    this.fallback = scenario.loadBalancers.default;
    this.own = new Map(Object.entries(scenario.loadBalancers.byService));
  }

  get sentProbes(): number {
    return this.probers.sent;
  }

  balancerOf(service: string): Balancer | undefined {
    return this.byService.get(service);
  }

  /** The load balancer that answers at this address. */
  at(address: string): Balancer | undefined {
    return this.byAddress.get(address);
  }

  /** A service changed: its load balancer follows after a while. */
  onServiceChange(service: ServiceObject | null, key: string): void {
    const wants = service?.spec.type === 'LoadBalancer';
    let balancer = this.byService.get(key);
    if (balancer === undefined) {
      if (!wants) return;
      balancer = this.create(key);
    }
    const provisioned = balancer.addresses.length > 0;
    this.toBuild.set(balancer, FIRST_RETRY_NS);
    this.requestUpdate(balancer, provisioned ? this.updateNs(balancer) : this.timings.loadBalancerProvisionNs);
  }

  /** Who announces an address, and what has pods as targets, looks at endpoints. */
  onEndpointsChange(service: string): void {
    const balancer = this.byService.get(service);
    if (balancer === undefined || balancer.addresses.length === 0) return;
    const { announcement, destination } = balancer.profile;
    if (announcement !== 'none' || destination === 'host') this.lookAgain(balancer, this.timings.watchLatencyNs);
    else if (destination === 'pod') this.requestUpdate(balancer, this.updateNs(balancer));
  }

  /** A machine has gone, with its object or without, or is there again. */
  onMachine(node: string, isUp: boolean, nowNs: Nanos): void {
    if (isUp) this.goneSinceNs.delete(node);
    else this.goneSinceNs.set(node, { index: this.world.placeOf(node), atNs: nowNs });
    for (const balancer of this.balancers) {
      if (balancer.profile.announcement === 'none' || balancer.addresses.length === 0) continue;
      this.lookAgain(balancer, isUp ? this.timings.podStartupNs : this.takeoverNs(balancer, node));
    }
  }

  /** Another load balancer, or other settings, for all services that have no settings of their own. */
  upgrade(profile: LoadBalancerProfile): void {
    this.fallback = profile;
    for (const balancer of this.balancers) {
      if (this.own.has(balancer.service)) continue;
      balancer.next = profile;
      const updateNs = profile.updateNs ?? this.timings.loadBalancerUpdateNs;
      if (balancer.addresses.length > 0) this.requestUpdate(balancer, updateNs);
    }
  }

  /** The load balancers that are in the zone lose it, or have it again: how many there are. */
  onZone(zone: string, lost: boolean, nowNs: Nanos): number {
    let concerned = 0;
    for (const [index, balancer] of this.balancers.entries()) {
      const { zones, zoneFailoverNs } = balancer.profile;
      if (!zones.includes(zone)) continue;
      concerned++;
      balancer.setZoneLost(zone, lost, nowNs);
      if (lost) this.world.scheduleUpdate(zoneFailoverNs, index);
    }
    return concerned;
  }

  /** Whether some load balancer could send what comes from this pod back to it, which is then lost. */
  meetsItself(ip: string): boolean {
    return this.balancers.some(
      ({ profile, targets }) => profile.hairpin === 'timeout' && targets.some(({ pod }) => pod?.ip === ip),
    );
  }

  onNodeChange({ object, previous }: Change): void {
    const [before, after] = [previous as NodeObject | null, object as NodeObject | null];
    const atOnce = asksForSync(before, after, this.minor);
    if (!atOnce && !isFoundByResync(before, after, this.minor)) return;
    for (const balancer of this.balancers) {
      if (balancer.addresses.length === 0) continue;
      if (atOnce) this.requestUpdate(balancer, this.updateNs(balancer));
      else this.lookAgain(balancer, this.untilResyncNs() + this.updateNs(balancer));
    }
  }

  /** What the scenario starts with is in its steady state: addresses are there, every check has come to its end. */
  settle(): void {
    const asStored = this.scenario.cluster.admission === 'asStored';
    for (const service of this.api.list<ServiceObject>('Service')) {
      if (service.spec.type !== 'LoadBalancer') continue;
      // One that is pending where it comes from stays so until something is done to its service.
      if (asStored && ingressIPs(service).length === 0 && !this.answersByName(service)) continue;
      this.update(this.create(keyOf(service)), 0);
    }
  }

  /** A name stands for addresses that no rule of kube-proxy knows: it takes a load balancer that does not send to them. */
  private answersByName(service: ServiceObject): boolean {
    const { destination } = this.own.get(keyOf(service)) ?? this.fallback;
    return ingressName(service) !== '' && (destination === 'nodePort' || destination === 'pod');
  }

  /** Once rules are in force at time 0: targets are what a check would find. */
  settleTargets(): void {
    for (const balancer of this.balancers) this.probers.settle(balancer);
  }

  onUpdate(index: number, nowNs: Nanos): void {
    const balancer = this.balancers[index] as Balancer;
    const because = balancer.updatePending ? balancer.updateBecause : this.blame.current;
    balancer.updatePending = false;
    this.blame.during(because, () => this.update(balancer, nowNs));
  }

  onProbeAtNode(slot: number, nowNs: Nanos): void {
    this.probers.onProbeAtNode(slot, nowNs);
  }

  /** Whom a probe asks, and what. */
  probed(slot: number): ReturnType<Probers['probed']> {
    return this.probers.probed(slot);
  }

  onProbeResult(encoded: number, nowNs: Nanos): void {
    const { balancer, target } = this.probers.probed(encoded >>> 1);
    const before = target.state;
    this.probers.onProbeResult(encoded, nowNs);
    if (before !== 'healthy' || target.state !== 'unhealthy') return;
    const { unhealthy } = balancer.profile.draining;
    // Whoever fails open still uses it.
    if (unhealthy === 'reset' && !balancer.uses(target)) this.world.closes(balancer, target);
    else if (unhealthy === 'move') this.world.moves(balancer);
  }

  private create(key: string): Balancer {
    const balancer = new Balancer(key, this.own.get(key) ?? this.fallback, this.blame);
    this.balancers.push(balancer);
    this.byService.set(key, balancer);
    return balancer;
  }

  /** At once, whatever else is on its way: who announces does not wait for a controller's queue. */
  private lookAgain(balancer: Balancer, delayNs: Nanos): void {
    this.world.scheduleUpdate(delayNs, this.balancers.indexOf(balancer));
  }

  private updateNs({ profile }: Balancer): Nanos {
    return profile.updateNs ?? this.timings.loadBalancerUpdateNs;
  }

  private takeoverNs({ profile, service }: Balancer, node: string): Nanos {
    return this.announcers.takeoverNs(profile, node, service);
  }

  private requestUpdate(balancer: Balancer, delayNs: Nanos): void {
    balancer.updateBecause = this.blame.current;
    if (balancer.updatePending) return;
    balancer.updatePending = true;
    this.world.scheduleUpdate(delayNs, this.balancers.indexOf(balancer));
  }

  private update(balancer: Balancer, nowNs: Nanos): void {
    const service = this.api.get<ServiceObject>('Service', balancer.service);
    if (service?.spec.type !== 'LoadBalancer') return this.tearDown(balancer, nowNs);
    const isUpgraded = balancer.next !== null;
    const hadHosts = balancer.profile.destination === 'host';
    if (balancer.next !== null) balancer.become(balancer.next);
    if (balancer.profile.destination === 'host') return this.publishNodes(balancer, service, nowNs);
    if (!this.hasNodes(balancer, service) && this.refuses(balancer)) return;
    this.toBuild.delete(balancer);
    // Addresses of nodes are none of its own.
    if (hadHosts) balancer.addresses = [];
    this.provision(balancer, hadHosts ? withoutIngress(service) : service, isUpgraded);
    balancer.forward(service.spec.ports ?? []);
    balancer.configure(this.checkFor(balancer, service));
    balancer.noticeZones(nowNs);
    const members = this.membersOf(balancer, service, nowNs);
    const wanted = new Set(members.map(({ node, pod }) => pod?.ip ?? node));
    for (const target of balancer.targets)
      if (!wanted.has(target.pod?.ip ?? target.node)) this.takeOut(balancer, target, nowNs);
    for (const { node, pod } of members) balancer.include(node, nowNs, pod, this.world.zoneOf(node));
    if (balancer.profile.draining.unhealthy === 'move') this.world.moves(balancer);
    this.probers.start(balancer);
  }

  /** Its new connections go elsewhere; those that are open have the time that the family gives them. */
  private takeOut(balancer: Balancer, target: Target, nowNs: Nanos): void {
    const { removedNs } = balancer.profile.draining;
    if (target.state !== 'absent') {
      balancer.setState(target, 'absent', nowNs);
      target.cutAtNs = removedNs === null ? Infinity : nowNs + removedNs;
      if (removedNs !== null && removedNs > 0) this.lookAgain(balancer, removedNs);
    }
    if (nowNs < target.cutAtNs) return;
    target.cutAtNs = Infinity;
    this.world.closes(balancer, target);
  }

  /** Without a node for it, the controller says so. */
  private hasNodes({ profile, targets, service: key }: Balancer, service: ServiceObject): boolean {
    const takesNodes = profile.announcement === 'none' && profile.destination !== 'pod';
    if (!takesNodes || this.targetNodes(service).length > 0) return true;
    // One that is empty already has been told of.
    if (targets.length > 0 && targets.every(({ state }) => state === 'absent')) return false;
    this.world.event(`service/${key}`, 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    return false;
  }

  /** A changed Service cannot be built without nodes with some providers: everything stays as it is, until another try. */
  private refuses(balancer: Balancer): boolean {
    const retryNs = this.toBuild.get(balancer);
    if (retryNs === undefined || !NEEDS_NODES.has(balancer.profile.family)) return false;
    const message = 'Error syncing load balancer: failed to ensure load balancer: it has no hosts';
    this.world.event(`service/${balancer.service}`, 'SyncLoadBalancerFailed', message);
    this.toBuild.set(balancer, Math.min(2 * retryNs, LONGEST_RETRY_NS));
    this.lookAgain(balancer, retryNs);
    return true;
  }

  private untilResyncNs(): Nanos {
    const phase = draw(this.scenario.seed, Stream.phase, hashName('node resync of the service controller'), 0);
    const sinceNs = (this.world.now() - Math.floor(phase * NODE_RESYNC_NS)) % NODE_RESYNC_NS;
    return sinceNs <= 0 ? -sinceNs : NODE_RESYNC_NS - sinceNs;
  }

  /** Nodes, or pods on them, that belong to the load balancer's set. */
  private membersOf(
    balancer: Balancer,
    service: ServiceObject,
    nowNs: Nanos,
  ): { node: number; pod: PodTarget | null }[] {
    const { announcement, destination } = balancer.profile;
    if (announcement !== 'none') return this.announcing(balancer, service, nowNs).map((node) => ({ node, pod: null }));
    if (destination !== 'pod') return this.targetNodes(service).map((node) => ({ node, pod: null }));
    const family = parseIp(balancer.addresses[0] ?? '')?.family ?? 'IPv4';
    return podMembers(slicesOf(this.api, balancer.service), service.spec.ports ?? [], family).flatMap(
      ({ node, pod }) => {
        const index = this.world.placeOf(node);
        return index < 0 ? [] : [{ node: index, pod }];
      },
    );
  }

  private announcing(balancer: Balancer, service: ServiceObject, nowNs: Nanos): number[] {
    const indexes = new Map<string, number>();
    for (const node of this.api.list<NodeObject>('Node')) {
      const { name } = node.metadata;
      if (!isExcluded(node, this.minor) && !this.goneSinceNs.has(name)) indexes.set(name, this.world.nodeIndex(name));
    }
    // Nobody knows yet that these are gone.
    for (const [name, { index, atNs }] of this.goneSinceNs)
      if (nowNs < atNs + this.takeoverNs(balancer, name)) indexes.set(name, index);
    const names = this.announcers.announcing({
      service: balancer.service,
      profile: balancer.profile,
      address: balancer.addresses[0] ?? '',
      isLocal: service.spec.externalTrafficPolicy === 'Local',
      slices: slicesOf(this.api, balancer.service),
      nodes: [...indexes.keys()],
    });
    return names.map((name) => indexes.get(name) ?? -1).filter((index) => index >= 0);
  }

  /** The addresses that the service's status names; without any it gets one, or a name that stands for one. */
  private provision(balancer: Balancer, service: ServiceObject, isUpgraded: boolean): void {
    let addresses = ingressIPs(service);
    let name = ingressName(service);
    const isNamed = name !== '' && name === balancer.hostname;
    if (addresses.length === 0 && isNamed) addresses = balancer.addresses;
    const isNew = addresses.length === 0;
    if (isNew) {
      // Of an earlier service of this name, perhaps.
      this.giveBack(balancer);
      const family = service.spec.ipFamilies?.[0] ?? 'IPv4';
      const ip = this.api.allocators.loadBalancerIP(balancer.service, family, service.spec.loadBalancerIP);
      if (ip === null) return;
      addresses = [ip];
    }
    for (const address of balancer.addresses) if (!addresses.includes(address)) this.byAddress.delete(address);
    for (const address of addresses) this.byAddress.set(address, balancer);
    balancer.addresses = addresses;
    if (isUpgraded || (isNew && name === '')) {
      const { publishes } = balancer.profile;
      name = publishes === 'hostname' ? name || nameFor(balancer.service) : '';
      const ingress = ingressFor(balancer.profile, addresses, name, this.knowsIpMode);
      this.writeIngress(service, ingress);
    }
    balancer.hostname = name;
    this.world.name(name, addresses);
    this.revision++;
  }

  /** Without a machine in front: the status names the nodes, with policy Local those that have a ready endpoint. */
  private publishNodes(balancer: Balancer, service: ServiceObject, nowNs: Nanos): void {
    for (const target of balancer.targets) balancer.setState(target, 'absent', nowNs);
    balancer.configure(null);
    if (this.byAddress.get(balancer.addresses[0] ?? '') === balancer) this.giveBack(balancer);
    const ready = slicesOf(this.api, balancer.service)
      .flatMap(({ endpoints }) => endpoints)
      .filter(({ conditions }) => conditions?.ready !== false);
    const withEndpoint = new Set(ready.map(({ nodeName }) => nodeName));
    const isLocal = service.spec.externalTrafficPolicy === 'Local';
    const [family = 'IPv4'] = service.spec.ipFamilies ?? [];
    const addresses = this.api.list<NodeObject>('Node').flatMap((node) => {
      const { name } = node.metadata;
      if (isExcluded(node, this.minor) || (isLocal && !withEndpoint.has(name))) return [];
      return internalIPs(node).find((ip) => parseIp(ip)?.family === family) ?? [];
    });
    balancer.addresses = addresses;
    const before = ingressIPs(service);
    if (before.length === addresses.length && before.every((ip, n) => ip === addresses[n])) return;
    this.writeIngress(service, ingressFor(balancer.profile, addresses, '', false));
  }

  private writeIngress(service: ServiceObject, ingress: ReturnType<typeof ingressFor>): void {
    this.api.replace({
      ...service,
      status: { ...service.status, loadBalancer: ingress.length > 0 ? { ingress } : {} },
    });
  }

  private tearDown(balancer: Balancer, nowNs: Nanos): void {
    for (const target of balancer.targets) balancer.setState(target, 'absent', nowNs);
    balancer.configure(null);
    this.giveBack(balancer);
    const service = this.api.get<ServiceObject>('Service', balancer.service);
    if (service?.status?.loadBalancer?.ingress === undefined) return;
    this.api.replace({ ...service, status: { ...service.status, loadBalancer: {} } });
  }

  private giveBack(balancer: Balancer): void {
    for (const address of balancer.addresses) {
      if (this.byAddress.get(address) !== balancer) continue;
      this.byAddress.delete(address);
      this.api.allocators.releaseLoadBalancerIP(address);
    }
    balancer.addresses = [];
    balancer.hostname = '';
    this.revision++;
  }

  private checkFor(balancer: Balancer, service: ServiceObject): Check {
    const { profile } = balancer;
    if (profile.announcement !== 'none') return { kind: 'none', port: 0, settings: profile.clusterHealthCheck };
    const local = service.spec.externalTrafficPolicy === 'Local';
    const kind = local ? profile.localCheck : profile.clusterCheck;
    const settings = local ? profile.localHealthCheck : profile.clusterHealthCheck;
    if (kind === 'health-check-node-port') return { kind, port: service.spec.healthCheckNodePort ?? 0, settings };
    if (kind === 'proxy-healthz' || kind === 'none') return { kind, port: PROXY_HEALTHZ_PORT, settings };
    const tcp = service.spec.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP');
    if (tcp === undefined) return { kind: 'none', port: 0, settings };
    const byHttp = profile.checkByAppProtocol && /^https?$/.test(tcp.appProtocol ?? '');
    return { kind: byHttp ? 'http-node-port' : kind, port: tcp.nodePort ?? 0, settings };
  }

  /** Node indexes in the load balancer's set. */
  private targetNodes(service: ServiceObject): number[] {
    const isLocal = service.spec.externalTrafficPolicy === 'Local';
    return this.api
      .list<NodeObject>('Node')
      .filter((node) => isTarget(node, this.minor, isLocal))
      .map(({ metadata }) => this.world.nodeIndex(metadata.name))
      .filter((index) => index >= 0);
  }
}

function withoutIngress(service: ServiceObject): ServiceObject {
  return { ...service, status: { ...service.status, loadBalancer: {} } };
}
