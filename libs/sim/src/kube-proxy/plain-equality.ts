/** Whether two values of plain data (objects, arrays, maps, sets, primitives, bigint) say the same, in the same order. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isCollection(a)) return isCollection(b) && a.size === b.size && isEqual([...a], [...b]);
  if (isCollection(b)) return false;
  const keys = Object.keys(a) as (keyof typeof a)[];
  return keys.length === Object.keys(b).length && keys.every((key) => isEqual(a[key], b[key]));
}

/** What they hold is in no field of theirs. */
function isCollection(value: object): value is ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> {
  return value instanceof Map || value instanceof Set;
}
