/**
 * Which nodes the service controller gives a load balancer, and which changes of a node make it look again, by version.
 *
 * Models: the predicates and the comparison of old and new node of each version; the node resync of 100 s, by which 1.23 and
 *   1.24 find the autoscaler's taint.
 * Source: k8s.io/cloud-provider controllers/service/controller.go: v0.21 and v0.36 in full, symbols of v0.19 to v0.30.
 * Simplified: the phase of the resync is drawn; the resync of Services, each 30 s, changes nothing and is left out.
 * Who could tell: nobody.
 */
import type { NodeObject } from '../objects.js';

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const AUTOSCALER_TAINT = 'ToBeDeletedByClusterAutoscaler';

/** Between two looks at all nodes that nothing asked for. */
export const NODE_RESYNC_NS = 100e9;

/** From 1.34 on the label's value `false` means what it says. */
export function isExcluded({ metadata }: NodeObject, minor: number): boolean {
  const label = metadata.labels?.[EXCLUDE_LABEL];
  return label !== undefined && !(minor >= 34 && label === 'false');
}

/** Whether the node belongs to the sets of Services with this externalTrafficPolicy. */
export function isTarget(node: NodeObject, minor: number, isLocal: boolean): boolean {
  if (isExcluded(node, minor) || (minor >= 23 && isTainted(node))) return false;
  return !readinessCounts(minor, isLocal) || isReady(node);
}

/** Whether this change makes the controller look at every load balancer at once; null: there is no such node before, or after. */
export function asksForSync(before: NodeObject | null, after: NodeObject | null, minor: number): boolean {
  if (before === null || after === null) return true;
  if (minor >= 27)
    return isExcluded(before, minor) !== isExcluded(after, minor) || before.spec?.providerID !== after.spec?.providerID;
  if (minor >= 25) return belongsOtherwise(before, after, minor);
  return (
    (before.spec?.unschedulable ?? false) !== (after.spec?.unschedulable ?? false) ||
    JSON.stringify(sorted(before)) !== JSON.stringify(sorted(after)) ||
    isReady(before) !== isReady(after)
  );
}

/** The resync finds a change that asked for nothing by itself. */
export function isFoundByResync(before: NodeObject | null, after: NodeObject | null, minor: number): boolean {
  return minor < 25 && before !== null && after !== null && belongsOtherwise(before, after, minor);
}

function belongsOtherwise(before: NodeObject, after: NodeObject, minor: number): boolean {
  return [true, false].some((isLocal) => isTarget(before, minor, isLocal) !== isTarget(after, minor, isLocal));
}

function readinessCounts(minor: number, isLocal: boolean): boolean {
  return minor <= 24 || (minor <= 26 && !isLocal);
}

function isTainted({ spec }: NodeObject): boolean {
  return spec?.taints?.some(({ key }) => key === AUTOSCALER_TAINT) ?? false;
}

/** A node that says nothing of it is taken to be ready. */
function isReady({ status }: NodeObject): boolean {
  return (status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True') === 'True';
}

function sorted({ metadata }: NodeObject): [string, string][] {
  return Object.entries(metadata.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
