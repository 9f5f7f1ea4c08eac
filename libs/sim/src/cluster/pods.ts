/**
 * Pods: where they are put, which address they get, when they start and stop.
 *
 * Models: scheduling to a node, address from the node's podCIDR, Pending → Running and ready, terminating → gone.
 * Source: pkg/kubelet/kubelet_pods.go for the conditions; the CNI host-local plug-in for addresses (first free, `.1` is the bridge).
 * Simplified: the scheduler takes the node with the fewest pods; start and stop take a fixed time (`cluster.timings`); a
 *   terminating pod answers until it is gone; no restarts.
 * Who could tell: someone who tests preStop hooks, probes or scheduling constraints.
 */
import { nthAddress, parseCidr } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Allocations, Nanos, Timings } from '../scenario.js';
import type { ApiServer } from './api-server.js';

/** What becomes of a pod later: the slot of a PodTask event. */
interface PodTask {
  pod: string;
  becomes: 'ready' | 'gone';
}

export class Pods {
  private readonly tasks: PodTask[] = [];
  private readonly handedOut = new Map<string, number>();
  private readonly wanted: Allocations['pods'];

  constructor(
    private readonly api: ApiServer,
    allocations: Allocations,
    private readonly timings: Timings,
    private readonly schedule: (delayNs: Nanos, task: number) => void,
  ) {
    this.wanted = allocations.pods;
  }

  /** What `cluster.allocations.pods` still has for this workload or pod. */
  nextAllocation(owner: string): { name?: string; node?: string; ip?: string } {
    const n = this.handedOut.get(owner) ?? 0;
    this.handedOut.set(owner, n + 1);
    return this.wanted[owner]?.[n] ?? {};
  }

  /** Stores a new pod; `running`: it is there already when the scenario starts. Answers an error's text or null. */
  create(pod: PodObject, given: { node?: string; ip?: string }, nowNs: Nanos, running: boolean): string | null {
    const placed = this.place(pod, given);
    const written = this.api.create(
      running ? withState(placed, 'Running', true) : withState(placed, 'Pending', false),
      nowNs,
    );
    if ('error' in written) return written.error;
    if (!running) this.later(this.timings.podStartupNs, { pod: keyOf(pod), becomes: 'ready' });
    return null;
  }

  /** Starts a pod's termination; it is gone after `podStopNs`. */
  terminate(key: string, nowNs: Nanos): void {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined || pod.metadata.deletionTimestampNs !== undefined) return;
    this.api.replace({ ...pod, metadata: { ...pod.metadata, deletionTimestampNs: nowNs } });
    this.later(this.timings.podStopNs, { pod: key, becomes: 'gone' });
  }

  setReady(key: string, ready: boolean): boolean {
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return false;
    this.api.replace(withState(pod, pod.status?.phase ?? 'Running', ready));
    return true;
  }

  onTask(slot: number): void {
    const { pod: key, becomes } = this.tasks[slot] as PodTask;
    const pod = this.api.get<PodObject>('Pod', key);
    if (pod === undefined) return;
    if (becomes === 'gone') this.api.delete('Pod', key);
    else if (pod.metadata.deletionTimestampNs === undefined) this.api.replace(withState(pod, 'Running', true));
  }

  /** The pod with a node and, where the node has a podCIDR, an address. */
  place(pod: PodObject, given: { node?: string; ip?: string }): PodObject {
    const nodeName = pod.spec?.nodeName ?? given.node ?? this.pickNode();
    const node = nodeName === undefined ? undefined : this.api.get<NodeObject>('Node', nodeName);
    const ip = pod.status?.podIP ?? given.ip ?? (node === undefined ? undefined : this.freeAddress(pod, node));
    return {
      ...pod,
      spec: { ...pod.spec, ...(nodeName === undefined ? {} : { nodeName }) },
      status: { ...pod.status, ...(ip === undefined ? {} : { podIP: ip, podIPs: pod.status?.podIPs ?? [{ ip }] }) },
    };
  }

  /** The schedulable node with the fewest pods; ties by the order in which nodes were made. */
  private pickNode(): string | undefined {
    const counts = new Map<string, number>();
    for (const node of this.api.list<NodeObject>('Node')) {
      const tainted = node.spec?.taints?.some((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute');
      if (node.spec?.unschedulable !== true && tainted !== true) counts.set(node.metadata.name, 0);
    }
    for (const pod of this.api.list<PodObject>('Pod')) {
      const count = counts.get(pod.spec?.nodeName ?? '');
      if (count !== undefined) counts.set(pod.spec?.nodeName as string, count + 1);
    }
    let best: string | undefined;
    for (const [name, count] of counts) if (best === undefined || count < (counts.get(best) as number)) best = name;
    return best;
  }

  private freeAddress(pod: PodObject, node: NodeObject): string | undefined {
    if (pod.spec?.hostNetwork) return internalIPs(node)[0];
    const cidr = parseCidr(node.spec?.podCIDR ?? node.spec?.podCIDRs?.[0] ?? '');
    if (cidr === null) return undefined;
    const taken = new Set(this.api.list<PodObject>('Pod').map((other) => other.status?.podIP));
    const size = 2 ** Math.min(16, (cidr.family === 'IPv4' ? 32 : 128) - cidr.prefixLength);
    for (let n = 2; n < size - 1; n++) {
      const ip = nthAddress(cidr, n)?.text;
      if (ip !== undefined && !taken.has(ip)) return ip;
    }
    return undefined;
  }

  private later(delayNs: Nanos, task: PodTask): void {
    this.tasks.push(task);
    this.schedule(delayNs, this.tasks.length - 1);
  }
}

/** InternalIP addresses in order; the first of a family is the node's primary one. */
export function internalIPs(node: NodeObject): string[] {
  return (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}

export function isReady(pod: PodObject): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function withState(
  pod: PodObject,
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown',
  ready: boolean,
): PodObject {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  return {
    ...pod,
    status: { ...pod.status, phase, conditions: [...others, { type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}
