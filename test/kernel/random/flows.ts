/** Who connects to what in a random cluster: every kind of destination, from every kind of source. */
import type { ClusterCase, NodeRow, ServiceRow } from '../cluster-case.js';
import { type Family, familyOf, inFamily } from '../links.js';
import { addressesOf } from '../network.js';
import type { Dice } from './dice.js';

/** As a table writes them. */
export type FlowEnds = [from: string, to: string];

/**
 * Whose routes lead there: those of everybody; those inside the cluster, so that a client sends it by way of a node; or
 * the pods' network, of which nothing says whether it can be reached from outside.
 */
type Reach = 'everybody' | 'cluster' | 'pods';

interface Destination {
  ip: string;
  port: number;
  udp: boolean;
  reach: Reach;
  /** A loopback address: only a process of this node gets there, or a client by way of it. */
  loopbackOf?: NodeRow;
}

const SOURCES_EACH = 2;

export function randomFlows(dice: Dice, cluster: ClusterCase, most: number): FlowEnds[] {
  const destinations = [
    ...cluster.services.flatMap((row) => ofService(dice, cluster, row)),
    ...besideServices(dice, cluster),
  ];
  const flows = destinations.flatMap((destination) =>
    Array.from({ length: SOURCES_EACH }, () => flowTo(dice, cluster, destination)),
  );
  const known = new Map(dice.shuffled(flows).map((flow) => [flow.join(), flow]));
  return [...known.values()].slice(0, most);
}

function flowTo(dice: Dice, cluster: ClusterCase, destination: Destination): FlowEnds {
  const { ip, port, udp } = destination;
  const host = familyOf(ip) === 'IPv6' ? `[${ip}]` : ip;
  return [sourceFor(dice, cluster, destination), `${udp ? 'udp ' : ''}${host}:${port}`];
}

function sourceFor(dice: Dice, cluster: ClusterCase, { ip, reach, loopbackOf }: Destination): string {
  const family = familyOf(ip);
  const node = loopbackOf ?? dice.one(cluster.nodes);
  const pods = cluster.pods.filter(
    (pod) => loopbackOf === undefined || (pod.hostNetwork && pod.node === loopbackOf.name),
  );
  switch (dice.weighted<'pod' | 'node' | 'client'>([pods.length > 0 ? 4 : 0, 'pod'], [3, 'node'], [4, 'client'])) {
    case 'pod':
      return dice.one(pods).name;
    case 'node':
      return dice.chance(20) ? `${node.name} as ${dice.one(ownAddresses(cluster, node, family))}` : node.name;
    case 'client': {
      const { name, ips } = dice.one(cluster.clients);
      // Sometimes it sends to nobody in particular, and the packet gets lost.
      const alone = { everybody: 60, cluster: loopbackOf === undefined ? 4 : 0, pods: 0 }[reach];
      if (dice.chance(alone)) return name;
      const [first, ...others] = inFamily(ips, family);
      const source = others.length > 0 && dice.chance(30) ? dice.one(others) : first;
      return `${name}${source === first ? '' : ` as ${source}`} via ${node.name}`;
    }
  }
}

/** What a process may bind and still send from: `::1` is for the loopback alone. */
function ownAddresses(cluster: ClusterCase, node: NodeRow, family: Family): string[] {
  return addressesOf(cluster, node).filter((ip) => familyOf(ip) === family && ip !== '::1');
}

function ofService(dice: Dice, cluster: ClusterCase, { service }: ServiceRow): Destination[] {
  const { spec, status } = service;
  const balanced = (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip!);
  const all = [...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...balanced];
  const nodes = cluster.nodes.flatMap(({ ips }) => ips);
  const reachOf = (ip: string): Reach => (balanced.includes(ip) || nodes.includes(ip) ? 'everybody' : 'cluster');
  const at = (ips: string[], port: number, udp: boolean): Destination[] =>
    ips.map((ip) => ({ ip, port, udp, reach: reachOf(ip) }));
  return spec.ports!.flatMap(({ port, nodePort, protocol }) => {
    const udp = protocol === 'UDP';
    return [
      ...at(all, port, udp),
      ...(nodePort === undefined
        ? []
        : cluster.nodes.flatMap((node) => toNodePort(dice, cluster, node, nodePort, udp))),
      // A port that the address does not have, the other protocol, and a port for health checks alone.
      ...at(dice.some(all, 1), dice.one([port + 1, 8080]), udp),
      ...at(dice.some(all, 1), port, !udp),
      ...at(dice.some(nodes, dice.chance(30) ? 1 : 0), spec.healthCheckNodePort ?? 32000, udp),
    ];
  });
}

/** On one of the node's own addresses, and on one of its others. */
function toNodePort(dice: Dice, cluster: ClusterCase, node: NodeRow, port: number, udp: boolean): Destination[] {
  const others = addressesOf(cluster, node).filter((ip) => !node.ips.includes(ip));
  return [
    ...dice.some(node.ips, 1).map((ip): Destination => ({ ip, port, udp, reach: 'everybody' })),
    ...dice.some(others, 1).map((ip): Destination => {
      if (ip === '::1' || ip.startsWith('127.')) return { ip, port, udp, reach: 'cluster', loopbackOf: node };
      return { ip, port, udp, reach: node.localAddresses.includes(ip) ? 'everybody' : 'pods' };
    }),
  ];
}

/** Pods and machines by their own addresses, ports where nobody listens, addresses that nobody has. */
function besideServices(dice: Dice, cluster: ClusterCase): Destination[] {
  const { pods, nodes } = cluster;
  const direct = dice.some(pods, 3).flatMap(({ ips, listens, hostNetwork }): Destination[] => {
    const { port, transport } = dice.one(listens);
    const reach = hostNetwork ? 'everybody' : 'pods';
    return [
      { ip: dice.one(ips), port, udp: transport === 'udp', reach },
      { ip: dice.one(ips), port: 1234, udp: dice.chance(50), reach },
    ];
  });
  const closed = dice.some(nodes, 2).map(({ ips }): Destination => {
    return { ip: dice.one(ips), port: dice.one([1234, 31999]), udp: dice.chance(50), reach: 'everybody' };
  });
  const nobody = { IPv4: ['10.96.0.200', '198.18.7.7'], IPv6: ['fd00:10:96::200', '2001:db8:198:7::7'] };
  const families = [...new Set(nodes.flatMap(({ ips }) => ips.map(familyOf)))];
  const lost = families.map((family): Destination => {
    return { ip: dice.one(nobody[family]), port: 80, udp: dice.chance(40), reach: 'cluster' };
  });
  return [...direct, ...closed, ...lost];
}
