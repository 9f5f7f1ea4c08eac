/**
 * What was made of immutable objects, remembered as long as they live.
 *
 * A hundred kube-proxies hear of the same objects and come to the same results, where nothing of their own node is in them.
 * The first one works a result out; the others get the same object, which then also is in memory once.
 */

/** So many results of one object: others have their own settings, or are a few changes behind. */
const KEPT = 8;

interface Result<V> {
  readonly parts: readonly unknown[];
  readonly value: V;
}

export class Remembered<V> {
  private readonly known = new WeakMap<object, Result<V>[]>();

  /** `make` must be a pure function of `anchor` and `parts`, all of them immutable. The anchor's life is the result's. */
  get(anchor: object, parts: readonly unknown[], make: () => V): V {
    let results = this.known.get(anchor);
    if (results === undefined) {
      results = [];
      this.known.set(anchor, results);
    }
    const known = results.find((result) => sameParts(result.parts, parts));
    if (known !== undefined) return known.value;
    const value = make();
    if (results.length === KEPT) results.shift();
    results.push({ parts, value });
    return value;
  }
}

function sameParts(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, place) => part === b[place]);
}
