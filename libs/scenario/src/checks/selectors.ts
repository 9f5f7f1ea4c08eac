/** Selectors that match nothing, and names of target ports that no pod has. */
import { type ContainerSpec, type KubeObject, keyOf, type ServiceObject, type WorkloadObject } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { SERVICE_NAME_LABEL } from '../normalize/endpoints.js';
import type { Path } from '../pointer.js';
import { of } from './addresses.js';

type Labels = Record<string, string>;

/** A pod, or what will make pods. `containers` is null where they are not known. */
interface Template {
  namespace: string;
  labels: Labels;
  containers: ContainerSpec[] | null;
}

const matches = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

const isWorkload = (object: KubeObject): object is WorkloadObject =>
  'spec' in object && ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(object.kind);

/** What a selector finds. `portNames` is null where the containers of a matching pod are not known. */
interface Match {
  found: boolean;
  portNames: ReadonlySet<string> | null;
}

/** Templates by namespace and label, and what has been asked before: clusters have thousands of both sides. */
class Matcher {
  private readonly byLabel = new Map<string, Template[]>();
  private readonly asked = new Map<string, Match>();

  constructor(templates: Template[]) {
    for (const template of templates) {
      for (const [key, value] of Object.entries(template.labels)) {
        const label = labelKey(template.namespace, key, value);
        const list = this.byLabel.get(label);
        if (list === undefined) this.byLabel.set(label, [template]);
        else list.push(template);
      }
    }
  }

  match(namespace: string, selector: Labels): Match {
    const question = JSON.stringify([namespace, selector]);
    let answer = this.asked.get(question);
    if (answer === undefined) {
      answer = this.search(namespace, selector);
      this.asked.set(question, answer);
    }
    return answer;
  }

  private search(namespace: string, selector: Labels): Match {
    const lists = Object.entries(selector).map(
      ([key, value]) => this.byLabel.get(labelKey(namespace, key, value)) ?? [],
    );
    const shortest = lists.reduce((best, list) => (list.length < best.length ? list : best));
    const matching = shortest.filter(({ labels }) => matches(selector, labels));
    const names = new Set<string>();
    for (const { containers } of matching) {
      if (containers === null) return { found: true, portNames: null };
      for (const { ports = [] } of containers) for (const { name } of ports) if (name !== undefined) names.add(name);
    }
    return { found: matching.length > 0, portNames: names };
  }
}

const labelKey = (namespace: string, key: string, value: string): string => `${namespace} ${key}=${value}`;

export function checkSelectors(draft: Draft, issues: IssueList): void {
  const matcher = new Matcher(templatesOf(draft));
  const sliced = slicedServices(draft, issues);
  for (const { value: service, at } of of('Service', draft)) {
    const { selector } = service.spec;
    if (selector === undefined || Object.keys(selector).length === 0 || service.spec.type === 'ExternalName') continue;
    if (sliced.has(keyOf(service))) continue;
    const { found, portNames } = matcher.match(service.metadata.namespace ?? 'default', selector);
    if (found) checkTargetPorts(service, portNames, [...at, 'spec', 'ports'], issues);
    else {
      const message = `The selector ${shown(selector)} of service ${keyOf(service)} matches no pod.`;
      issues.add('selector-matches-nothing', [...at, 'spec', 'selector'], message);
    }
  }
  checkWorkloads(draft, issues);
}

function checkWorkloads(draft: Draft, issues: IssueList): void {
  for (const { value: workload, at } of draft.objects) {
    if (!isWorkload(workload)) continue;
    const selector = workload.spec?.selector?.matchLabels;
    const labels = workload.spec?.template?.metadata?.labels ?? {};
    if (selector === undefined || matches(selector, labels)) continue;
    const message = `The selector ${shown(selector)} does not match the template's labels ${shown(labels)}.`;
    issues.add('selector-misses-template', [...at, 'spec', 'selector'], message);
  }
}

function templatesOf(draft: Draft): Template[] {
  const templates = draft.objects.flatMap(({ value }) => templateOf(value));
  for (const { value } of [...draft.steps, ...draft.timeline]) {
    if (value.do !== 'kubectl') continue;
    const { command } = value;
    if (command.verb === 'apply') templates.push(...templateOf(command.object));
    if (command.verb !== 'create-deployment' && command.verb !== 'run') continue;
    const [namespace, name] = command.name.split('/') as [string, string];
    const own = command.verb === 'run' ? { run: name } : { app: name };
    templates.push({ namespace, labels: { ...own, ...command.labels }, containers: null });
  }
  return templates;
}

function templateOf(object: KubeObject): Template[] {
  const { namespace = 'default' } = object.metadata;
  if (object.kind === 'Pod')
    return [{ namespace, labels: object.metadata.labels ?? {}, containers: object.spec?.containers ?? null }];
  if (!isWorkload(object)) return [];
  const { metadata, spec } = object.spec?.template ?? {};
  return [{ namespace, labels: metadata?.labels ?? {}, containers: spec?.containers ?? null }];
}

/** Services that have slices, which then count instead of pods. */
function slicedServices(draft: Draft, issues: IssueList): Set<string> {
  const sliced = new Set<string>();
  for (const { value: slice, at } of of('EndpointSlice', draft)) {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service !== undefined) sliced.add(`${slice.metadata.namespace}/${service}`);
    else
      issues.add(
        'slice-without-service',
        [...at, 'metadata', 'labels'],
        `EndpointSlice ${keyOf(slice)} has no label ${SERVICE_NAME_LABEL}.`,
      );
  }
  return sliced;
}

function checkTargetPorts(service: ServiceObject, names: Match['portNames'], at: Path, issues: IssueList): void {
  if (names === null) return;
  for (const [index, { targetPort }] of (service.spec.ports ?? []).entries()) {
    if (typeof targetPort !== 'string' || names.has(targetPort)) continue;
    const message = `No pod of service ${keyOf(service)} has a container port called ${shown(targetPort)}.`;
    issues.add('unknown-target-port', [...at, index, 'targetPort'], message);
  }
}
