/** A document as if it said something else here and there: merge patches of the whole, and of single objects. */

import { fromPointer } from './pointer.js';

type Fields = Record<string, unknown>;

export interface DocumentPatch {
  /** JSON merge patch (RFC 7396) of the document: null takes a field out, a list is replaced. */
  set: Fields;
  /** Merge patches of objects, by `Kind/namespace/name` or `Kind/name`; null takes the object out. */
  objects: Record<string, Fields | null>;
}

/** `missing`: keys of `objects` that the document has no object for, and those that it has. */
export function documentVariant(
  document: unknown,
  { set, objects }: DocumentPatch,
): { document: unknown; missing: string[]; present: string[] } {
  const patched = mergePatch(document, set) as Fields;
  const left = new Map(Object.entries(objects).map(([key, patch]) => [withNamespace(key), { key, patch }]));
  const present: string[] = [];
  const visit = (manifests: readonly unknown[]): unknown[] =>
    manifests.flatMap((manifest) => {
      if (!isMap(manifest)) return [manifest];
      if (Array.isArray(manifest.items)) return [{ ...manifest, items: visit(manifest.items) }];
      const key = keyOf(manifest);
      present.push(key);
      const wanted = left.get(key);
      if (wanted === undefined) return [manifest];
      left.delete(key);
      return wanted.patch === null ? [] : [mergePatch(manifest, wanted.patch)];
    });
  if (Array.isArray(patched.objects)) patched.objects = visit(patched.objects);
  return { document: patched, missing: [...left.values()].map(({ key }) => key), present };
}

/** The object of that key, as it stands in the document; undefined where there is none. */
export function objectNamed(document: unknown, key: string): unknown {
  const wanted = withNamespace(key);
  const find = (manifests: unknown): unknown => {
    for (const manifest of Array.isArray(manifests) ? manifests : []) {
      const found = !isMap(manifest) ? undefined : Array.isArray(manifest.items) ? find(manifest.items) : manifest;
      if (isMap(found) && (found !== manifest || keyOf(manifest) === wanted)) return found;
    }
    return undefined;
  };
  return isMap(document) ? find(document.objects) : undefined;
}

/**
 * The merge patch that puts `value` at a place (RFC 6901) of `target`; a list on the way there is copied with that one entry
 * replaced. Null where the place is an entry that a list does not have.
 */
export function fieldPatch(target: unknown, pointer: string, value: unknown): Fields | null {
  const patch = patchAt(target, fromPointer(pointer), value);
  return isMap(patch) ? patch : null;
}

/** Undefined: no such place. */
function patchAt(target: unknown, [step, ...rest]: string[], value: unknown): unknown {
  if (step === undefined) return value;
  if (!Array.isArray(target)) {
    const inner = patchAt(isMap(target) ? target[step] : undefined, rest, value);
    return inner === undefined ? undefined : Object.defineProperty({}, step, { value: inner, ...PLAIN });
  }
  const index = /^\d{1,9}$/.test(step) ? Number(step) : target.length;
  if (index >= target.length) return undefined;
  const inner = patchAt(target[index], rest, value);
  return inner === undefined
    ? undefined
    : target.with(index, rest.length === 0 ? inner : mergePatch(target[index], inner));
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged: Fields = { ...(isMap(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else Object.defineProperty(merged, key, { value: mergePatch(merged[key], value), ...PLAIN });
  }
  return merged;
}

/** So that a field named `__proto__` is a field. */
const PLAIN = { enumerable: true, configurable: true, writable: true };

const CLUSTER_SCOPED = ['Node', 'Namespace'];

function keyOf({ kind, metadata }: Fields): string {
  const { name, namespace } = isMap(metadata) ? metadata : {};
  return CLUSTER_SCOPED.includes(String(kind)) ? `${kind}/${name}` : `${kind}/${namespace ?? 'default'}/${name}`;
}

function withNamespace(key: string): string {
  const [kind = '', ...rest] = key.split('/');
  return rest.length === 1 && !CLUSTER_SCOPED.includes(kind) ? `${kind}/default/${rest[0]}` : key;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
