/**
 * kubelets: the containers of pods that have a node start, answer, become ready, end and are started again.
 *
 * Models: Pending → Running, readiness by the probe's numbers, preStop, SIGTERM, SIGKILL, containers that crash and are started
 *   again; a kubelet that is out of touch reports what it has missed when it is back.
 * Source: pkg/kubelet/kubelet_pods.go for the conditions; `pod-life.ts` for the numbers.
 * Simplified: kubelet hears at once that a process has ended; probes begin with the container's start.
 * Who could tell: someone who looks at a pod within its first second.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import type { PodObject } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { AppBehaviour, Nanos, Timings } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { backOffAfter, type Life, lifeOf, nextProbeNs, stopsAfterNs } from './pod-life.js';
import { isReady, withState } from './pod-objects.js';

/** What becomes of a pod later: the slot of a PodTask event. */
interface PodTask {
  pod: string;
  /** Of the pod that is meant: another may have its name by then. */
  uid: number;
  becomes: 'started' | 'listening' | 'ready' | 'unready' | 'ended' | 'gone';
  /** Of readiness: void when something has come between. */
  plan: number;
}

/** What kubelet knows of a pod beside its object. */
interface Lived {
  uid: number;
  life: Life;
  /** When its container was started last; Infinity: not yet. */
  startedNs: Nanos;
  /** When its process listens, or has begun to. */
  listensNs: Nanos;
  /** When its process ended; Infinity: it has not. */
  endedNs: Nanos;
  probeBaseNs: Nanos;
  readyNs: Nanos;
  crashes: number;
  restarts: number;
  plan: number;
}

/** What stands behind a pod's addresses: nothing that listens yet, a process, or what one has left behind. */
export type ProcessState = 'starting' | 'running' | 'stopped';

export interface KubeletWorld {
  schedule(delayNs: Nanos, task: number): void;
  /** `namespace/name` of a pod that runs. */
  setProcess(pod: string, state: ProcessState): void;
  /** kubelet of that node is at work and in touch with the API server. */
  hasKubelet(node: string): boolean;
  hasPower(node: string): boolean;
}

export interface KubeletSettings {
  timings: Timings;
  apps: readonly AppBehaviour[];
  seed: number;
}

export class Kubelets {
  private readonly tasks: PodTask[] = [];
  /** Pods whose readiness probe fails. */
  private readonly failing = new Set<string>();
  private readonly lived = new Map<string, Lived>();
  private uids = 0;
  /** By node: what came due while its kubelet could do nothing. */
  private readonly missed = new Map<string, number[]>();

  constructor(
    private readonly api: ApiServer,
    private readonly settings: KubeletSettings,
    private readonly world: KubeletWorld,
  ) {}

  /** A pod is there; `running`: it has been for long. */
  admit(key: string, pod: PodObject, running: boolean): void {
    this.begin(key, pod, running);
  }

  /** The pod has a node and an address: its container is started. */
  startSoon(key: string, pod: PodObject): void {
    this.later(this.settings.timings.podStartupNs, key, this.livedOf(key, pod), 'started');
  }

  /** The pod is gone. */
  forget(key: string): void {
    this.failing.delete(key);
    this.lived.delete(key);
  }

  /** The pod has been deleted: kubelet hears of it, runs the hook, sends SIGTERM, and in the end SIGKILL. */
  terminate(key: string, pod: PodObject): void {
    const lived = this.livedOf(key, pod);
    const { watchLatencyNs, podStopNs, podRemovalNs } = this.settings.timings;
    if (lived.startedNs === Infinity) return this.later(podStopNs, key, lived, 'gone');
    if (lived.endedNs !== Infinity) return this.later(watchLatencyNs + podRemovalNs, key, lived, 'gone');
    const endsNs = watchLatencyNs + stopsAfterNs(lived.life);
    if (podRemovalNs > 0) this.later(endsNs, key, lived, 'ended');
    this.later(endsNs + podRemovalNs, key, lived, 'gone');
  }

  /** The readiness probe begins to fail, or to pass; a pod that has not started yet is told by it when it has. */
  setReady(key: string, ready: boolean, nowNs: Nanos): void {
    if (ready) this.failing.delete(key);
    else this.failing.add(key);
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return;
    const reports = this.world.hasKubelet(pod.spec?.nodeName ?? '');
    if (reports && pod.status?.phase === 'Running') this.planReadiness(key, this.livedOf(key, pod), nowNs);
  }

  /** The pod's process ends by itself, and kubelet starts its container again after the back-off. */
  crash(key: string, pod: PodObject, nowNs: Nanos): StepOutput {
    const lived = this.livedOf(key, pod);
    const isUp = pod.status?.phase === 'Running' && lived.endedNs === Infinity;
    if (!isUp || !this.world.hasPower(pod.spec?.nodeName ?? ''))
      return { kind: 'text', text: `the container of pod ${key} does not run now`, failed: true };
    const { crashes, delayNs } = backOffAfter(lived.crashes, nowNs - lived.startedNs);
    lived.crashes = crashes;
    this.processEnds(key, lived, nowNs, delayNs > 0 ? 'CrashLoopBackOff' : 'Error');
    if (pod.metadata.deletionTimestampNs === undefined)
      this.later(delayNs + this.settings.timings.podStartupNs, key, lived, 'started');
    return { kind: 'text', text: '', failed: false };
  }

  /** A pod that was marked as not ready counts as what its probes say again. */
  report(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    if (lived.endedNs === Infinity && !this.failing.has(key)) this.write(pod, lived, true, nowNs);
  }

  /** What came due while nobody heard of the node's kubelet is done now. */
  catchUp(node: string, nowNs: Nanos): void {
    const missed = this.missed.get(node) ?? [];
    this.missed.delete(node);
    for (const slot of missed) this.onTask(slot, nowNs);
  }

  /** kubelet is in touch again, and reports its pods as they are. */
  lookAgain(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    if (pod.status?.phase === 'Running' && lived.endedNs === Infinity) this.planReadiness(key, lived, nowNs);
  }

  /** The machine has started again: so does every container. */
  restart(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    // What was planned for the container of before is void.
    lived.uid = this.uids++;
    if (pod.status?.phase === 'Running') this.processEnds(key, lived, nowNs, 'Error');
    this.later(this.settings.timings.podStartupNs, key, lived, 'started');
  }

  /** Since when the pod, which is ready, has been so. */
  readySinceNs(key: string, pod: PodObject): Nanos {
    return this.livedOf(key, pod).readyNs;
  }

  onTask(slot: number, nowNs: Nanos): void {
    const { pod: key, uid, becomes, plan } = this.tasks[slot] as PodTask;
    const pod = this.api.get<PodObject>('Pod', key);
    const lived = this.lived.get(key);
    if (pod === undefined || lived?.uid !== uid) return;
    const node = pod.spec?.nodeName ?? '';
    // A process that has been started does not need the API server to begin to listen.
    const goesOn = becomes === 'listening' && this.world.hasPower(node);
    if (!goesOn && !this.world.hasKubelet(node)) {
      this.missed.set(node, [...(this.missed.get(node) ?? []), slot]);
      return;
    }
    switch (becomes) {
      case 'started':
        if (pod.metadata.deletionTimestampNs === undefined) this.start(key, pod, lived, nowNs);
        return;
      case 'listening':
        if (lived.endedNs === Infinity) this.world.setProcess(key, 'running');
        return;
      case 'ready':
      case 'unready':
        if (plan === lived.plan) this.write(pod, lived, becomes === 'ready', nowNs);
        return;
      case 'ended':
        return this.processEnds(key, lived, nowNs, 'Completed');
      case 'gone':
        this.api.delete('Pod', key);
    }
  }

  private start(key: string, pod: PodObject, lived: Lived, nowNs: Nanos): void {
    const { life } = lived;
    if (lived.endedNs !== Infinity) lived.restarts++;
    lived.startedNs = nowNs;
    lived.listensNs = nowNs + life.startupNs;
    lived.endedNs = Infinity;
    lived.probeBaseNs = nowNs + (life.probe?.initialDelayNs ?? 0);
    this.world.setProcess(key, life.startupNs > 0 ? 'starting' : 'running');
    if (life.startupNs > 0) this.later(life.startupNs, key, lived, 'listening');
    // A first probe that comes with the start is written with it.
    const passesAtOnce =
      life.probe === null || (lived.probeBaseNs <= nowNs && life.startupNs === 0 && life.probe.successThreshold === 1);
    this.write(pod, lived, passesAtOnce && !this.failing.has(key), nowNs);
    this.planReadiness(key, lived, nowNs);
  }

  /** When the probe that decides comes, if it goes on like this. */
  private planReadiness(key: string, lived: Lived, nowNs: Nanos): void {
    const pod = this.api.get<PodObject>('Pod', key) as PodObject;
    const { life, listensNs, probeBaseNs } = lived;
    const passes = !this.failing.has(key) && lived.endedNs === Infinity;
    lived.plan++;
    if (isReady(pod) === passes) return;
    if (life.probe === null) return this.write(pod, lived, passes, nowNs);
    const { periodNs, successThreshold, failureThreshold } = life.probe;
    const firstNs = nextProbeNs(life.probe, probeBaseNs, passes ? Math.max(nowNs, listensNs) : nowNs);
    const turnsNs = firstNs + ((passes ? successThreshold : failureThreshold) - 1) * periodNs;
    this.later(turnsNs - nowNs, key, lived, passes ? 'ready' : 'unready');
  }

  private processEnds(key: string, lived: Lived, nowNs: Nanos, reason: string): void {
    lived.endedNs = nowNs;
    lived.plan++;
    this.world.setProcess(key, 'stopped');
    this.write(this.api.get<PodObject>('Pod', key) as PodObject, lived, false, nowNs, reason);
  }

  private write(pod: PodObject, lived: Lived, ready: boolean, nowNs: Nanos, waitsFor: string | null = null): void {
    if (ready && !isReady(pod)) lived.readyNs = nowNs;
    const next = withState(pod, 'Running', ready);
    if (lived.restarts === 0 && waitsFor === null) return this.api.replace(next);
    const name = pod.spec?.containers?.[0]?.name ?? pod.metadata.name;
    const state = waitsFor === null ? {} : { state: { waiting: { reason: waitsFor } } };
    const containerStatuses = [{ name, restartCount: lived.restarts, ...state }];
    this.api.replace({ ...next, status: { ...next.status, containerStatuses } });
  }

  private begin(key: string, pod: PodObject, started: boolean): Lived {
    const { apps, timings, seed } = this.settings;
    const life = lifeOf(pod, apps, timings);
    const periodNs = life.probe?.periodNs ?? 0;
    const lived: Lived = {
      uid: this.uids++,
      life,
      startedNs: started ? -Infinity : Infinity,
      listensNs: started ? -Infinity : Infinity,
      endedNs: Infinity,
      // Of a pod that has been there for long nobody knows when its probes began.
      probeBaseNs: -Math.floor(draw(seed, Stream.phase, hashName(`readiness probe of ${key}`), 0) * periodNs),
      readyNs: -Infinity,
      crashes: 0,
      restarts: 0,
      plan: 0,
    };
    this.lived.set(key, lived);
    return lived;
  }

  /** Of a pod that was there from the start, as it was stored. */
  private livedOf(key: string, pod: PodObject): Lived {
    return this.lived.get(key) ?? this.begin(key, pod, pod.status?.phase !== 'Pending');
  }

  private later(delayNs: Nanos, pod: string, { uid, plan }: Lived, becomes: PodTask['becomes']): void {
    this.tasks.push({ pod, uid, becomes, plan });
    this.world.schedule(delayNs, this.tasks.length - 1);
  }
}
