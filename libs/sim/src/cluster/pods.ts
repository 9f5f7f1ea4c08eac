/**
 * Pods: made, deleted, and what befalls those of a node.
 *
 * Models: creation with a node and an address where there is one, deletion, the node controller's marks.
 * Source: the parts say it: `pod-placement.ts` and `pod-addresses.ts` for where they come, `kubelets.ts` and `pod-life.ts` for how they live.
 */
import type { PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { Allocations, Nanos } from '../scenario.js';
import type { ApiServer, Change } from './api-server.js';
import { type KubeletSettings, Kubelets, type KubeletWorld } from './kubelets.js';
import { isReady, podAddresses, withState } from './pod-objects.js';
import { type PlacementWorld, PodPlacement } from './pod-placement.js';

export type PodWorld = KubeletWorld & Omit<PlacementWorld, 'onPlaced'>;

export interface PodSettings extends KubeletSettings {
  allocations: Allocations;
}

/** What a cluster may grow to during a run. Source: the largest that Kubernetes is tested with. */
const MOST_PODS = 150_000;

export class Pods {
  private readonly placement: PodPlacement;
  private readonly kubelets: Kubelets;
  /** Ready pods that the node controller has marked as not ready. */
  private readonly marked = new Set<string>();

  constructor(
    private readonly api: ApiServer,
    { allocations, ...settings }: PodSettings,
    world: PodWorld,
  ) {
    this.kubelets = new Kubelets(api, settings, world);
    this.placement = new PodPlacement(api, allocations, settings.timings.watchLatencyNs, {
      after: (delayNs, act) => world.after(delayNs, act),
      isTaken: (ip) => world.isTaken(ip),
      clusterCIDROf: (node) => world.clusterCIDROf(node),
      onPlaced: (key, pod) => {
        if (podAddresses(pod).length > 0) this.kubelets.startSoon(key, pod);
      },
    });
  }

  /** Told of every write of a node. */
  noteNode(): void {
    this.placement.noteNode();
  }

  /** Told of every write of a pod. */
  noteChange(change: Change): void {
    if (change.object === null) {
      this.kubelets.forget(change.key);
      this.marked.delete(change.key);
    }
    this.placement.notePod(change);
  }

  /** What `cluster.allocations.pods` still has for this workload or pod. */
  nextAllocation(owner: string): { name?: string; node?: string; ip?: string } {
    return this.placement.nextAllocation(owner);
  }

  /** The pod with a node and, where the node has podCIDRs, an address of each family. */
  place(pod: PodObject, given: { node?: string; ip?: string }): PodObject {
    return this.placement.place(pod, given);
  }

  /**
   * Stores a new pod; `running`: it is there already when the scenario starts. A pod without a node or an address stays
   * pending. Answers an error's text or null.
   */
  create(pod: PodObject, given: { node?: string; ip?: string }, nowNs: Nanos, running: boolean): string | null {
    if (this.api.count('Pod') >= MOST_PODS)
      return `Error from server (Forbidden): pods "${pod.metadata.name}" is forbidden: the cluster has ${MOST_PODS} already`;
    const placed = this.place(pod, given);
    const canRun = podAddresses(placed).length > 0;
    const started = running && canRun;
    const written = this.api.create(withState(placed, started ? 'Running' : 'Pending', started), nowNs);
    if ('error' in written) return written.error;
    const key = keyOf(pod);
    this.kubelets.admit(key, placed, started);
    if (placed.spec?.nodeName === undefined) this.placement.retryLater(key, nowNs);
    if (!running && canRun) this.kubelets.startSoon(key, placed);
    return null;
  }

  /** Starts a pod's termination. */
  terminate(key: string, nowNs: Nanos): void {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined || pod.metadata.deletionTimestampNs !== undefined) return;
    if (pod.spec?.nodeName === undefined) {
      this.api.delete('Pod', key);
      return;
    }
    this.api.replace({ ...pod, metadata: { ...pod.metadata, deletionTimestampNs: nowNs } });
    this.kubelets.terminate(key, pod);
  }

  /** The node has been switched off. Simplified: its pods are collected at once. */
  removeFrom(node: string): void {
    for (const pod of this.on(node)) this.api.delete('Pod', keyOf(pod));
  }

  /**
   * The readiness probe begins to fail, or to pass. Answers what a person should know of it: where there is no such pod,
   * which ones there are.
   */
  setReady(key: string, ready: boolean, nowNs: Nanos): StepOutput {
    this.kubelets.setReady(key, ready, nowNs);
    if (this.api.get('Pod', key) === undefined) return this.noSuchPod(key);
    return { kind: 'text', text: '', failed: false };
  }

  /** The pod's process ends by itself. */
  crash(key: string, nowNs: Nanos): StepOutput {
    const pod = this.api.get<PodObject>('Pod', key);
    return pod === undefined ? this.noSuchPod(key) : this.kubelets.crash(key, pod, nowNs);
  }

  /** The node controller has given up on the node: its pods count as not ready. */
  markNotReady(node: string): void {
    for (const pod of this.on(node)) {
      if (pod.status?.phase !== 'Running' || !isReady(pod)) continue;
      this.marked.add(keyOf(pod));
      this.api.replace(withState(pod, 'Running', false));
    }
  }

  /** Those that were marked count as what their probes say again. */
  unmark(node: string, nowNs: Nanos): void {
    for (const pod of this.on(node)) if (this.marked.delete(keyOf(pod))) this.kubelets.unmark(keyOf(pod), pod, nowNs);
  }

  /** kubelet is in touch again: it does what it has missed, and reports its pods as they are. */
  onKubeletBack(node: string, nowNs: Nanos): void {
    this.kubelets.catchUp(node, nowNs);
    this.unmark(node, nowNs);
    for (const pod of this.on(node)) this.kubelets.report(keyOf(pod), pod, nowNs);
  }

  /** The machine has started again: nothing runs on it until its kubelet is in touch and starts every container anew. */
  loseAll(node: string, nowNs: Nanos): void {
    for (const pod of this.placedOn(node)) {
      this.marked.delete(keyOf(pod));
      this.kubelets.losesAll(keyOf(pod), pod, nowNs);
    }
  }

  /** To be told before `onKubeletBack`. */
  startAll(node: string): void {
    for (const pod of this.placedOn(node)) this.kubelets.startSoon(keyOf(pod), pod);
  }

  /** The run begins. */
  startProbing(): void {
    this.kubelets.startProbing();
  }

  /** Since when the pod is ready; Infinity: it is not. */
  readySinceNs(pod: PodObject): Nanos {
    return isReady(pod) ? this.kubelets.readySinceNs(keyOf(pod), pod) : Infinity;
  }

  onTask(slot: number, nowNs: Nanos): void {
    this.kubelets.onTask(slot, nowNs);
  }

  private on(node: string): PodObject[] {
    return this.api.list<PodObject>('Pod').filter(({ spec }) => spec?.nodeName === node);
  }

  private placedOn(node: string): PodObject[] {
    return this.on(node).filter((pod) => podAddresses(pod).length > 0);
  }

  private noSuchPod(key: string): StepOutput {
    const known = this.api.list<PodObject>('Pod').map(keyOf).slice(0, 10).join(', ');
    return { kind: 'text', text: `there is no pod ${key} now; there are: ${known}`, failed: true };
  }
}
