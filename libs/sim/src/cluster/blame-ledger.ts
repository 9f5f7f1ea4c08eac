/**
 * Which entry of the timeline last touched a pod, a node, or what a node's rules know of a service: asked when a request
 * fails, of the object that decided.
 *
 * Models: a node answers for what it has heard of when its rules in force were begun, not for what the API server holds;
 *   of a service without an endpoint on a node, the change that took away the last one.
 * Simplified: a kube-proxy that was cut off is taken to have heard with the others when it is in touch again.
 * Who could tell: someone whose two rollouts overlap while a node is cut off.
 */
import type { EndpointSliceObject, ServiceObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { Change } from './api-server.js';
import { NOBODY } from './blame.js';
import { SERVICE_NAME_LABEL } from './endpoint-slices.js';
import { LostCapacity } from './lost-capacity.js';

interface Entry {
  atNs: Nanos;
  because: number;
}

/** Of one subject; older ones matter to nobody any more. */
const MOST_ENTRIES = 16;

type Log = Map<string, Entry[]>;

export class BlameLedger {
  private readonly pods = new Map<string, number>();
  private readonly nodes = new Map<string, number>();
  private readonly joined: Log = new Map();
  /** By service: what was written about it, and every change of its slices. */
  private readonly specs: Log = new Map();
  private readonly slices: Log = new Map();
  /** By service: its last usable endpoint went; by service and node: its last one there. */
  private readonly emptied: Log = new Map();
  private readonly emptiedOn: Log = new Map();
  private readonly capacity = new LostCapacity();
  /** By node: when the sync began that wrote the rules in force, and the one under way. */
  private readonly inForceNs = new Map<string, Nanos>();
  private readonly begunNs = new Map<string, Nanos>();

  /** A write at the API server: what pods and nodes are is true at once. */
  written({ kind, type, key, because }: Change, nowNs: Nanos): void {
    if (because === NOBODY) return;
    if (kind === 'Pod') this.pods.set(key, because);
    if (kind !== 'Node') return;
    this.nodes.set(key, because);
    if (type === 'added') append(this.joined, key, { atNs: nowNs, because });
  }

  /** Something befell the node, or a pod, that no write tells of. */
  befellNode(name: string, because: number): void {
    if (because !== NOBODY) this.nodes.set(name, because);
  }

  befellPod(key: string, because: number): void {
    if (because !== NOBODY) this.pods.set(key, because);
  }

  /** The watchers hear of a write. */
  heard({ kind, key, object, previous, because }: Change, nowNs: Nanos): void {
    const entry = { atNs: nowNs, because };
    if (kind === 'EndpointSlice')
      return this.sliceHeard(previous as EndpointSliceObject | null, object as EndpointSliceObject | null, entry);
    const isSpec = (object as ServiceObject | null)?.spec !== (previous as ServiceObject | null)?.spec;
    if (kind === 'Service' && because !== NOBODY && isSpec) append(this.specs, key, entry);
  }

  syncBegan(node: string, nowNs: Nanos): void {
    this.begunNs.set(node, nowNs);
  }

  syncEnded(node: string): void {
    this.inForceNs.set(node, this.begunNs.get(node) ?? 0);
  }

  /** The machine has started, or kube-proxy has taken away those of another mode: there are no rules on it. */
  hasLostRules(node: string): void {
    this.inForceNs.set(node, -Infinity);
  }

  isWithoutRules(node: string): boolean {
    return this.inForceNs.get(node) === -Infinity;
  }

  /** The last change of the service that everybody has heard of, and the rules in force on the node do not hold; NOBODY: they hold all. */
  missed(service: string, node: string): number {
    const heardNs = this.inForceNs.get(node) ?? Infinity;
    const last = [this.specs.get(service)?.at(-1), this.slices.get(service)?.at(-1)]
      .filter((entry) => entry !== undefined && entry.atNs > heardNs)
      .sort((a, b) => (b as Entry).atNs - (a as Entry).atNs)[0];
    return last?.because ?? NOBODY;
  }

  ofPod(key: string): number {
    return this.pods.get(key) ?? NOBODY;
  }

  ofNode(name: string): number {
    return this.nodes.get(name) ?? NOBODY;
  }

  /** Why the node knows no endpoint of the service on itself. */
  ofMissingLocal(service: string, node: string): number {
    return this.latest(node, [
      this.emptiedOn.get(placeOf(service, node)),
      this.emptied.get(service),
      this.specs.get(service),
      this.joined.get(node),
    ]);
  }

  /** Why the node knows no endpoint of the service at all. */
  ofMissing(service: string, node: string): number {
    return this.latest(node, [this.emptied.get(service), this.specs.get(service)]);
  }

  /** Why fewer endpoints have the work of the service. */
  ofFewer(service: string): number {
    return this.capacity.by(service);
  }

  /** What its rules for the service come of. */
  ofService(service: string, node: string): number {
    return this.latest(node, [this.specs.get(service), this.slices.get(service)]);
  }

  private sliceHeard(before: EndpointSliceObject | null, now: EndpointSliceObject | null, entry: Entry): void {
    const { namespace, labels } = (now ?? before)!.metadata;
    const service = `${namespace}/${labels?.[SERVICE_NAME_LABEL]}`;
    this.capacity.changed(service, before, now, entry.because);
    if (entry.because === NOBODY) return;
    append(this.slices, service, entry);
    for (const serving of [false, true]) {
      const had = usableNodes(before, serving);
      const has = usableNodes(now, serving);
      for (const node of had) if (!has.has(node)) append(this.emptiedOn, placeOf(service, node), entry);
      if (had.size > 0 && has.size === 0) append(this.emptied, service, entry);
    }
  }

  /** The last of those that the node's rules in force can know of. */
  private latest(node: string, logs: readonly (readonly Entry[] | undefined)[]): number {
    const heardNs = this.inForceNs.get(node) ?? Infinity;
    let last: Entry | undefined;
    for (const log of logs) {
      const known = log?.findLast(({ atNs }) => atNs <= heardNs);
      if (known !== undefined && (last === undefined || known.atNs > last.atNs)) last = known;
    }
    return last?.because ?? NOBODY;
  }
}

/** Names of nodes that have ready endpoints, or also such as only serve still; '' stands for those that name none. */
function usableNodes(slice: EndpointSliceObject | null, serving: boolean): Set<string> {
  const nodes = new Set<string>();
  for (const { nodeName, conditions } of slice?.endpoints ?? [])
    if (conditions?.ready !== false || (serving && conditions.serving === true)) nodes.add(nodeName ?? '');
  return nodes;
}

function placeOf(service: string, node: string): string {
  return `${service} ${node}`;
}

function append(log: Log, key: string, entry: Entry): void {
  const entries = log.get(key);
  if (entries === undefined) log.set(key, [entry]);
  else {
    entries.push(entry);
    if (entries.length > MOST_ENTRIES) entries.shift();
  }
}
