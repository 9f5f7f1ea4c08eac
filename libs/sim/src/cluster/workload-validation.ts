/**
 * What an API server refuses of a Deployment and the other workloads, with the texts that kubectl shows.
 *
 * Models: replicas, selector and containers that are missing, a selector that changes or does not match the template,
 *   maxSurge and maxUnavailable that are both 0.
 * Source: k8s.io/kubernetes pkg/apis/apps/validation (ValidateDeploymentSpec and its like), ValidateImmutableField of
 *   the selector in pkg/registry/apps; apps/v1beta1 and extensions/v1beta1 take the selector from the template.
 * Simplified: the first problem only. What a scenario starts with may lack selector and containers.
 * Who could tell: someone who compares error messages.
 */
import type { IntOrPercent, LabelSelector, WorkloadObject } from '../objects.js';
import { missingHandler, probeProblem } from './probe-validation.js';

/** Of one workload; a thousand times what the largest clusters run. */
const MOST_REPLICAS = 100_000;

const POD_SPEC = 'spec.template.spec';
const SELECTOR_BY_DEFAULT = ['apps/v1beta1', 'extensions/v1beta1'];

/** Null where nothing is wrong; otherwise the text behind `The Deployment "…" is invalid: `. */
export function workloadProblem(workload: WorkloadObject, before: WorkloadObject | null): string | null {
  return (
    replicasProblem(workload) ??
    fencepostProblem(workload) ??
    (before === null ? null : lossProblem(workload, before)) ??
    templateProblem(workload) ??
    probeProblem(workload.spec?.template?.spec, POD_SPEC) ??
    (before === null ? null : selectorChange(workload, before))
  );
}

/** What must be there, for an object that comes about in the run. */
export function missingPart(workload: WorkloadObject): string | null {
  return (
    selectorProblem(workload) ?? containersProblem(workload) ?? missingHandler(workload.spec?.template?.spec, POD_SPEC)
  );
}

/** An update is held to what was there: a scenario may have started without it. */
function lossProblem(workload: WorkloadObject, before: WorkloadObject): string | null {
  return (
    (selectorProblem(before) === null ? selectorProblem(workload) : null) ??
    (containersProblem(before) === null ? containersProblem(workload) : null) ??
    (missingHandler(before.spec?.template?.spec, POD_SPEC) === null
      ? missingHandler(workload.spec?.template?.spec, POD_SPEC)
      : null)
  );
}

function replicasProblem({ spec }: WorkloadObject): string | null {
  const { replicas = 1 } = spec ?? {};
  if (replicas >= 0 && replicas <= MOST_REPLICAS) return null;
  return `spec.replicas: Invalid value: ${replicas}: must be between 0 and ${MOST_REPLICAS}`;
}

const isNone = (value: IntOrPercent): boolean => Number.parseInt(String(value), 10) === 0;

/** A rollout that may neither add a pod nor take one away cannot begin; a DaemonSet's does one of the two. */
function fencepostProblem({ kind, spec }: WorkloadObject): string | null {
  if (kind === 'Deployment' && spec?.strategy?.type !== 'Recreate') {
    const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
    if (!isNone(maxSurge) || !isNone(maxUnavailable)) return null;
    const [type, number, text] = typeof maxUnavailable === 'number' ? [0, maxUnavailable, ''] : [1, 0, maxUnavailable];
    const value = `intstr.IntOrString{Type:${type}, IntVal:${number}, StrVal:${JSON.stringify(text)}}`;
    return `spec.strategy.rollingUpdate.maxUnavailable: Invalid value: ${value}: may not be 0 when \`maxSurge\` is 0`;
  }
  if (kind === 'DaemonSet' && spec?.updateStrategy?.type !== 'OnDelete') {
    const { maxSurge = 0, maxUnavailable = 1 } = spec?.updateStrategy?.rollingUpdate ?? {};
    if (isNone(maxSurge) && isNone(maxUnavailable))
      return 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0';
  }
  return null;
}

function selectorProblem({ apiVersion, kind, spec }: WorkloadObject): string | null {
  const selector = spec?.selector;
  if (selector === undefined) return SELECTOR_BY_DEFAULT.includes(apiVersion) ? null : 'spec.selector: Required value';
  if (!isEmpty(selector)) return null;
  return `spec.selector: Invalid value: ${JSON.stringify(selector)}: empty selector is invalid for ${kind.toLowerCase()}`;
}

function containersProblem({ spec }: WorkloadObject): string | null {
  const containers = spec?.template?.spec?.containers ?? [];
  return containers.length > 0 ? null : 'spec.template.spec.containers: Required value';
}

function templateProblem({ spec }: WorkloadObject): string | null {
  const labels = spec?.template?.metadata?.labels ?? {};
  const misses = Object.entries(spec?.selector?.matchLabels ?? {}).some(([label, value]) => labels[label] !== value);
  if (!misses) return null;
  return `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``;
}

function selectorChange({ spec }: WorkloadObject, before: WorkloadObject): string | null {
  const [is, was] = [spec?.selector, before.spec?.selector];
  if (is === undefined || was === undefined || textOf(is) === textOf(was)) return null;
  return `spec.selector: Invalid value: ${JSON.stringify(is)}: field is immutable`;
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

/** The same for selectors that say the same, in whatever order their labels stand. */
function textOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([labels, matchExpressions.map(({ key, operator, values = [] }) => [key, operator, values])]);
}
