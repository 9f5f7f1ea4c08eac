/**
 * kubelets: the containers of pods that have a node start, answer, become ready, end and are started again.
 *
 * Models: Pending → Running; readiness decides whether the pod is ready, a startup or liveness probe that fails has the container
 *   killed and started again; preStop, SIGTERM, SIGKILL; processes that end by themselves. A kubelet out of touch goes on with
 *   its containers, and reports them when it is back; of a deletion it hears only then. A deleted pod is removed when nothing of
 *   it runs any more.
 * Source: pkg/kubelet/kubelet_pods.go for the conditions; `prober.ts`, `pod-life.ts` and `restart-back-off.ts` for the rest.
 * Simplified: kubelet hears at once that a process has ended; probes begin with the container's start, of pods that are there
 *   from the start anywhere in the period.
 * Who could tell: someone who looks at a pod within its first second.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import type { PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { AppBehaviour, Nanos, Timings } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { NOBODY } from './blame.js';
import { hasStarted, type Lived, livedSo } from './lived.js';
import { killedAfterNs, type Life, lifeOf, stopsAfterNs } from './pod-life.js';
import { isReady, withState } from './pod-objects.js';
import { Prober } from './prober.js';
import { type Probe, type ProbeAnswer, Probing, steadyAnswer } from './probes.js';

/** What kubelet does later: the slot of a PodTask event. */
interface PodTask {
  pod: string;
  /** Of the pod that is meant: another may have its name by then. */
  lived: Lived;
  /** Null: whichever it has by then. */
  container: number | null;
  /** It needs the machine, not the API server. */
  isLocal: boolean;
  act: (pod: PodObject, nowNs: Nanos) => void;
}

/**
 * What stands behind a pod's addresses: nothing that listens yet, a process, one that shuts down and takes nothing new, or what one
 * has left behind.
 */
export type ProcessState = 'starting' | 'running' | 'closing' | 'stopped';

export interface KubeletWorld {
  schedule(delayNs: Nanos, task: number): void;
  /** `namespace/name` of a pod that runs. */
  setProcess(pod: string, state: ProcessState): void;
  /** When a process that shuts down will have answered all that it has taken, as far as is known by now. */
  answersUntilNs(pod: string): Nanos;
  /** kubelet of that node is at work and in touch with the API server. */
  hasKubelet(node: string): boolean;
  hasPower(node: string): boolean;
  /** The program's answer to the `n`-th probe of its container. */
  ask(pod: string, probe: Probe, n: number): ProbeAnswer;
  /** A Kubernetes Event about an object. */
  event(about: string, reason: string, message: string): void;
  /** To be told before a pod's process ends, or takes nothing new. */
  onEnding(pod: string): void;
}

export interface KubeletSettings {
  timings: Timings;
  apps: readonly AppBehaviour[];
  seed: number;
}

export class Kubelets {
  private readonly tasks: (PodTask | null)[] = [];
  private readonly freeSlots: number[] = [];
  /** Pods whose readiness probe fails, whatever their program does. */
  private readonly failing = new Set<string>();
  private readonly lived = new Map<string, Lived>();
  private readonly prober: Prober;
  /** By node: what came due while the API server was out of its kubelet's reach. */
  private readonly missed = new Map<string, { slot: number; because: number }[]>();

  constructor(
    private readonly api: ApiServer,
    private readonly settings: KubeletSettings,
    private readonly world: KubeletWorld,
  ) {
    this.prober = new Prober({
      blame: api.blame,
      later: (delayNs, key, lived, act) => this.later(delayNs, key, lived, true, act),
      ask: (key, probe, n) => world.ask(key, probe, n),
      isFailing: (key) => this.failing.has(key),
      onTurn: (...turn) => this.onTurn(...turn),
    });
  }

  /** A pod is there; `running`: it has been for long. */
  admit(key: string, pod: PodObject, running: boolean): void {
    this.begin(key, pod, running, running);
  }

  /** The pod has a node and an address: its container is started. */
  startSoon(key: string, pod: PodObject): void {
    const lived = this.livedOf(key, pod);
    this.later(this.settings.timings.podStartupNs, key, lived, false, (_, nowNs) => this.start(key, lived, nowNs));
  }

  /** The run begins: probes whose answers may change go on. */
  startProbing(): void {
    for (const pod of this.api.list<PodObject>('Pod')) {
      if (pod.status?.phase !== 'Running') continue;
      const key = keyOf(pod);
      const lived = this.livedOf(key, pod);
      const { liveness, readiness } = lived.probings;
      if (liveness !== undefined) this.prober.plan(key, lived, liveness, 0);
      if (readiness?.steady === null) this.prober.plan(key, lived, readiness, 0);
    }
  }

  /** The pod is gone. */
  forget(key: string): void {
    this.failing.delete(key);
    this.lived.delete(key);
  }

  /** The pod has been deleted: its kubelet hears of it when it can. */
  terminate(key: string, pod: PodObject): void {
    const lived = this.livedOf(key, pod);
    const act = () => this.stop(key, lived);
    this.schedule(this.settings.timings.watchLatencyNs, { pod: key, lived, container: null, isLocal: false, act });
  }

  /** The readiness probe begins to fail, or to pass; a pod that has not started yet is told by it when it has. */
  setReady(key: string, ready: boolean, nowNs: Nanos): void {
    if (ready) this.failing.delete(key);
    else this.failing.add(key);
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod?.status?.phase !== 'Running' || !this.world.hasPower(pod.spec?.nodeName ?? '')) return;
    const lived = this.livedOf(key, pod);
    const { readiness } = lived.probings;
    if (readiness !== undefined) this.prober.plan(key, lived, readiness, nowNs);
    else if (hasStarted(lived) && lived.ready !== ready && lived.endedNs === Infinity)
      this.write(key, lived, ready, nowNs);
  }

  /** The pod's process ends by itself, and kubelet starts its container again after the back-off. */
  crash(key: string, pod: PodObject, nowNs: Nanos): StepOutput {
    const lived = this.livedOf(key, pod);
    const isUp = lived.startedNs !== Infinity && lived.endedNs === Infinity;
    if (!isUp || !this.world.hasPower(pod.spec?.nodeName ?? ''))
      return { kind: 'text', text: `the container of pod ${key} does not run now`, failed: true };
    if (lived.isTerminating) this.hasStopped(key, pod, lived, nowNs);
    else {
      const waitNs = lived.backOff.afterExit(nowNs);
      this.processEnds(key, lived, nowNs, waitNs > 0 ? 'CrashLoopBackOff' : 'Error');
      this.startAgain(key, lived, waitNs);
    }
    return { kind: 'text', text: '', failed: false };
  }

  /** The node controller takes back that the pod is not ready: it counts as what kubelet made of it last. */
  unmark(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    if (!lived.ready) return;
    lived.readyNs = nowNs;
    this.api.replace(withState(pod, 'Running', true));
  }

  /** What came due while nobody heard of the node's kubelet is done now: it comes of what it would have come of then. */
  catchUp(node: string, nowNs: Nanos): void {
    const missed = this.missed.get(node) ?? [];
    this.missed.delete(node);
    const { blame } = this.api;
    for (const { slot, because } of missed)
      blame.during(because === NOBODY ? blame.current : because, () => this.onTask(slot, nowNs));
  }

  /** kubelet tells of a pod as it is, where the API server has it otherwise. */
  report(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    if (lived.startedNs === Infinity) return;
    const { restartCount = 0, state } = pod.status?.containerStatuses?.[0] ?? {};
    const isKnown = restartCount === lived.restarts && (state?.waiting?.reason ?? null) === lived.waitsFor;
    if (!isKnown || isReady(pod) !== lived.ready) this.write(key, lived, lived.ready, nowNs, lived.waitsFor);
  }

  /** The machine has started again: nothing runs on it. */
  losesAll(key: string, pod: PodObject, nowNs: Nanos): void {
    const lived = this.livedOf(key, pod);
    // What was planned for the container of before is void.
    lived.container++;
    if (lived.isTerminating) this.hasStopped(key, pod, lived, nowNs);
    else if (lived.startedNs !== Infinity) this.processEnds(key, lived, nowNs, 'Error');
  }

  /** Since when the pod, which is ready, has been so. */
  readySinceNs(key: string, pod: PodObject): Nanos {
    return this.livedOf(key, pod).readyNs;
  }

  onTask(slot: number, nowNs: Nanos): void {
    const { pod: key, lived, container, isLocal, act } = this.tasks[slot] as PodTask;
    const pod = this.api.get<PodObject>('Pod', key);
    const isVoid =
      pod === undefined || this.lived.get(key) !== lived || (container ?? lived.container) !== lived.container;
    const node = pod?.spec?.nodeName ?? '';
    if (!isVoid && !isLocal && !this.world.hasKubelet(node)) {
      const missed = this.missed.get(node) ?? [];
      this.missed.set(node, missed);
      missed.push({ slot, because: this.api.blame.current });
      return;
    }
    this.tasks[slot] = null;
    this.freeSlots.push(slot);
    if (!isVoid && (!isLocal || this.world.hasPower(node))) act(pod, nowNs);
  }

  private start(key: string, lived: Lived, nowNs: Nanos): void {
    if (lived.isTerminating) return;
    const { startupNs } = lived.life;
    if (lived.endedNs !== Infinity) lived.restarts++;
    lived.container++;
    lived.startedNs = nowNs;
    lived.listensNs = nowNs + startupNs;
    lived.endedNs = Infinity;
    lived.isStopping = false;
    lived.isClosing = false;
    lived.probings = this.probings(lived.life, ({ initialDelayNs }) => nowNs + initialDelayNs);
    this.world.setProcess(key, startupNs > 0 ? 'starting' : 'running');
    if (startupNs > 0) this.later(startupNs, key, lived, true, () => this.listens(key, lived));
    const { startup, readiness } = lived.probings;
    // A first probe that comes with the start is written with it.
    const isAtOnce = readiness?.baseNs === nowNs && startupNs === 0 && readiness.probe.successThreshold === 1;
    const passes = readiness === undefined || (isAtOnce && readiness.steady === true);
    const ready = startup === undefined && passes && !this.failing.has(key);
    if (readiness !== undefined) readiness.passes = ready;
    this.write(key, lived, ready, nowNs);
    this.prober.planAll(key, lived, nowNs);
  }

  private listens(key: string, lived: Lived): void {
    if (lived.endedNs === Infinity) this.world.setProcess(key, 'running');
  }

  private onTurn(key: string, pod: PodObject, lived: Lived, probing: Probing, why: string, nowNs: Nanos): void {
    const { passes, probe } = probing;
    if (probe.kind !== 'readiness') {
      if (passes) this.onStarted(key, lived, nowNs);
      else this.fails(key, probing, why, nowNs, () => this.kill(key, pod, lived, probe));
    } else if (passes || this.failing.has(key)) this.write(key, lived, passes === true, nowNs);
    else this.fails(key, probing, why, nowNs, () => this.write(key, lived, false, nowNs));
  }

  /** The program has failed its probe, and this is behind what comes of it. */
  private fails(key: string, probing: Probing, why: string, nowNs: Nanos, act: () => void): void {
    const { kind } = probing.probe;
    const { blame } = this.api;
    const text = `${kind} probe failed on pod ${key} at ${Number((nowNs / 1e9).toFixed(3))} s`;
    probing.because = blame.happening(`${kind} ${key}`, text);
    blame.during(probing.because, () => {
      this.world.event(`pod/${key}`, 'Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${why}`);
      act();
    });
  }

  /** Its hook is run, SIGTERM sent, and in the end SIGKILL; then it is started again. */
  private kill(key: string, pod: PodObject, lived: Lived, { kind, graceNs }: Probe): void {
    const name = containerName(pod);
    this.world.event(`pod/${key}`, 'Killing', `Container ${name} failed ${kind} probe, will be restarted`);
    lived.isStopping = true;
    this.shutDown(key, lived, { ...lived.life, graceNs: graceNs ?? lived.life.graceNs }, (ended, nowNs) => {
      if (lived.isTerminating) return this.hasStopped(key, ended, lived, nowNs);
      const waitNs = lived.backOff.afterKill(nowNs);
      this.processEnds(key, lived, nowNs, waitNs > 0 ? 'CrashLoopBackOff' : null);
      this.startAgain(key, lived, waitNs);
    });
  }

  /** kubelet has heard of the deletion: it runs the hook, sends SIGTERM, and in the end SIGKILL. */
  private stop(key: string, lived: Lived): void {
    const { watchLatencyNs, podStopNs, podRemovalNs } = this.settings.timings;
    lived.isTerminating = true;
    if (lived.startedNs === Infinity) this.removeAfter(Math.max(0, podStopNs - watchLatencyNs), key, lived);
    else if (lived.endedNs !== Infinity) this.removeAfter(podRemovalNs, key, lived);
    else this.shutDown(key, lived, lived.life, (pod, endNs) => this.hasStopped(key, pod, lived, endNs));
  }

  /** Nothing of a deleted pod runs any more, for whatever reason: it is removed. */
  private hasStopped(key: string, pod: PodObject, lived: Lived, nowNs: Nanos): void {
    const { podRemovalNs } = this.settings.timings;
    // Nobody could see it in between.
    if (podRemovalNs === 0 && this.world.hasKubelet(pod.spec?.nodeName ?? '')) this.api.delete('Pod', key);
    else {
      if (lived.startedNs !== Infinity && lived.endedNs === Infinity) this.processEnds(key, lived, nowNs, 'Completed');
      this.removeAfter(podRemovalNs, key, lived);
    }
  }

  private removeAfter(delayNs: Nanos, pod: string, lived: Lived): void {
    const act = () => this.api.delete('Pod', pod);
    this.schedule(delayNs, { pod, lived, container: null, isLocal: false, act });
  }

  /** The process ends, or closes its listener and ends when it has answered what it has taken; at the latest by SIGKILL. */
  private shutDown(key: string, lived: Lived, life: Life, onEnd: PodTask['act']): void {
    const end = (pod: PodObject, nowNs: Nanos): void => {
      if (lived.endedNs === Infinity) onEnd(pod, nowNs);
    };
    if (!life.isGraceful) return this.later(stopsAfterNs(life), key, lived, true, end);
    this.later(stopsAfterNs(life), key, lived, true, (pod, nowNs) => {
      if (lived.endedNs !== Infinity) return;
      lived.isClosing = true;
      this.world.onEnding(key);
      this.world.setProcess(key, 'closing');
      const { readiness } = lived.probings;
      if (readiness !== undefined) this.prober.plan(key, lived, readiness, nowNs);
      this.endWhenDrained(key, pod, lived, end, nowNs);
    });
    this.later(killedAfterNs(life), key, lived, true, end);
  }

  private endWhenDrained(key: string, pod: PodObject, lived: Lived, end: PodTask['act'], nowNs: Nanos): void {
    const untilNs = this.world.answersUntilNs(key);
    if (untilNs <= nowNs) return end(pod, nowNs);
    this.later(untilNs - nowNs, key, lived, true, (present, atNs) => {
      if (lived.endedNs === Infinity) this.endWhenDrained(key, present, lived, end, atNs);
    });
  }

  private startAgain(key: string, lived: Lived, waitNs: Nanos): void {
    this.later(waitNs + this.settings.timings.podStartupNs, key, lived, true, (_, nowNs) =>
      this.start(key, lived, nowNs),
    );
  }

  /** Its startup probe has passed: the others begin, readiness at once. */
  private onStarted(key: string, lived: Lived, nowNs: Nanos): void {
    const { readiness } = lived.probings;
    if (readiness === undefined) this.write(key, lived, !this.failing.has(key), nowNs);
    else readiness.baseNs = Math.max(nowNs, readiness.baseNs);
    this.prober.planAll(key, lived, nowNs);
  }

  private processEnds(key: string, lived: Lived, nowNs: Nanos, waitsFor: string | null): void {
    this.world.onEnding(key);
    lived.endedNs = nowNs;
    this.world.setProcess(key, 'stopped');
    this.write(key, lived, false, nowNs, waitsFor);
  }

  private write(key: string, lived: Lived, ready: boolean, nowNs: Nanos, waitsFor: string | null = null): void {
    const pod = this.api.get<PodObject>('Pod', key) as PodObject;
    if (ready && !(lived.ready && isReady(pod))) lived.readyNs = nowNs;
    lived.ready = ready;
    lived.waitsFor = waitsFor;
    if (!this.world.hasKubelet(pod.spec?.nodeName ?? '')) return;
    const next = withState(pod, 'Running', ready);
    if (lived.restarts === 0 && waitsFor === null) return this.api.replace(next);
    const [first, ...others] = pod.status?.containerStatuses ?? [];
    const state = waitsFor === null ? {} : { state: { waiting: { reason: waitsFor } } };
    const status = { name: first?.name ?? containerName(pod), restartCount: lived.restarts, ...state };
    this.api.replace({ ...next, status: { ...next.status, containerStatuses: [status, ...others] } });
  }

  private begin(key: string, pod: PodObject, started: boolean, ready: boolean): Lived {
    const { apps, timings, seed } = this.settings;
    const life = lifeOf(pod, apps, timings);
    // Of a pod that has been there for long nobody knows when its probes began.
    const anywhere = ({ kind, periodNs }: Probe) =>
      -Math.floor(draw(seed, Stream.phase, hashName(`${kind} probe of ${key}`), 0) * periodNs);
    const lived = livedSo(pod, life, started, ready, started ? this.probings(life, anywhere) : {});
    this.lived.set(key, lived);
    return lived;
  }

  private probings({ probes, app }: Life, baseNs: (probe: Probe) => Nanos): Lived['probings'] {
    const { podWorkNs } = this.settings.timings;
    const because = this.api.blame.current;
    const begun = Object.values(probes)
      .filter((probe) => probe !== null)
      .map((probe) => [probe.kind, new Probing(probe, steadyAnswer(probe, app, podWorkNs), baseNs(probe), because)]);
    return Object.fromEntries(begun);
  }

  /** Of a pod that was there from the start, as it was stored. */
  private livedOf(key: string, pod: PodObject): Lived {
    return this.lived.get(key) ?? this.begin(key, pod, pod.status?.phase !== 'Pending', isReady(pod));
  }

  private later(delayNs: Nanos, pod: string, lived: Lived, isLocal: boolean, act: PodTask['act']): void {
    this.schedule(delayNs, { pod, lived, container: lived.container, isLocal, act });
  }

  private schedule(delayNs: Nanos, task: PodTask): void {
    const slot = this.freeSlots.pop() ?? this.tasks.length;
    this.tasks[slot] = task;
    this.world.schedule(delayNs, slot);
  }
}

function containerName({ metadata, spec }: PodObject): string {
  return spec?.containers?.[0]?.name ?? metadata.name;
}
