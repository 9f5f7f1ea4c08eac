/** What the timeline or a step did, in a few words: what losses are put down to. */
import type { KubeObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos, Scenario } from '../scenario.js';
import type { RunEvent } from './result.js';

type Fields = Readonly<Record<string, unknown>>;

/** Whom it is done to: the first of these that an action has. */
const SUBJECTS = [
  'deployment',
  'daemonset',
  'statefulset',
  'replicaset',
  'workload',
  'service',
  'name',
  'pod',
  'node',
  'cloudProvider',
  'between',
  'zone',
  'loadBalancer',
];

/** `because`: see `Blame`; `happened`: what is known of a number below NOBODY. */
export function runEvent(
  scenario: Pick<Scenario, 'timeline' | 'steps'>,
  because: number,
  happened: { text: string; because: number; follows: boolean } | undefined = undefined,
): RunEvent {
  if (happened === undefined) return ofDocument(scenario, because);
  if (happened.because < 0) return { path: '', text: happened.text };
  const { path, text } = ofDocument(scenario, happened.because);
  return { path, text: happened.follows ? `${text}, ${happened.text}` : `${happened.text}, after ${text}` };
}

function ofDocument({ timeline, steps }: Pick<Scenario, 'timeline' | 'steps'>, because: number): RunEvent {
  const entry = timeline[because];
  if (entry !== undefined)
    return { path: `/timeline/${because}`, text: `${actionText(entry)} at ${secondsText(entry.atNs)}` };
  const number = because - timeline.length;
  const step = steps[number];
  return { path: `/steps/${number}`, text: `${step === undefined ? 'step' : actionText(step)} in step ${number + 1}` };
}

function actionText(action: { do: string }): string {
  const fields = action as unknown as Fields;
  const command = fields.command;
  const acts = typeof command === 'object' && command !== null ? (command as Fields) : fields;
  const verb = camelCase(String(acts.verb ?? action.do));
  return [verb, subjectText(acts), detailText(acts)].filter((part) => part !== '').join(' ');
}

function subjectText(acts: Fields): string {
  if (isObject(acts.object)) return `${acts.object.kind} ${keyOf(acts.object)}`;
  const kind = typeof acts.kind === 'string' ? `${acts.kind} ` : '';
  for (const field of SUBJECTS) {
    const subject = acts[field];
    if (typeof subject === 'string' && subject !== '') return `${kind}${subject}`;
    if (Array.isArray(subject)) return `${kind}${subject.join(', ')}`;
    if (isMap(subject) && typeof subject.name === 'string') return `${kind}${subject.name}`;
  }
  if ('kubeProxy' in acts && acts.do !== 'partition') return `kube-proxy of ${nodesText(acts.kubeProxy)}`;
  if ('kubelets' in acts) return `kubelets of ${nodesText(acts.kubelets)}`;
  if (isMap(acts.selector)) return `${kind}${labelsText(acts.selector)}`;
  return kind.trim();
}

/** Null: all of them. */
function nodesText(nodes: unknown): string {
  return Array.isArray(nodes) ? nodes.join(', ') : 'all nodes';
}

function detailText(acts: Fields): string {
  if (typeof acts.forNs === 'number') return `for ${secondsText(acts.forNs)}`;
  if (typeof acts.replicas === 'number') return `to ${acts.replicas}`;
  if (typeof acts.ready === 'boolean') return acts.ready ? '(passes)' : '(fails)';
  if (typeof acts.taint === 'string') return acts.taint;
  if (isMap(acts.labels)) return labelsText(acts.labels);
  if (typeof acts.image === 'string') return acts.image;
  if (typeof acts.version === 'string') return `to ${acts.version}`;
  return '';
}

function labelsText(labels: Fields): string {
  return Object.entries(labels)
    .map(([name, value]) => (value === null ? `${name}-` : `${name}=${value}`))
    .join(',');
}

function secondsText(ns: Nanos): string {
  return `${Number((ns / 1e9).toFixed(3))} s`;
}

function camelCase(verb: string): string {
  return verb.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObject(value: unknown): value is KubeObject {
  return isMap(value) && typeof value.kind === 'string' && isMap(value.metadata);
}
