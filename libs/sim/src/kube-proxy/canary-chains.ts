/**
 * Chains without rules that kube-proxy and kubelet keep on a node, to notice when somebody flushes its tables.
 *
 * Models: KUBE-PROXY-CANARY, KUBE-KUBELET-CANARY, KUBE-IPTABLES-HINT, as a node shows them.
 * Source: pkg/proxy/iptables/proxier.go, pkg/util/iptables (Monitor), pkg/kubelet/kubelet_network_linux.go; #109059.
 * Simplified: nothing; no packet meets them.
 * Who could tell: nobody.
 */
import type { Chain, IptablesTable, Ruleset, TableName } from '../netfilter/rules.js';
import type { ProxyBehaviour } from './versions.js';

const CANARIES = ['KUBE-KUBELET-CANARY', 'KUBE-PROXY-CANARY'];
/** In modes other than iptables kube-proxy does not watch its chains. */
export const KUBELET_CANARIES: readonly string[] = ['KUBE-KUBELET-CANARY'];
const WATCHED: readonly TableName[] = ['mangle', 'filter', 'nat'];

/** The tables of iptables that a node has after kube-proxy has written these. */
export function withCanaries(
  ruleset: Ruleset<IptablesTable>,
  { iptablesHint }: ProxyBehaviour,
  canaries: readonly string[] = CANARIES,
): Ruleset<IptablesTable> {
  const tables = new Map(ruleset.tables);
  for (const name of WATCHED) {
    const table = tables.get(name) ?? { syntax: 'iptables', name, chains: new Map() };
    const added = name === 'mangle' && iptablesHint ? [...canaries, 'KUBE-IPTABLES-HINT'] : canaries;
    tables.set(name, withChains(table, added));
  }
  return { ...ruleset, tables };
}

function withChains(table: IptablesTable, names: readonly string[]): IptablesTable {
  const chains = new Map<string, Chain>(table.chains);
  for (const name of names) chains.set(name, { name, rules: [] });
  return { ...table, chains };
}
