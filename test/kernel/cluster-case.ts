/**
 * A hand-written cluster as a table: who is there, which services, and for each flow what comes of it.
 *
 * A flow reads `[from, to, sees]`:
 *   from   a pod, node or client by name; `n1 as 127.0.0.1` binds that source; `laptop via n1` sends to that node, as a
 *          pass-through load balancer or a route to the cluster's addresses would
 *   to     `10.96.0.10:80`, `[fd00::10]:80`, or `udp 10.96.0.10:53`
 *   sees   every possible end, parted by ` | `: `web-1 sees 10.1.1.1` (pod and source address), `rejected` (ICMP port
 *          unreachable), `refused` (nobody listens), `timeout`, `unreachable EOF` (accepted, then closed)
 */
import type { ServiceObject, ServicePort } from '#sim';
import type { Transport } from './agent.js';

/** Addresses of both families stand in one list, the primary one first. */
export interface NodeRow {
  name: string;
  ips: string[];
  podCIDRs: string[];
  localAddresses: string[];
  labels?: Record<string, string>;
}

export interface PodRow {
  name: string;
  node: string;
  ips: string[];
  hostNetwork: boolean;
  listens: { transport: Transport; port: number; name?: string }[];
}

export interface ClientRow {
  name: string;
  ips: string[];
}

/** `terminating` still serves, `stopping` does not any more. */
export type EndpointState = 'ready' | 'notReady' | 'terminating' | 'stopping';

export interface ServiceRow {
  service: ServiceObject;
  /** By pod name. */
  endpoints: Record<string, EndpointState>;
  /** By pod name: for which zones its slice recommends the endpoint. */
  hints?: Record<string, string[]>;
}

export type Flow = [from: string, to: string, sees: string];

/** Modes of kube-proxy whose rules the kernel loads as text. */
export type Mode = 'iptables' | 'nftables';
/** In the last one somebody has to stand for kube-proxy's sockets. */
export type CaseMode = Mode | 'userspace';

export interface KubeProxyRow {
  clusterCIDR?: string;
  detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  detectLocal?: { bridgeInterface?: string; interfaceNamePrefix?: string };
  masqueradeAll?: boolean;
  masqueradeBit?: number;
  localhostNodePorts?: boolean;
  nodePortAddresses?: string[];
  conntrack?: { tcpBeLiberal?: boolean };
}

export interface ClusterCase {
  name: string;
  version: string;
  /** Default iptables. */
  mode?: CaseMode;
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

type Several = string | string[];

export function node(name: string, ips: Several, podCIDRs: Several | null, localAddresses: string[] = []): NodeRow {
  return { name, ips: [ips].flat(), podCIDRs: podCIDRs === null ? [] : [podCIDRs].flat(), localAddresses };
}

/** `listens`: `8080`, `udp 53`, or with a port's name `http=8080`. */
export function pod(name: string, onNode: string, ips: Several, ...listens: (number | string)[]): PodRow {
  return { name, node: onNode, ips: [ips].flat(), hostNetwork: false, listens: listens.map(readPort) };
}

export function hostPod(name: string, onNode: NodeRow, ...listens: (number | string)[]): PodRow {
  return { name, node: onNode.name, ips: onNode.ips, hostNetwork: true, listens: listens.map(readPort) };
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
  if (spec.clusterIP === undefined && spec.clusterIPs !== undefined) spec = { ...spec, clusterIP: spec.clusterIPs[0]! };
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
}

export interface Told extends Attempted {
  /** Every possible end, sorted. */
  sees: string[];
}

export function readFlow([from, to, sees]: Flow): Told {
  return { ...readEnds(from, to), sees: sees.split(' | ').sort() };
}

export function readEnds(from: string, to: string): Attempted {
  const [, name, source, via] = /^(\S+)(?: as (\S+))?(?: via (\S+))?$/.exec(from) ?? [];
  const [, udp, ip, port] = /^(udp )?\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(to) ?? [];
  if (name === undefined || ip === undefined) throw new Error(`"${from}" or "${to}" is no end of a flow`);
  return {
    from: name,
    source: source ?? null,
    via: via ?? null,
    transport: udp ? 'udp' : 'tcp',
    ip,
    port: Number(port),
  };
}

function readPort(text: number | string): PodRow['listens'][number] {
  const [, udp, name, port] = /^(udp )?(?:([a-z]+)=)?(\d+)$/.exec(String(text)) ?? [];
  if (port === undefined) throw new Error(`"${text}" is no port`);
  return { transport: udp ? 'udp' : 'tcp', port: Number(port), ...(name ? { name } : {}) };
}
