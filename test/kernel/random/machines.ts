/** Nodes, pods and clients of a random cluster. */
import { type ClientRow, client, hostPod, type NodeRow, node, type PodRow, pod } from '../cluster-case.js';
import type { Family } from '../links.js';
import type { Dice } from './dice.js';

export const CLUSTER_CIDR = { IPv4: '10.1.0.0/16', IPv6: 'fd00:10:1::/48' };
export const NODES_CIDR = { IPv4: '192.168.0.0/24', IPv6: 'fd00:192:168::/64' };
/** Laptop's network; the stranger is in another one. */
export const LAPTOP_CIDR = { IPv4: '203.0.113.0/24', IPv6: '2001:db8:203::/64' };

/** Port numbers of pods by name; a pod that listens on `http` does so on one of several numbers. */
export const TARGETS = { https: 8443, dns: 5353, dnsTcp: 5353, hostHttp: 9000, hostDns: 9053 };

export const ZONE_LABEL = 'topology.kubernetes.io/zone';
export const ZONES = ['zone-a', 'zone-b'];

const addresses = (families: Family[], of: Record<Family, string>): string[] => families.map((family) => of[family]);

export function randomNodes(dice: Dice, families: Family[]): NodeRow[] {
  const zoned = dice.chance(70);
  return Array.from({ length: dice.between(2, 5) }, (_, index) => {
    const n = index + 1;
    const ips = addresses(families, { IPv4: `192.168.0.1${n}`, IPv6: `fd00:192:168::1${n}` });
    const podCIDRs = addresses(families, { IPv4: `10.1.${n}.0/24`, IPv6: `fd00:10:1:${n}::/64` });
    const extra = addresses(families, { IPv4: `198.18.9.${n}`, IPv6: `2001:db8:198:9::${n}` });
    const row = node(`n${n}`, ips, n > 1 && dice.chance(8) ? null : podCIDRs, dice.chance(20) ? extra : []);
    return zoned && dice.chance(90) ? { ...row, labels: { [ZONE_LABEL]: dice.one(ZONES) } } : row;
  });
}

/** On each node with a pod network one to four pods; on some nodes one in the host network. */
export function randomPods(dice: Dice, families: Family[], nodes: NodeRow[]): PodRow[] {
  return nodes.flatMap((on, index) => {
    const n = index + 1;
    const count = on.podCIDRs.length === 0 ? 0 : dice.between(1, 4);
    const pods = Array.from({ length: count }, (_, k) => {
      const ips = addresses(families, { IPv4: `10.1.${n}.1${k}`, IPv6: `fd00:10:1:${n}::1${k}` });
      return pod(`pod-${n}${'abcd'[k]}`, on.name, ips, ...randomListens(dice));
    });
    const host = hostPod(
      `host-${n}`,
      on,
      `http=${TARGETS.hostHttp}`,
      ...(dice.chance(70) ? [`udp ${TARGETS.hostDns}`] : []),
    );
    return dice.chance(45) ? [...pods, host] : pods;
  });
}

function randomListens(dice: Dice): (string | number)[] {
  return [
    `http=${dice.weighted([3, 8080], [1, 9080])}`,
    ...(dice.chance(85) ? [TARGETS.https] : []),
    ...(dice.chance(85) ? [`udp ${TARGETS.dns}`] : []),
    ...(dice.chance(70) ? [TARGETS.dnsTcp] : []),
  ];
}

export function randomClients(families: Family[]): ClientRow[] {
  const laptop = { IPv4: ['203.0.113.9', '203.0.113.10'], IPv6: ['2001:db8:203::9', '2001:db8:203::10'] };
  const stranger = { IPv4: '198.51.100.7', IPv6: '2001:db8:51::7' };
  return [
    client('laptop', ...families.flatMap((family) => laptop[family])),
    client('stranger', ...addresses(families, stranger)),
  ];
}
