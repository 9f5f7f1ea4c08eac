/** What can be named: by objects, by what commands create, and where names come about only in the run, by their form. */
import { type KubectlCommand, type KubeKind, type KubeObject, keyOf } from '#sim';
import type { Draft } from '../draft.js';
import { mentionKey } from '../normalize/objects.js';

const WORKLOADS: readonly KubeKind[] = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'];

export class Known {
  private readonly keys: Set<string>;

  constructor(private readonly draft: Draft) {
    this.keys = new Set(draft.mentioned.objects);
    for (const { value } of draft.objects) this.add(value.kind, keyOf(value));
    for (const [owner, pods] of Object.entries(draft.cluster.allocations.pods)) {
      const namespace = owner.slice(0, owner.indexOf('/'));
      for (const { name } of pods) if (name !== undefined) this.add('Pod', `${namespace}/${name}`);
    }
  }

  /** What a command creates can be named afterwards. */
  learn(command: KubectlCommand): void {
    switch (command.verb) {
      case 'create-deployment':
        this.add('Deployment', command.name);
        break;
      case 'expose':
        this.add('Service', command.name);
        break;
      case 'run':
        this.add('Pod', command.name);
        break;
      case 'apply':
        this.add(command.object.kind, keyOf(command.object));
        break;
    }
  }

  has(kind: KubeKind, key: string): boolean {
    if (this.keys.has(mentionKey(kind, key))) return true;
    if (kind === 'ReplicaSet') return this.couldBeGenerated(key, ['Deployment']);
    return kind === 'Pod' && this.couldBeGenerated(key, WORKLOADS);
  }

  hasClient(name: string): boolean {
    return this.draft.mentioned.clients.has(name);
  }

  /** Names of a kind, for the nearest one. */
  names(kind: KubeKind): string[] {
    const prefix = mentionKey(kind, '');
    return [...this.keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  clientNames(): Iterable<string> {
    return this.draft.mentioned.clients;
  }

  private add(kind: KubeObject['kind'], key: string): void {
    this.keys.add(mentionKey(kind, key));
  }

  /** `default/web-…` where there is a workload `default/web`. */
  private couldBeGenerated(key: string, owners: readonly KubeKind[]): boolean {
    for (let dash = key.lastIndexOf('-'); dash > 0; dash = key.lastIndexOf('-', dash - 1)) {
      const owner = key.slice(0, dash);
      if (owners.some((kind) => this.keys.has(mentionKey(kind, owner)))) return true;
    }
    return false;
  }
}
