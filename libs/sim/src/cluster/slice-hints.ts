/**
 * What the EndpointSlice controller hints: for which zone or node an endpoint is, or nothing.
 *
 * Models: the annotation that asks for topology-aware hints, `trafficDistribution`, which of the two counts, hints taken
 *   back when nobody asks any more, zones looked at anew when nodes come, go or turn ready.
 * Source: k8s.io/endpointslice reconciler.go, trafficdist/trafficdist.go; endpointslice_controller.go
 *   (checkNodeTopologyDistribution); KEP-2433, KEP-4444, KEP-3015 for PreferSameNode.
 * Simplified: no events on the Service; the reasons come as warnings where the scenario starts.
 * Who could tell: someone who watches events.
 */
import type { EndpointObject, EndpointSliceObject, NodeObject, ServiceObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { ApiServer, Change } from './api-server.js';
import type { SliceDraft } from './slice-draft.js';
import {
  allocateZones,
  isNodeReady,
  isOverloaded,
  ZONE_LABEL,
  type ZoneShares,
  zoneShares,
} from './zone-allocation.js';

/** What a version of the controller does, with its gates. */
export interface HintBehaviour {
  /** Gate TopologyAwareHints. */
  readonly topologyAwareHints: boolean;
  /** Gates ServiceTrafficDistribution and PreferSameTrafficDistribution: values of `trafficDistribution` that count. */
  readonly distributions: readonly string[];
  /** The annotation `topology-mode` counts beside the old one. */
  readonly knowsTopologyMode: boolean;
  /** Endpoints that are not ready get no hints, and do not count. */
  readonly onlyReady: boolean;
  /** Nodes of the control plane do not count. */
  readonly leavesOutControlPlane: boolean;
  /** A node's new zone label is noticed. */
  readonly noticesZones: boolean;
}

const OLD_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const ANNOTATION = 'service.kubernetes.io/topology-mode';

export class SliceHints {
  /** Of the nodes as they were when the controller last looked. */
  private shares: ZoneShares | string | null = null;

  constructor(
    private readonly api: ApiServer,
    private readonly behaviour: HintBehaviour,
  ) {}

  /** Writes hints into the drafts of one family; a text says why a Service that asks for hints gets none. */
  write(service: ServiceObject, drafts: readonly SliceDraft[]): string | null {
    if (this.asksByAnnotation(service)) {
      const problem = this.behaviour.topologyAwareHints ? this.allocate(drafts) : null;
      if (problem !== null || !this.behaviour.topologyAwareHints) removeHints(drafts);
      return problem;
    }
    const { trafficDistribution = '' } = service.spec;
    if (!this.behaviour.distributions.includes(trafficDistribution)) {
      removeHints(drafts);
      return null;
    }
    return this.keepClose(drafts, trafficDistribution === 'PreferSameNode');
  }

  /** `namespace/name` of the Services whose hints hold no longer now that a node has changed. */
  overloadedBy({ type, object, previous }: Change): string[] {
    if (!this.behaviour.topologyAwareHints) return [];
    if (type === 'modified' && !this.matters(previous as NodeObject, object as NodeObject)) return [];
    this.shares = null;
    const shares = this.zoneShares();
    const known = typeof shares === 'string' ? null : shares;
    const services = this.api.list<ServiceObject>('Service').filter((service) => this.asksByAnnotation(service));
    return services.filter((service) => this.isOverloaded(service, known)).map(keyOf);
  }

  private matters(before: NodeObject, now: NodeObject): boolean {
    const zoneOf = ({ metadata }: NodeObject) => metadata.labels?.[ZONE_LABEL] ?? '';
    return isNodeReady(before) !== isNodeReady(now) || (this.behaviour.noticesZones && zoneOf(before) !== zoneOf(now));
  }

  private isOverloaded({ metadata }: ServiceObject, shares: ZoneShares | null): boolean {
    const selector = { 'kubernetes.io/service-name': metadata.name };
    const slices = this.api.select<EndpointSliceObject>('EndpointSlice', metadata.namespace, selector);
    return (['IPv4', 'IPv6'] as const).some((family) => {
      const ofFamily = slices.filter(({ addressType }) => addressType === family);
      return isOverloaded(
        ofFamily.flatMap(({ endpoints }) => endpoints),
        shares,
      );
    });
  }

  /** The old annotation wins in the controller; kube-proxy has it the other way round. */
  private asksByAnnotation({ metadata }: ServiceObject): boolean {
    const { [OLD_ANNOTATION]: old, [ANNOTATION]: mode } = metadata.annotations ?? {};
    const value = old ?? (this.behaviour.knowsTopologyMode ? mode : undefined);
    return value === 'Auto' || value === 'auto';
  }

  private allocate(drafts: readonly SliceDraft[]): string | null {
    const shares = this.zoneShares();
    return typeof shares === 'string' ? shares : allocateZones(drafts, shares, (endpoint) => this.counts(endpoint));
  }

  private zoneShares(): ZoneShares | string {
    this.shares ??= zoneShares(this.api.list<NodeObject>('Node'), this.behaviour.leavesOutControlPlane);
    return this.shares;
  }

  private counts({ conditions }: EndpointObject): boolean {
    return !this.behaviour.onlyReady || conditions?.ready === true;
  }

  /** Every ready endpoint is for its own zone, and with PreferSameNode for its own node as well. */
  private keepClose(drafts: readonly SliceDraft[], sameNode: boolean): string | null {
    let hinted = false;
    for (const draft of drafts) {
      for (const [index, endpoint] of draft.endpoints.entries()) {
        if (endpoint.conditions?.ready !== true) continue;
        const zone = endpoint.zone;
        const node = sameNode ? endpoint.nodeName : undefined;
        hinted ||= zone !== undefined || node !== undefined;
        if (!isHintedFor(endpoint, zone, node)) setHints(draft, index, closeHints(zone, node));
      }
    }
    return hinted || drafts.length === 0 ? null : `none of its ready endpoints is on a node with label ${ZONE_LABEL}`;
  }
}

function isHintedFor({ hints }: EndpointObject, zone: string | undefined, node: string | undefined): boolean {
  const [zones, nodes] = [hints?.forZones ?? [], hints?.forNodes ?? []];
  return (
    zones.length === (zone === undefined ? 0 : 1) &&
    nodes.length === (node === undefined ? 0 : 1) &&
    zones[0]?.name === zone &&
    nodes[0]?.name === node
  );
}

function closeHints(zone: string | undefined, node: string | undefined): EndpointObject['hints'] {
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  const forNodes = node === undefined ? {} : { forNodes: [{ name: node }] };
  return zone === undefined && node === undefined ? undefined : { ...forZones, ...forNodes };
}

function removeHints(drafts: readonly SliceDraft[]): void {
  for (const draft of drafts) {
    for (const [index, { hints }] of draft.endpoints.entries())
      if (hints !== undefined) setHints(draft, index, undefined);
  }
}

function setHints(draft: SliceDraft, index: number, hints: EndpointObject['hints']): void {
  const { hints: _, ...endpoint } = draft.endpoints[index]!;
  draft.endpoints[index] = hints === undefined ? endpoint : { ...endpoint, hints };
  if (draft.state === 'same') draft.state = 'changed';
}
