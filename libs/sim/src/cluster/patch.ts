/**
 * Strategic merge patch, as `kubectl patch` sends it by default, and what `kubectl apply` makes of a manifest.
 *
 * Models: maps merge, null deletes, lists replace, except the lists that Kubernetes merges by a key.
 * Source: k8s.io/apimachinery strategicpatch; `patchMergeKey` tags in k8s.io/api core/v1.
 * Simplified: no `$patch` directives, no `$setElementOrder`; apply takes items out of lists, but no field that an earlier
 *   apply had set.
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

type Fields = Record<string, unknown>;

/** Where a value stands: the field around it and its own; the items of a list have their list's name around them. */
interface Place {
  around: string;
  field: string;
  /** Items of a keyed list that the patch does not name: they stay, or they go. */
  others: 'stay' | 'go';
}

/** `base` with `patch` merged in; neither is changed. */
export function strategicMerge<T>(base: T, patch: unknown): T {
  return mergeValue(base, patch, { around: '', field: '', others: 'stay' }) as T;
}

/** The same for a whole manifest: a list has the items that it has there. */
export function mergeManifest<T>(base: T, manifest: unknown): T {
  return mergeValue(base, manifest, { around: '', field: '', others: 'go' }) as T;
}

function mergeValue(base: unknown, patch: unknown, place: Place): unknown {
  // A map that is not there yet is merged too: its nulls must not be stored.
  if (isMap(patch)) return mergeMaps(isMap(base) ? base : {}, patch, place);
  const key = MERGE_KEYS.get(`${place.around}.${place.field}`);
  if (key !== undefined && isListOfMaps(base) && isListOfMaps(patch)) return mergeLists(base, patch, place, key);
  return patch;
}

function mergeMaps(base: Fields, patch: Fields, { field: around, others }: Place): Fields {
  const merged = new Map(Object.entries(base));
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) merged.delete(field);
    else merged.set(field, mergeValue(merged.get(field), value, { around, field, others }));
  }
  // Not assigned one by one: a field may be called __proto__.
  return Object.fromEntries(merged);
}

function mergeLists(base: Fields[], patch: Fields[], place: Place, key: string): Fields[] {
  const partners = new Map<number, Fields>();
  const added: Fields[] = [];
  for (const item of patch) {
    const at = partner(base, item, key, partners);
    if (at < 0) added.push(mergeMaps({}, item, place));
    else partners.set(at, mergeMaps(base[at] as Fields, item, place));
  }
  const kept = base.filter((_, at) => place.others === 'stay' || partners.has(at));
  return [...kept.map((existing) => partners.get(base.indexOf(existing)) ?? existing), ...added];
}

/** Which item of the base a patch's item is about: of two with the same port, the one with the same protocol. */
function partner(base: Fields[], item: Fields, key: string, met: ReadonlyMap<number, unknown>): number {
  const alike = base.flatMap((existing, at) => (existing[key] === item[key] && !met.has(at) ? [at] : []));
  return alike.find((at) => base[at]?.protocol === item.protocol) ?? alike[0] ?? -1;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfMaps(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every(isMap);
}
