/**
 * The service controller and the cloud behind it: load balancers appear, get their nodes and health checks, and go.
 *
 * Models: which nodes are targets by version, and which changes of a node are acted on; one check for policy Cluster,
 *   another for Local; provisioning and update latency; a new target has to pass its checks first; a change of the check
 *   leaves the targets as they are until probes say otherwise.
 * Source: k8s.io/cloud-provider controllers/service/controller.go v0.19 to v0.36; lb families in `families.ts`.
 * Simplified: a change is acted on once, after a fixed latency; until 1.26 every change of a node is; no retries, no resync;
 *   a load balancer whose service goes takes no finalizer to go with it.
 * Who could tell: someone who waits for the 100 s node resync of 1.23 to 1.26.
 */
import type { ApiServer, Change } from '../cluster/api-server.js';
import { keyOf, type NodeObject, type ServiceObject } from '../objects.js';
import type { Nanos, Scenario, Timings } from '../scenario.js';
import { Balancer, type Check } from './balancer.js';
import { Probers, type ProberWorld } from './probers.js';

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const AUTOSCALER_TAINT = 'ToBeDeletedByClusterAutoscaler';
/** kube-proxy's /healthz port. */
const PROXY_HEALTHZ_PORT = 10256;

export interface CloudWorld extends ProberWorld {
  nodeIndex(name: string): number;
  /** The zone that its label names; empty: none. */
  zoneOf(node: number): string;
  scheduleUpdate(delayNs: Nanos, balancer: number): void;
}

export class CloudController {
  readonly balancers: Balancer[] = [];
  private readonly byService = new Map<string, Balancer>();
  private readonly byAddress = new Map<string, Balancer>();
  private readonly probers: Probers;
  private readonly minor: number;
  private readonly timings: Timings;
  /** Counts changes of addresses. */
  revision = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly api: ApiServer,
    private readonly world: CloudWorld,
  ) {
    this.minor = Number(scenario.cluster.version.split('.')[1]);
    this.timings = scenario.cluster.timings;
    this.probers = new Probers(scenario.seed, this.timings, world);
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
    this.requestUpdate(
      balancer,
      provisioned ? this.timings.loadBalancerUpdateNs : this.timings.loadBalancerProvisionNs,
    );
  }

  onNodeChange({ object, previous }: Change): void {
    if (!this.actsOn(previous as NodeObject | null, object as NodeObject | null)) return;
    for (const balancer of this.balancers)
      if (balancer.addresses.length > 0) this.requestUpdate(balancer, this.timings.loadBalancerUpdateNs);
  }

  /** What the scenario starts with is in its steady state: addresses are there, every check has come to its end. */
  settle(): void {
    const asStored = this.scenario.cluster.admission === 'asStored';
    for (const service of this.api.list<ServiceObject>('Service')) {
      if (service.spec.type !== 'LoadBalancer') continue;
      // One that is pending where it comes from stays so until something is done to its service.
      if (asStored && ingressOf(service).length === 0) continue;
      this.update(this.create(keyOf(service)), 0);
    }
  }

  /** Once rules are in force at time 0: targets are what a check would find. */
  settleTargets(): void {
    for (const balancer of this.balancers) this.probers.settle(balancer);
  }

  onUpdate(index: number, nowNs: Nanos): void {
    const balancer = this.balancers[index] as Balancer;
    balancer.updatePending = false;
    this.update(balancer, nowNs);
  }

  onProbeAtNode(slot: number, nowNs: Nanos): void {
    this.probers.onProbeAtNode(slot, nowNs);
  }

  onProbeResult(encoded: number, nowNs: Nanos): void {
    this.probers.onProbeResult(encoded, nowNs);
  }

  private create(key: string): Balancer {
    const { byService, default: fallback } = this.scenario.loadBalancers;
    const balancer = new Balancer(key, byService[key] ?? fallback);
    this.balancers.push(balancer);
    this.byService.set(key, balancer);
    return balancer;
  }

  private requestUpdate(balancer: Balancer, delayNs: Nanos): void {
    if (balancer.updatePending) return;
    balancer.updatePending = true;
    this.world.scheduleUpdate(delayNs, this.balancers.indexOf(balancer));
  }

  private update(balancer: Balancer, nowNs: Nanos): void {
    const service = this.api.get<ServiceObject>('Service', balancer.service);
    if (service?.spec.type !== 'LoadBalancer') return this.tearDown(balancer, nowNs);
    this.provision(balancer, service);
    balancer.forward(service.spec.ports ?? []);
    balancer.configure(this.checkFor(balancer, service));
    const wanted = new Set(this.targetNodes(service));
    for (const target of balancer.targets) if (!wanted.has(target.node)) balancer.setState(target, 'absent', nowNs);
    for (const node of wanted) balancer.include(node, nowNs, null, this.world.zoneOf(node));
    this.probers.start(balancer);
  }

  /** The addresses that the service's status names; without any it gets one. */
  private provision(balancer: Balancer, service: ServiceObject): void {
    let addresses = ingressOf(service);
    if (addresses.length === 0) {
      // Of an earlier service of this name, perhaps.
      this.giveBack(balancer);
      const family = service.spec.ipFamilies?.[0] ?? 'IPv4';
      const ip = this.api.allocators.loadBalancerIP(balancer.service, family, service.spec.loadBalancerIP);
      if (ip === null) return;
      addresses = [ip];
      this.api.replace({ ...service, status: { ...service.status, loadBalancer: { ingress: [{ ip }] } } });
    }
    for (const address of balancer.addresses) if (!addresses.includes(address)) this.byAddress.delete(address);
    for (const address of addresses) this.byAddress.set(address, balancer);
    balancer.addresses = addresses;
    this.revision++;
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
    this.revision++;
  }

  private checkFor(balancer: Balancer, service: ServiceObject): Check {
    const { profile } = balancer;
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

  /** Node indexes in the load balancer's set, by version of the service controller. */
  private targetNodes(service: ServiceObject): number[] {
    const readyMatters = this.minor <= 24 || (this.minor <= 26 && service.spec.externalTrafficPolicy !== 'Local');
    const chosen: number[] = [];
    for (const node of this.api.list<NodeObject>('Node')) {
      const index = this.world.nodeIndex(node.metadata.name);
      if (index < 0 || isExcluded(node, this.minor)) continue;
      if (this.minor >= 23 && node.spec?.taints?.some(({ key }) => key === AUTOSCALER_TAINT)) continue;
      if (readyMatters && node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status !== 'True'))
        continue;
      chosen.push(index);
    }
    return chosen;
  }

  /** Since 1.27 (StableLoadBalancerNodeSet) a change of taints or of readiness alone changes no load balancer. */
  private actsOn(before: NodeObject | null, after: NodeObject | null): boolean {
    if (this.minor <= 26 || before === null || after === null) return true;
    return isExcluded(before, this.minor) !== isExcluded(after, this.minor);
  }
}

/** From 1.34 on the label's value `false` means what it says. */
function isExcluded(node: NodeObject, minor: number): boolean {
  const label = node.metadata.labels?.[EXCLUDE_LABEL];
  return label !== undefined && !(minor >= 34 && label === 'false');
}

function ingressOf({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined);
}
