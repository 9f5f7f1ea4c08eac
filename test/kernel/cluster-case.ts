/**
 * A hand-written cluster as a table: who is there, which services, and for each flow what comes of it.
 *
 * A flow reads `[from, to, sees]`:
 *   from   a pod, node or client by name; `n1 as 127.0.0.1` binds that source; `laptop via n1` sends to that node, as a
 *          pass-through load balancer or a route to the cluster's addresses would
 *   to     `10.96.0.10:80`, or `udp 10.96.0.10:53`
 *   sees   every possible end, parted by ` | `: `web-1 sees 10.1.1.1` (pod and source address), `rejected` (ICMP port
 *          unreachable), `refused` (nobody listens), `timeout`
 */
import type { EndpointSliceObject, NodeObject, PodObject, ServiceObject, ServicePort } from '#sim';
import type { Transport } from './agent.js';
import { gatewayOf } from './links.js';
import type { NetworkShape } from './network.js';

export interface NodeRow {
  name: string;
  ip: string;
  podCIDR: string | null;
  localAddresses: string[];
}

export interface PodRow {
  name: string;
  node: string;
  ip: string;
  hostNetwork: boolean;
  listens: { transport: Transport; port: number; name?: string }[];
}

export interface ClientRow {
  name: string;
  ips: string[];
}

export type EndpointState = 'ready' | 'notReady' | 'terminating';

export interface ServiceRow {
  service: ServiceObject;
  /** By pod name. */
  endpoints: Record<string, EndpointState>;
}

export type Flow = [from: string, to: string, sees: string];

export interface KubeProxyRow {
  clusterCIDR?: string;
  detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  detectLocal?: { bridgeInterface?: string; interfaceNamePrefix?: string };
  masqueradeAll?: boolean;
  localhostNodePorts?: boolean;
  nodePortAddresses?: string[];
}

export interface ClusterCase {
  name: string;
  version: string;
  cni: 'bridge' | 'routed';
  kubeProxy: KubeProxyRow;
  /** False: load balancers use every node, whatever it answers. Default true. */
  healthChecks?: boolean;
  nodes: NodeRow[];
  pods: PodRow[];
  clients: ClientRow[];
  services: ServiceRow[];
  flows: Flow[];
}

export function node(name: string, ip: string, podCIDR: string | null, localAddresses: string[] = []): NodeRow {
  return { name, ip, podCIDR, localAddresses };
}

/** `listens`: `8080`, `udp 53`, or with a port's name `http=8080`. */
export function pod(name: string, onNode: string, ip: string, ...listens: (number | string)[]): PodRow {
  return { name, node: onNode, ip, hostNetwork: false, listens: listens.map(readPort) };
}

export function hostPod(name: string, onNode: NodeRow, ...listens: (number | string)[]): PodRow {
  return { name, node: onNode.name, ip: onNode.ip, hostNetwork: true, listens: listens.map(readPort) };
}

export function client(name: string, ...ips: string[]): ClientRow {
  return { name, ips };
}

type ServiceSpec = Omit<ServiceObject['spec'], 'ports'> & { ports: ServicePort[]; loadBalancerIPs?: string[] };

/** Endpoints given as names are ready. */
export function service(
  name: string,
  { loadBalancerIPs, ...spec }: ServiceSpec,
  endpoints: string[] | Record<string, EndpointState>,
): ServiceRow {
  const status = loadBalancerIPs
    ? { status: { loadBalancer: { ingress: loadBalancerIPs.map((ip) => ({ ip })) } } }
    : {};
  return {
    service: { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec, ...status },
    endpoints: Array.isArray(endpoints) ? Object.fromEntries(endpoints.map((pod) => [pod, 'ready'])) : endpoints,
  };
}

export interface Attempted {
  from: string;
  /** Source address to bind; null: the kernel picks. */
  source: string | null;
  /** With a client: the node to which it sends. */
  via: string | null;
  transport: Transport;
  ip: string;
  port: number;
  /** Every possible end, sorted. */
  sees: string[];
}

export function readFlow([from, to, sees]: Flow): Attempted {
  const [, name, source, via] = /^(\S+)(?: as (\S+))?(?: via (\S+))?$/.exec(from) ?? [];
  const [, udp, ip, port] = /^(udp )?(\S+):(\d+)$/.exec(to) ?? [];
  if (name === undefined || ip === undefined) throw new Error(`"${from}" or "${to}" is no end of a flow`);
  return {
    from: name,
    source: source ?? null,
    via: via ?? null,
    transport: udp ? 'udp' : 'tcp',
    ip,
    port: Number(port),
    sees: sees.split(' | ').sort(),
  };
}

/** The cluster as namespaces. */
export function shapeOf(cluster: ClusterCase): NetworkShape {
  const routeLocalnet = setsRouteLocalnet(cluster);
  return {
    ...cluster,
    nodes: cluster.nodes.map((row) => ({ ...row, routeLocalnet })),
    balancers: cluster.services.flatMap((row) => balancers(row, cluster)),
  };
}

/** With externalTrafficPolicy Local only nodes that pass its health check, those with a ready endpoint, are in use. */
function balancers({ service, endpoints }: ServiceRow, cluster: ClusterCase): NetworkShape['balancers'] {
  const { nodes, pods, healthChecks } = cluster;
  const isServed = ({ name }: NodeRow) => pods.some((pod) => pod.node === name && endpoints[pod.name] === 'ready');
  const isAsked = healthChecks !== false && service.spec.externalTrafficPolicy === 'Local';
  const inUse = isAsked ? nodes.filter(isServed) : nodes;
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.map(({ ip }) => ({ ip: ip!, nodes: inUse.map(({ name }) => name) }));
}

/** When kube-proxy sets the sysctl: always until 1.23, then only where node ports are served on the loopback. */
function setsRouteLocalnet({ version, kubeProxy }: ClusterCase): boolean {
  const minor = Number(version.split('.')[1]);
  const addresses = kubeProxy.nodePortAddresses ?? [];
  const onLoopback = addresses.length === 0 || addresses.some((cidr) => /^(127\.|0\.0\.0\.0\/0)/.test(cidr));
  return minor < 24 || (onLoopback && (minor < 26 || kubeProxy.localhostNodePorts !== false));
}

/** All addresses of a node; a bridge has the first one of the pod CIDR. */
export function addressesOf(cluster: ClusterCase, { ip, localAddresses, podCIDR }: NodeRow): string[] {
  const bridge = cluster.cni === 'bridge' && podCIDR !== null ? [gatewayOf(podCIDR).split('/')[0]!] : [];
  return [ip, ...localAddresses, ...bridge];
}

/** The cluster's objects as an API server would hold them. */
export function objectsOf(cluster: ClusterCase): (NodeObject | PodObject | ServiceObject | EndpointSliceObject)[] {
  return [
    ...cluster.nodes.map(nodeObject),
    ...cluster.pods.map(podObject),
    ...cluster.services.flatMap((row) => [row.service, ...endpointSlices(row, cluster.pods)]),
  ];
}

function nodeObject(row: NodeRow): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: row.name },
    spec: row.podCIDR === null ? {} : { podCIDR: row.podCIDR, podCIDRs: [row.podCIDR] },
    status: { addresses: [{ type: 'InternalIP', address: row.ip }] },
  };
}

function podObject(row: PodRow): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: row.name, namespace: 'default' },
    spec: {
      nodeName: row.node,
      hostNetwork: row.hostNetwork,
      containers: [{ name: 'main', ports: containerPorts(row) }],
    },
    status: {
      phase: 'Running',
      podIP: row.ip,
      podIPs: [{ ip: row.ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function containerPorts(row: PodRow): { name?: string; containerPort: number; protocol: 'TCP' | 'UDP' }[] {
  return row.listens.map(({ transport, port, name }) => ({
    ...(name === undefined ? {} : { name }),
    containerPort: port,
    protocol: transport === 'udp' ? 'UDP' : 'TCP',
  }));
}

/** One slice for each set of port numbers, as the controller makes them where a named port differs between pods. */
function endpointSlices(row: ServiceRow, pods: PodRow[]): EndpointSliceObject[] {
  const slices = new Map<string, EndpointSliceObject>();
  for (const [name, state] of Object.entries(row.endpoints)) {
    const backend = pods.find((candidate) => candidate.name === name);
    if (backend === undefined) throw new Error(`${row.service.metadata.name} has an endpoint ${name}, which is no pod`);
    const ports = row.service.spec.ports!.map((port) => slicePort(port, backend));
    const key = JSON.stringify(ports);
    const slice = slices.get(key) ?? emptySlice(row.service, slices.size, ports);
    slices.set(key, slice);
    slice.endpoints.push({
      addresses: [backend.ip],
      conditions: { ready: state === 'ready', serving: state !== 'notReady', terminating: state === 'terminating' },
      nodeName: backend.node,
      targetRef: { kind: 'Pod', namespace: 'default', name },
    });
  }
  return [...slices.values()];
}

function emptySlice(service: ServiceObject, number: number, ports: EndpointSliceObject['ports']): EndpointSliceObject {
  const { name } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${number}`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [],
    ports: ports ?? [],
  };
}

function slicePort(port: ServicePort, backend: PodRow): { name: string; protocol: 'TCP' | 'UDP'; port: number } {
  const target = port.targetPort ?? port.port;
  const number = typeof target === 'number' ? target : backend.listens.find(({ name }) => name === target)?.port;
  if (number === undefined) throw new Error(`${backend.name} has no port named ${target}`);
  return { name: port.name ?? '', protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP', port: number };
}

function readPort(text: number | string): PodRow['listens'][number] {
  const [, udp, name, port] = /^(udp )?(?:([a-z]+)=)?(\d+)$/.exec(String(text)) ?? [];
  if (port === undefined) throw new Error(`"${text}" is no port`);
  return { transport: udp ? 'udp' : 'tcp', port: Number(port), ...(name ? { name } : {}) };
}
