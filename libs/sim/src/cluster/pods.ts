/**
 * Pods: where they are put, which address they get, when they start, answer, become ready and stop.
 *
 * Models: nodes by `scheduler.ts`, pods that fit nowhere yet, addresses from the node's podCIDRs, Pending → Running, readiness by the probe's numbers,
 *   preStop, SIGTERM, SIGKILL, containers that crash and are started again.
 * Source: pkg/kubelet/kubelet_pods.go for the conditions; `pod-life.ts` for the numbers; the CNI host-local plug-in for
 *   addresses (the next one after the last that it gave, `.1` is the bridge), so that an address that was left is not used
 *   again at once.
 * Simplified: a pod has its node and its address from the moment on when it is created; kubelet hears at once that a process
 *   has ended; probes begin with the container's start.
 * Who could tell: someone who looks at a pod within its first second.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import { ADDRESS_BITS, type Ip, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { Allocations, AppBehaviour, Nanos, Timings } from '../scenario.js';
import type { ApiServer, Change } from './api-server.js';
import { backOffAfter, type Life, lifeOf, nextProbeNs, stopsAfterNs } from './pod-life.js';
import { Scheduler } from './scheduler.js';

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

export interface PodWorld {
  schedule(delayNs: Nanos, task: number): void;
  after(delayNs: Nanos, act: (nowNs: Nanos) => void): void;
  /** Somebody has this address. */
  isTaken(ip: string): boolean;
  /** `namespace/name` of a pod that runs. */
  setProcess(pod: string, state: ProcessState): void;
  /** kubelet of that node is at work and in touch with the API server. */
  hasKubelet(node: string): boolean;
  hasPower(node: string): boolean;
}

export interface PodSettings {
  allocations: Allocations;
  timings: Timings;
  apps: readonly AppBehaviour[];
  seed: number;
}

/** What a cluster may grow to during a run. Source: the largest that Kubernetes is tested with. */
const MOST_PODS = 150_000;
/** The scheduler's back-off for a pod that fits nowhere. Source: podInitialBackoffSeconds and podMaxBackoffSeconds. */
const FIRST_TRY_NS = 1e9;
const LONGEST_TRY_NS = 10e9;
/** The first addresses of a podCIDR are the network's and the bridge's. */
const FIRST_POD = 2;
/** Addresses of a podCIDR that are looked at. */
const LARGEST_POD_RANGE = 2 ** 16;

export class Pods {
  private readonly tasks: PodTask[] = [];
  private readonly handedOut = new Map<string, number>();
  private readonly scheduler: Scheduler;
  /** Pods that fit nowhere yet, and not before when they are tried again. */
  private readonly waiting = new Map<string, { attempts: number; notBeforeNs: Nanos }>();
  private isTrying = false;
  /** By podCIDR: place of the address that was given last. */
  private readonly lastGiven = new Map<string, number>();
  /** Pods whose readiness probe fails. */
  private readonly failing = new Set<string>();
  private readonly lived = new Map<string, Lived>();
  private uids = 0;
  /** Ready pods that the node controller has marked as not ready. */
  private readonly marked = new Set<string>();
  /** By node: what came due while its kubelet could do nothing. */
  private readonly missed = new Map<string, number[]>();

  constructor(
    private readonly api: ApiServer,
    private readonly settings: PodSettings,
    private readonly world: PodWorld,
  ) {
    this.scheduler = new Scheduler(api);
  }

  /** Told of every write of a node. */
  noteNode(): void {
    this.tryWaiting(this.settings.timings.watchLatencyNs);
  }

  /** Told of every write of a pod. */
  noteChange(change: Change): void {
    const { key, object } = change;
    this.scheduler.notePod(change);
    if (object === null) {
      this.failing.delete(key);
      this.lived.delete(key);
      this.waiting.delete(key);
      this.marked.delete(key);
    }
    if (!this.waiting.has(key)) this.tryWaiting(this.settings.timings.watchLatencyNs);
  }

  /** What `cluster.allocations.pods` still has for this workload or pod. */
  nextAllocation(owner: string): { name?: string; node?: string; ip?: string } {
    const n = this.handedOut.get(owner) ?? 0;
    this.handedOut.set(owner, n + 1);
    return this.settings.allocations.pods[owner]?.[n] ?? {};
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
    const lived = this.begin(key, placed, started);
    if (placed.spec?.nodeName === undefined) this.waiting.set(key, { attempts: 1, notBeforeNs: nowNs + FIRST_TRY_NS });
    if (!running && canRun) this.later(this.settings.timings.podStartupNs, key, lived, 'started');
    return null;
  }

  /** Starts a pod's termination: kubelet hears of it, runs the hook, sends SIGTERM, and in the end SIGKILL. */
  terminate(key: string, nowNs: Nanos): void {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined || pod.metadata.deletionTimestampNs !== undefined) return;
    if (pod.spec?.nodeName === undefined) {
      this.api.delete('Pod', key);
      return;
    }
    const lived = this.livedOf(key, pod);
    this.api.replace({ ...pod, metadata: { ...pod.metadata, deletionTimestampNs: nowNs } });
    const { watchLatencyNs, podStopNs, podRemovalNs } = this.settings.timings;
    if (lived.startedNs === Infinity) return this.later(podStopNs, key, lived, 'gone');
    if (lived.endedNs !== Infinity) return this.later(watchLatencyNs + podRemovalNs, key, lived, 'gone');
    const endsNs = watchLatencyNs + stopsAfterNs(lived.life);
    if (podRemovalNs > 0) this.later(endsNs, key, lived, 'ended');
    this.later(endsNs + podRemovalNs, key, lived, 'gone');
  }

  /** The node has been switched off. Simplified: its pods are collected at once. */
  removeFrom(node: string): void {
    for (const pod of this.api.list<PodObject>('Pod')) {
      if (pod.spec?.nodeName === node) this.api.delete('Pod', keyOf(pod));
    }
  }

  /**
   * The readiness probe begins to fail, or to pass; a pod that has not started yet is told by it when it has. Answers what a
   * person should know of it: where there is no such pod, which ones there are.
   */
  setReady(key: string, ready: boolean, nowNs: Nanos): StepOutput {
    if (ready) this.failing.delete(key);
    else this.failing.add(key);
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return this.noSuchPod(key);
    const reports = this.world.hasKubelet(pod.spec?.nodeName ?? '');
    if (reports && pod.status?.phase === 'Running') this.planReadiness(key, this.livedOf(key, pod), nowNs);
    return { kind: 'text', text: '', failed: false };
  }

  /** The pod's process ends by itself, and kubelet starts its container again after the back-off. */
  crash(key: string, nowNs: Nanos): StepOutput {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return this.noSuchPod(key);
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
    for (const pod of this.on(node)) {
      const key = keyOf(pod);
      if (!this.marked.delete(key)) continue;
      const lived = this.livedOf(key, pod);
      if (lived.endedNs === Infinity && !this.failing.has(key)) this.write(pod, lived, true, nowNs);
    }
  }

  /** kubelet is in touch again: it does what it has missed, and reports its pods as they are. */
  onKubeletBack(node: string, nowNs: Nanos): void {
    const missed = this.missed.get(node) ?? [];
    this.missed.delete(node);
    for (const slot of missed) this.onTask(slot, nowNs);
    this.unmark(node, nowNs);
    for (const pod of this.on(node)) {
      const lived = this.livedOf(keyOf(pod), pod);
      if (pod.status?.phase === 'Running' && lived.endedNs === Infinity) this.planReadiness(keyOf(pod), lived, nowNs);
    }
  }

  /** The machine has started again: so does every container. To be told before `onKubeletBack`. */
  restartAll(node: string, nowNs: Nanos): void {
    for (const pod of this.on(node)) {
      if (pod.metadata.deletionTimestampNs !== undefined || podAddresses(pod).length === 0) continue;
      const key = keyOf(pod);
      const lived = this.livedOf(key, pod);
      // What was planned for the containers of before is void.
      lived.uid = this.uids++;
      this.marked.delete(key);
      if (pod.status?.phase === 'Running') this.processEnds(key, lived, nowNs, 'Error');
      this.later(this.settings.timings.podStartupNs, key, lived, 'started');
    }
  }

  private on(node: string): PodObject[] {
    return this.api.list<PodObject>('Pod').filter(({ spec }) => spec?.nodeName === node);
  }

  /** Since when the pod is ready; Infinity: it is not. */
  readySinceNs(pod: PodObject): Nanos {
    return isReady(pod) ? this.livedOf(keyOf(pod), pod).readyNs : Infinity;
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

  private noSuchPod(key: string): StepOutput {
    const known = this.api.list<PodObject>('Pod').map(keyOf).slice(0, 10).join(', ');
    return { kind: 'text', text: `there is no pod ${key} now; there are: ${known}`, failed: true };
  }

  /** The pod with a node and, where the node has podCIDRs, an address of each family. */
  place(pod: PodObject, given: { node?: string; ip?: string }): PodObject {
    const nodeName = pod.spec?.nodeName ?? given.node ?? this.scheduler.pick(pod) ?? undefined;
    const node = nodeName === undefined ? undefined : this.api.get<NodeObject>('Node', nodeName);
    const own = podAddresses(pod);
    const asked = own.length > 0 ? own : [parseIp(given.ip ?? '')].filter((ip) => ip !== null);
    const ips = asked.length > 0 || node === undefined ? asked : this.freeAddresses(pod, node);
    const status =
      ips.length === 0 ? {} : { podIP: ips[0]?.text as string, podIPs: ips.map(({ text }) => ({ ip: text })) };
    return {
      ...pod,
      spec: { ...pod.spec, ...(nodeName === undefined ? {} : { nodeName }) },
      status: { ...pod.status, ...status },
    };
  }

  /** Something has changed: pods that fit nowhere are tried again, each not before its back-off is over. */
  private tryWaiting(delayNs: Nanos): void {
    if (this.waiting.size === 0 || this.isTrying) return;
    this.isTrying = true;
    this.world.after(delayNs, (nowNs) => {
      let nextNs = Infinity;
      for (const [key, { attempts, notBeforeNs }] of [...this.waiting]) {
        if (notBeforeNs > nowNs) nextNs = Math.min(nextNs, notBeforeNs);
        else if (!this.tryAgain(key)) {
          const backOffNs = Math.min(FIRST_TRY_NS * 2 ** attempts, LONGEST_TRY_NS);
          this.waiting.set(key, { attempts: attempts + 1, notBeforeNs: nowNs + backOffNs });
        }
      }
      this.isTrying = false;
      if (nextNs < Infinity) this.tryWaiting(nextNs - nowNs);
    });
  }

  private tryAgain(key: string): boolean {
    const pod = this.api.get<PodObject>('Pod', key) as PodObject;
    const placed = this.place(pod, {});
    if (placed.spec?.nodeName === undefined) return false;
    this.waiting.delete(key);
    this.api.replace(placed);
    if (podAddresses(placed).length > 0)
      this.later(this.settings.timings.podStartupNs, key, this.livedOf(key, placed), 'started');
    return true;
  }

  private freeAddresses(pod: PodObject, node: NodeObject): Ip[] {
    if (pod.spec?.hostNetwork) return firstOfEachFamily(internalIPs(node).map(parseIp));
    return firstOfEachFamily(podCIDRsOf(node).map((cidr) => this.freeAddress(cidr)));
  }

  private freeAddress(text: string): Ip | null {
    const cidr = parseCidr(text);
    if (cidr === null) return null;
    const size = Math.min(2 ** (ADDRESS_BITS[cidr.family] - cidr.prefixLength), LARGEST_POD_RANGE);
    const count = size - 1 - FIRST_POD;
    const start = this.lastGiven.get(cidr.text) ?? -1;
    for (let n = 1; n <= count; n++) {
      const at = (start + n) % count;
      const ip = nthAddress(cidr, at + FIRST_POD);
      if (ip === null || this.world.isTaken(ip.text)) continue;
      this.lastGiven.set(cidr.text, at);
      return ip;
    }
    return null;
  }

  private later(delayNs: Nanos, pod: string, { uid, plan }: Lived, becomes: PodTask['becomes']): void {
    this.tasks.push({ pod, uid, becomes, plan });
    this.world.schedule(delayNs, this.tasks.length - 1);
  }
}

/** InternalIP addresses in order; the first of a family is the node's primary one. */
export function internalIPs(node: NodeObject): string[] {
  return (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}

export function podCIDRsOf({ spec }: NodeObject): string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
}

/** What is no address is left out. */
export function podAddresses({ status }: PodObject): Ip[] {
  const texts = status?.podIPs?.map(({ ip }) => ip) ?? [status?.podIP ?? ''];
  return texts.map(parseIp).filter((ip) => ip !== null);
}

/** A running pod that says nothing about its readiness is taken to be ready. */
export function isReady({ status }: PodObject): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return condition === undefined ? status?.phase === 'Running' : condition.status === 'True';
}

function firstOfEachFamily(ips: (Ip | null)[]): Ip[] {
  const found: Ip[] = [];
  for (const ip of ips) if (ip !== null && !found.some(({ family }) => family === ip.family)) found.push(ip);
  return found;
}

function withState(pod: PodObject, phase: 'Pending' | 'Running', ready: boolean): PodObject {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  return {
    ...pod,
    status: { ...pod.status, phase, conditions: [...others, { type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}
