/**
 * kube-proxy's own packet flows as upstream's tracer runs them: the packet, the node around it, the end in its words. That
 * tracer puts every packet on PREROUTING, the node's own and those from localhost as well, and walks every way that chance
 * allows.
 */
import type { ProxyNode } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import type { NodeContext, Packet } from '../../libs/sim/src/netfilter/packet.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import type { FlowCase } from './vector-cluster.js';
import cases from './vectors/packet-flows.json' with { type: 'json' };

/** What upstream writes about a flow's end. */
export function expectedOf({ expected: { outcome, endpoints, masquerade, accepted = false } }: FlowCase) {
  return { outcome, endpoints, masquerade, accepted };
}

export const flowsOf = (mode: 'iptables' | 'nftables'): FlowCase[] =>
  (cases as unknown as FlowCase[]).filter(({ proxyMode }) => proxyMode === mode);

/** LOCAL are the node's addresses and the loopback; whatever else is behind eth0. */
export function contextOf(node: ProxyNode): NodeContext {
  const loopback = [parseIp('127.0.0.1')!, parseIp('::1')!];
  const isLocalAddress = (ip: Ip) => [...loopback, ...node.ips].some((local) => sameIp(local, ip));
  return {
    name: node.name,
    isLocalAddress,
    egress: (ip) => ({
      interface: isLocalAddress(ip) ? 'lo' : 'eth0',
      address: node.primaryIP,
      local: isLocalAddress(ip),
    }),
    addressesOf: (name) => (name === 'lo' ? loopback : node.ips),
    routeLocalnet: true,
  };
}

export function packetOf({ flow }: Pick<FlowCase, 'flow'>): Packet {
  return {
    sourceIp: parseIp(flow.sourceIP)!,
    sourcePort: 40_000,
    destinationIp: parseIp(flow.destIP)!,
    destinationPort: flow.destPort,
    protocol: flow.protocol,
    inInterface: null,
  };
}

export function summaryOf(outcomes: readonly WalkOutcome[]) {
  const taken = outcomes.filter((outcome) => outcome.dnat);
  const refused = outcomes.find(({ verdict }) => verdict === 'drop' || verdict === 'reject');
  const kind = refused === undefined ? 'passthrough' : refused.verdict === 'drop' ? 'DROP' : 'REJECT';
  return {
    outcome: taken.length > 0 && refused === undefined ? 'DNAT' : kind,
    endpoints: taken.map(({ destinationIp, destinationPort }) => formatHostPort(destinationIp.text, destinationPort)),
    masquerade: outcomes.some(({ masqueradeMarked }) => masqueradeMarked),
    accepted: outcomes.some(({ acceptedOnInput }) => acceptedOnInput),
  };
}

/** For the message of a test that fails. */
export function stepsOf(outcomes: readonly WalkOutcome[]): string {
  const lines = outcomes.flatMap(({ steps, verdict }, index) => [
    `outcome ${index}: ${verdict}`,
    ...steps.map(({ hook, table, chain, rule, action }) => `  ${hook} ${table} ${chain}: ${rule} => ${action}`),
  ]);
  return lines.join('\n');
}
