/**
 * Deployments: a ReplicaSet for each template, scaled against each other.
 *
 * Models: RollingUpdate with maxSurge and maxUnavailable, Recreate, minReadySeconds, scaling in the middle of a rollout,
 *   return to an earlier template.
 * Source: pkg/controller/deployment: sync.go, rolling.go, recreate.go, util/deployment_util.go.
 * Simplified: no progress deadline, no revision history limit; annotations of revisions are not kept.
 * Who could tell: someone who reads `kubectl rollout history`.
 */
import type { WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { OwnedPods } from './owned-pods.js';
import { replicaSetOf } from './replica-sets.js';
import { fencepostsOf, TEMPLATE_HASH_LABEL, templateText } from './rollout.js';

const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MOST = 'deployment.kubernetes.io/max-replicas';
const REVISION = 'deployment.kubernetes.io/revision';

export class Deployments {
  /** Keys of ReplicaSets by their Deployment's. */
  private readonly sets = new Map<string, Set<string>>();
  /** The ReplicaSet of a stored Deployment's template, where it was stored otherwise than word by word. */
  private readonly stored = new Map<string, { text: string; set: string }>();

  constructor(private readonly owned: OwnedPods) {}

  /** Told of every write of a ReplicaSet. */
  noteReplicaSet(key: string, set: WorkloadObject | null): void {
    const owner = set?.metadata.ownerReferences?.[0];
    if (set === null || owner?.kind !== 'Deployment') {
      for (const keys of this.sets.values()) keys.delete(key);
      return;
    }
    const deployment = `${set.metadata.namespace}/${owner.name}`;
    const keys = this.sets.get(deployment);
    if (keys === undefined) this.sets.set(deployment, new Set([key]));
    else keys.add(key);
  }

  /** Oldest first. */
  setsOf(deployment: WorkloadObject): WorkloadObject[] {
    const keys = this.sets.get(keyOf(deployment)) ?? [];
    return [...keys]
      .map((key) => this.owned.api.get<WorkloadObject>('ReplicaSet', key))
      .filter((set) => set !== undefined);
  }

  /** The ReplicaSet that has the Deployment's template now. */
  current(deployment: WorkloadObject, sets: readonly WorkloadObject[]): WorkloadObject | undefined {
    const text = templateText(deployment.spec?.template);
    const same = sets.find(({ spec }) => templateText(spec?.template) === text);
    const stored = this.stored.get(keyOf(deployment));
    return same ?? (stored?.text === text ? sets.find((set) => keyOf(set) === stored.set) : undefined);
  }

  /** A stored Deployment: pods whose ReplicaSet was not stored get one, and the newest has the present template. */
  adopt(deployment: WorkloadObject): void {
    const { namespace, name } = deployment.metadata;
    const selector = deployment.spec?.selector?.matchLabels ?? {};
    for (const pod of this.owned.api.select('Pod', namespace, selector)) {
      const owner = pod.metadata.ownerReferences?.[0];
      if (owner?.kind !== 'ReplicaSet' || !owner.name.startsWith(`${name}-`)) continue;
      if (this.owned.api.get('ReplicaSet', `${namespace}/${owner.name}`) !== undefined) continue;
      const hash = pod.metadata.labels?.[TEMPLATE_HASH_LABEL] ?? owner.name.slice(name.length + 1);
      const made = replicaSetOf(deployment, hash, 0);
      const set = { ...made, metadata: { ...made.metadata, name: owner.name } };
      if (pod.metadata.labels?.[TEMPLATE_HASH_LABEL] === undefined)
        set.spec = { ...made.spec, selector: { matchLabels: selector } };
      this.owned.api.replace({ ...set, spec: { ...set.spec, replicas: this.owned.active(set).length } });
    }
    const sets = this.setsOf(deployment);
    if (sets.length === 0 || this.current(deployment, sets) !== undefined) return;
    const revision = ({ metadata }: WorkloadObject) => Number(metadata.annotations?.[REVISION] ?? 0);
    const newest = sets.reduce((best, set) => (revision(set) > revision(best) ? set : best));
    this.stored.set(keyOf(deployment), { text: templateText(deployment.spec?.template), set: keyOf(newest) });
  }

  /** What the scenario starts with: rolled out. Answers its ReplicaSets. */
  settle(deployment: WorkloadObject): WorkloadObject[] {
    const replicas = replicasOf(deployment);
    const sets = this.setsOf(deployment);
    const current = this.current(deployment, sets) ?? this.create(deployment, 0, 0);
    for (const set of sets) if (set !== current) this.scaleTo(deployment, set, 0);
    this.scaleTo(deployment, current, replicas);
    return this.setsOf(deployment);
  }

  reconcile(deployment: WorkloadObject, nowNs: Nanos): void {
    const sets = this.setsOf(deployment);
    const current = this.current(deployment, sets);
    if (this.isScaled(deployment, sets)) return this.scale(deployment, sets, current, nowNs);
    if (deployment.spec?.paused === true) return;
    if (deployment.spec?.strategy?.type === 'Recreate') this.recreate(deployment, sets, current, nowNs);
    else this.roll(deployment, sets, current, nowNs);
  }

  private recreate(
    deployment: WorkloadObject,
    sets: readonly WorkloadObject[],
    current: WorkloadObject | undefined,
    nowNs: Nanos,
  ): void {
    const old = sets.filter((set) => set !== current);
    const running = old.filter((set) => replicasOf(set) > 0);
    for (const set of running) this.scaleTo(deployment, set, 0);
    if (running.length > 0 || old.some((set) => this.owned.of(set).length > 0)) return;
    this.scaleTo(deployment, current ?? this.create(deployment, 0, nowNs), replicasOf(deployment));
  }

  private roll(
    deployment: WorkloadObject,
    sets: readonly WorkloadObject[],
    given: WorkloadObject | undefined,
    nowNs: Nanos,
  ): void {
    const replicas = replicasOf(deployment);
    const { surge, unavailable } = fencepostsOf(deployment, replicas);
    const total = sets.reduce((sum, set) => sum + replicasOf(set), 0);
    const grown = (has: number) =>
      has > replicas ? replicas : has + Math.max(0, Math.min(replicas + surge - total, replicas - has));
    const current = given ?? this.create(deployment, grown(0), nowNs);
    if (given === undefined) return;
    const wanted = grown(replicasOf(current));
    if (wanted !== replicasOf(current)) return this.scaleTo(deployment, current, wanted);
    const old = sets.filter((set) => set !== current && replicasOf(set) > 0);
    if (old.length === 0) return;
    this.shrink(deployment, old, current, replicas - unavailable, nowNs);
  }

  /** Old pods that are not available go first; then as many as the available ones allow. */
  private shrink(
    deployment: WorkloadObject,
    old: readonly WorkloadObject[],
    current: WorkloadObject,
    leastAvailable: number,
    nowNs: Nanos,
  ): void {
    const total = [...old, current].reduce((sum, set) => sum + replicasOf(set), 0);
    const newUnavailable = replicasOf(current) - this.available(deployment, current, nowNs);
    let mayGo = total - leastAvailable - newUnavailable;
    if (mayGo <= 0) return;
    const left = new Map(old.map((set) => [set, replicasOf(set)]));
    for (const set of old) {
      const unhealthy = Math.min(mayGo, replicasOf(set) - this.available(deployment, set, nowNs));
      if (unhealthy <= 0) continue;
      left.set(set, replicasOf(set) - unhealthy);
      mayGo -= unhealthy;
    }
    const availables = [...old, current].map((set) =>
      Math.min(this.available(deployment, set, nowNs), left.get(set) ?? Infinity),
    );
    let surplus = availables.reduce((sum, count) => sum + count, 0) - leastAvailable;
    for (const set of old) {
      const has = left.get(set) as number;
      const goes = Math.max(0, Math.min(has, surplus));
      left.set(set, has - goes);
      surplus -= goes;
    }
    for (const [set, replicas] of left) this.scaleTo(deployment, set, replicas);
  }

  /** No more than the ReplicaSet is to have: the others are about to go. */
  private available(deployment: WorkloadObject, set: WorkloadObject, nowNs: Nanos): number {
    const pods = this.owned.active(set);
    const available = pods.filter((pod) => this.owned.availableInNs(pod, deployment, nowNs) === 0).length;
    return Math.min(available, replicasOf(set));
  }

  /** The Deployment wants another number than its ReplicaSets were made for. */
  private isScaled(deployment: WorkloadObject, sets: readonly WorkloadObject[]): boolean {
    const replicas = String(replicasOf(deployment));
    return sets.some((set) => {
      const desired = set.metadata.annotations?.[DESIRED];
      return replicasOf(set) > 0 && desired !== undefined && desired !== replicas;
    });
  }

  /** In the middle of a rollout each ReplicaSet grows or shrinks in proportion. */
  private scale(
    deployment: WorkloadObject,
    sets: readonly WorkloadObject[],
    current: WorkloadObject | undefined,
    nowNs: Nanos,
  ): void {
    const replicas = replicasOf(deployment);
    const active = sets.filter((set) => replicasOf(set) > 0);
    if (active.length === 1) return this.scaleTo(deployment, active[0] as WorkloadObject, replicas);
    if (current !== undefined && this.isSaturated(deployment, current, nowNs)) {
      for (const set of active) if (set !== current) this.scaleTo(deployment, set, 0);
      return;
    }
    if (deployment.spec?.strategy?.type === 'Recreate') {
      for (const set of active) this.scaleTo(deployment, set, replicasOf(set));
      return;
    }
    const allowed = replicas > 0 ? replicas + fencepostsOf(deployment, replicas).surge : 0;
    const toAdd = allowed - active.reduce((sum, set) => sum + replicasOf(set), 0);
    const grows = toAdd > 0;
    const sorted = active
      .map((set, age) => ({ set, age }))
      .sort((a, b) => replicasOf(b.set) - replicasOf(a.set) || (grows ? b.age - a.age : a.age - b.age));
    let left = toAdd;
    const sizes = sorted.map(({ set }) => {
      const most = Number(set.metadata.annotations?.[MOST]) || allowed;
      const share =
        replicas === 0 ? -replicasOf(set) : Math.round((replicasOf(set) * allowed) / most) - replicasOf(set);
      const part = grows ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
      left -= part;
      return replicasOf(set) + part;
    });
    sizes[0] = (sizes[0] as number) + left;
    for (const [n, { set }] of sorted.entries()) this.scaleTo(deployment, set, Math.max(0, sizes[n] as number));
  }

  private isSaturated(deployment: WorkloadObject, current: WorkloadObject, nowNs: Nanos): boolean {
    const replicas = replicasOf(deployment);
    return (
      replicasOf(current) === replicas &&
      current.metadata.annotations?.[DESIRED] === String(replicas) &&
      this.available(deployment, current, nowNs) === replicas
    );
  }

  private create(deployment: WorkloadObject, replicas: number, nowNs: Nanos): WorkloadObject {
    const { api } = this.owned;
    const key = keyOf(deployment);
    const isFirst = (this.sets.get(key)?.size ?? 0) === 0;
    const subject = isFirst ? `template of ${key}` : `template of ${key}: ${templateText(deployment.spec?.template)}`;
    for (let n = 0; ; n++) {
      const set = replicaSetOf(deployment, this.owned.letters(subject, n, 9), replicas);
      if (api.get('ReplicaSet', keyOf(set)) !== undefined) continue;
      const stamped = { ...set, metadata: { ...set.metadata, creationTimestampNs: nowNs } };
      api.replace(this.annotated(deployment, stamped));
      return api.get<WorkloadObject>('ReplicaSet', keyOf(set)) as WorkloadObject;
    }
  }

  private scaleTo(deployment: WorkloadObject, set: WorkloadObject, replicas: number): void {
    const annotated = this.annotated(deployment, set);
    if (annotated === set && replicasOf(set) === replicas) return;
    this.owned.api.replace({ ...annotated, spec: { ...set.spec, replicas } });
  }

  private annotated(deployment: WorkloadObject, set: WorkloadObject): WorkloadObject {
    const replicas = replicasOf(deployment);
    const most = replicas + fencepostsOf(deployment, replicas).surge;
    const { annotations } = set.metadata;
    if (annotations?.[DESIRED] === String(replicas) && annotations[MOST] === String(most)) return set;
    const now = { ...annotations, [DESIRED]: String(replicas), [MOST]: String(most) };
    return { ...set, metadata: { ...set.metadata, annotations: now } };
  }
}

export function replicasOf({ spec }: WorkloadObject): number {
  return spec?.replicas ?? 1;
}
