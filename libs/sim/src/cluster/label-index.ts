/**
 * Keys of objects by namespace and label, so that a selector does not have to look at every object: a cluster has
 * thousands of services and of pods, and each change of one asks for the others.
 */
import type { Labels } from '../objects.js';

export class LabelIndex {
  private readonly byLabel = new Map<string, Set<string>>();
  private readonly labelsOf = new Map<string, readonly string[]>();

  /** Files the key under these labels alone. One whose labels stay keeps its place. */
  set(key: string, namespace: string | undefined, labels: Labels | undefined): void {
    const names = Object.entries(labels ?? {}).map(([label, value]) => place(namespace, label, value));
    const before = this.labelsOf.get(key);
    if (before !== undefined && before.length === names.length && names.every((name, n) => name === before[n])) return;
    this.delete(key);
    this.labelsOf.set(key, names);
    for (const name of names) {
      const keys = this.byLabel.get(name);
      if (keys === undefined) this.byLabel.set(name, new Set([key]));
      else keys.add(key);
    }
  }

  delete(key: string): void {
    for (const name of this.labelsOf.get(key) ?? []) {
      const keys = this.byLabel.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.byLabel.delete(name);
    }
    this.labelsOf.delete(key);
  }

  /** In the order in which they were filed. */
  with(namespace: string | undefined, label: string, value: string): ReadonlySet<string> {
    return this.byLabel.get(place(namespace, label, value)) ?? NONE;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** NUL stands in no name, so two places never share a text. */
function place(namespace: string | undefined, label: string, value: string): string {
  return `${namespace ?? ''}\0${label}\0${value}`;
}
