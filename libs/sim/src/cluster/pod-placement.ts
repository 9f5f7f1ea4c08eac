/**
 * Where pods come: a node and an address, and who waits for one.
 *
 * Models: what the scenario allocates, nodes by `scheduler.ts`, pods that fit nowhere yet and are tried again with a back-off.
 * Source: pkg/scheduler/backend/queue: podInitialBackoffSeconds and podMaxBackoffSeconds.
 * Simplified: a pod has its node and its address from the moment on when it is created; a change of any node or pod lets all
 *   that wait be tried again.
 * Who could tell: someone who looks at a pod within its first second.
 */
import { parseIp } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';
import type { Allocations, Nanos } from '../scenario.js';
import type { ApiServer, Change } from './api-server.js';
import { PodAddresses } from './pod-addresses.js';
import { podAddresses } from './pod-objects.js';
import { Scheduler } from './scheduler.js';

const FIRST_TRY_NS = 1e9;
const LONGEST_TRY_NS = 10e9;

export interface PlacementWorld {
  after(delayNs: Nanos, act: (nowNs: Nanos) => void): void;
  isTaken(ip: string): boolean;
  /** As its kube-proxy has it; empty where none is set. */
  clusterCIDROf(node: string): string;
  /** A pod that has waited has a node, and perhaps an address. */
  onPlaced(key: string, pod: PodObject): void;
}

export class PodPlacement {
  private readonly scheduler: Scheduler;
  private readonly addresses: PodAddresses;
  private readonly handedOut = new Map<string, number>();
  /** Pods that fit nowhere yet, and not before when they are tried again. */
  private readonly waiting = new Map<string, { attempts: number; notBeforeNs: Nanos }>();
  private isTrying = false;

  constructor(
    private readonly api: ApiServer,
    private readonly allocations: Allocations,
    private readonly watchLatencyNs: Nanos,
    private readonly world: PlacementWorld,
  ) {
    this.scheduler = new Scheduler(api);
    this.addresses = new PodAddresses(
      (ip) => world.isTaken(ip),
      (node) => world.clusterCIDROf(node),
    );
  }

  /** Told of every write of a node. */
  noteNode(): void {
    this.addresses.noteLeft();
    this.tryWaiting(this.watchLatencyNs);
  }

  /** Told of every write of a pod. */
  notePod(change: Change): void {
    const { key, object, type } = change;
    if (type !== 'added') this.addresses.noteLeft();
    this.scheduler.notePod(change);
    if (object === null) this.waiting.delete(key);
    if (!this.waiting.has(key)) this.tryWaiting(this.watchLatencyNs);
  }

  /** What `cluster.allocations.pods` still has for this workload or pod. */
  nextAllocation(owner: string): { name?: string; node?: string; ip?: string } {
    const n = this.handedOut.get(owner) ?? 0;
    this.handedOut.set(owner, n + 1);
    return this.allocations.pods[owner]?.[n] ?? {};
  }

  /** The pod with a node and, where one is free, an address of each family. */
  place(pod: PodObject, given: { node?: string; ip?: string }): PodObject {
    const nodeName = pod.spec?.nodeName ?? given.node ?? this.scheduler.pick(pod) ?? undefined;
    const node = nodeName === undefined ? undefined : this.api.get<NodeObject>('Node', nodeName);
    const own = podAddresses(pod);
    const asked = own.length > 0 ? own : [parseIp(given.ip ?? '')].filter((ip) => ip !== null);
    const ips = asked.length > 0 || node === undefined ? asked : this.addresses.free(pod, node);
    const status =
      ips.length === 0 ? {} : { podIP: ips[0]?.text as string, podIPs: ips.map(({ text }) => ({ ip: text })) };
    return {
      ...pod,
      spec: { ...pod.spec, ...(nodeName === undefined ? {} : { nodeName }) },
      status: { ...pod.status, ...status },
    };
  }

  /** The pod fits nowhere now. */
  retryLater(key: string, nowNs: Nanos): void {
    this.waiting.set(key, { attempts: 1, notBeforeNs: nowNs + FIRST_TRY_NS });
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
    const placed = this.place(this.api.get<PodObject>('Pod', key) as PodObject, {});
    if (placed.spec?.nodeName === undefined) return false;
    this.waiting.delete(key);
    this.api.replace(placed);
    this.world.onPlaced(key, placed);
    return true;
  }
}
