/** Selectors that match nothing, and names of target ports that no pod has. */
import { type ContainerSpec, type KubeObject, keyOf, type ServiceObject, type WorkloadObject } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { SERVICE_NAME_LABEL } from '../normalize/endpoints.js';
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

export function checkSelectors(draft: Draft, issues: IssueList): void {
  const templates = templatesOf(draft);
  const sliced = slicedServices(draft, issues);
  for (const { value: service, at } of of('Service', draft)) {
    const { selector } = service.spec;
    if (selector === undefined || Object.keys(selector).length === 0 || service.spec.type === 'ExternalName') continue;
    if (sliced.has(keyOf(service))) continue;
    const matching = templates.filter(
      ({ namespace, labels }) => namespace === service.metadata.namespace && matches(selector, labels),
    );
    if (matching.length === 0) {
      issues.add(
        'selector-matches-nothing',
        [...at, 'spec', 'selector'],
        `The selector ${shown(selector)} of service ${keyOf(service)} matches no pod.`,
      );
    } else checkTargetPorts(service, matching, [...at, 'spec', 'ports'], issues);
  }
  for (const { value: workload, at } of draft.objects) {
    if (!isWorkload(workload)) continue;
    const selector = workload.spec?.selector?.matchLabels;
    const labels = workload.spec?.template?.metadata?.labels ?? {};
    if (selector === undefined || matches(selector, labels)) continue;
    issues.add(
      'selector-misses-template',
      [...at, 'spec', 'selector'],
      `The selector ${shown(selector)} does not match the template's labels ${shown(labels)}.`,
    );
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

function checkTargetPorts(
  service: ServiceObject,
  matching: Template[],
  at: readonly (string | number)[],
  issues: IssueList,
): void {
  if (matching.some(({ containers }) => containers === null)) return;
  const names = new Set(
    matching.flatMap(({ containers }) => containers!.flatMap(({ ports = [] }) => ports.map(({ name }) => name))),
  );
  for (const [index, { targetPort }] of (service.spec.ports ?? []).entries()) {
    if (typeof targetPort !== 'string' || names.has(targetPort)) continue;
    issues.add(
      'unknown-target-port',
      [...at, index, 'targetPort'],
      `No pod of service ${keyOf(service)} has a container port called ${shown(targetPort)}.`,
    );
  }
}
