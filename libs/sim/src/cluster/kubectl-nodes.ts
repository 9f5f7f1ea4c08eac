/**
 * kubectl's verbs for nodes and labels: cordon, uncordon, taint, label.
 *
 * Source: k8s.io/kubectl pkg/cmd/{drain,taint,label}.
 * Simplified: labels are written over, as with --overwrite.
 */
import type { KubeObject, NodeObject } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { KubectlCommand } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { failed, SINGULAR, text } from './kubectl-texts.js';

type CommandOf<Verb> = Extract<KubectlCommand, { verb: Verb }>;

export function setSchedulable(api: ApiServer, name: string, schedulable: boolean): StepOutput {
  const node = api.get<NodeObject>('Node', name);
  if (node === undefined) return noNode(name);
  const word = schedulable ? 'uncordoned' : 'cordoned';
  if ((node.spec?.unschedulable === true) !== schedulable) return text(`node/${name} already ${word}`);
  const { unschedulable: _, ...spec } = node.spec ?? {};
  api.replace({ ...node, spec: schedulable ? spec : { ...spec, unschedulable: true } });
  return text(`node/${name} ${word}`);
}

export function taint(api: ApiServer, { node: name, key, value, effect, remove }: CommandOf<'taint'>): StepOutput {
  const node = api.get<NodeObject>('Node', name);
  if (node === undefined) return noNode(name);
  const taints = node.spec?.taints ?? [];
  const isMeant = (each: { key: string; effect: string }) =>
    each.key === key && (effect === null || each.effect === effect);
  const others = taints.filter((each) => !isMeant(each));
  if (remove) {
    if (others.length === taints.length)
      return failed(`error: taint "${key}${effect === null ? '' : `:${effect}`}" not found`);
    api.replace({ ...node, spec: { ...node.spec, taints: others } });
    return text(`node/${name} untainted`);
  }
  if (others.length < taints.length)
    return failed(`error: node ${name} already has ${key} taint(s) with same effect(s) and --overwrite is false`);
  const added = { key, ...(value === null ? {} : { value }), effect: effect as string };
  api.replace({ ...node, spec: { ...node.spec, taints: [...taints, added] } });
  return text(`node/${name} tainted`);
}

export function label(api: ApiServer, { kind, name, labels }: CommandOf<'label'>): StepOutput {
  const before = api.get<KubeObject>(kind, name);
  const written = api.patch(kind, name, { metadata: { labels } });
  if ('error' in written) return failed(written.error);
  const { metadata } = written.object;
  const removesOnly = Object.values(labels).every((value) => value === null);
  const word = written.object === before ? 'not labeled' : removesOnly ? 'unlabeled' : 'labeled';
  return text(`${SINGULAR[kind]}/${metadata.name} ${word}`);
}

function noNode(name: string): StepOutput {
  return failed(`Error from server (NotFound): nodes "${name}" not found`);
}
