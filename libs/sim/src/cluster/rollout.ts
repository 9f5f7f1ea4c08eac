/**
 * The arithmetic of rollouts: how many pods may be too many or too few, and which template is meant.
 *
 * Source: pkg/controller/deployment/util/deployment_util.go (ResolveFenceposts, EqualIgnoreHash), apimachinery intstr.go.
 */
import type { IntOrPercent, PodTemplate, WorkloadObject } from '../objects.js';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';
const USUAL_SHARE = '25%';

/** A share of `total`, rounded; what is no number counts as 0. */
export function resolved(value: IntOrPercent, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return Math.max(0, value);
  const percent = /^(\d{1,5})%$/.exec(value)?.[1];
  if (percent === undefined) return 0;
  const exact = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

export interface Fenceposts {
  surge: number;
  unavailable: number;
}

/** Both zero would never get anywhere: then one may be unavailable. */
export function fencepostsOf({ spec }: WorkloadObject, replicas: number): Fenceposts {
  const { maxSurge = USUAL_SHARE, maxUnavailable = USUAL_SHARE } = spec?.strategy?.rollingUpdate ?? {};
  const surge = resolved(maxSurge, replicas, 'up');
  const unavailable = Math.min(resolved(maxUnavailable, replicas, 'down'), replicas);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

const NO_TEMPLATE: PodTemplate = {};
const TEXTS = new WeakMap<PodTemplate, string>();

/** The same for templates that say the same, in whatever order; the label that a ReplicaSet adds does not count. */
export function templateText(template: PodTemplate = NO_TEMPLATE): string {
  const known = TEXTS.get(template);
  if (known !== undefined) return known;
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  const text = canonical({ ...template, metadata: { ...template.metadata, labels } });
  TEXTS.set(template, text);
  return text;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`;
}
