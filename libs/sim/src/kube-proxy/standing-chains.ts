/**
 * Chains that stand beside those of the Services, whatever the mode: built-in ones, masquerade, kubelet's.
 *
 * Models: jumps put at the head of built-in chains, KUBE-POSTROUTING, KUBE-MARK-MASQ, what KUBE-FORWARD accepts; kubelet's
 *   KUBE-MARK-DROP and KUBE-FIREWALL.
 * Source: pkg/proxy/iptables/proxier.go, pkg/proxy/ipvs/proxier.go, pkg/kubelet/kubelet_network_linux.go.
 * Simplified: the canary chains and KUBE-IPTABLES-HINT, which no packet meets, are left out.
 * Who could tell: someone who looks for them in a dump.
 */
import { BASE_CHAINS, type Chain, type Match, type Rule, type TableName } from '../netfilter/rules.js';
import type { Hook } from '../trace-result.js';
import { masqueradeMarkOf, type ProxyNode } from './proxy-node.js';
import { comment, destination, jump, rule } from './rule-parts.js';

const DROP_MARK = 0x8000;

const NEW_ONLY: Match = { kind: 'conntrack', states: ['NEW'] };
const ESTABLISHED: Match = { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'] };

export interface BaseJump {
  readonly table: TableName;
  readonly from: Hook;
  readonly rule: Rule;
}

export function jumpsTo(
  table: TableName,
  chain: string,
  text: string,
  from: readonly Hook[],
  newOnly: boolean,
): BaseJump[] {
  const matches = [...(newOnly ? [NEW_ONLY] : []), ...(text === '' ? [] : [comment(text)])];
  return from.map((hook) => ({ table, from: hook, rule: jump(matches, chain) }));
}

export const BASE_CHAINS_OF = new Map<TableName, readonly Hook[]>([
  ['filter', BASE_CHAINS.filter((hook) => hook !== 'PREROUTING' && hook !== 'POSTROUTING')],
  ['nat', BASE_CHAINS.filter((hook) => hook !== 'FORWARD')],
]);

/** The built-in chains of a table with the jumps of kube-proxy and kubelet, given in the order in which they are walked. */
export function baseChainsOf(table: TableName, jumps: readonly BaseJump[]): Chain[] {
  return (BASE_CHAINS_OF.get(table) ?? []).map((hook) => ({
    name: hook,
    rules: jumps.filter((entry) => entry.table === table && entry.from === hook).map((entry) => entry.rule),
  }));
}

export function postroutingRules(node: ProxyNode): Rule[] {
  const mark = masqueradeMarkOf(node);
  return [
    rule([{ kind: 'mark', value: mark, mask: mark, negate: true }], { kind: 'RETURN' }),
    rule([], { kind: 'MARK', operation: 'xor', value: mark }),
    rule([comment('kubernetes service traffic requiring SNAT')], {
      kind: 'MASQUERADE',
      randomFully: node.randomFully,
    }),
  ];
}

export function markMasqueradeRules(node: ProxyNode): Rule[] {
  return [rule([], { kind: 'MARK', operation: 'or', value: masqueradeMarkOf(node) })];
}

/** The middle of KUBE-FORWARD: what kube-proxy has marked, and what follows it. */
export function forwardAcceptRules(node: ProxyNode): Rule[] {
  const mark = masqueradeMarkOf(node);
  const marked: Match = { kind: 'mark', value: mark, mask: mark };
  const followUps = node.behaviour.forwardConntrackRules === 'one' ? [''] : ['pod source ', 'pod destination '];
  return [
    rule([comment('kubernetes forwarding rules'), marked], { kind: 'ACCEPT' }),
    ...followUps.map((which) =>
      rule([comment(`kubernetes forwarding conntrack ${which}rule`), ESTABLISHED], { kind: 'ACCEPT' }),
    ),
  ];
}

export function kubeletChains(node: ProxyNode, table: TableName): Chain[] {
  if (table === 'filter') return [{ name: 'KUBE-FIREWALL', rules: kubeletFirewallRules(node) }];
  return node.behaviour.kubeletMarkDrop ? [{ name: 'KUBE-MARK-DROP', rules: markDropRules() }] : [];
}

/** route_localnet opens 127/8 to neighbours of the node; this closes it again, but for what is node port traffic. */
export function localnetRules(): Rule[] {
  const notFromLoopback: Match = { kind: 'source', cidr: '127.0.0.0/8', negate: true };
  const known: Match = { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negate: true };
  const matches = [comment('block incoming localnet connections'), destination('127.0.0.0/8'), notFromLoopback, known];
  return [rule(matches, { kind: 'DROP' })];
}

/** kubelet's KUBE-FIREWALL. */
function kubeletFirewallRules(node: ProxyNode): Rule[] {
  const marked: Match = { kind: 'mark', value: DROP_MARK, mask: DROP_MARK };
  const text = 'kubernetes firewall for dropping marked packets';
  const dropsMarked = node.behaviour.kubeletMarkDrop ? [rule([comment(text), marked], { kind: 'DROP' })] : [];
  return [...dropsMarked, ...(node.ipFamily === 'IPv4' ? localnetRules() : [])];
}

/** kubelet's KUBE-MARK-DROP. */
function markDropRules(): Rule[] {
  return [rule([], { kind: 'MARK', operation: 'or', value: DROP_MARK })];
}
