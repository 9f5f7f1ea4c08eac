/**
 * Which endpoints stand in which slice: at most a hundred in each, and as few slices touched as can be.
 *
 * Models: endpoints stay in their slice; new ones fill slices that change anyway, then one that has room for all of them,
 *   then new slices.
 * Source: k8s.io/endpointslice reconciler.go (reconcileByPortMapping), utils.go (getSliceToFill);
 *   --max-endpoints-per-slice of kube-controller-manager.
 * Simplified: new endpoints in the order of the pods; the controller takes them as they come.
 * Who could tell: someone who looks for one endpoint in several slices.
 */
import type { EndpointObject, EndpointSliceObject } from '../objects.js';

export const MOST_ENDPOINTS = 100;

/** A slice as it is to be. */
export interface SliceDraft {
  /** As it is; null for a new one. */
  readonly before: EndpointSliceObject | null;
  endpoints: EndpointObject[];
  state: 'new' | 'changed' | 'same';
}

/** Drafts for all of `wanted`; slices that would be empty are left out. `existing` have the same family and ports. */
export function fitSlices(
  existing: readonly EndpointSliceObject[],
  wanted: ReadonlyMap<string, EndpointObject>,
): SliceDraft[] {
  const left = new Map(wanted);
  const drafts = existing.map((slice) => withoutUnwanted(slice, left)).filter(({ endpoints }) => endpoints.length > 0);
  const touched = drafts.filter(({ state }) => state === 'changed');
  for (const draft of touched.sort((a, b) => b.endpoints.length - a.endpoints.length)) fill(draft, left);
  while (left.size > 0) {
    const room = left.size < MOST_ENDPOINTS ? closestFit(drafts, left.size) : undefined;
    const draft: SliceDraft = room ?? { before: null, endpoints: [], state: 'new' };
    if (room === undefined) drafts.push(draft);
    else draft.state = 'changed';
    fill(draft, left);
  }
  return drafts;
}

/** The same pod at the same address. */
export function endpointKey({ addresses, targetRef }: EndpointObject): string {
  return `${addresses.join()} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;
}

/** Takes what the slice keeps out of `left`. */
function withoutUnwanted(slice: EndpointSliceObject, left: Map<string, EndpointObject>): SliceDraft {
  const kept: EndpointObject[] = [];
  let isSame = true;
  for (const endpoint of slice.endpoints) {
    const key = endpointKey(endpoint);
    const wanted = left.get(key);
    if (wanted === undefined) continue;
    left.delete(key);
    isSame &&= isEqual(endpoint, wanted);
    kept.push(wanted);
  }
  if (!isSame || kept.length !== slice.endpoints.length) return { before: slice, endpoints: kept, state: 'changed' };
  return { before: slice, endpoints: [...slice.endpoints], state: 'same' };
}

function fill(draft: SliceDraft, left: Map<string, EndpointObject>): void {
  for (const [key, endpoint] of left) {
    if (draft.endpoints.length >= MOST_ENDPOINTS) return;
    draft.endpoints.push(endpoint);
    left.delete(key);
  }
}

/** Of the slices that nothing else changes the fullest one that has room for so many more. */
function closestFit(drafts: readonly SliceDraft[], more: number): SliceDraft | undefined {
  let closest: SliceDraft | undefined;
  for (const draft of drafts) {
    if (draft.state !== 'same' || draft.endpoints.length + more > MOST_ENDPOINTS) continue;
    if (closest === undefined || draft.endpoints.length > closest.endpoints.length) closest = draft;
  }
  return closest;
}

/** In all but the hints, which are written afterwards. */
function isEqual(a: EndpointObject, b: EndpointObject): boolean {
  const [x, y] = [a.conditions ?? {}, b.conditions ?? {}];
  return (
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    x.ready === y.ready &&
    x.serving === y.serving &&
    x.terminating === y.terminating
  );
}
