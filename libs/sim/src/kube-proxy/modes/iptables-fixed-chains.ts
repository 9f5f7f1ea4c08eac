/**
 * The chains that do not depend on any Service, and the jumps that lead into kube-proxy's chains.
 *
 * Models: KUBE-POSTROUTING, KUBE-MARK-MASQ, KUBE-FORWARD, KUBE-FIREWALL; kubelet's KUBE-MARK-DROP and KUBE-FIREWALL.
 * Source: pkg/proxy/iptables/proxier.go (iptablesJumpChains, syncProxyRules), pkg/kubelet/kubelet_network_linux.go.
 * Simplified: kubelet came first on every node, so its jumps stand behind kube-proxy's (up to 1.26); the canary chains
 *   and KUBE-IPTABLES-HINT, which no packet meets, are left out.
 * Who could tell: someone who restarts kubelet after a flush.
 */
import type { Match, Rule, TableName } from '../../netfilter/rules.js';
import type { Hook } from '../../trace-result.js';
import { isLoopback } from '../node-port-addresses.js';
import { comment, destination, type IptablesContext, jump, rule, toLocalAddress } from './iptables-context.js';

const DROP_MARK = 0x8000;

export interface BaseJump {
  readonly table: TableName;
  readonly from: Hook;
  readonly rule: Rule;
}

const NEW_ONLY: Match = { kind: 'conntrack', states: ['NEW'] };
const ESTABLISHED: Match = { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'] };

function jumpsTo(table: TableName, chain: string, text: string, from: readonly Hook[], newOnly: boolean): BaseJump[] {
  const matches = [...(newOnly ? [NEW_ONLY] : []), ...(text === '' ? [] : [comment(text)])];
  return from.map((hook) => ({ table, from: hook, rule: jump(matches, chain) }));
}

/** In the order in which a base chain is walked: kube-proxy puts each jump before those that are there. */
export function baseJumps({ node }: IptablesContext): BaseJump[] {
  const { behaviour } = node;
  const firewall = jumpsTo('filter', 'KUBE-FIREWALL', '', ['INPUT', 'OUTPUT'], false);
  const ensured = [
    ...jumpsTo(
      'filter',
      'KUBE-EXTERNAL-SERVICES',
      'kubernetes externally-visible service portals',
      ['INPUT', 'FORWARD'],
      true,
    ),
    ...jumpsTo('filter', 'KUBE-NODEPORTS', 'kubernetes health check service ports', ['INPUT'], false),
    ...jumpsTo('filter', 'KUBE-SERVICES', 'kubernetes service portals', ['FORWARD', 'OUTPUT'], true),
    ...jumpsTo('filter', 'KUBE-FORWARD', 'kubernetes forwarding rules', ['FORWARD'], false),
    ...(hasFirewallChain(node.behaviour)
      ? jumpsTo(
          'filter',
          'KUBE-PROXY-FIREWALL',
          'kubernetes load balancer firewall',
          ['INPUT', 'OUTPUT', 'FORWARD'],
          true,
        )
      : []),
    ...jumpsTo('nat', 'KUBE-SERVICES', 'kubernetes service portals', ['OUTPUT', 'PREROUTING'], false),
    ...jumpsTo('nat', 'KUBE-POSTROUTING', 'kubernetes postrouting rules', ['POSTROUTING'], false),
  ];
  if (behaviour.localnetFirewall === 'kubelet') return [...ensured.reverse(), ...firewall];
  return [...ensured, ...firewall].reverse();
}

export function hasFirewallChain(behaviour: IptablesContext['node']['behaviour']): boolean {
  return behaviour.dropsBy === 'filterRules';
}

export function postroutingRules({ masqueradeMark: mark, node }: IptablesContext): Rule[] {
  return [
    rule([{ kind: 'mark', value: mark, mask: mark, negate: true }], { kind: 'RETURN' }),
    rule([], { kind: 'MARK', operation: 'xor', value: mark }),
    rule([comment('kubernetes service traffic requiring SNAT')], {
      kind: 'MASQUERADE',
      randomFully: node.randomFully,
    }),
  ];
}

export function markMasqueradeRules({ masqueradeMark }: IptablesContext): Rule[] {
  return [rule([], { kind: 'MARK', operation: 'or', value: masqueradeMark })];
}

export function forwardRules({ masqueradeMark: mark, node }: IptablesContext): Rule[] {
  const { behaviour, tcpBeLiberal, nfacctCounters } = node;
  const rules: Rule[] = [];
  if (!(behaviour.heedsTcpBeLiberal && tcpBeLiberal)) {
    const counts = behaviour.nfacctCounters && nfacctCounters.includes('ct_state_invalid_dropped_pkts');
    const counter: Match[] = counts ? [{ kind: 'nfacct', name: 'ct_state_invalid_dropped_pkts' }] : [];
    rules.push(rule([{ kind: 'conntrack', states: ['INVALID'] }, ...counter], { kind: 'DROP' }));
  }
  const marked: Match = { kind: 'mark', value: mark, mask: mark };
  rules.push(rule([comment('kubernetes forwarding rules'), marked], { kind: 'ACCEPT' }));
  const followUps = behaviour.forwardConntrackRules === 'one' ? [''] : ['pod source ', 'pod destination '];
  for (const which of followUps) {
    rules.push(rule([comment(`kubernetes forwarding conntrack ${which}rule`), ESTABLISHED], { kind: 'ACCEPT' }));
  }
  return rules;
}

/** route_localnet opens 127/8 to neighbours of the node; this closes it again, but for what is node port traffic. */
export function localnetRules(): Rule[] {
  const notFromLoopback: Match = { kind: 'source', cidr: '127.0.0.0/8', negate: true };
  const known: Match = { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negate: true };
  const matches = [comment('block incoming localnet connections'), destination('127.0.0.0/8'), notFromLoopback, known];
  return [rule(matches, { kind: 'DROP' })];
}

/** kubelet's KUBE-FIREWALL. */
export function kubeletFirewallRules({ node }: IptablesContext): Rule[] {
  const marked: Match = { kind: 'mark', value: DROP_MARK, mask: DROP_MARK };
  const text = 'kubernetes firewall for dropping marked packets';
  const dropsMarked = node.behaviour.kubeletMarkDrop ? [rule([comment(text), marked], { kind: 'DROP' })] : [];
  return [...dropsMarked, ...(node.ipFamily === 'IPv4' ? localnetRules() : [])];
}

/** kubelet's KUBE-MARK-DROP. */
export function markDropRules(): Rule[] {
  return [rule([], { kind: 'MARK', operation: 'or', value: DROP_MARK })];
}

/** The end of KUBE-SERVICES: what goes to an address of the node may be for a node port. */
export function nodePortDispatchRules(context: IptablesContext): Rule[] {
  const { nodePorts, node, localhostNodePorts } = context;
  const text = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  const withoutLoopback = node.behaviour.localhostNodePortsSetting && !localhostNodePorts;
  if (nodePorts.ips === null) {
    const loopback = node.ipFamily === 'IPv4' ? '127.0.0.0/8' : '::1/128';
    const except: Match[] = withoutLoopback ? [{ kind: 'destination', cidr: loopback, negate: true }] : [];
    return [jump([text, toLocalAddress, ...except], 'KUBE-NODEPORTS')];
  }
  return nodePorts.ips
    .filter((ip) => !(withoutLoopback && isLoopback(ip)))
    .map((ip) => jump([text, destination(ip.text)], 'KUBE-NODEPORTS'));
}
