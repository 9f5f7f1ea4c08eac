/** Entries of `apps` that no pod will ever match are mostly misspelt. */
import { type KubeObject, keyOf, type Labels } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';

export function checkApps(draft: Draft, issues: IssueList): void {
  const pods = draft.objects.flatMap(({ value }) => podLabels(value));
  for (const { value } of [...draft.steps, ...draft.timeline]) {
    if (value.do !== 'kubectl') continue;
    const { command } = value;
    if (command.verb === 'apply') pods.push(...podLabels(command.object));
    // Labels may come during the run.
    if (command.verb === 'patch' || command.verb === 'label') return;
    if (command.verb === 'run' || command.verb === 'create-deployment') {
      const [namespace = 'default', name = ''] = command.name.split('/');
      const own: Labels = command.verb === 'run' ? { run: name } : { app: name };
      pods.push({ namespace, labels: { ...own, ...command.labels } });
    }
  }
  for (const { value, at } of draft.apps) {
    const { namespace, match } = value;
    const matching = pods.filter(({ labels }) => Object.entries(match).every(([key, text]) => labels[key] === text));
    if (matching.some((pod) => pod.namespace === namespace)) continue;
    const text = Object.entries(match).map(([key, label]) => `${key}=${label}`);
    const message = `No pod in namespace ${namespace} has ${shown(text.join(','))}.`;
    const elsewhere = [...new Set(matching.map((pod) => pod.namespace))].slice(0, 3).join(' or ');
    const hint = elsewhere === '' ? undefined : `There are such pods in ${elsewhere}: set namespace beside match.`;
    issues.add('unused-setting', [...at, 'match'], message, hint);
  }
}

interface PodLabels {
  namespace: string;
  labels: Labels;
}

function podLabels(object: KubeObject): PodLabels[] {
  const namespace = object.metadata.namespace ?? keyOf(object).split('/')[0]!;
  if (object.kind === 'Pod') return [{ namespace, labels: object.metadata.labels ?? {} }];
  if (!('spec' in object) || !['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(object.kind)) return [];
  const { template } = (object.spec ?? {}) as { template?: { metadata?: { labels?: Labels } } };
  return [{ namespace, labels: template?.metadata?.labels ?? {} }];
}
