/** Whether a node could run what it is upgraded to, after the upgrades before, and what is assumed of its own rules then. */
import { type Fault, modeProblem, type NodeSettings, type TimelineEntry, withUpgrade } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { BESIDE_IPVS } from '../normalize/node-rules.js';

type Upgrade = Extract<Fault, { do: 'upgrade' }>;

export function checkUpgrades(draft: Draft, issues: IssueList): void {
  const nodes = draft.objects.flatMap(({ value }) => (value.kind === 'Node' ? [value.metadata.name] : []));
  const settings = new Map(nodes.map((node) => [node, draft.cluster.nodes[node] ?? draft.nodeDefaults]));
  const inTime = [...draft.timeline].sort((a, b) => a.value.atNs - b.value.atNs);
  for (const { value, at } of inTime) {
    if (!isUpgrade(value)) continue;
    for (const node of nodesOf(value, settings)) {
      const before = settings.get(node);
      if (before === undefined) continue;
      const after = withUpgrade(before, 'node' in value ? { version: value.version } : { kubeProxy: value.set });
      settings.set(node, after);
      const { mode, featureGates } = after.kubeProxy;
      if (mode === 'ipvs' && before.kubeProxy.mode !== mode && after.rules !== null)
        issues.add('rules-assumed', [...at, 'upgrade', 'set', 'mode'], `${node} has rules of its own. ${BESIDE_IPVS}`);
      const problem = modeProblem(mode, after.version, featureGates);
      if (problem === null) continue;
      const place = 'node' in value ? ['upgrade', 'version'] : ['upgrade', 'set', 'mode'];
      issues.add('version-lacks-feature', [...at, ...place], `${node}: ${problem.message}`, problem.hint);
      break;
    }
  }
}

function isUpgrade(entry: TimelineEntry): entry is TimelineEntry & Upgrade {
  return entry.do === 'upgrade';
}

function nodesOf(upgrade: Upgrade, settings: ReadonlyMap<string, NodeSettings>): readonly string[] {
  return 'node' in upgrade ? [upgrade.node] : (upgrade.kubeProxy ?? [...settings.keys()]);
}
