/**
 * An immutable map in the order of its keys, of which a change copies only a small part.
 *
 * kube-proxy's state holds thousands of service ports, and a sync changes a few. What did not change is the same object in
 * the map before and in the map after, so that the two are also compared in little time. Two levels: leaves of some dozens
 * of entries, and the list of leaves.
 */

/** A leaf that grows beyond this is cut. */
const LEAF_ENTRIES = 64;

interface Leaf<V> {
  /** Ascending. */
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

/** One entry that differs; undefined where it is not there. */
export interface Difference<V> {
  readonly key: string;
  readonly before: V | undefined;
  readonly after: V | undefined;
}

export class OrderedMap<V> implements ReadonlyMap<string, V> {
  private constructor(
    private readonly leaves: readonly Leaf<V>[],
    readonly size: number,
  ) {}

  static empty<V>(): OrderedMap<V> {
    return new OrderedMap<V>([], 0);
  }

  get(key: string): V | undefined {
    const leaf = this.leaves[this.leafOf(key)];
    if (leaf === undefined) return undefined;
    const place = placeOf(leaf.keys, key);
    return leaf.keys[place] === key ? leaf.values[place] : undefined;
  }

  has(key: string): boolean {
    const leaf = this.leaves[this.leafOf(key)];
    return leaf !== undefined && leaf.keys[placeOf(leaf.keys, key)] === key;
  }

  /** With these entries instead; undefined takes one out. The same map where that changes nothing. */
  with(changes: ReadonlyMap<string, V | undefined>): OrderedMap<V> {
    const effective = [...changes].filter(([key, value]) => this.get(key) !== value);
    if (effective.length === 0) return this;
    effective.sort(([a], [b]) => (a < b ? -1 : 1));
    const leaves: Leaf<V>[] = [];
    let size = this.size;
    let next = 0;
    for (let place = 0; place < Math.max(1, this.leaves.length); place++) {
      const leaf = this.leaves[place];
      const end = this.leaves[place + 1]?.keys[0];
      const first = next;
      while (next < effective.length && (end === undefined || (effective[next] as [string, V])[0] < end)) next++;
      if (first === next && leaf !== undefined) {
        leaves.push(leaf);
        continue;
      }
      const merged = merge(leaf, effective.slice(first, next));
      size += merged.keys.length - (leaf?.keys.length ?? 0);
      cut(merged, leaves);
    }
    return new OrderedMap(leaves, size);
  }

  /** What differs in `other`, in the order of keys. */
  differences(other: OrderedMap<V>): Difference<V>[] {
    const found: Difference<V>[] = [];
    const [here, there] = [new Cursor(this.leaves), new Cursor(other.leaves)];
    for (;;) {
      here.skipShared(there);
      const [a, b] = [here.key, there.key];
      if (a === undefined && b === undefined) return found;
      const key = b === undefined || (a !== undefined && a < b) ? (a as string) : b;
      const before = a === key ? here.take() : undefined;
      const after = b === key ? there.take() : undefined;
      if (before !== after) found.push({ key, before, after });
    }
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const { keys, values } of this.leaves)
      for (let place = 0; place < keys.length; place++) visit(values[place] as V, keys[place] as string, this);
  }

  /** The values of all keys that begin so. */
  *within(prefix: string): Generator<V> {
    for (let leaf = this.leafOf(prefix); leaf < this.leaves.length; leaf++) {
      const { keys, values } = this.leaves[leaf] as Leaf<V>;
      for (let place = placeOf(keys, prefix); place < keys.length; place++) {
        if (!(keys[place] as string).startsWith(prefix)) return;
        yield values[place] as V;
      }
    }
  }

  *entries(): MapIterator<[string, V]> {
    for (const { keys, values } of this.leaves)
      for (let place = 0; place < keys.length; place++) yield [keys[place] as string, values[place] as V];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  /** The last leaf that begins at or before the key; the first one for what comes before all. */
  private leafOf(key: string): number {
    let low = 0;
    let high = this.leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.leaves[middle] as Leaf<V>).keys[0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Of the first key that does not come before this one. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Both in the order of keys. */
function merge<V>(leaf: Leaf<V> | undefined, changes: readonly (readonly [string, V | undefined])[]): Leaf<V> {
  const keys: string[] = [];
  const values: V[] = [];
  let place = 0;
  const keepUntil = (end: number): void => {
    for (; place < end; place++) {
      keys.push(leaf?.keys[place] as string);
      values.push(leaf?.values[place] as V);
    }
  };
  for (const [key, value] of changes) {
    keepUntil(placeOf(leaf?.keys ?? [], key));
    if (leaf?.keys[place] === key) place++;
    if (value === undefined) continue;
    keys.push(key);
    values.push(value);
  }
  keepUntil(leaf?.keys.length ?? 0);
  return { keys, values };
}

/** Appends the leaf, in pieces of equal size where it is too large; nothing where it is empty. */
function cut<V>({ keys, values }: Leaf<V>, leaves: Leaf<V>[]): void {
  const pieces = keys.length <= LEAF_ENTRIES ? 1 : Math.ceil((2 * keys.length) / LEAF_ENTRIES);
  const length = Math.ceil(keys.length / pieces);
  for (let from = 0; from < keys.length; from += length)
    leaves.push({ keys: keys.slice(from, from + length), values: values.slice(from, from + length) });
}

/** Goes through the entries of some leaves. */
class Cursor<V> {
  private leaf = 0;
  private place = 0;

  constructor(private readonly leaves: readonly Leaf<V>[]) {}

  /** Undefined at the end. */
  get key(): string | undefined {
    return this.leaves[this.leaf]?.keys[this.place];
  }

  take(): V | undefined {
    const leaf = this.leaves[this.leaf];
    const value = leaf?.values[this.place];
    this.place++;
    if (this.place === leaf?.keys.length) {
      this.leaf++;
      this.place = 0;
    }
    return value;
  }

  /** Passes over leaves that both begin next and have in common. */
  skipShared(other: Cursor<V>): void {
    if (this.place > 0 || other.place > 0) return;
    while (this.leaf < this.leaves.length && this.leaves[this.leaf] === other.leaves[other.leaf]) {
      this.leaf++;
      other.leaf++;
    }
  }
}
