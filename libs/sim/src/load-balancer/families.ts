/**
 * Load balancer families as data.
 *
 * Models: what kind of balancer an integration builds, which health check it configures for each traffic policy, with
 *   which numbers, and what it does when no target is healthy.
 * Source: the providers' code and documentation; the source stands beside each family.
 * Simplified: one balancer address; draining and the control plane's latency are not part of a family.
 * Who could tell: someone who measures a family whose figure is marked "assumed" below.
 */
import type { IpFamily } from '../objects.js';
import type { HealthCheck, LoadBalancerProfile } from '../scenario.js';

const SECOND_NS = 1e9;

/** The four numbers in the order in which providers document them: interval and timeout in s, thresholds in probes. */
function check(intervalS: number, timeoutS: number, healthyThreshold: number, unhealthyThreshold: number): HealthCheck {
  return { intervalNs: intervalS * SECOND_NS, timeoutNs: timeoutS * SECOND_NS, healthyThreshold, unhealthyThreshold };
}

/** Where a proxying balancer's connections come from unless the scenario says so: documentation ranges (RFC 5737, RFC 3849). */
const PROXY_SOURCES: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.10', IPv6: '2001:db8::10' };

type Family = Omit<LoadBalancerProfile, 'family' | 'addresses' | 'forwards'>;

const VIP_PASSTHROUGH = { kind: 'passthrough', destination: 'vip' } as const;
const NODE_PORT_PASSTHROUGH = { kind: 'passthrough', destination: 'nodePort' } as const;
const PROXY = { kind: 'proxy', destination: 'nodePort' } as const;
const KUBE_PROXY_CHECKS = { clusterCheck: 'proxy-healthz', localCheck: 'health-check-node-port' } as const;
const NODE_PORT_CHECKS = { clusterCheck: 'tcp-node-port', localCheck: 'health-check-node-port' } as const;

const FAMILIES = {
  /** No provider's: forwards packets, asks kube-proxy, sends nothing where nothing is healthy. */
  generic: {
    ...VIP_PASSTHROUGH,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(5, 2, 2, 3),
    localHealthCheck: check(5, 2, 2, 3),
    allDown: 'closed',
  },
  /** No provider's: ends connections and opens its own. */
  'generic-proxy': {
    ...PROXY,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(5, 2, 2, 3),
    localHealthCheck: check(5, 2, 2, 3),
    allDown: 'closed',
  },
  /** legacy-cloud-providers v0.21.0 gce/gce.go, gce/gce_healthchecks.go; open is documented for backend services, assumed for target pools. */
  'gce-1.21': {
    ...VIP_PASSTHROUGH,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(8, 1, 1, 3),
    localHealthCheck: check(8, 1, 1, 3),
    allDown: 'open',
  },
  /** ingress-gce pkg/l4/healthchecks/healthchecksl4.go; the numbers for Local are those since October 2022. */
  'gke-l4': {
    ...VIP_PASSTHROUGH,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(8, 1, 1, 3),
    localHealthCheck: check(3, 1, 1, 2),
    allDown: 'open',
  },
  /** legacy-cloud-providers v0.21.0 aws/aws_loadbalancer.go; AWS fixes the timeout of HTTP checks at 6 s. */
  'aws-nlb-1.21': {
    ...NODE_PORT_PASSTHROUGH,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(30, 10, 3, 3),
    localHealthCheck: check(10, 6, 2, 2),
    allDown: 'open',
  },
  /** aws-load-balancer-controller pkg/service/model_builder.go, instance targets. */
  'aws-lbc-nlb': {
    ...NODE_PORT_PASSTHROUGH,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(10, 10, 3, 3),
    localHealthCheck: check(10, 6, 2, 2),
    allDown: 'open',
  },
  /** legacy-cloud-providers v0.21.0 aws/aws_loadbalancer.go; closed is assumed for TCP listeners. */
  'aws-clb-1.21': {
    ...PROXY,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(10, 5, 2, 6),
    localHealthCheck: check(10, 5, 2, 6),
    allDown: 'closed',
  },
  /** legacy-cloud-providers v0.21.0 azure/azure_loadbalancer.go; floating IP. The timeout is not documented: the interval is assumed. */
  'azure-1.21': {
    ...VIP_PASSTHROUGH,
    ...NODE_PORT_CHECKS,
    clusterHealthCheck: check(5, 5, 2, 2),
    localHealthCheck: check(5, 5, 2, 2),
    allDown: 'closed',
  },
  /** digitalocean-cloud-controller-manager do/loadbalancers.go, type REGIONAL_NETWORK; closed is assumed. */
  digitalocean: {
    ...NODE_PORT_PASSTHROUGH,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(3, 5, 5, 3),
    localHealthCheck: check(3, 5, 5, 3),
    allDown: 'closed',
  },
  /** The same code, type REGIONAL; closed is assumed. */
  'digitalocean-regional': {
    ...PROXY,
    ...KUBE_PROXY_CHECKS,
    clusterHealthCheck: check(3, 5, 5, 3),
    localHealthCheck: check(3, 5, 5, 3),
    allDown: 'closed',
  },
  /** hcloud-cloud-controller-manager internal/hcops/load_balancer.go: node ports are probed for Local too. Healthy threshold and closed are assumed. */
  hetzner: {
    ...PROXY,
    clusterCheck: 'tcp-node-port',
    localCheck: 'tcp-node-port',
    clusterHealthCheck: check(10, 15, 1, 3),
    localHealthCheck: check(10, 15, 1, 3),
    allDown: 'closed',
  },
  /** cloud-provider-openstack pkg/openstack/loadbalancer.go, amphora; create-monitor is off by default, so nothing is probed. Closed is assumed. */
  octavia: {
    ...PROXY,
    clusterCheck: 'none',
    localCheck: 'none',
    clusterHealthCheck: check(5, 3, 1, 3),
    localHealthCheck: check(5, 3, 1, 3),
    allDown: 'closed',
  },
} as const satisfies Record<string, Family>;

export type LoadBalancerFamily = keyof typeof FAMILIES;

/** Every family's name; `generic` is the default. */
export const LOAD_BALANCER_FAMILIES = Object.keys(FAMILIES) as readonly LoadBalancerFamily[];

/** A family's profile, a fresh object each time. */
export function loadBalancerProfile(family: LoadBalancerFamily): LoadBalancerProfile {
  const { clusterHealthCheck, localHealthCheck, ...rest } = FAMILIES[family];
  return {
    family,
    ...rest,
    clusterHealthCheck: { ...clusterHealthCheck },
    localHealthCheck: { ...localHealthCheck },
    addresses: rest.kind === 'proxy' ? [PROXY_SOURCES.IPv4] : [],
    forwards: 'nothing',
  };
}

export function proxySource(family: IpFamily): string {
  return PROXY_SOURCES[family];
}
