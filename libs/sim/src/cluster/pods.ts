/**
 * Pods: where they are put, which address they get, when they start and stop.
 *
 * Models: scheduling to a node, addresses from the node's podCIDRs, Pending → Running and ready, terminating → gone.
 * Source: pkg/kubelet/kubelet_pods.go for the conditions; the CNI host-local plug-in for addresses (the next one after the
 *   last that it gave, `.1` is the bridge), so that an address that was left is not used again at once.
 * Simplified: the scheduler takes the node with the fewest pods; start and stop take a fixed time (`cluster.timings`); a
 *   terminating pod answers until it is gone; no restarts.
 * Who could tell: someone who tests preStop hooks, probes or scheduling constraints.
 */
import { ADDRESS_BITS, type Ip, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { Allocations, Nanos, Timings } from '../scenario.js';
import type { ApiServer, Change } from './api-server.js';

/** What becomes of a pod later: the slot of a PodTask event. */
interface PodTask {
  pod: string;
  becomes: 'ready' | 'gone';
  /** Creation or deletion time of the pod that is meant: another may have its name by then. */
  ofNs: Nanos;
}

export interface PodWorld {
  schedule(delayNs: Nanos, task: number): void;
  /** Somebody has this address. */
  isTaken(ip: string): boolean;
}

/** What a cluster may grow to during a run. Source: the largest that Kubernetes is tested with. */
const MOST_PODS = 150_000;
/** The first addresses of a podCIDR are the network's and the bridge's. */
const FIRST_POD = 2;
/** Addresses of a podCIDR that are looked at. */
const LARGEST_POD_RANGE = 2 ** 16;

export class Pods {
  private readonly tasks: PodTask[] = [];
  private readonly handedOut = new Map<string, number>();
  private readonly wanted: Allocations['pods'];
  /** By node. */
  private readonly counts = new Map<string, number>();
  /** By podCIDR: place of the address that was given last. */
  private readonly lastGiven = new Map<string, number>();
  /** Pods whose readiness probe fails. */
  private readonly failing = new Set<string>();

  constructor(
    private readonly api: ApiServer,
    allocations: Allocations,
    private readonly timings: Timings,
    private readonly world: PodWorld,
  ) {
    this.wanted = allocations.pods;
  }

  /** Told of every write of a pod. */
  noteChange({ key, object, previous }: Change): void {
    if (object === null) this.failing.delete(key);
    for (const [pod, by] of [
      [previous, -1],
      [object, 1],
    ] as const) {
      const node = (pod as PodObject | null)?.spec?.nodeName;
      if (node !== undefined) this.counts.set(node, (this.counts.get(node) ?? 0) + by);
    }
  }

  /** What `cluster.allocations.pods` still has for this workload or pod. */
  nextAllocation(owner: string): { name?: string; node?: string; ip?: string } {
    const n = this.handedOut.get(owner) ?? 0;
    this.handedOut.set(owner, n + 1);
    return this.wanted[owner]?.[n] ?? {};
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
    if (!running && canRun) this.later(this.timings.podStartupNs, { pod: keyOf(pod), becomes: 'ready', ofNs: nowNs });
    return null;
  }

  /** Starts a pod's termination; it is gone after `podStopNs`. */
  terminate(key: string, nowNs: Nanos): void {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined || pod.metadata.deletionTimestampNs !== undefined) return;
    this.api.replace({ ...pod, metadata: { ...pod.metadata, deletionTimestampNs: nowNs } });
    this.later(this.timings.podStopNs, { pod: key, becomes: 'gone', ofNs: nowNs });
  }

  /** The node has been switched off. Simplified: its pods are collected at once. */
  removeFrom(node: string): void {
    for (const pod of this.api.list<PodObject>('Pod')) {
      if (pod.spec?.nodeName === node) this.api.delete('Pod', keyOf(pod));
    }
  }

  /** The readiness probe begins to fail, or to pass; a pod that has not started yet is told by it when it has. */
  /** Answers what a person should know of it: where there is no such pod, which ones there are. */
  setReady(key: string, ready: boolean): StepOutput {
    if (ready) this.failing.delete(key);
    else this.failing.add(key);
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) {
      const known = this.api.list<PodObject>('Pod').map(keyOf).slice(0, 10).join(', ');
      return { kind: 'text', text: `there is no pod ${key} now; there are: ${known}`, failed: true };
    }
    if (pod.status?.phase === 'Running' && isReady(pod) !== ready) this.api.replace(withState(pod, 'Running', ready));
    return { kind: 'text', text: '', failed: false };
  }

  onTask(slot: number): void {
    const { pod: key, becomes, ofNs } = this.tasks[slot] as PodTask;
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return;
    const { creationTimestampNs, deletionTimestampNs } = pod.metadata;
    if (becomes === 'gone') {
      if (deletionTimestampNs === ofNs) this.api.delete('Pod', key);
    } else if (deletionTimestampNs === undefined && creationTimestampNs === ofNs) {
      this.api.replace(withState(pod, 'Running', !this.failing.has(key)));
    }
  }

  /** The pod with a node and, where the node has podCIDRs, an address of each family. */
  place(pod: PodObject, given: { node?: string; ip?: string }): PodObject {
    const nodeName = pod.spec?.nodeName ?? given.node ?? this.pickNode();
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

  /** The schedulable node with the fewest pods; ties by the order in which nodes were made. */
  private pickNode(): string | undefined {
    let best: string | undefined;
    let fewest = Infinity;
    for (const { metadata, spec } of this.api.list<NodeObject>('Node')) {
      const tainted = spec?.taints?.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
      const count = this.counts.get(metadata.name) ?? 0;
      if (spec?.unschedulable === true || tainted === true || count >= fewest) continue;
      best = metadata.name;
      fewest = count;
    }
    return best;
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

  private later(delayNs: Nanos, task: PodTask): void {
    this.tasks.push(task);
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
