/** The text of a node's own rules: read by the model, reported in the words of issues. */

import type { z } from 'zod';
import { type Cluster, checkNodeRules, type KubeProxyConfig, type NodeRules } from '#sim';
import { type Issue, IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { zNodeRules } from '../schema/cluster.js';
import { validate } from '../schema/validate.js';

export const BESIDE_IPVS =
  'In mode ipvs no text shows the virtual servers: those that kube-proxy would make are taken, with the addresses of its dummy device.';

/** Reports what is wrong with the texts, and what is assumed; null where there is none that could be used. `mode`: of the node. */
export function readNodeRules(
  value: unknown,
  at: Path,
  mode: KubeProxyConfig['mode'],
  issues: IssueList,
): NodeRules | null {
  const given: z.output<typeof zNodeRules> | null = validate(zNodeRules, value, at, issues);
  if (given === null || Object.keys(given).length === 0) return null;
  const { iptablesSave = null, ip6tablesSave = null, nftRuleset = null, ipsetSave } = given;
  const rules: NodeRules = {
    iptablesSave,
    ip6tablesSave,
    nftRuleset,
    ...(ipsetSave === undefined ? {} : { ipsetSave }),
  };
  for (const { code, field, line, message, hint } of checkNodeRules(rules)) {
    issues.add(code, [...at, field], sentence(line === 0 ? message : `line ${line}: ${message}`), hint);
  }
  if (mode === 'ipvs') issues.add('rules-assumed', [...at], BESIDE_IPVS);
  return rules;
}

/** The rules of several nodes as a question brings them, by node; null where an issue is an error. */
export function readRulesByNode(
  value: Record<string, unknown>,
  { nodes }: Pick<Cluster, 'nodes'>,
): {
  rules: Record<string, NodeRules> | null;
  issues: Issue[];
} {
  const issues = new IssueList();
  const rules: [string, NodeRules][] = [];
  for (const [node, given] of Object.entries(value)) {
    // A node that joins later is set up like the first one.
    const settings = Object.hasOwn(nodes, node) ? nodes[node] : Object.values(nodes)[0];
    const read = readNodeRules(given, ['rules', node], settings?.kubeProxy.mode ?? 'iptables', issues);
    if (read !== null) rules.push([node, read]);
  }
  return { rules: issues.hasErrors ? null : Object.fromEntries(rules), issues: issues.list() };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
