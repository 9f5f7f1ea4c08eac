/**
 * A map to which each service port adds its part: the chains of a table, the elements of a set.
 *
 * A table of thousands of Services changes in a few places at a sync. So it is no map of its own but a view of the service
 * ports' parts, with an index from key to service port that the programs of one kube-proxy share. The index is only ever
 * added to: an entry that has gone stale leads to a part that lacks the key.
 */

/** Key → the service ports that have had it, in their order; nearly always one. */
export type Owners = Map<string, string | readonly string[]>;

export function addOwners(owners: Owners, part: ReadonlyMap<string, unknown>, servicePort: string): void {
  for (const key of part.keys()) {
    const known = owners.get(key);
    if (known === undefined) owners.set(key, servicePort);
    else if (typeof known === 'string') {
      if (known !== servicePort) owners.set(key, [known, servicePort].sort());
    } else if (!known.includes(servicePort)) owners.set(key, [...known, servicePort].sort());
  }
}

export class PartsMap<P, V> implements ReadonlyMap<string, V> {
  /** The service port that was asked last: a packet's way stays with it. */
  private recent: { readonly servicePort: string; readonly part: P } | undefined;

  constructor(
    /** What belongs to no service port; it comes first. */
    private readonly common: ReadonlyMap<string, V>,
    /** By service port, in order; of several that have a key the last one counts. */
    private readonly parts: ReadonlyMap<string, P>,
    private readonly owners: Owners,
    private readonly partOf: (part: P) => ReadonlyMap<string, V>,
  ) {}

  get(key: string): V | undefined {
    const common = this.common.get(key);
    if (common !== undefined) return common;
    const owner = this.owners.get(key);
    if (owner === undefined) return undefined;
    if (typeof owner === 'string') return this.ownedBy(owner, key);
    return owner.map((one) => this.ownedBy(one, key)).findLast((value) => value !== undefined);
  }

  /** What the one service port that has ever had the key has added; undefined where there is none, or several. */
  partWith(key: string): P | undefined {
    const owner = this.common.has(key) ? undefined : this.owners.get(key);
    return typeof owner === 'string' ? this.partOfPort(owner) : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    let size = 0;
    for (const _ of this.entries()) size++;
    return size;
  }

  *entries(): MapIterator<[string, V]> {
    yield* this.common.entries();
    for (const part of this.parts.values()) {
      for (const [key, value] of this.partOf(part)) if (this.get(key) === value) yield [key, value];
    }
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

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  private ownedBy(servicePort: string, key: string): V | undefined {
    const part = this.partOfPort(servicePort);
    return part === undefined ? undefined : this.partOf(part).get(key);
  }

  private partOfPort(servicePort: string): P | undefined {
    if (this.recent?.servicePort === servicePort) return this.recent.part;
    const part = this.parts.get(servicePort);
    if (part !== undefined) this.recent = { servicePort, part };
    return part;
  }
}
