/**
 * Workloads: Deployments, ReplicaSets, StatefulSets and DaemonSets keep the pods that they want.
 *
 * Models: one controller for each kind, woken by what is written, one watch latency later.
 * Source: pkg/controller; the kinds' own files say more.
 * Simplified: a controller that is woken acts at once on everything that is true by then.
 * Who could tell: someone whose controllers are throttled by their API client.
 */
import type { KubeObject, PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { Agenda } from './agenda.js';
import type { ApiServer, Change } from './api-server.js';
import { NOBODY } from './blame.js';
import { DaemonSets } from './daemon-sets.js';
import { Deployments, replicasOf } from './deployments.js';
import { isWorkload, OwnedPods } from './owned-pods.js';
import { isReady } from './pod-objects.js';
import type { Pods } from './pods.js';
import { ReplicaSets } from './replica-sets.js';
import { Revisions } from './revisions.js';
import { StatefulSets } from './stateful-sets.js';

export { isWorkload } from './owned-pods.js';

export class Workloads {
  private readonly owned: OwnedPods;
  private readonly deployments: Deployments;
  private readonly replicaSets: ReplicaSets;
  private readonly statefulSets: StatefulSets;
  private readonly daemonSets: DaemonSets;
  /** Woken, and not at work yet: kind and key. */
  private readonly woken = new Map<string, number>();

  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly agenda: Agenda,
    private readonly watchLatencyNs: Nanos,
    seed: number,
  ) {
    this.owned = new OwnedPods(api, pods, seed);
    const revisions = new Revisions(this.owned);
    this.deployments = new Deployments(this.owned);
    this.replicaSets = new ReplicaSets(this.owned);
    this.statefulSets = new StatefulSets(this.owned, revisions);
    this.daemonSets = new DaemonSets(this.owned, revisions);
  }

  /** Told of every write, also of those before the start. */
  note({ kind, key, object }: Change): void {
    if (kind === 'ReplicaSet') this.deployments.noteReplicaSet(key, object as WorkloadObject | null);
  }

  /** What the scenario starts with has all its pods, and they run. */
  settle(workload: WorkloadObject): void {
    switch (workload.kind) {
      case 'Deployment': {
        const sets = this.deployments.settle(workload);
        for (const set of sets) this.replicaSets.reconcile(set, sets, 0, true);
        return;
      }
      case 'ReplicaSet':
        if (this.owned.ownerOf(workload) === undefined) this.replicaSets.reconcile(workload, [workload], 0, true);
        return;
      case 'StatefulSet':
        return this.statefulSets.reconcile(workload, 0, true);
      case 'DaemonSet':
        return this.daemonSets.reconcile(workload, 0, true);
    }
  }

  /** What a stored cluster does not say of a workload is read off its pods. */
  adopt(workload: WorkloadObject): void {
    if (workload.kind === 'Deployment') this.deployments.adopt(workload);
    else if (workload.kind === 'StatefulSet') this.statefulSets.adopt(workload);
    else if (workload.kind === 'DaemonSet') this.daemonSets.adopt(workload);
  }

  /** A write wakes the controllers that watch it. */
  onChange({ kind, object, previous }: Change): void {
    if (kind === 'Pod') {
      const owner = this.owned.ownerOf((object ?? previous) as PodObject);
      if (owner !== undefined) this.wake(owner);
    } else if (kind === 'Node') {
      for (const set of this.api.list<WorkloadObject>('DaemonSet')) this.wake(set);
    } else if (object !== null && isWorkload(object)) {
      this.wake(object);
    } else if (kind === 'ReplicaSet') {
      const owner = this.owned.ownerOf(previous as KubeObject);
      if (owner !== undefined) this.wake(owner);
    }
  }

  /** The pods of a workload that is gone go too, and the ReplicaSets of a Deployment. */
  removeAll(workload: WorkloadObject, nowNs: Nanos): void {
    if (workload.kind === 'Deployment') {
      for (const set of this.deployments.setsOf(workload)) {
        this.api.delete('ReplicaSet', keyOf(set));
        this.removeAll(set, nowNs);
      }
      return;
    }
    for (const pod of this.owned.of(workload)) this.pods.terminate(keyOf(pod), nowNs);
  }

  status(workload: WorkloadObject, nowNs: Nanos): NonNullable<WorkloadObject['status']> {
    const sets = workload.kind === 'Deployment' ? this.deployments.setsOf(workload) : [workload];
    const pods = sets.flatMap((set) => this.owned.active(set));
    const readyReplicas = pods.filter(isReady).length;
    const availableReplicas = pods.filter((pod) => this.owned.availableInNs(pod, workload, nowNs) === 0).length;
    const status = {
      replicas: pods.length,
      updatedReplicas: this.updated(workload, pods),
      readyReplicas,
      availableReplicas,
    };
    if (workload.kind !== 'DaemonSet') return status;
    return { ...status, desiredNumberScheduled: this.daemonSets.nodesOf(workload).length };
  }

  /** As `kubectl rollout status` asks. */
  rolloutOf(
    deployment: WorkloadObject,
    nowNs: Nanos,
  ): NonNullable<WorkloadObject['status']> & { updatedAvailable: number } {
    const current = this.deployments.current(deployment, this.deployments.setsOf(deployment));
    const updated = current === undefined ? [] : this.owned.active(current);
    const isAvailable = (pod: PodObject) => this.owned.availableInNs(pod, deployment, nowNs) === 0;
    return { ...this.status(deployment, nowNs), updatedAvailable: updated.filter(isAvailable).length };
  }

  /** What owns the pod itself: a ReplicaSet, StatefulSet or DaemonSet that is there. */
  controllerOf(pod: PodObject): WorkloadObject | undefined {
    return this.owned.ownerOf(pod);
  }

  /** What owns the pod in the end, and how many it wants; null where nothing does. */
  scaleOf(pod: PodObject): { owner: WorkloadObject; replicas: number } | null {
    const direct = this.owned.ownerOf(pod);
    if (direct === undefined) return null;
    const owner = this.owned.ownerOf(direct) ?? direct;
    return { owner, replicas: owner.kind === 'DaemonSet' ? this.owned.active(owner).length : replicasOf(owner) };
  }

  private updated(workload: WorkloadObject, pods: readonly PodObject[]): number {
    switch (workload.kind) {
      case 'Deployment': {
        const current = this.deployments.current(workload, this.deployments.setsOf(workload));
        return current === undefined ? 0 : this.owned.active(current).length;
      }
      case 'ReplicaSet':
        return pods.length;
      case 'StatefulSet':
        return this.statefulSets.updated(workload, pods);
      case 'DaemonSet':
        return this.daemonSets.updated(workload, pods);
    }
  }

  private wake(workload: WorkloadObject, delayNs: Nanos = this.watchLatencyNs): void {
    const { kind } = workload;
    const key = keyOf(workload);
    const name = `${kind} ${key}`;
    const { blame } = this.api;
    const isWoken = this.woken.has(name);
    this.woken.set(name, blame.current);
    if (isWoken) return;
    this.agenda.after(delayNs, (nowNs) => {
      const because = this.woken.get(name) ?? NOBODY;
      this.woken.delete(name);
      const present = this.api.get<WorkloadObject>(kind, key);
      if (present !== undefined) blame.during(because, () => this.reconcile(present, nowNs));
    });
  }

  private reconcile(workload: WorkloadObject, nowNs: Nanos): void {
    if (!this.owned.knowsItsOwn(workload)) return;
    switch (workload.kind) {
      case 'Deployment':
        return this.deployments.reconcile(workload, nowNs);
      case 'ReplicaSet': {
        const owner = this.owned.ownerOf(workload);
        const siblings = owner?.kind === 'Deployment' ? this.deployments.setsOf(owner) : [workload];
        this.replicaSets.reconcile(workload, siblings, nowNs, false);
        // Its status changes with its pods, which its Deployment hears of.
        if (owner !== undefined) this.wake(owner);
        return this.wakeWhenAvailable(workload, owner ?? workload, nowNs);
      }
      case 'StatefulSet':
        this.statefulSets.reconcile(workload, nowNs, false);
        return this.wakeWhenAvailable(workload, workload, nowNs);
      case 'DaemonSet':
        this.daemonSets.reconcile(workload, nowNs, false);
        return this.wakeWhenAvailable(workload, workload, nowNs);
    }
  }

  /** With minReadySeconds time alone makes a pod available. */
  private wakeWhenAvailable(workload: WorkloadObject, asked: WorkloadObject, nowNs: Nanos): void {
    if (!asked.spec?.minReadySeconds) return;
    const waits = this.owned.of(workload).map((pod) => this.owned.availableInNs(pod, asked, nowNs));
    const nextNs = Math.min(...waits.filter((ns) => ns > 0));
    if (!Number.isFinite(nextNs)) return;
    this.agenda.after(nextNs, () => {
      const present = this.api.get<WorkloadObject>(workload.kind, keyOf(workload));
      if (present !== undefined) this.wake(present, 0);
    });
  }
}
