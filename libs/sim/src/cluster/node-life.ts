/**
 * The life of nodes as the control plane sees it: heartbeats, the node lifecycle controller, eviction.
 *
 * Models: kubelet's lease, renewed with a phase of its own; the controller's looks, each --node-monitor-period; Ready=Unknown
 *   once it has seen no renewal for the grace period; then pods not ready and the taint that keeps pods away, one look later
 *   the taint that evicts (so many nodes a second and zone, by the state of the zone), and deletion of the pods that tolerate
 *   it no longer; no eviction while no node is left; the cloud's controller, which deletes a node whose machine is gone.
 * Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth, processTaintBaseEviction,
 *   handleDisruption), pkg/controller/tainteviction, plugin/pkg/admission/defaulttolerationseconds,
 *   k8s.io/cloud-provider controllers/nodelifecycle, component-helpers/apimachinery/lease.
 * Simplified: the lease has no jitter; what kubelet reports comes with its lease; the cloud's controller looks when the other
 *   one does; nobody looks while every node is well, for nothing would be seen.
 * Who could tell: someone who times NotReady more finely than the 5 s between two looks.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import { keyOf, type NodeObject, type PodObject } from '../objects.js';
import type { Nanos, NodeLifecycle } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import type { Pods } from './pods.js';
import { effectOf, tolerationNs, UNREACHABLE, withoutTaint, withTaint } from './taints.js';
import { ZONE_LABEL } from './zone-allocation.js';

/** A node whose kubelet is not heard, or was not until just now. */
interface Suspect {
  node: string;
  /** When the controller last saw a renewed lease. */
  seenNs: Nanos;
  heard: boolean;
  /** It stands in the queue of those that are to be tainted, or is. */
  queued: boolean;
  /** The cloud has no such machine any more. */
  vmDeleted: boolean;
  /** Counts silences: what was planned in an earlier one is void. */
  silence: number;
}

type Task =
  | { do: 'look' }
  /** kubelet renews its lease again. */
  | { do: 'hear'; node: string; silence: number }
  | { do: 'taint'; node: string; silence: number }
  /** The pods that tolerate the taint for so long. */
  | { do: 'evict'; node: string; silence: number; afterNs: Nanos };

export interface NodeLifeWorld {
  /** Kept here: nodes of whose kubelet nothing is heard. */
  readonly silentKubelets: Set<string>;
  schedule(atNs: Nanos, act: (nowNs: Nanos) => void): void;
  /** A Kubernetes Event about an object. */
  event(about: string, reason: string, message: string): void;
}

export class NodeLife {
  private readonly suspects = new Map<string, Suspect>();
  /** By zone: when the next node may be tainted. */
  private readonly nextTaintNs = new Map<string, Nanos>();
  private looking = false;
  /** No node at all is ready: nobody is evicted. */
  private disrupted = false;
  private silences = 0;

  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly settings: NodeLifecycle,
    private readonly seed: number,
    private readonly world: NodeLifeWorld,
  ) {}

  /** From now on nothing is heard of the node's kubelet. */
  fallSilent(node: string, nowNs: Nanos, vmDeleted = false): void {
    const before = this.suspects.get(node);
    this.world.silentKubelets.add(node);
    const silence = ++this.silences;
    if (before !== undefined && !before.heard) {
      before.vmDeleted ||= vmDeleted;
      before.silence = silence;
      return;
    }
    const seenNs = this.lookAfter(this.lastRenewal(node, nowNs));
    this.suspects.set(node, { node, seenNs, heard: false, queued: false, vmDeleted, silence });
    this.keepLooking(nowNs);
  }

  /** kubelet is there again; `starts`: it has just started, and does not wait for its next renewal. */
  comeBack(node: string, nowNs: Nanos, starts: boolean): void {
    const suspect = this.suspects.get(node);
    if (suspect === undefined || suspect.heard) return;
    const { silence } = suspect;
    if (starts) this.hear(node, nowNs);
    else this.later(this.nextRenewal(node, nowNs), { do: 'hear', node, silence });
  }

  /** A node of that name joins: whatever was known of an earlier one is void. */
  joins(node: string): void {
    this.forget(node);
  }

  private act(task: Task, nowNs: Nanos): void {
    if (task.do === 'look') return this.look(nowNs);
    if (this.suspects.get(task.node)?.silence !== task.silence) return;
    if (task.do === 'hear') this.hear(task.node, nowNs);
    else if (task.do === 'taint') this.taint(task.node, nowNs);
    else this.evict(task.node, task.afterNs, nowNs);
  }

  private hear(name: string, nowNs: Nanos): void {
    const suspect = this.suspects.get(name) as Suspect;
    suspect.heard = true;
    this.world.silentKubelets.delete(name);
    const node = this.api.get<NodeObject>('Node', name);
    if (node === undefined) return;
    if (!isReadyNode(node)) {
      const { taints = [] } = node.spec ?? {};
      this.write(
        withReady({ ...node, spec: { ...node.spec, taints: withoutTaint(taints, UNREACHABLE, 'NoSchedule') } }, 'True'),
      );
      this.world.event(`node/${name}`, 'NodeReady', `Node ${name} status is now: NodeReady`);
    }
    this.pods.onKubeletBack(name, nowNs);
  }

  /** One round of the node lifecycle controller, and of the cloud's. */
  private look(nowNs: Nanos): void {
    this.looking = false;
    for (const suspect of [...this.suspects.values()]) {
      const node = this.api.get<NodeObject>('Node', suspect.node);
      if (node === undefined) this.forget(suspect.node);
      else if (suspect.heard) this.clear(suspect, node);
      else if (isReadyNode(node)) this.declare(suspect, node, nowNs);
      else if (suspect.vmDeleted) this.deleteNode(suspect);
      else this.queue(suspect, node, nowNs);
    }
    this.judgeDisruption(nowNs);
    this.keepLooking(nowNs);
  }

  private clear({ node: name }: Suspect, node: NodeObject): void {
    this.suspects.delete(name);
    this.untaint(node);
  }

  private declare(suspect: Suspect, node: NodeObject, nowNs: Nanos): void {
    if (nowNs - suspect.seenNs < this.settings.nodeMonitorGracePeriodNs) return this.untaint(node);
    const taints = withTaint(node.spec?.taints ?? [], { key: UNREACHABLE, effect: 'NoSchedule' });
    this.write(withReady({ ...node, spec: { ...node.spec, taints } }, 'Unknown'));
    this.world.event(`node/${suspect.node}`, 'NodeNotReady', `Node ${suspect.node} status is now: NodeNotReady`);
    this.pods.markNotReady(suspect.node);
  }

  private deleteNode({ node }: Suspect): void {
    this.forget(node);
    const message = `Deleting node ${node} because it does not exist in the cloud provider`;
    this.world.event(`node/${node}`, 'DeletingNode', message);
    this.api.delete('Node', node);
    this.pods.removeFrom(node);
  }

  private forget(node: string): void {
    this.suspects.delete(node);
    this.world.silentKubelets.delete(node);
  }

  /** Nodes are tainted one after the other, as fast as the zone's state allows. */
  private queue(suspect: Suspect, node: NodeObject, nowNs: Nanos): void {
    const stops = this.disrupted && this.settings.whenAllNodesFail !== 'evict';
    if (suspect.queued || stops) return;
    const zone = zoneOf(node);
    const rate = this.evictionRate(zone);
    if (rate <= 0) return;
    suspect.queued = true;
    const atNs = Math.max(nowNs, this.nextTaintNs.get(zone) ?? 0);
    this.nextTaintNs.set(zone, atNs + Math.round(1e9 / rate));
    this.later(atNs, { do: 'taint', node: suspect.node, silence: suspect.silence });
  }

  private taint(name: string, nowNs: Nanos): void {
    const suspect = this.suspects.get(name) as Suspect;
    const node = this.api.get<NodeObject>('Node', name);
    if (node === undefined || suspect.heard || !suspect.queued) return;
    const taints = withTaint(node.spec?.taints ?? [], { key: UNREACHABLE, effect: 'NoExecute' });
    this.write({ ...node, spec: { ...node.spec, taints } });
    const patiences = new Set(this.podsOn(name).map((pod) => this.patienceOf(pod)));
    for (const afterNs of [...patiences].sort((a, b) => a - b))
      if (afterNs < Infinity)
        this.later(nowNs + afterNs, { do: 'evict', node: name, silence: suspect.silence, afterNs });
  }

  private evict(name: string, afterNs: Nanos, nowNs: Nanos): void {
    const node = this.api.get<NodeObject>('Node', name);
    if (node === undefined || effectOf(node, UNREACHABLE, 'NoExecute') === undefined) return;
    for (const pod of this.podsOn(name)) {
      if (pod.metadata.deletionTimestampNs !== undefined || this.patienceOf(pod) !== afterNs) continue;
      this.world.event(`pod/${keyOf(pod)}`, 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
      this.pods.terminate(keyOf(pod), nowNs);
    }
  }

  /** With no node left that is ready, evictions stop; with one again, all have their grace period anew. */
  private judgeDisruption(nowNs: Nanos): void {
    const all = this.nobodyIsReady();
    if (all === this.disrupted) return;
    this.disrupted = all;
    if (!all) {
      for (const suspect of this.suspects.values()) suspect.seenNs = nowNs;
      return;
    }
    if (this.settings.whenAllNodesFail === 'evict') return;
    for (const suspect of this.suspects.values()) {
      suspect.queued = false;
      if (this.settings.whenAllNodesFail === 'keepPodsReady') this.pods.unmark(suspect.node, nowNs);
      const node = this.api.get<NodeObject>('Node', suspect.node);
      if (node !== undefined) this.untaint(node);
    }
  }

  private nobodyIsReady(): boolean {
    const nodes = this.api.list<NodeObject>('Node');
    return nodes.length > 0 && !nodes.some(isReadyNode);
  }

  /** Nodes a second. */
  private evictionRate(zone: string): number {
    const { settings } = this;
    const nodes = this.api.list<NodeObject>('Node').filter((node) => zoneOf(node) === zone);
    const lost = nodes.filter((node) => !isReadyNode(node)).length;
    const isPartly = lost < nodes.length && lost > 2 && lost / nodes.length >= settings.unhealthyZoneThreshold;
    if (!isPartly) return settings.nodeEvictionRate;
    return nodes.length > settings.largeClusterSizeThreshold ? settings.secondaryNodeEvictionRate : 0;
  }

  private untaint(node: NodeObject): void {
    const { taints = [] } = node.spec ?? {};
    const left = withoutTaint(taints, UNREACHABLE, 'NoExecute');
    if (left.length < taints.length) this.write({ ...node, spec: { ...node.spec, taints: left } });
  }

  private patienceOf(pod: PodObject): Nanos {
    const ownedBy = pod.metadata.ownerReferences?.[0]?.kind;
    // The DaemonSet controller gives its pods a toleration without end.
    if (ownedBy === 'DaemonSet') return Infinity;
    return tolerationNs(pod, { key: UNREACHABLE, effect: 'NoExecute' }, this.settings.unreachableTolerationNs);
  }

  private podsOn(node: string): PodObject[] {
    return this.api.list<PodObject>('Pod').filter(({ spec }) => spec?.nodeName === node);
  }

  private keepLooking(nowNs: Nanos): void {
    if (this.looking || this.suspects.size === 0) return;
    this.looking = true;
    this.later(this.lookAfter(nowNs + 1), { do: 'look' });
  }

  /** When the controller looks next, from then on. */
  private lookAfter(ns: Nanos): Nanos {
    const { nodeMonitorPeriodNs } = this.settings;
    return inStep(ns, nodeMonitorPeriodNs, this.phase('node lifecycle controller', nodeMonitorPeriodNs));
  }

  private lastRenewal(node: string, nowNs: Nanos): Nanos {
    const next = this.nextRenewal(node, nowNs);
    return next === nowNs ? next : next - this.settings.leaseRenewNs;
  }

  private nextRenewal(node: string, nowNs: Nanos): Nanos {
    const { leaseRenewNs } = this.settings;
    return inStep(nowNs, leaseRenewNs, this.phase(`lease ${node}`, leaseRenewNs));
  }

  private phase(who: string, periodNs: Nanos): Nanos {
    return Math.floor(draw(this.seed, Stream.phase, hashName(who), 0) * periodNs);
  }

  private write(node: NodeObject): void {
    this.api.replace(node);
  }

  private later(atNs: Nanos, task: Task): void {
    this.world.schedule(atNs, (nowNs) => this.act(task, nowNs));
  }
}

/** The first of the times phase, phase + period, … that is not before `ns`; before 0 they went on likewise. */
function inStep(ns: Nanos, periodNs: Nanos, phaseNs: Nanos): Nanos {
  return phaseNs + Math.ceil((ns - phaseNs) / periodNs) * periodNs;
}

/** A node that says nothing of it is taken to be ready. */
export function isReadyNode({ status }: NodeObject): boolean {
  return (status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True') === 'True';
}

function withReady(node: NodeObject, status: 'True' | 'Unknown'): NodeObject {
  const others = (node.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  return { ...node, status: { ...node.status, conditions: [...others, { type: 'Ready', status }] } };
}

function zoneOf({ metadata }: NodeObject): string {
  return metadata.labels?.[ZONE_LABEL] ?? '';
}
