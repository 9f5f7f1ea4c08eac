/**
 * Strategic merge patch, as `kubectl patch` and `kubectl apply` send it by default.
 *
 * Models: maps merge, null deletes, lists replace, except the lists that Kubernetes merges by a key.
 * Source: k8s.io/apimachinery strategicpatch; `patchMergeKey` tags in k8s.io/api core/v1.
 * Simplified: no `$patch` directives, no `$setElementOrder`; apply does not delete what an earlier apply had set.
 * Who could tell: someone who relies on apply's three-way merge to remove a field.
 */

/** Lists that merge by a key, by the name of the field that holds them. */
const MERGE_KEYS: Record<string, string> = {
  ports: 'port',
  containers: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
};

/** `base` with `patch` merged in; neither is changed. */
export function strategicMerge<T>(base: T, patch: unknown): T {
  return mergeValue(base, patch, '') as T;
}

function mergeValue(base: unknown, patch: unknown, field: string): unknown {
  if (isMap(base) && isMap(patch)) return mergeMaps(base, patch);
  const key = MERGE_KEYS[field];
  if (key !== undefined && isListOfMaps(base) && isListOfMaps(patch)) return mergeLists(base, patch, key);
  return patch;
}

function mergeMaps(base: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergeValue(merged[name], value, name);
  }
  return merged;
}

function mergeLists(base: Record<string, unknown>[], patch: Record<string, unknown>[], key: string): unknown[] {
  const merged = [...base];
  for (const item of patch) {
    const at = merged.findIndex((existing) => existing[key] !== undefined && existing[key] === item[key]);
    if (at < 0) merged.push(item);
    else merged[at] = mergeMaps(merged[at] as Record<string, unknown>, item);
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfMaps(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every(isMap);
}
