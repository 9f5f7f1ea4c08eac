/** A cluster case as a network: who has which address, and what the machines around kube-proxy do by themselves. */
import { type ClusterCase, type NodeRow, type ServiceRow } from './cluster-case.js';
import { familyOf, inFamily } from './links.js';
import type { NetworkShape } from './network.js';

export function shapeOf(cluster: ClusterCase): NetworkShape {
  const routeLocalnet = setsRouteLocalnet(cluster);
  return {
    cni: cluster.cni,
    nodes: cluster.nodes.map((row) => ({ ...row, routeLocalnet })),
    pods: cluster.pods,
    clients: cluster.clients,
    balancers: cluster.services.flatMap((row) => balancers(row, cluster)),
  };
}

/** With externalTrafficPolicy Local only nodes that pass its health check, those with a ready endpoint, are in use. */
function balancers({ service, endpoints }: ServiceRow, cluster: ClusterCase): NetworkShape['balancers'] {
  const { nodes, pods, healthChecks } = cluster;
  const isServed = ({ name, ips }: NodeRow) =>
    pods.some((pod) => pod.node === name && endpoints[pod.name] === 'ready') && hearsHealthChecks(cluster, ips[0]!);
  const isAsked = healthChecks !== false && service.spec.externalTrafficPolicy === 'Local';
  const inUse = isAsked ? nodes.filter(isServed) : nodes;
  const ports = service.spec.ports!.map(({ protocol, port }) => ({
    transport: protocol === 'UDP' ? ('udp' as const) : ('tcp' as const),
    port,
  }));
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.map(({ ip }) => ({ ip: ip!, ports, nodes: inUse.map(({ name }) => name) }));
}

/** Since 1.23 kube-proxy answers them only where node ports work. */
function hearsHealthChecks({ version, kubeProxy }: ClusterCase, ip: string): boolean {
  const minor = Number(version.split('.')[1]);
  const cidrs = inFamily(kubeProxy.nodePortAddresses ?? [], familyOf(ip));
  const isNodesOwn = (cidr: string) =>
    cidr === 'primary' || /^(0\.0\.0\.0|::)\/0$/.test(cidr) || cidr.startsWith(ip.slice(0, 9));
  return minor < 23 || cidrs.length === 0 || cidrs.some(isNodesOwn);
}

/** When kube-proxy sets the sysctl: always until 1.23, then only where node ports are served on the loopback. */
function setsRouteLocalnet({ version, mode, kubeProxy }: ClusterCase): boolean {
  if (mode === 'nftables' || mode === 'userspace') return false;
  const minor = Number(version.split('.')[1]);
  const addresses = inFamily(kubeProxy.nodePortAddresses ?? [], 'IPv4');
  const onLoopback = addresses.length === 0 || addresses.some((cidr) => /^(127\.|0\.0\.0\.0\/0)/.test(cidr));
  return minor < 24 || (onLoopback && (minor < 26 || kubeProxy.localhostNodePorts !== false));
}
