/**
 * Topology-aware hints: which zone each endpoint is to serve, so that every zone has endpoints in proportion to its CPU.
 *
 * Models: the share of CPU by zone, the fewest endpoints that keep a zone below the overload threshold, endpoints given to
 *   other zones, hints that stay while they hold, and why there can be none.
 * Source: k8s.io/endpointslice topologycache (topologycache.go, sliceinfo.go, utils.go; pkg/controller/endpointslice/topologycache
 *   before 1.28).
 * Simplified: where zones are equal, the first by name is taken; the controller takes any.
 * Who could tell: someone who looks for the very endpoint that a zone lends.
 */
import type { EndpointObject, NodeObject } from '../objects.js';
import { cpuOf } from './quantity.js';
import type { SliceDraft } from './slice-draft.js';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';
const CONTROL_PLANE_LABELS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** The most that an endpoint may get beyond its even share. */
const OVERLOAD_THRESHOLD = 0.2;
const LEAST_SHARE = 1 / (1 + OVERLOAD_THRESHOLD);

/** Each zone's part of all CPU, by the name of the zone. */
export type ZoneShares = ReadonlyMap<string, number>;

interface Allocation {
  minimum: number;
  maximum: number;
  desired: number;
}

/** What says nothing of its condition is taken to be ready. */
export function isNodeReady({ status }: NodeObject): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return condition === undefined || condition.status === 'True';
}

/** A text says why the shares cannot be known. `leavesOut`: nodes of the control plane do not count. */
export function zoneShares(nodes: readonly NodeObject[], leavesOut: boolean): ZoneShares | string {
  const cpu = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    const { name, labels = {} } = node.metadata;
    if (leavesOut && CONTROL_PLANE_LABELS.some((label) => Object.hasOwn(labels, label))) continue;
    if (!isNodeReady(node)) continue;
    const zone = labels[ZONE_LABEL] ?? '';
    const own = cpuOf(node.status?.allocatable?.cpu) ?? 0;
    if (zone === '') return `node ${name} has no label ${ZONE_LABEL}`;
    if (own <= 0) return `node ${name} has no status.allocatable.cpu`;
    cpu.set(zone, (cpu.get(zone) ?? 0) + own);
    total += own;
  }
  if (cpu.size < 2) return cpu.size === 0 ? 'no node is ready' : 'nodes are ready in one zone only';
  const zones = [...cpu.keys()].sort();
  return new Map(zones.map((zone) => [zone, Math.ceil(cpu.get(zone)!) / Math.ceil(total)]));
}

/** How many endpoints each zone gets of so many; a text says why that cannot be. */
function allocationsOf(shares: ZoneShares, endpoints: number): Map<string, Allocation> | string {
  if (shares.size > endpoints) return `there are fewer endpoints (${endpoints}) than zones (${shares.size})`;
  const allocations = new Map<string, Allocation>();
  let left = endpoints;
  for (const [zone, share] of shares) {
    const even = share * endpoints;
    const minimum = Math.ceil(even * LEAST_SHARE);
    allocations.set(zone, { minimum, maximum: 0, desired: Math.max(even, minimum) });
    left -= minimum;
  }
  if (left < 0) {
    const threshold = `${OVERLOAD_THRESHOLD * 100} %`;
    return `${endpoints} endpoints cannot be shared among ${shares.size} zones without one getting ${threshold} more than its part`;
  }
  for (const allocation of allocations.values()) allocation.maximum = allocation.minimum + left;
  return allocations;
}

/** Writes hints into the drafts; a text says why there are none, and then there are none. */
export function allocateZones(
  drafts: readonly SliceDraft[],
  shares: ZoneShares,
  counts: (endpoint: EndpointObject) => boolean,
): string | null {
  const total = drafts.reduce((sum, { endpoints }) => sum + endpoints.filter(counts).length, 0);
  const allocations = allocationsOf(shares, total);
  if (typeof allocations === 'string') return allocations;
  const hinted = new Map<string, number>();
  keepWhatHolds(drafts, allocations, hinted, counts);
  const open = [...drafts.filter(({ state }) => state === 'new'), ...drafts.filter(({ state }) => state === 'changed')];
  for (const draft of open) {
    for (const [index, endpoint] of draft.endpoints.entries()) {
      if (!counts(endpoint)) continue;
      const { zone = '' } = endpoint;
      if (zone === '') return `endpoint ${endpoint.addresses[0]} is in no zone`;
      add(hinted, zone, 1);
      hint(draft, index, zone);
    }
  }
  redistribute(open, transfers(allocations, hinted), counts);
  return null;
}

/** Slices that nothing else changes keep their hints, as long as no zone has more of them than it may have. */
function keepWhatHolds(
  drafts: readonly SliceDraft[],
  allocations: ReadonlyMap<string, Allocation>,
  hinted: Map<string, number>,
  counts: (endpoint: EndpointObject) => boolean,
): void {
  for (const draft of drafts) {
    if (draft.state !== 'same') continue;
    const own = hintsOf(draft.endpoints.filter(counts));
    const holds = own !== null && [...own].every(([zone, n]) => n + (hinted.get(zone) ?? 0) <= maximumOf(zone));
    if (holds) for (const [zone, n] of own) add(hinted, zone, n);
    else draft.state = 'changed';
  }
  function maximumOf(zone: string): number {
    return allocations.get(zone)?.maximum ?? -1;
  }
}

/** Endpoints by the zone that they are hinted for; null where one is for none. */
function hintsOf(endpoints: readonly EndpointObject[]): Map<string, number> | null {
  const zones = new Map<string, number>();
  for (const { hints } of endpoints) {
    if ((hints?.forZones ?? []).length === 0) return null;
    for (const { name } of hints!.forZones!) add(zones, name, 1);
  }
  return zones;
}

interface Transfers {
  giving: Map<string, number>;
  receiving: Map<string, number>;
}

/** Whole endpoints that zones give and get, from the ones with the most to the others, while it is more than half of one. */
function transfers(allocations: ReadonlyMap<string, Allocation>, hinted: ReadonlyMap<string, number>): Transfers {
  const surplus = new Map<string, number>();
  const need = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const difference = (hinted.get(zone) ?? 0) - desired;
    if (difference > 0) surplus.set(zone, difference);
    else if (difference < 0) need.set(zone, -difference);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [giver, gives] = most(surplus);
    const [receiver, needs] = most(need);
    if (gives < 0.5 || needs < 0.5 || (gives < 1 && needs < 1)) return { giving, receiving };
    add(giving, giver, 1);
    add(surplus, giver, -1);
    add(receiving, receiver, 1);
    add(need, receiver, -1);
  }
}

function most(zones: ReadonlyMap<string, number>): [string, number] {
  let best: [string, number] = ['', 0];
  for (const entry of zones) if (entry[1] > best[1]) best = entry;
  return best;
}

function redistribute(
  drafts: readonly SliceDraft[],
  { giving, receiving }: Transfers,
  counts: (endpoint: EndpointObject) => boolean,
): void {
  for (const draft of drafts) {
    for (const [index, endpoint] of draft.endpoints.entries()) {
      if (!counts(endpoint) || (giving.get(endpoint.zone!) ?? 0) === 0) continue;
      const receiver = [...receiving].find(([, n]) => n > 0)?.[0];
      if (receiver === undefined) return;
      hint(draft, index, receiver);
      add(giving, endpoint.zone!, -1);
      add(receiving, receiver, -1);
    }
  }
}

/** Whether a zone has fewer endpoints than it needs to stay below the threshold; `null`: shares are no longer known. */
export function isOverloaded(endpoints: readonly EndpointObject[], shares: ZoneShares | null): boolean {
  const zones = new Map<string, number>();
  for (const { hints } of endpoints) for (const { name } of hints?.forZones ?? []) add(zones, name, 1);
  if (zones.size === 0) return false;
  if (shares === null) return true;
  const total = [...zones.values()].reduce((sum, n) => sum + n, 0);
  return [...shares].some(([zone, share]) => {
    const has = zones.get(zone);
    return has === undefined || has < Math.ceil(total * share * LEAST_SHARE);
  });
}

function hint(draft: SliceDraft, index: number, zone: string): void {
  draft.endpoints[index] = { ...draft.endpoints[index]!, hints: { forZones: [{ name: zone }] } };
}

function add(zones: Map<string, number>, zone: string, n: number): void {
  zones.set(zone, (zones.get(zone) ?? 0) + n);
}
