/**
 * The iptables rules of mode userspace: they lead to kube-proxy's own sockets, and nowhere else.
 *
 * Models: nat KUBE-PORTALS-CONTAINER, KUBE-PORTALS-HOST, KUBE-NODEPORT-CONTAINER, KUBE-NODEPORT-HOST; filter
 *   KUBE-NODEPORT-NON-LOCAL; kubelet's chains beside them.
 * Source: pkg/proxy/userspace/proxier.go (iptablesInit, openOnePortal, openNodePort, iptables*Args) of the 1.21 to 1.25
 *   eras; pkg/kubelet/kubelet_network_linux.go.
 * Simplified: service ports stand in the order of their names, kube-proxy appends them as they come.
 * Who could tell: someone with two Services on one address and port.
 */
import type { Ip } from '../../netfilter/address.js';
import type { Chain, Match, Rule, TableName, Target } from '../../netfilter/rules.js';
import type { ProxyNode } from '../proxy-node.js';
import { Remembered } from '../remembered.js';
import { comment, destination, destinationPort, jump, protocol, rule, toLocalAddress } from '../rule-parts.js';
import type { ServicePortInfo } from '../service-map.js';
import { type BaseJump, jumpsTo, kubeletChains, markMasqueradeRules, postroutingRules } from '../standing-chains.js';

export const PORTAL_CHAINS = {
  portalsContainer: ['nat', 'KUBE-PORTALS-CONTAINER'],
  portalsHost: ['nat', 'KUBE-PORTALS-HOST'],
  nodePortContainer: ['nat', 'KUBE-NODEPORT-CONTAINER'],
  nodePortHost: ['nat', 'KUBE-NODEPORT-HOST'],
  nodePortNonLocal: ['filter', 'KUBE-NODEPORT-NON-LOCAL'],
} as const satisfies Record<string, readonly [TableName, string]>;

export type PortalChain = keyof typeof PORTAL_CHAINS;

/** What one service port adds to each chain. */
export type PortalRules = Readonly<Record<PortalChain, readonly Rule[]>>;

/** In the order in which a base chain is walked. */
export function userspaceJumps(): BaseJump[] {
  const portals = 'handle ClusterIPs; NOTE: this must be before the NodePort rules';
  const nodePorts = 'handle service NodePorts; NOTE: this must be the last rule in the chain';
  const nonLocal = 'Ensure that non-local NodePort traffic can flow';
  const toNodePorts = (from: 'PREROUTING' | 'OUTPUT', chain: string): BaseJump => ({
    table: 'nat',
    from,
    rule: jump([toLocalAddress, comment(nodePorts)], chain),
  });
  return [
    ...jumpsTo('nat', 'KUBE-PORTALS-CONTAINER', portals, ['PREROUTING'], false),
    ...jumpsTo('nat', 'KUBE-PORTALS-HOST', portals, ['OUTPUT'], false),
    toNodePorts('PREROUTING', 'KUBE-NODEPORT-CONTAINER'),
    toNodePorts('OUTPUT', 'KUBE-NODEPORT-HOST'),
    ...jumpsTo('nat', 'KUBE-POSTROUTING', 'kubernetes postrouting rules', ['POSTROUTING'], false),
    ...jumpsTo('filter', 'KUBE-NODEPORT-NON-LOCAL', nonLocal, ['INPUT'], false),
    ...jumpsTo('filter', 'KUBE-FIREWALL', '', ['INPUT', 'OUTPUT'], false),
  ];
}

/** kubelet's: in this mode kube-proxy marks nothing and masquerades nothing. */
export function chainsOfKubelet(node: ProxyNode, table: TableName): Chain[] {
  const masquerade: Chain[] = [
    { name: 'KUBE-POSTROUTING', rules: postroutingRules(node) },
    { name: 'KUBE-MARK-MASQ', rules: markMasqueradeRules(node) },
  ];
  return [...(table === 'nat' ? masquerade : []), ...kubeletChains(node, table)];
}

/** An address at which a service port is met. */
interface Portal {
  readonly ip: Ip;
  readonly isExternal: boolean;
}

/** As kube-proxy opens them, one after the other; where one fails, those behind it stay shut. */
export function portalsOf({ clusterIP, externalIPs, loadBalancerVIPs }: ServicePortInfo): Portal[] {
  const all = [
    { ip: clusterIP, isExternal: false },
    ...externalIPs.map((ip) => ({ ip, isExternal: true })),
    ...loadBalancerVIPs.map((ip) => ({ ip, isExternal: false })),
  ];
  // A rule that is there already is not written again.
  return all.filter(
    ({ ip, isExternal }, n) =>
      all.findIndex((other) => other.ip.text === ip.text && other.isExternal === isExternal) === n,
  );
}

/** Where kube-proxy listens; `any`: on all addresses, and the node's own processes come by its primary one. */
export interface ListenAddress {
  readonly ip: Ip;
  readonly any: boolean;
}

const containerRules = new Remembered<PortalRules>();
const NONE: readonly Rule[] = [];

/** `open`: how many of the portals are; with all of them the node port is, too. Nodes share what names no address of theirs. */
export function portalRules(
  info: ServicePortInfo,
  proxyPort: number,
  listen: ListenAddress,
  open: number,
): PortalRules {
  const portals = portalsOf(info);
  const opened = portals.slice(0, open);
  const hasNodePort = info.nodePort !== 0 && open >= portals.length;
  const toProxy: Target = { kind: 'DNAT', ip: listen.ip.text, port: proxyPort };
  const shared = containerRules.get(info, [proxyPort, open, listen.any ? null : listen.ip.text], () => ({
    ...forContainers(info, opened, hasNodePort, listen.any ? redirect(proxyPort) : toProxy),
    portalsHost: NONE,
    nodePortHost: NONE,
    nodePortNonLocal: hasNodePort ? [acceptNew(info, proxyPort)] : NONE,
  }));
  return {
    ...shared,
    portalsHost: opened.map(({ ip, isExternal }) =>
      rule([...common(info, info.port), destination(host(ip)), ...(isExternal ? [toLocalAddress] : [])], toProxy),
    ),
    nodePortHost: hasNodePort ? [rule(common(info, info.nodePort), toProxy)] : NONE,
  };
}

function forContainers(
  info: ServicePortInfo,
  portals: readonly Portal[],
  hasNodePort: boolean,
  toProxy: Target,
): Pick<PortalRules, 'portalsContainer' | 'nodePortContainer'> {
  const notByBridge: Match = { kind: 'physdev', isIn: false };
  return {
    portalsContainer: portals.flatMap(({ ip, isExternal }) => {
      const to = [...common(info, info.port), destination(host(ip))];
      if (!isExternal) return [rule(to, toProxy)];
      return [rule([...to, notByBridge], toProxy), rule([...to, toLocalAddress], toProxy)];
    }),
    nodePortContainer: hasNodePort ? [rule(common(info, info.nodePort), toProxy)] : NONE,
  };
}

function common(info: ServicePortInfo, port: number): Match[] {
  return [comment(info.name), protocol(info.protocol), destinationPort(port)];
}

function acceptNew(info: ServicePortInfo, proxyPort: number): Rule {
  const isNew: Match = { kind: 'conntrack', states: ['NEW'], module: 'state' };
  return rule([...common(info, proxyPort), isNew], { kind: 'ACCEPT' });
}

function redirect(port: number): Target {
  return { kind: 'translate', name: 'REDIRECT', addresses: null, ports: { first: port, last: port } };
}

function host({ family, text }: Ip): string {
  return `${text}/${family === 'IPv4' ? 32 : 128}`;
}
