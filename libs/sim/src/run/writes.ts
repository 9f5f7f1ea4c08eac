/**
 * What a write at the API server sets in motion: watchers hear of it a little later, and every one after the same latency;
 * controllers act in their own time.
 */
import type { Change } from '../cluster/api-server.js';
import { NOBODY } from '../cluster/blame.js';
import { SERVICE_NAME_LABEL, servicesOf } from '../cluster/endpoint-slices.js';
import { Kind, Phase } from '../events.js';
import type { CloudController } from '../load-balancer/cloud-controller.js';
import type { EndpointSliceObject, PodObject, ServiceObject } from '../objects.js';
import { isHeadless } from '../traffic/cluster-names.js';
import type { KubeProxies } from './kube-proxies.js';
import type { Machines } from './machines.js';
import type { RunParts } from './parts.js';

export class Writes {
  /** Counts what makes flows to services stale. */
  serviceChanges = 0;
  endpointChanges = 0;
  /** Written, not yet heard of, from `toHear` on. */
  private heard: Change[] = [];
  private toHear = 0;
  private readonly reconcileKeys: string[] = [];
  /** By service: who is behind the last change that its reconcile waits for. */
  private readonly pendingReconciles = new Map<string, number>();

  constructor(
    private readonly run: RunParts,
    private readonly proxies: KubeProxies,
    private readonly machines: Machines,
    private readonly cloud: CloudController,
  ) {}

  onChange(change: Change): void {
    const { scenario, cluster, clock, ledger } = this.run;
    ledger.written(change, clock.nowNs);
    this.heard.push(change);
    clock.after(scenario.cluster.timings.watchLatencyNs, Phase.Delivery, Kind.Delivery, 0);
    cluster.workloads.onChange(change);
    switch (change.kind) {
      case 'Service':
        this.serviceChanges++;
        this.scheduleReconcile(change.key);
        return this.cloud.onServiceChange(change.object as ServiceObject | null, change.key);
      case 'Pod':
        for (const pod of [change.object, change.previous]) {
          if (pod !== null) for (const key of servicesOf(cluster.api, pod as PodObject)) this.scheduleReconcile(key);
        }
        return;
      case 'Node':
        this.serviceChanges++;
        this.machines.onNodeChange(change);
        for (const key of cluster.slices.hints.overloadedBy(change)) this.scheduleReconcile(key);
        return this.cloud.onNodeChange(change);
      case 'EndpointSlice': {
        const slice = (change.object ?? change.previous) as EndpointSliceObject;
        this.endpointChanges++;
        this.cloud.onEndpointsChange(serviceOf(slice));
        if (this.isLookedUp(slice)) this.serviceChanges++;
        return;
      }
    }
  }

  /** Writes are heard in their order. */
  onDelivery(): void {
    const change = this.heard[this.toHear++] as Change;
    // Not one by one: in a burst of a hundred thousand writes every shift would move them all.
    if (this.toHear * 2 > this.heard.length) {
      this.heard = this.heard.slice(this.toHear);
      this.toHear = 0;
    }
    this.run.ledger.heard(change, this.run.clock.nowNs);
    this.proxies.hear(change);
  }

  onReconcile(slot: number): void {
    const { cluster, clock } = this.run;
    const service = this.reconcileKeys[slot] as string;
    const because = this.pendingReconciles.get(service) ?? NOBODY;
    this.pendingReconciles.delete(service);
    clock.blame.during(because, () => cluster.slices.reconcile(service));
  }

  private scheduleReconcile(service: string): void {
    const { clock, scenario } = this.run;
    const isPending = this.pendingReconciles.has(service);
    this.pendingReconciles.set(service, clock.blame.current);
    if (isPending) return;
    const slot = this.reconcileKeys.push(service) - 1;
    clock.after(scenario.cluster.timings.endpointSliceLatencyNs, Phase.Change, Kind.ReconcileSlices, slot);
  }

  /** Whether somebody sends to the very endpoints: of a headless service, or because the traffic says so. */
  private isLookedUp(slice: EndpointSliceObject): boolean {
    const { cluster, scenario } = this.run;
    const key = serviceOf(slice);
    const service = cluster.api.get<ServiceObject>('Service', key);
    if (service !== undefined && isHeadless(service)) return true;
    return scenario.traffic.some(({ to }) => 'service' in to && to.via === 'endpoint');
  }
}

/** `namespace/name` of the Service that a slice belongs to. */
function serviceOf({ metadata }: EndpointSliceObject): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME_LABEL]}`;
}
