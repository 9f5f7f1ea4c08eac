/**
 * Mode iptables: the jumps that lead into kube-proxy's chains, and the rules that do not depend on any Service.
 *
 * Models: jumps from the built-in chains, KUBE-FORWARD, the end of KUBE-SERVICES.
 * Source: pkg/proxy/iptables/proxier.go (iptablesJumpChains, syncProxyRules).
 * Simplified: kubelet came first on every node, so its jumps stand behind kube-proxy's (up to 1.26).
 * Who could tell: someone who restarts kubelet after a flush.
 */

import { isLoopback } from '../../netfilter/loopback.js';
import type { Match, Rule } from '../../netfilter/rules.js';
import { comment, destination, jump, rule, toLocalAddress } from '../rule-parts.js';
import { type BaseJump, forwardAcceptRules, jumpsTo } from '../standing-chains.js';
import type { IptablesContext } from './iptables-context.js';

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

export function forwardRules({ node }: IptablesContext): Rule[] {
  const { behaviour, tcpBeLiberal, nfacctCounters } = node;
  const rules: Rule[] = [];
  if (!(behaviour.heedsTcpBeLiberal && tcpBeLiberal)) {
    const counts = behaviour.nfacctCounters && nfacctCounters.includes('ct_state_invalid_dropped_pkts');
    const counter: Match[] = counts ? [{ kind: 'nfacct', name: 'ct_state_invalid_dropped_pkts' }] : [];
    rules.push(rule([{ kind: 'conntrack', states: ['INVALID'] }, ...counter], { kind: 'DROP' }));
  }
  return [...rules, ...forwardAcceptRules(node)];
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
