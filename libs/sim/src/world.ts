/**
 * The states of one run side by side, as they are when the scenario starts: everything is in its steady state, as if the
 * cluster had been left alone for a while.
 */

import { reserve } from './cluster/admission.js';
import { Agenda } from './cluster/agenda.js';
import { clusterIPsOf } from './cluster/allocators.js';
import { ApiServer, type Change } from './cluster/api-server.js';
import { Blame } from './cluster/blame.js';
import { SliceController } from './cluster/endpoint-slices.js';
import { Kubectl } from './cluster/kubectl.js';
import { Locations, type NodePlace } from './cluster/locations.js';
import { behaviourOf } from './cluster/pod-life.js';
import { Pods, type PodWorld } from './cluster/pods.js';
import type { ServiceFeatures } from './cluster/service-validation.js';
import { type HintBehaviour, SliceHints } from './cluster/slice-hints.js';
import { isWorkload, Workloads } from './cluster/workloads.js';
import { invariant } from './kernel/invariant.js';
import { featureGatesOf } from './kube-proxy/feature-gates.js';
import { minorOf } from './kube-proxy/minor-version.js';
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
import type { Cluster, Nanos, NodeSettings, Scenario } from './scenario.js';
import { AppProbes } from './traffic/app-probes.js';
import { WorkQueues } from './traffic/work-queues.js';

/** An object of the scenario that the API server would not have taken. */
export interface ScenarioProblem {
  code: string;
  /** JSON pointer into the normalised scenario: `/objects/3`. */
  path: string;
  message: string;
}

export type KubeletListener = Pick<PodWorld, 'event' | 'onEnding'>;

export interface ClusterState {
  api: ApiServer;
  locations: Locations;
  agenda: Agenda;
  pods: Pods;
  workloads: Workloads;
  kubectl: Kubectl;
  slices: SliceController;
  /** Nodes of whose kubelet nothing is heard; `NodeLife` keeps it. */
  silentKubelets: Set<string>;
  /** What pods have to do. */
  workQueues: WorkQueues;
  /** Whom kubelets tell of what they do; nobody at first. */
  kubeletListener: KubeletListener;
  /** Of nodes that the run has upgraded, in the place of the scenario's. */
  changedSettings: Map<string, NodeSettings>;
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
  scheduleControl: (delayNs: Nanos, slot: number) => void,
  nowNs: () => Nanos = () => 0,
  blame = new Blame(),
): ClusterState {
  const { cluster } = scenario;
  const locations = new Locations(
    cluster,
    (node) => setsRouteLocalnet(settingsOf(scenario, node)),
    nowNs,
    (pod) => behaviourOf(pod, scenario.apps),
  );
  let live = false;
  const controlPlane = controlPlaneOf(cluster);
  const onWrite = (change: Change): void => {
    noteWhere(locations, api, change);
    if (change.kind === 'Pod') pods.noteChange(change);
    if (change.kind === 'Node') pods.noteNode();
    workloads.note(change);
    if (live) onChange(change);
  };
  const api: ApiServer = new ApiServer(cluster, onWrite, controlPlane, blame);
  const isTaken = (ip: string): boolean => locations.isTaken(ip);
  const silentKubelets = new Set<string>();
  const agenda = new Agenda(scheduleControl);
  const { allocations, timings } = cluster;
  const workQueues = new WorkQueues();
  const probes = new AppProbes(locations, workQueues, scenario.seed, timings.podWorkNs, nowNs);
  const podSettings = { allocations, timings, apps: scenario.apps, seed: scenario.seed };
  const pods: Pods = new Pods(api, podSettings, {
    schedule: schedulePod,
    after: (delayNs, act) => agenda.after(delayNs, act),
    isTaken,
    clusterCIDROf: (node) => settingsOf(scenario, node).kubeProxy.clusterCIDR,
    setProcess: (pod, process) => locations.setProcess(pod, process),
    answersUntilNs: (pod) => Math.max(0, ...locations.hostsNamed(pod).map((host) => locations.answersUntilNs(host))),
    hasKubelet: (node) => !silentKubelets.has(node),
    hasPower: (node) => locations.hasPower(locations.nodeIndex(node)),
    ask: (pod, probe, n) => probes.ask(pod, probe, n),
    event: (about, reason, message) => state.kubeletListener.event(about, reason, message),
    onEnding: (pod) => state.kubeletListener.onEnding(pod),
  });
  const workloads: Workloads = new Workloads(api, pods, agenda, timings.watchLatencyNs, scenario.seed);
  const kubectl = new Kubectl(api, pods, workloads, agenda, (node) => hasSettings(scenario, node));
  const slices = new SliceController(api, new SliceHints(api, controlPlane));
  const state: ClusterState = {
    api,
    locations,
    agenda,
    pods,
    workloads,
    kubectl,
    slices,
    silentKubelets,
    workQueues,
    kubeletListener: { event: () => {}, onEnding: () => {} },
    changedSettings: new Map(),
    proxies: [],
    problems: [],
  };
  fill(scenario, state);
  for (const { index } of locations.nodes) state.proxies[index] = proxyOf(scenario, state, index, addresses, 0);
  live = true;
  return state;
}

/** kube-proxy as it starts on a node; it has heard of nothing yet. */
export function proxyOf(
  scenario: Scenario,
  { api, locations, changedSettings }: ClusterState,
  index: number,
  addresses: AddressBook,
  nowNs: Nanos,
): NodeProxy {
  const place = locations.nodes[index] as NodePlace;
  const node = api.get<NodeObject>('Node', place.name) as NodeObject;
  const settings = changedSettings.get(place.name) ?? settingsOf(scenario, place.name);
  return new NodeProxy(place, node, settings, scenario, addresses, nowNs);
}

/** What API server and controllers do in that version, with those gates. */
function controlPlaneOf({ version, featureGates }: Cluster): HintBehaviour & ServiceFeatures {
  const minor = minorOf(version);
  const gates = featureGatesOf(version, featureGates);
  const sameNode = gates.PreferSameTrafficDistribution ? ['PreferSameZone', 'PreferSameNode'] : [];
  return {
    topologyAwareHints: gates.TopologyAwareHints,
    topologyKeys: gates.ServiceTopology,
    distributions: gates.ServiceTrafficDistribution ? ['PreferClose', ...sameNode] : [],
    knowsTopologyMode: minor >= 27,
    onlyReady: minor >= 23,
    leavesOutControlPlane: minor >= 23,
    noticesZones: minor >= 28,
  };
}

function hasSettings({ cluster }: Scenario, node: string): boolean {
  return Object.hasOwn(cluster.nodes, node) || Object.keys(cluster.nodes).length > 0;
}

/** A node that joins during the run, and that the scenario says nothing of, is set up like the first one. */
export function settingsOf({ cluster }: Scenario, node: string): NodeSettings {
  if (Object.hasOwn(cluster.nodes, node)) return cluster.nodes[node] as NodeSettings;
  const [first] = Object.values(cluster.nodes);
  invariant(first !== undefined, `the scenario has no settings for node ${node}`);
  return { ...first, localAddresses: [], rules: null };
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

interface Indexed<T> {
  object: T;
  index: number;
}

/** Nodes first, then pods, then services: each needs what comes before. */
function fill(scenario: Scenario, state: ClusterState): void {
  const { api, pods, workloads } = state;
  const indexed = scenario.objects.map((object, index) => ({ object, index }));
  const ofKind = <T extends KubeObject>(wanted: (object: KubeObject) => object is T): Indexed<T>[] =>
    indexed.filter((entry): entry is Indexed<T> => wanted(entry.object));
  const asStored = scenario.cluster.admission === 'asStored';
  const note = (index: number, error: string | null): void => {
    if (error !== null) state.problems.push({ code: 'not-admitted', path: `/objects/${index}`, message: error });
  };
  const create = ({ object, index }: Indexed<KubeObject>): boolean => {
    const written = api.create(object, 0);
    note(index, 'error' in written ? written.error : null);
    return 'object' in written;
  };

  for (const { object } of ofKind((o): o is NodeObject => o.kind === 'Node')) api.replace(object);
  for (const { object } of indexed)
    if (object.kind === 'Namespace' || object.kind === 'PodDisruptionBudget') api.replace(object);
  for (const { object, index } of ofKind((o): o is PodObject => o.kind === 'Pod')) {
    if (asStored || object.status?.phase !== undefined)
      api.replace(asStored ? object : pods.place(object, pods.nextAllocation(keyOf(object))));
    else note(index, pods.create(object, pods.nextAllocation(keyOf(object)), 0, true));
  }
  const controllers = ofKind((o): o is WorkloadObject => isWorkload(o));
  if (asStored) {
    for (const { object } of controllers) api.replace(object);
    for (const { object } of controllers) workloads.adopt(object);
  } else {
    for (const { object } of controllers.filter(create)) workloads.settle(object);
  }
  const services = ofKind((o): o is ServiceObject => o.kind === 'Service');
  for (const { object } of services) api.allocators.keepFree(object);
  for (const entry of [...services].sort((a, b) => givenness(b.object) - givenness(a.object) || a.index - b.index)) {
    if (!asStored) create(entry);
    else {
      reserve(entry.object, api.allocators);
      api.replace(entry.object);
    }
  }
  for (const { object } of ofKind((o): o is EndpointSliceObject => o.kind === 'EndpointSlice')) api.replace(object);
  state.slices.start();
  for (const [key, reason] of state.slices.withoutHints) {
    const index = scenario.objects.findIndex((object) => object.kind === 'Service' && keyOf(object) === key);
    const message = `The Service ${key} gets no hints: ${reason}.`;
    state.problems.push({ code: 'hints-not-given', path: `/objects/${index}`, message });
  }
}

/** Services that say what they want are served first. */
function givenness(service: ServiceObject): number {
  return (clusterIPsOf(service).length > 0 ? 2 : 0) + (service.spec.ports?.some(({ nodePort }) => nodePort) ? 1 : 0);
}
