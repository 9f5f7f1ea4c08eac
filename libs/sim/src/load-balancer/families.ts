/**
 * Load balancer families as data.
 *
 * Models: what kind of balancer an integration builds, which health check it configures for each traffic policy, with
 *   which numbers, what it does when no target is healthy, and what becomes of open connections.
 * Source: the providers' code and documentation; the source stands beside each family.
 * Simplified: what a source does not say is a parameter with a default, marked "assumed" below; docs/model.md has the table.
 * Who could tell: someone who measures a family whose figure is marked "assumed".
 */
import type { IpFamily } from '../objects.js';
import type { HealthCheck, LoadBalancerProfile } from '../scenario.js';

const SECOND_NS = 1e9;

/** The four numbers in the order in which providers document them: interval and timeout in s, thresholds in probes. */
function check(intervalS: number, timeoutS: number, healthyThreshold: number, unhealthyThreshold: number): HealthCheck {
  return { intervalNs: intervalS * SECOND_NS, timeoutNs: timeoutS * SECOND_NS, healthyThreshold, unhealthyThreshold };
}

/** One set of numbers for both policies. */
function both(...numbers: [number, number, number, number]) {
  return { clusterHealthCheck: check(...numbers), localHealthCheck: check(...numbers) };
}

/** Where a proxying balancer's connections come from unless the scenario says so: documentation ranges (RFC 5737, RFC 3849). */
const PROXY_SOURCES: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.10', IPv6: '2001:db8::10' };

type Family = Omit<LoadBalancerProfile, 'family' | 'addresses' | 'forwards' | 'zones'> & { zones: readonly string[] };

/** What holds where a family's source says nothing else. */
const COMMON = {
  announcement: 'none',
  failoverNs: 0,
  checkPath: '/',
  checkByAppProtocol: false,
  checkSendsProxyHeader: false,
  initialState: 'unhealthy',
  probers: 1,
  zones: [],
  crossZone: true,
  zoneFailoverNs: 60 * SECOND_NS,
  // Assumed for every family that does not say otherwise: what is open goes on.
  draining: { unhealthy: 'persist', removedNs: null },
  updateNs: null,
  publishes: 'ip',
  ipMode: null,
  preserveClientIP: true,
  hairpin: 'works',
} as const;

const VIP_PASSTHROUGH = { ...COMMON, kind: 'passthrough', destination: 'vip' } as const;
const NODE_PORT_PASSTHROUGH = { ...COMMON, kind: 'passthrough', destination: 'nodePort' } as const;
const PROXY = { ...COMMON, kind: 'proxy', destination: 'nodePort' } as const;
const KUBE_PROXY_CHECKS = { clusterCheck: 'proxy-healthz', localCheck: 'health-check-node-port' } as const;
const NODE_PORT_CHECKS = { clusterCheck: 'tcp-node-port', localCheck: 'health-check-node-port' } as const;
const NO_CHECKS = { clusterCheck: 'none', localCheck: 'none' } as const;

/**
 * What AWS documents for all of its network load balancers: a name in the status, reset connections of unhealthy targets,
 * 300 s for those of a target that is deregistered, no way back to the target that asks, one node a zone that keeps to its zone.
 */
const NLB = {
  ...NODE_PORT_PASSTHROUGH,
  checkSendsProxyHeader: true,
  crossZone: false,
  draining: { unhealthy: 'reset', removedNs: null },
  publishes: 'hostname',
  hairpin: 'timeout',
  allDown: 'open',
} as const;

const AZURE = {
  ...VIP_PASSTHROUGH,
  // The timeout is not documented: the interval is assumed. An unhealthy instance keeps its established TCP flows.
  ...both(5, 5, 2, 2),
  allDown: 'closed',
} as const;

/** Type REGIONAL_NETWORK; closed is assumed. */
const DIGITALOCEAN = { ...KUBE_PROXY_CHECKS, ...both(3, 5, 5, 3), allDown: 'closed' } as const;

const OCTAVIA_CHECKS = { ...both(5, 3, 1, 3), allDown: 'closed' } as const;

/** Nodes announce an address themselves; nothing is probed, and what is open moves with the address. */
const ANNOUNCED = {
  ...VIP_PASSTHROUGH,
  ...NO_CHECKS,
  ...both(5, 2, 2, 3),
  draining: { unhealthy: 'move', removedNs: 0 },
  allDown: 'withdraw',
} as const;

const FAMILIES = {
  /** No provider's: forwards packets, asks kube-proxy, sends nothing where nothing is healthy. */
  generic: { ...VIP_PASSTHROUGH, ...KUBE_PROXY_CHECKS, ...both(5, 2, 2, 3), allDown: 'closed' },
  /** No provider's: ends connections and opens its own. */
  'generic-proxy': { ...PROXY, ...KUBE_PROXY_CHECKS, ...both(5, 2, 2, 3), allDown: 'closed' },
  /** legacy-cloud-providers v0.21.0 gce/gce.go, gce/gce_healthchecks.go; open is documented for backend services, assumed for target pools. It sets no draining. */
  'gce-1.21': { ...VIP_PASSTHROUGH, ...KUBE_PROXY_CHECKS, ...both(8, 1, 1, 3), allDown: 'open' },
  /** ingress-gce pkg/l4/healthchecks/healthchecksl4.go (numbers for Local since October 2022), pkg/l4/backends/backends.go (draining). */
  'gke-l4': {
    ...VIP_PASSTHROUGH,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(8, 1, 1, 3),
    localHealthCheck: check(3, 1, 1, 2),
    draining: { unhealthy: 'persist', removedNs: 30 * SECOND_NS },
    allDown: 'open',
  },
  /** legacy-cloud-providers v0.21.0 aws/aws_loadbalancer.go; AWS fixes the timeout of HTTP checks at 6 s. */
  'aws-nlb-1.21': {
    ...NLB,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(30, 10, 3, 3),
    localHealthCheck: check(10, 6, 2, 2),
  },
  /** aws-load-balancer-controller pkg/service/model_builder.go, instance targets. */
  'aws-lbc-nlb': {
    ...NLB,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(10, 10, 3, 3),
    localHealthCheck: check(10, 6, 2, 2),
  },
  /** The same, ip targets: pods, with the load balancer's source over TCP. That a change takes 10 s is what users report (#1719). */
  'aws-nlb-ip': {
    ...NLB,
    destination: 'pod',
    clusterCheck: 'tcp-node-port',
    localCheck: 'tcp-node-port',
    ...both(10, 10, 3, 3),
    preserveClientIP: false,
    updateNs: 10 * SECOND_NS,
  },
  /** aws-load-balancer-controller pkg/ingress/model_builder.go, instance targets; X-Forwarded-For is appended. */
  'aws-alb': {
    ...PROXY,
    clusterCheck: 'http-node-port',
    localCheck: 'http-node-port',
    ...both(15, 5, 2, 2),
    publishes: 'hostname',
    allDown: 'open',
  },
  /** legacy-cloud-providers v0.21.0 aws/aws_loadbalancer.go, aws/aws.go (no draining: what is open is cut); closed is assumed for TCP listeners. */
  'aws-clb-1.21': {
    ...PROXY,
    ...NODE_PORT_CHECKS,
    ...both(10, 5, 2, 6),
    draining: { unhealthy: 'persist', removedNs: 0 },
    publishes: 'hostname',
    allDown: 'closed',
  },
  /** legacy-cloud-providers v0.21.0 azure/azure_loadbalancer.go; floating IP. */
  'azure-1.21': { ...AZURE, ...NODE_PORT_CHECKS },
  /** cloud-provider-azure pkg/provider/azure_loadbalancer_healthprobe.go, since 1.24: a port's appProtocol decides, and HTTP asks for `/`. */
  azure: { ...AZURE, ...NODE_PORT_CHECKS, checkByAppProtocol: true },
  /** The same with clusterServiceLoadBalancerHealthProbeMode=shared. */
  'azure-shared': { ...AZURE, ...KUBE_PROXY_CHECKS },
  /** digitalocean-cloud-controller-manager do/loadbalancers.go, type REGIONAL_NETWORK. */
  digitalocean: { ...NODE_PORT_PASSTHROUGH, ...DIGITALOCEAN },
  /** The same code, type REGIONAL; the PROXY protocol is off on the check itself. */
  'digitalocean-regional': { ...PROXY, ...DIGITALOCEAN },
  /** hcloud-cloud-controller-manager internal/hcops/load_balancer.go: node ports are probed for Local too; ipMode since #783. Healthy threshold and closed are assumed. */
  hetzner: {
    ...PROXY,
    clusterCheck: 'tcp-node-port',
    localCheck: 'tcp-node-port',
    ...both(10, 15, 1, 3),
    ipMode: 'Proxy',
    allDown: 'closed',
  },
  /** cloud-provider-openstack pkg/openstack/loadbalancer.go, amphora; create-monitor is off by default, so nothing is probed. Closed is assumed. */
  octavia: { ...PROXY, ...NO_CHECKS, ...OCTAVIA_CHECKS },
  /** The same with create-monitor=true. */
  'octavia-monitor': { ...PROXY, ...NODE_PORT_CHECKS, ...OCTAVIA_CHECKS },
  /** The same code (canUseHTTPMonitor), provider OVN: no HTTP monitors, no headers. */
  'octavia-ovn': { ...NODE_PORT_PASSTHROUGH, ...NO_CHECKS, ...OCTAVIA_CHECKS },
  'octavia-ovn-monitor': {
    ...NODE_PORT_PASSTHROUGH,
    clusterCheck: 'tcp-node-port',
    localCheck: 'tcp-node-port',
    ...OCTAVIA_CHECKS,
  },
  /** metallb speaker/layer2_controller.go, internal/speakerlist: memberlist's LAN defaults, a second to miss a node and four to be sure (#2009). */
  'metallb-l2': { ...ANNOUNCED, announcement: 'metallb-l2', failoverNs: 5 * SECOND_NS },
  /** metallb speaker/bgp_controller.go; from a node's end to its routes' going it is the hold time, assumed 90 s. */
  'metallb-bgp': { ...ANNOUNCED, announcement: 'metallb-bgp', failoverNs: 90 * SECOND_NS },
  /** kube-vip cmd/kube-vip.go: a lease of 15 s for all services, ARP; policy Local needs the next one. */
  'kube-vip': { ...ANNOUNCED, announcement: 'kube-vip', failoverNs: 15 * SECOND_NS },
  /** The same with svc_election=true: a lease for each service. */
  'kube-vip-services': { ...ANNOUNCED, announcement: 'kube-vip-services', failoverNs: 15 * SECOND_NS },
  /** k3s pkg/cloudprovider/servicelb.go, klipper-lb entry: host ports; kube-proxy's rule for the node's address is met first (assumed). */
  klipper: { ...VIP_PASSTHROUGH, ...NO_CHECKS, ...both(5, 2, 2, 3), destination: 'host', allDown: 'withdraw' },
  servicelb: { ...VIP_PASSTHROUGH, ...NO_CHECKS, ...both(5, 2, 2, 3), destination: 'host', allDown: 'withdraw' },
} as const satisfies Record<string, Family>;

export type LoadBalancerFamily = keyof typeof FAMILIES;

/** Every family's name; `generic` is the default. */
export const LOAD_BALANCER_FAMILIES = Object.keys(FAMILIES) as readonly LoadBalancerFamily[];

/** A family's profile, a fresh object each time. */
export function loadBalancerProfile(family: LoadBalancerFamily): LoadBalancerProfile {
  const { clusterHealthCheck, localHealthCheck, draining, ...rest }: Family = FAMILIES[family];
  return {
    family,
    ...rest,
    zones: [...rest.zones],
    draining: { ...draining },
    clusterHealthCheck: { ...clusterHealthCheck },
    localHealthCheck: { ...localHealthCheck },
    addresses: rest.kind === 'proxy' || !rest.preserveClientIP ? [PROXY_SOURCES.IPv4] : [],
    forwards: family === 'aws-alb' ? 'x-forwarded-for' : 'nothing',
  };
}

export function proxySource(family: IpFamily): string {
  return PROXY_SOURCES[family];
}
