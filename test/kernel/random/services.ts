/** Services of a random cluster, and who stands behind them. */
import type { ServicePort } from '#sim';
import { type EndpointState, type NodeRow, type PodRow, type ServiceRow, service } from '../cluster-case.js';
import { type Family, inFamily } from '../links.js';
import type { Dice } from './dice.js';
import { CLUSTER_CIDR, LAPTOP_CIDR, NODES_CIDR, TARGETS, ZONE_LABEL, ZONES } from './machines.js';

export interface Surroundings {
  families: Family[];
  minor: number;
  nodes: NodeRow[];
  pods: PodRow[];
}

export function randomServices(dice: Dice, around: Surroundings): ServiceRow[] {
  return Array.from({ length: dice.between(4, 8) }, (_, index) => randomService(dice, around, index + 1));
}

type Spec = Parameters<typeof service>[1];

function randomService(dice: Dice, around: Surroundings, n: number): ServiceRow {
  const { families } = around;
  const own = families.length === 1 || dice.chance(60) ? dice.shuffled(families) : [dice.one(families)];
  const type = dice.weighted<'ClusterIP' | 'NodePort' | 'LoadBalancer'>(
    [3, 'ClusterIP'],
    [3, 'NodePort'],
    [5, 'LoadBalancer'],
  );
  const endpoints = randomEndpoints(dice, around);
  const spec: Spec = {
    type,
    clusterIPs: addressesOf(own, { IPv4: `10.96.0.${n}`, IPv6: `fd00:10:96::${n}` }),
    ipFamilies: own,
    ipFamilyPolicy: own.length === 2 ? 'RequireDualStack' : 'SingleStack',
    ports: randomPorts(dice, around, n, type, Object.keys(endpoints)),
    ...(dice.chance(30) ? { externalIPs: randomExternalIPs(dice, around, own, n) } : {}),
    ...(dice.chance(30) ? { internalTrafficPolicy: 'Local' } : {}),
    ...(dice.chance(18) ? { sessionAffinity: 'ClientIP' } : {}),
  };
  const hasOutside = type !== 'ClusterIP' || spec.externalIPs !== undefined;
  if (hasOutside && dice.chance(45)) spec.externalTrafficPolicy = 'Local';
  if (type === 'LoadBalancer') addLoadBalancer(dice, spec, own, n, around.minor);
  const row = service(`svc-${n}`, spec, endpoints);
  // A load balancer that says so is left to itself: kube-proxy does not take what is sent to its address.
  const [ingress] = row.service.status?.loadBalancer?.ingress ?? [];
  if (ingress !== undefined && dice.chance(8)) ingress.ipMode = 'Proxy';
  return dice.chance(30) ? withHints(dice, around, row) : row;
}

function addressesOf(families: Family[], of: Record<Family, string>): string[] {
  return families.map((family) => of[family]);
}

function addLoadBalancer(dice: Dice, spec: Spec, families: Family[], n: number, minor: number): void {
  const ips = families.flatMap((family) => {
    const all = { IPv4: [`198.18.0.${n}`, `198.18.2.${n}`], IPv6: [`2001:db8:198::${n}`, `2001:db8:198:2::${n}`] };
    return all[family].slice(0, dice.weighted([1, 0], [6, 1], [3, 2]));
  });
  if (ips.length > 0) spec.loadBalancerIPs = ips;
  if (spec.externalTrafficPolicy === 'Local') spec.healthCheckNodePort = 32000 + n;
  if (dice.chance(35)) spec.loadBalancerSourceRanges = families.flatMap((family) => randomRanges(dice, family, minor));
}

function randomRanges(dice: Dice, family: Family, minor: number): string[] {
  const one = { IPv4: ['203.0.113.10/32', '0.0.0.0/0'], IPv6: ['2001:db8:203::10/128', '::/0'] };
  // To 1.24 what should be dropped goes back to the load balancer, masqueraded: with its node's address it would then be
  // let in by any other node. In the model the load balancer sends it to the same node again.
  const ofNodes = minor < 25 ? [] : [NODES_CIDR[family]];
  const all = [LAPTOP_CIDR[family], ...ofNodes, CLUSTER_CIDR[family], ...one[family]];
  return dice.some(all, dice.weighted([1, 0], [3, 1], [2, 2]));
}

/** Addresses that somebody routes to the cluster; now and then one of a node. */
function randomExternalIPs(dice: Dice, { nodes }: Surroundings, families: Family[], n: number): string[] {
  return families.flatMap((family) => {
    const free = { IPv4: [`198.18.1.${n}`, `198.18.3.${n}`], IPv6: [`2001:db8:198:1::${n}`, `2001:db8:198:3::${n}`] };
    const onNode = inFamily(dice.one(nodes).ips, family);
    return dice.chance(20) ? onNode : dice.some(free[family], dice.weighted([3, 1], [1, 2]));
  });
}

function randomPorts(dice: Dice, { pods }: Surroundings, n: number, type: string, endpoints: string[]): ServicePort[] {
  const onHosts = endpoints.some((name) => pods.some((pod) => pod.name === name && pod.hostNetwork));
  const all: ServicePort[] = [
    // A name leads to each pod's own number.
    { name: 'http', port: 80, targetPort: onHosts || dice.chance(50) ? 'http' : 8080 },
    { name: 'https', port: 443, targetPort: TARGETS.https },
    { name: 'dns', protocol: 'UDP', port: 53, targetPort: onHosts && dice.chance(60) ? TARGETS.hostDns : TARGETS.dns },
    { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: TARGETS.dnsTcp },
  ];
  const chosen = dice.some(all, dice.weighted([3, 1], [4, 2], [2, 3]));
  const withNodePorts = type === 'NodePort' || (type === 'LoadBalancer' && dice.chance(85));
  // TCP and UDP may share a node port's number, as for DNS.
  const numberOf = { http: 30000 + n, https: 30100 + n, dns: 30200 + n, 'dns-tcp': 30200 + n };
  return chosen.map((port) =>
    withNodePorts ? { ...port, nodePort: numberOf[port.name as keyof typeof numberOf] } : port,
  );
}

const STATES: [number, EndpointState][] = [
  [13, 'ready'],
  [2, 'notReady'],
  [3, 'terminating'],
  [1, 'stopping'],
];
const NONE_READY: [number, EndpointState][] = [
  [1, 'notReady'],
  [3, 'terminating'],
  [1, 'stopping'],
];

/** None, or some of all pods, or of those of one node; mostly ready, or none of them. */
function randomEndpoints(dice: Dice, { pods, nodes }: Surroundings): Record<string, EndpointState> {
  const somewhere = dice.one(nodes).name;
  const candidates = dice.chance(25) ? pods.filter(({ node }) => node === somewhere) : pods;
  const chosen = dice.some(candidates, dice.weighted([2, 0], [3, 1], [5, 2], [4, 3], [3, 5]));
  const states = dice.chance(20) ? NONE_READY : STATES;
  return Object.fromEntries(chosen.map(({ name }) => [name, dice.weighted(...states)]));
}

/** As a controller writes them, or with gaps and surprises, which switch them off. */
function withHints(dice: Dice, { nodes, pods }: Surroundings, row: ServiceRow): ServiceRow {
  const zoneOf = (name: string) => {
    const on = pods.find((pod) => pod.name === name)!.node;
    return nodes.find((node) => node.name === on)!.labels?.[ZONE_LABEL] ?? dice.one(ZONES);
  };
  const complete = dice.chance(80);
  const names = Object.keys(row.endpoints).filter(() => complete || dice.chance(60));
  const annotation = dice.weighted(
    [4, { 'service.kubernetes.io/topology-aware-hints': 'Auto' }],
    [2, { 'service.kubernetes.io/topology-mode': 'Auto' }],
    [1, { 'service.kubernetes.io/topology-mode': 'disabled' }],
    [2, {}],
  );
  const { metadata } = row.service;
  return {
    ...row,
    service: { ...row.service, metadata: { ...metadata, annotations: annotation as Record<string, string> } },
    hints: Object.fromEntries(names.map((name) => [name, [dice.chance(85) ? zoneOf(name) : dice.one(ZONES)]])),
  };
}
