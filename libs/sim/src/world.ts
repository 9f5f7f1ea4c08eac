/**
 * The states of one run side by side, as they are when the scenario starts: everything is in its steady state, as if the
 * cluster had been left alone for a while.
 */

import { reserve } from './cluster/admission.js';
import { clusterIPsOf } from './cluster/allocators.js';
import { ApiServer, type Change } from './cluster/api-server.js';
import { hasSelector, reconcileSlices, slicesOf } from './cluster/endpoint-slices.js';
import { isWorkload, Kubectl } from './cluster/kubectl.js';
import { Locations } from './cluster/locations.js';
import { Pods } from './cluster/pods.js';
import { Workloads } from './cluster/workloads.js';
import { NodeProxy, setsRouteLocalnet } from './kube-proxy/proxy.js';
import type { AddressBook } from './netfilter/address-book.js';
import type {
  EndpointSliceObject,
  KubeObject,
  NodeObject,
  PodObject,
  ServiceObject,
  WorkloadObject,
} from './objects.js';
import { keyOf } from './objects.js';
import type { Nanos, NodeSettings, Scenario } from './scenario.js';

/** An object of the scenario that the API server would not have taken. */
export interface ScenarioProblem {
  code: string;
  /** JSON pointer into the normalised scenario: `/objects/3`. */
  path: string;
  message: string;
}

export interface ClusterState {
  api: ApiServer;
  locations: Locations;
  pods: Pods;
  workloads: Workloads;
  kubectl: Kubectl;
  /** By node index. */
  proxies: (NodeProxy | null)[];
  problems: ScenarioProblem[];
}

export function buildCluster(
  scenario: Scenario,
  addresses: AddressBook,
  /** Told of every write from the time on when the initial state is complete. */
  onChange: (change: Change) => void,
  schedulePod: (delayNs: Nanos, task: number) => void,
): ClusterState {
  const { cluster } = scenario;
  const locations = new Locations(cluster, (node) => setsRouteLocalnet(settingsOf(scenario, node)));
  let live = false;
  const api: ApiServer = new ApiServer(cluster, (change) => {
    noteWhere(locations, api, change);
    if (live) onChange(change);
  });
  const pods = new Pods(api, cluster.allocations, cluster.timings, schedulePod);
  const workloads = new Workloads(api, pods, scenario.seed);
  const kubectl = new Kubectl(api, pods, workloads);
  const state: ClusterState = { api, locations, pods, workloads, kubectl, proxies: [], problems: [] };
  fill(scenario, state);
  for (const place of locations.nodes) {
    const node = api.get<NodeObject>('Node', place.name) as NodeObject;
    state.proxies[place.index] = new NodeProxy(
      place,
      node,
      settingsOf(scenario, place.name),
      scenario.healthzText,
      addresses,
    );
  }
  live = true;
  return state;
}

export function settingsOf(scenario: Scenario, node: string): NodeSettings {
  const settings = scenario.cluster.nodes[node];
  if (settings === undefined) throw new Error(`the scenario has no settings for node ${node}`);
  return settings;
}

/** Who is where changes with the write: that is what the cables know, whoever hears of it later. */
function noteWhere(locations: Locations, api: ApiServer, change: Change): void {
  const { kind, object, previous } = change;
  if (kind === 'Node') {
    if (object === null) locations.removeNode(change.key);
    else locations.setNode(object as NodeObject);
  } else if (kind === 'Pod') {
    if (object === null) locations.removePod(previous as PodObject);
    else locations.setPod(object as PodObject);
  } else if (kind === 'EndpointSlice' && object !== null) {
    locations.setSlice(object as EndpointSliceObject, api);
  }
}

/** Nodes first, then pods, then services: each needs what comes before. */
function fill(scenario: Scenario, state: ClusterState): void {
  const { api, pods, workloads } = state;
  const indexed = scenario.objects.map((object, index) => ({ object, index }));
  const ofKind = <T extends KubeObject>(wanted: (object: KubeObject) => object is T): { object: T; index: number }[] =>
    indexed.filter((entry): entry is { object: T; index: number } => wanted(entry.object));
  const asStored = scenario.cluster.admission === 'asStored';
  const note = (index: number, error: string | null): void => {
    if (error !== null) state.problems.push({ code: 'not-admitted', path: `/objects/${index}`, message: error });
  };

  for (const { object } of ofKind((o): o is NodeObject => o.kind === 'Node')) api.replace(object);
  for (const { object } of indexed.filter((entry) => entry.object.kind === 'Namespace')) api.replace(object);
  for (const { object, index } of ofKind((o): o is PodObject => o.kind === 'Pod')) {
    if (asStored || object.status?.phase !== undefined)
      api.replace(asStored ? object : pods.place(object, pods.nextAllocation(keyOf(object))));
    else note(index, pods.create(object, pods.nextAllocation(keyOf(object)), 0, true));
  }
  for (const { object } of ofKind((o): o is WorkloadObject => isWorkload(o))) {
    api.replace(object);
    if (!asStored) workloads.reconcile(object, 0, true);
  }
  const services = ofKind((o): o is ServiceObject => o.kind === 'Service');
  for (const { object } of services) api.allocators.keepFree(object);
  for (const { object, index } of [...services].sort(
    (a, b) => givenness(b.object) - givenness(a.object) || a.index - b.index,
  )) {
    if (asStored) {
      reserve(object, api.allocators);
      api.replace(object);
    } else {
      const written = api.create(object, 0);
      if ('error' in written) note(index, written.error);
    }
  }
  for (const { object } of ofKind((o): o is EndpointSliceObject => o.kind === 'EndpointSlice')) api.replace(object);
  for (const service of api.list<ServiceObject>('Service')) {
    if (hasSelector(service) && slicesOf(api, keyOf(service)).length === 0) reconcileSlices(api, keyOf(service));
  }
}

/** Services that say what they want are served first. */
function givenness(service: ServiceObject): number {
  return (clusterIPsOf(service).length > 0 ? 2 : 0) + (service.spec.ports?.some(({ nodePort }) => nodePort) ? 1 : 0);
}
