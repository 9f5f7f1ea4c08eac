/**
 * Strategic merge patch, as `kubectl patch` and `kubectl apply` send it by default.
 *
 * Models: maps merge, null deletes, lists replace, except the lists that Kubernetes merges by a key.
 * Source: k8s.io/apimachinery strategicpatch; `patchMergeKey` tags in k8s.io/api core/v1.
 * Simplified: no `$patch` directives, no `$setElementOrder`; apply does not delete what an earlier apply had set.
 * Who could tell: someone who relies on apply's three-way merge to remove a field.
 */

/** Lists that merge by a key, by their field and the field around it. Those that are not here are replaced whole. */
const MERGE_KEYS = new Map([
  ['spec.ports', 'port'],
  ['containers.ports', 'containerPort'],
  ['spec.containers', 'name'],
  ['status.conditions', 'type'],
  ['status.addresses', 'type'],
  ['status.podIPs', 'ip'],
  ['metadata.ownerReferences', 'uid'],
]);

/** `base` with `patch` merged in; neither is changed. */
export function strategicMerge<T>(base: T, patch: unknown): T {
  return mergeValue(base, patch, '', '') as T;
}

/** `around` and `field` name the value's place; the items of a list have their list's name around them. */
function mergeValue(base: unknown, patch: unknown, around: string, field: string): unknown {
  // A map that is not there yet is merged too: its nulls must not be stored.
  if (isMap(patch)) return mergeMaps(isMap(base) ? base : {}, patch, field);
  const key = MERGE_KEYS.get(`${around}.${field}`);
  if (key !== undefined && isListOfMaps(base) && isListOfMaps(patch)) return mergeLists(base, patch, field, key);
  return patch;
}

function mergeMaps(
  base: Record<string, unknown>,
  patch: Record<string, unknown>,
  name: string,
): Record<string, unknown> {
  const merged = new Map(Object.entries(base));
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) merged.delete(field);
    else merged.set(field, mergeValue(merged.get(field), value, name, field));
  }
  // Not assigned one by one: a field may be called __proto__.
  return Object.fromEntries(merged);
}

function mergeLists(
  base: Record<string, unknown>[],
  patch: Record<string, unknown>[],
  name: string,
  key: string,
): unknown[] {
  const merged = [...base];
  const met = new Set<number>();
  for (const item of patch) {
    const at = partner(base, item, key, met);
    if (at < 0) {
      merged.push(mergeMaps({}, item, name));
    } else {
      met.add(at);
      merged[at] = mergeMaps(base[at] as Record<string, unknown>, item, name);
    }
  }
  return merged;
}

/** Which item of the base a patch's item is about: of two with the same port, the one with the same protocol. */
function partner(
  base: Record<string, unknown>[],
  item: Record<string, unknown>,
  key: string,
  met: ReadonlySet<number>,
): number {
  const alike = base.flatMap((existing, at) => (existing[key] === item[key] && !met.has(at) ? [at] : []));
  return alike.find((at) => base[at]?.protocol === item.protocol) ?? alike[0] ?? -1;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfMaps(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every(isMap);
}
