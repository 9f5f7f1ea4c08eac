/** Version and settings of kube-proxy in a random cluster. */
import type { ClusterCase, KubeProxyRow, Mode } from '../cluster-case.js';
import type { Family } from '../links.js';
import type { Dice } from './dice.js';
import { CLUSTER_CIDR, NODES_CIDR } from './machines.js';

/** Minor versions of Kubernetes 1 that have the mode without a feature gate. */
const VERSIONS: Record<Mode, [from: number, to: number]> = { iptables: [21, 37], nftables: [31, 37] };

/** Since when detectors by interface work: older rules of nftables name one that must exist, on every node. */
const BY_INTERFACE: Record<Mode, number> = { iptables: 24, nftables: 33 };

export function randomVersion(dice: Dice, mode: Mode): number {
  return dice.between(...VERSIONS[mode]);
}

export function randomKubeProxy(
  dice: Dice,
  { mode, minor, cni, families }: { mode: Mode; minor: number; cni: ClusterCase['cni']; families: Family[] },
): KubeProxyRow {
  const nodePortAddresses = randomNodePortAddresses(dice, minor, families);
  return {
    ...randomDetector(dice, mode, minor, cni, families),
    ...(dice.chance(20) ? { masqueradeAll: true } : {}),
    ...(dice.chance(15) ? { masqueradeBit: dice.one([0, 7, 13, 31]) } : {}),
    ...(mode === 'iptables' && minor >= 26 && dice.chance(40) ? { localhostNodePorts: dice.chance(25) } : {}),
    ...(nodePortAddresses.length > 0 ? { nodePortAddresses } : {}),
    ...(dice.chance(15) ? { conntrack: { tcpBeLiberal: true } } : {}),
  };
}

function randomDetector(
  dice: Dice,
  mode: Mode,
  minor: number,
  cni: ClusterCase['cni'],
  families: Family[],
): KubeProxyRow {
  const all = families.map((family) => CLUSTER_CIDR[family]).join(',');
  const first = CLUSTER_CIDR[dice.one(families)];
  const byInterface: KubeProxyRow[] = [
    { detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } },
    { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: cni === 'bridge' ? 'cni' : 'veth' } },
  ];
  return dice.weighted<KubeProxyRow>(
    [4, { clusterCIDR: all }],
    [1, { clusterCIDR: first }],
    [2, {}],
    [2, { detectLocalMode: 'NodeCIDR', clusterCIDR: all }],
    [minor >= BY_INTERFACE[mode] ? 3 : 0, dice.one(byInterface)],
  );
}

function randomNodePortAddresses(dice: Dice, minor: number, families: Family[]): string[] {
  const loopback = { IPv4: '127.0.0.0/8', IPv6: '::1/128' };
  const everything = { IPv4: '0.0.0.0/0', IPv6: '::/0' };
  const ofOneFamily = (family: Family): string[] =>
    dice.weighted<string[]>(
      [3, [NODES_CIDR[family]]],
      [2, [loopback[family]]],
      [2, [NODES_CIDR[family], loopback[family]]],
      [1, [everything[family]]],
      [1, [CLUSTER_CIDR[family]]],
      [1, []],
    );
  if (dice.chance(60)) return [];
  if (minor >= 31 && dice.chance(20)) return ['primary'];
  return families.flatMap(ofOneFamily);
}
