/**
 * The sets of mode ipvs: their names, types and comments, and what all service ports together put into them.
 *
 * Models: every set that kube-proxy makes, in both families.
 * Source: pkg/proxy/ipvs/ipset.go, proxier.go (ipsetInfo), pkg/proxy/ipvs/ipset (Entry.String).
 * Simplified: entries stand in the order of service names; ipset's order is that of its hash.
 * Who could tell: someone who compares dumps without sorting them.
 */
import type { IpSet, IpSetType } from '../../netfilter/ip-sets.js';
import type { IpFamily } from '../../objects.js';

interface SetInfo {
  readonly name: string;
  readonly type: IpSetType;
  readonly comment: string;
}

export const SETS = {
  loopBack: {
    name: 'KUBE-LOOP-BACK',
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  },
  clusterIP: {
    name: 'KUBE-CLUSTER-IP',
    type: 'hash:ip,port',
    comment: 'Kubernetes service cluster ip + port for masquerade purpose',
  },
  externalIP: {
    name: 'KUBE-EXTERNAL-IP',
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port for masquerade and filter purpose',
  },
  externalIPLocal: {
    name: 'KUBE-EXTERNAL-IP-LOCAL',
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local',
  },
  loadBalancer: { name: 'KUBE-LOAD-BALANCER', type: 'hash:ip,port', comment: 'Kubernetes service lb portal' },
  loadBalancerFirewall: {
    name: 'KUBE-LOAD-BALANCER-FW',
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  },
  loadBalancerLocal: {
    name: 'KUBE-LOAD-BALANCER-LOCAL',
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  },
  loadBalancerSourceIP: {
    name: 'KUBE-LOAD-BALANCER-SOURCE-IP',
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  },
  loadBalancerSourceCIDR: {
    name: 'KUBE-LOAD-BALANCER-SOURCE-CIDR',
    type: 'hash:ip,port,net',
    comment: 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  },
  nodePortTCP: {
    name: 'KUBE-NODE-PORT-TCP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port for masquerade purpose',
  },
  nodePortLocalTCP: {
    name: 'KUBE-NODE-PORT-LOCAL-TCP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port with externalTrafficPolicy=local',
  },
  nodePortUDP: {
    name: 'KUBE-NODE-PORT-UDP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port for masquerade purpose',
  },
  nodePortLocalUDP: {
    name: 'KUBE-NODE-PORT-LOCAL-UDP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port with externalTrafficPolicy=local',
  },
  nodePortSCTP: {
    name: 'KUBE-NODE-PORT-SCTP-HASH',
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  },
  nodePortLocalSCTP: {
    name: 'KUBE-NODE-PORT-LOCAL-SCTP-HASH',
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  },
  healthCheckNodePort: {
    name: 'KUBE-HEALTH-CHECK-NODE-PORT',
    type: 'bitmap:port',
    comment: 'Kubernetes health check node port',
  },
  dummyDevice: { name: 'KUBE-IPVS-IPS', type: 'hash:ip', comment: 'Virtual IP addresses' },
} as const satisfies Record<string, SetInfo>;

export type SetKey = keyof typeof SETS;

/** What one service port puts into the sets; a set that is not named gets nothing. */
export type Entries = Partial<Record<SetKey, readonly string[]>>;

export type IpSets = ReadonlyMap<string, IpSet>;
export const NO_SETS: IpSets = new Map();

const SET_KEYS = Object.keys(SETS) as SetKey[];
const LONGEST_NAME = 31;

/** In a dual-stack cluster the families have sets of their own. */
export function setName(key: SetKey, ipFamily: IpFamily): string {
  const { name } = SETS[key];
  return ipFamily === 'IPv4' ? name : name.replace('KUBE-', 'KUBE-6-').slice(0, LONGEST_NAME);
}

/** The kernel has no room for a network without a prefix: adding such an entry fails, and kube-proxy goes on. */
export function isStorable(entry: string): boolean {
  return !entry.endsWith('/0');
}

/** `known`: the sets of before, which stay where nothing changed. */
export function setsOf(
  all: () => readonly Entries[],
  ipFamily: IpFamily,
  without: readonly SetKey[],
  known: IpSets,
  isChanged: (key: SetKey) => boolean,
): IpSets {
  const sets = new Map<string, IpSet>();
  for (const key of SET_KEYS) {
    if (without.includes(key)) continue;
    const name = setName(key, ipFamily);
    const before = known.get(name);
    sets.set(name, before !== undefined && !isChanged(key) ? before : setOf(key, name, ipFamily, all()));
  }
  return sets;
}

function setOf(key: SetKey, name: string, ipFamily: IpFamily, all: readonly Entries[]): IpSet {
  const entries = new Set<string>();
  for (const entriesOf of all) for (const entry of entriesOf[key] ?? []) if (isStorable(entry)) entries.add(entry);
  return { name, type: SETS[key].type, ipFamily, entries: [...entries] };
}
