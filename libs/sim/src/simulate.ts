/**
 * THE MAIN PATH: builds the world, seeds the first events, dispatches until done.
 *
 * The `switch` in `dispatch` is the model's table of contents: what is not there does not happen.
 */
import { type Change, matchesLabels } from './cluster/api-server.js';
import { Blame, NOBODY } from './cluster/blame.js';
import { BlameLedger } from './cluster/blame-ledger.js';
import { SERVICE_NAME_LABEL, servicesOf, slicesOf } from './cluster/endpoint-slices.js';
import { Faults, type Upgrade } from './cluster/faults.js';
import type { Locations, NodePlace } from './cluster/locations.js';
import { NodeLife } from './cluster/node-life.js';
import { isReady } from './cluster/pod-objects.js';
import { TO_BE_DELETED, withTaint } from './cluster/taints.js';
import { Kind, Phase } from './events.js';
import { EventQueue, Fingerprint } from './kernel/index.js';
import type { NodeProxy } from './kube-proxy/proxy.js';
import { ProxyFaults } from './kube-proxy/proxy-faults.js';
import { withUpgrade } from './kube-proxy/upgrade.js';
import { behaviourOf } from './kube-proxy/versions.js';
import { CloudController } from './load-balancer/cloud-controller.js';
import { AddressBook } from './netfilter/address-book.js';
import type { CompiledRuleset } from './netfilter/compile.js';
import { ConnectionTable } from './netfilter/conntrack.js';
import { evaluate, TooManyWays } from './netfilter/evaluate.js';
import type { EndpointSliceObject, IpFamily, KubeObject, NodeObject, PodObject, ServiceObject } from './objects.js';
import { keyOf } from './objects.js';
import { DictionaryBuilder } from './results/dictionaries.js';
import { ExpectationCounters } from './results/expectation-counters.js';
import { LossTotals } from './results/loss-totals.js';
import { RequestRecorder } from './results/recorder.js';
import type { RunResult, SealedChunk, StepOutput } from './results/result.js';
import { runEvent } from './results/run-event.js';
import { RunTotals } from './results/totals.js';
import type { LinkAction, Nanos, Scenario, Step, TimelineEntry, Traffic } from './scenario.js';
import { type TraceWorld, tracePacket } from './trace.js';
import { ModelError } from './trace-question.js';
import type { TracePacket, TraceResult } from './trace-result.js';
import { isHeadless } from './traffic/cluster-names.js';
import { Commands } from './traffic/commands.js';
import { Connections, type ConntrackLimits } from './traffic/connections.js';
import type { FlowWorld } from './traffic/flows.js';
import { Links, type Place } from './traffic/links.js';
import { NodeProbes } from './traffic/node-probes.js';
import { Script } from './traffic/script.js';
import { SourcePorts } from './traffic/source-ports.js';
import { Sources } from './traffic/sources.js';
import { HealthRecorder } from './traffic/timelines.js';
import { TrafficFlows } from './traffic/traffic-flows.js';
import { buildCluster, type ClusterState, proxyOf, type ScenarioProblem, settingsOf } from './world.js';

/** Changes with every change of the model that changes a result. */
export const MODEL_VERSION = '0.4.0';

export interface RunSink {
  onChunk(chunk: SealedChunk): void;
}

/** A run at its start; nothing has happened yet. Throws InvariantError for what no checked scenario can hold. */
export function createRun(scenario: Scenario, sink: RunSink): Run {
  return new Run(scenario, sink);
}

export class Run {
  readonly problems: readonly ScenarioProblem[];
  private readonly queue = new EventQueue();
  private readonly blame = new Blame();
  private readonly ledger = new BlameLedger();
  private readonly addresses = new AddressBook();
  private readonly dictionaries = new DictionaryBuilder();
  private readonly fingerprint = new Fingerprint();
  private readonly totals: RunTotals;
  private readonly losses: LossTotals;
  private readonly expectations: ExpectationCounters;
  private readonly recorder: RequestRecorder;
  private readonly health = new HealthRecorder();
  private readonly cluster: ClusterState;
  private readonly links: Links;
  private readonly probes: NodeProbes;
  /** By node; of those that a kept socket's datagrams have passed. */
  private readonly conntrack = new Map<number, ConnectionTable>();
  private readonly cloud: CloudController;
  private readonly life: NodeLife;
  private readonly faults: Faults;
  private readonly connections: Connections;
  private readonly sources: Sources;
  private readonly script: Script;
  /** Written, not yet heard of. */
  private readonly heard: Change[] = [];
  private readonly reconcileKeys: string[] = [];
  /** By service: who is behind the last change that its reconcile waits for. */
  private readonly pendingReconciles = new Map<string, number>();
  /** By node: when its next sync event is in the queue; Infinity: none. */
  private readonly syncAtNs: number[] = [];
  /** By node: when the sync that is going on will be done; Infinity: none is. */
  private readonly syncEndsNs: number[] = [];
  private readonly proxyFaults = new ProxyFaults();
  /** Counts what makes flows to services stale. */
  private serviceChanges = 0;
  private routesRevision = -1;
  private started = false;
  private events = 0;
  private endpointChanges = 0;
  private readonly expected: number;
  private ended: RunResult | null = null;

  constructor(
    private readonly scenario: Scenario,
    sink: RunSink,
  ) {
    this.totals = new RunTotals(this.dictionaries.dictionaries);
    this.losses = new LossTotals(this.dictionaries.dictionaries);
    this.expectations = new ExpectationCounters(scenario.expect, this.dictionaries.dictionaries);
    const watchers = [this.totals, this.losses, this.expectations];
    this.recorder = new RequestRecorder((chunk) => sink.onChunk(chunk), undefined, watchers, this.fingerprint);
    this.cluster = buildCluster(
      scenario,
      this.addresses,
      (change) => this.onChange(change),
      (delayNs, task) => this.after(delayNs, Phase.Change, Kind.PodTask, task),
      (delayNs, slot) => this.after(delayNs, Phase.Change, Kind.ControlTask, slot),
      () => this.queue.time,
      this.blame,
    );
    this.problems = this.cluster.problems;
    const { locations, proxies } = this.cluster;
    this.links = new Links(scenario.seed, scenario.clients);
    this.probes = new NodeProbes({
      links: this.links,
      locations,
      addresses: this.addresses,
      now: () => this.queue.time,
      proxy: (node) => proxies[node] ?? null,
      rules: (node, family) => this.rules(node, family),
    });
    this.cloud = new CloudController(scenario, this.cluster.api, {
      blame: this.blame,
      nodeIndex: (name) => this.cluster.locations.nodeIndex(name),
      nodeName: (node) => this.cluster.locations.nodes[node]?.name ?? '',
      placeOf: (name) => locations.nodes.findIndex((place) => place.name === name),
      zoneOf: (node) => this.zoneOf(node),
      name: (hostname, addresses) => locations.setName(hostname, addresses),
      closes: (balancer, target) => this.connections.closeConnectionsThrough(balancer, target, 'reset'),
      moves: (balancer) => this.connections.moveConnections(balancer),
      probe: (balancer, target, _, chance) => this.probes.reply(balancer, target, chance),
      scheduleUpdate: (delayNs, slot) => this.after(delayNs, Phase.Change, Kind.BalancerUpdate, slot),
      now: () => this.nowNs,
      event: (about, reason, message) => this.script.event(about, reason, message, this.nowNs),
      scheduleProbe: (delayNs, slot) => this.after(delayNs, Phase.Probe, Kind.ProbeAtNode, slot),
      scheduleResult: (delayNs, slot) => this.after(delayNs, Phase.Probe, Kind.ProbeResult, slot),
    });
    this.life = new NodeLife(this.cluster.api, this.cluster.pods, scenario.cluster.nodeLifecycle, scenario.seed, {
      silentKubelets: this.cluster.silentKubelets,
      schedule: (atNs, act) => this.cluster.agenda.after(atNs - this.nowNs, act),
      event: (about, reason, message) => this.script.event(about, reason, message, this.nowNs),
    });
    this.faults = new Faults(locations, this.cluster.pods, this.life, {
      schedule: (delayNs, act) => this.cluster.agenda.after(delayNs, act),
      onPower: (node, isOn) => this.onPower(node, isOn),
      freezeProxy: (node, forNs) => {
        this.ledger.befellNode((locations.nodes[node] as NodePlace).name, this.blame.current);
        this.proxyFaults.freeze(node, this.nowNs + forNs);
      },
      restartProxy: (node) => this.launchProxy(node, proxies[node] ?? null, scenario.cluster.timings.proxyRestartNs),
      onReach: (node, isInReach) => this.onReach(node, isInReach),
      upgrade: (node, change) => this.upgrade(node, change),
      taint: (node) => this.taintForRemoval(node),
      link: (action) => this.changeLink(action),
    });
    this.connections = this.buildConnections();
    this.script = this.buildScript();
    this.sources = this.buildSources();
    this.expected = this.sources.expectedRequests();
    this.settle();
  }

  private zoneOf(node: number): string {
    const name = this.cluster.locations.nodes[node]?.name ?? '';
    return this.cluster.api.get<NodeObject>('Node', name)?.metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
  }

  private get bridgeName(): string | null {
    const { cni } = this.scenario.cluster;
    return cni.type === 'bridge' ? cni.bridgeName : null;
  }

  get nowNs(): Nanos {
    return this.queue.time;
  }

  /** 0..1: of load, steps and time what is furthest behind. */
  get progress(): number {
    if (this.done) return 1;
    const { steps, durationNs } = this.scenario;
    const byLoad = this.expected > 0 ? this.recorder.requests / this.expected : 1;
    const bySteps = steps.length > 0 ? this.script.records.length / steps.length : 1;
    const byTime = durationNs > 0 ? this.nowNs / durationNs : 1;
    return Math.min(0.999, byLoad, bySteps, byTime);
  }

  get requests(): number {
    return this.recorder.requests;
  }

  get eventCount(): number {
    return this.events;
  }

  /** Nothing is left to happen that anybody could see: no load, no step, and the duration is over. */
  get done(): boolean {
    return (
      this.connections.underWay === 0 &&
      this.script.done &&
      !this.sources.pending &&
      this.queue.peekTime() > this.scenario.durationNs
    );
  }

  /** Handles up to `maxEvents` events; true when the run is done. */
  step(maxEvents: number): boolean {
    return answerable(() => this.stepOn(maxEvents));
  }

  private stepOn(maxEvents: number): boolean {
    for (let n = 0; n < maxEvents; n++) {
      if (this.done || !this.queue.pop()) return true;
      this.events++;
      this.dispatch(this.queue.kind, this.queue.slot);
    }
    return this.done;
  }

  /** Lets everything up to and including `atNs` happen; false where that would take more than `maxEvents`. */
  advanceTo(atNs: Nanos, maxEvents: number): boolean {
    return answerable(() => this.advanceOn(atNs, maxEvents));
  }

  private advanceOn(atNs: Nanos, maxEvents: number): boolean {
    while (this.queue.peekTime() <= atNs) {
      if (this.events >= maxEvents) return false;
      this.queue.pop();
      this.events++;
      this.dispatch(this.queue.kind, this.queue.slot);
    }
    return true;
  }

  /** To be asked when the run is done; the same each time. */
  result(): RunResult {
    this.ended ??= this.end();
    return this.ended;
  }

  private end(): RunResult {
    this.connections.close();
    this.recorder.finish();
    const endNs = Math.max(this.nowNs, this.scenario.durationNs);
    const healthz = this.health.result(this.cloud.balancers, this.cluster.locations, endNs);
    const transcript = this.script.records;
    this.fingerprint
      .text(JSON.stringify(healthz))
      .text(JSON.stringify(transcript))
      .text(JSON.stringify(this.dictionaries.dictionaries));
    return {
      modelVersion: MODEL_VERSION,
      fingerprint: this.fingerprint.digest(),
      summary: {
        ...this.totals.summary(),
        losses: this.losses.losses(),
        probes: this.cloud.sentProbes,
        ruleSyncs: this.cluster.proxies.reduce((sum, proxy) => sum + (proxy?.syncs ?? 0), 0),
        endpointChanges: this.endpointChanges,
        virtualMs: endNs / 1e6,
        events: this.events,
      },
      dictionaries: this.dictionaries.dictionaries,
      healthz,
      transcript,
      expectations: this.expectations.results(healthz),
    };
  }

  /** What would become of the packet now; throws ModelError. */
  trace(packet: TracePacket): Omit<TraceResult, 'atMs'> {
    return tracePacket(this.traceWorld(), packet);
  }

  /** All objects as they are now. */
  objects(): KubeObject[] {
    return this.cluster.api.all();
  }

  /** Of the nodes that are there now. */
  nodeNames(): string[] {
    return this.cluster.locations.nodes.filter(({ alive }) => alive).map(({ name }) => name);
  }

  /** Null: there is no such node. */
  proxy(node: string): ClusterState['proxies'][number] {
    return this.cluster.proxies[this.cluster.locations.nodeIndex(node)] ?? null;
  }

  private readonly dispatchCaused = (kind: number, slot: number): void => this.dispatch(kind, slot);

  private dispatch(kind: number, slot: number): void {
    const now = this.queue.time;
    switch (kind) {
      case Kind.Arrival:
        return this.connections.send(this.sources.onArrival(slot));
      case Kind.AtNode:
        return this.connections.atNode(this.connections.connection(slot));
      case Kind.AtEndpoint:
        return this.connections.atEndpoint(this.connections.connection(slot));
      case Kind.AtServer:
        return this.connections.atServer(this.connections.connection(slot));
      case Kind.Send:
        return this.connections.send(this.connections.connection(slot));
      case Kind.Finish:
        return this.connections.finish(this.connections.connection(slot));
      case Kind.Timeline:
        return this.blame.during(slot, () => this.onTimeline(this.scenario.timeline[slot] as TimelineEntry));
      case Kind.PodTask:
        return this.cluster.pods.onTask(slot, now);
      case Kind.ControlTask:
        return this.cluster.agenda.onTask(slot, now);
      case Kind.ReconcileSlices:
        return this.onReconcile(this.reconcileKeys[slot] as string);
      case Kind.BalancerUpdate:
        return this.cloud.onUpdate(slot, now);
      case Kind.Delivery:
        return this.onDelivery();
      case Kind.SyncStart:
        return this.onSyncStart(slot);
      case Kind.SyncDone:
        return this.onSyncDone(slot);
      case Kind.HealthDeadline:
        return this.look(slot);
      case Kind.ProbeAtNode:
        return this.blame.during(this.probeBlame(slot), () => this.cloud.onProbeAtNode(slot, now));
      case Kind.ProbeResult:
        return this.cloud.onProbeResult(slot, now);
      case Kind.Script:
        return this.script.onEvent(now);
      case Kind.AtBalancer:
        return this.connections.enter(this.connections.connection(slot));
      case Kind.Dial:
        return this.connections.dial(this.connections.connection(slot));
      case Kind.RelayAnswer:
        return this.connections.relayAnswer(this.connections.connection(slot));
      case Kind.Caused:
        return this.blame.resume(slot, this.dispatchCaused);
      default:
        throw new Error(`unknown event kind ${kind}`);
    }
  }

  /** Time 0: rules are in force, health checks have come to their end; then the first events. */
  private settle(): void {
    const { proxies } = this.cluster;
    this.cloud.settle();
    for (const proxy of proxies) {
      if (proxy === null) continue;
      this.startProxy(proxy);
      proxy.endSync(0);
      this.ledger.syncEnded(proxy.place.name);
      this.look(proxy.place.index);
    }
    this.cloud.settleTargets();
    this.started = true;
    for (const index of proxies.keys()) this.scheduleSync(index);
    for (const [index, entry] of this.scenario.timeline.entries())
      this.queue.push(entry.atNs, Phase.Change, Kind.Timeline, index);
    this.sources.start();
    if (this.scenario.steps.length > 0) this.queue.push(0, Phase.Script, Kind.Script, 0);
  }

  /** kube-proxy lists everything and begins its first sync. */
  private startProxy(proxy: NodeProxy): void {
    const { api } = this.cluster;
    for (const object of [...api.list<ServiceObject>('Service'), ...api.list<EndpointSliceObject>('EndpointSlice')]) {
      const { kind } = object;
      const because = NOBODY;
      proxy.deliver({ type: 'added', kind, key: keyOf(object), object, previous: null, because }, this.nowNs);
    }
    const { index } = proxy.place;
    this.syncAtNs[index] = Infinity;
    proxy.startSync(this.nowNs);
    this.ledger.syncBegan(proxy.place.name, this.nowNs);
    if (!this.started) return;
    this.awaitSync(index);
    this.look(index);
  }

  private awaitSync(node: number): void {
    const { proxySyncNs, proxySyncPerRuleNs } = this.scenario.cluster.timings;
    const takesNs = proxySyncNs + Math.round(proxySyncPerRuleNs * (this.cluster.proxies[node]?.rulesWritten ?? 0));
    this.syncEndsNs[node] = this.nowNs + takesNs;
    this.after(takesNs, Phase.Sync, Kind.SyncDone, node);
  }

  /** A write at the API server: watchers hear of it a little later, controllers act in their own time. */
  private onChange(change: Change): void {
    if (!this.started) return;
    this.ledger.written(change, this.nowNs);
    this.heard.push(change);
    this.after(this.scenario.cluster.timings.watchLatencyNs, Phase.Delivery, Kind.Delivery, 0);
    this.cluster.workloads.onChange(change);
    switch (change.kind) {
      case 'Service':
        this.serviceChanges++;
        this.scheduleReconcile(change.key);
        return this.cloud.onServiceChange(change.object as ServiceObject | null, change.key);
      case 'Pod':
        for (const pod of [change.object, change.previous]) {
          if (pod !== null)
            for (const key of servicesOf(this.cluster.api, pod as PodObject)) this.scheduleReconcile(key);
        }
        return;
      case 'Node':
        this.serviceChanges++;
        this.onNodeChange(change);
        for (const key of this.cluster.slices.hints.overloadedBy(change)) this.scheduleReconcile(key);
        return this.cloud.onNodeChange(change);
      case 'EndpointSlice':
        this.endpointChanges++;
        this.cloud.onEndpointsChange(serviceOf((change.object ?? change.previous) as EndpointSliceObject));
        if (this.isLookedUp((change.object ?? change.previous) as EndpointSliceObject)) this.serviceChanges++;
        return;
    }
  }

  /** Whether somebody sends to the very endpoints: of a headless service, or because the traffic says so. */
  private isLookedUp(slice: EndpointSliceObject): boolean {
    const key = serviceOf(slice);
    const service = this.cluster.api.get<ServiceObject>('Service', key);
    if (service !== undefined && isHeadless(service)) return true;
    return this.scenario.traffic.some(({ to }) => 'service' in to && to.via === 'endpoint');
  }

  /** A node's machine goes with its object, and comes with it. */
  private onNodeChange({ type, key }: Change): void {
    const { locations } = this.cluster;
    const index = locations.nodes.findIndex(({ name }) => name === key);
    if (type === 'deleted') this.onPower(index, false);
    else if (type === 'added') {
      this.life.joins(key);
      this.onPower(index, true, true);
    }
  }

  /** A machine goes off, with all that it knew, or starts: kube-proxy with it. */
  private onPower(index: number, isOn: boolean, joins = false): void {
    const { locations, proxies } = this.cluster;
    const { name } = locations.nodes[index] as NodePlace;
    this.ledger.befellNode(name, this.blame.current);
    proxies[index] = null;
    this.proxyFaults.thaw(index);
    if (!isOn) {
      this.conntrack.delete(index);
      this.health.fallSilent(name, this.nowNs);
      this.connections.proxyGone(index, 'machine');
      this.cloud.onMachine(name, false, this.nowNs);
      return;
    }
    this.launchProxy(index, null, joins ? 0 : this.scenario.cluster.timings.proxyRestartNs);
    this.cloud.onMachine(name, true, this.nowNs);
  }

  /** A process of kube-proxy starts after a while, in the place of another one or of none. */
  private launchProxy(index: number, before: NodeProxy | null, afterNs: Nanos): void {
    const proxy = proxyOf(this.scenario, this.cluster, index, this.addresses, this.nowNs);
    this.cluster.proxies[index] = proxy;
    this.ledger.befellNode(proxy.place.name, this.blame.current);
    this.syncAtNs[index] = Infinity;
    this.syncEndsNs[index] = Infinity;
    this.proxyFaults.thaw(index);
    if (before !== null) {
      proxy.follow(before);
      before.end();
      this.connections.proxyGone(index, 'process');
    }
    if (afterNs === 0) return this.startProxy(proxy);
    proxy.isUp = false;
    this.look(index);
    this.cluster.agenda.after(afterNs, () => {
      if (this.cluster.proxies[index] !== proxy) return;
      proxy.isUp = true;
      if (before !== null) proxy.cleanUp(before);
      this.startProxy(proxy);
    });
  }

  /** Its settings change, and with them the process. */
  private upgrade(index: number, change: Upgrade): void {
    const { changedSettings, proxies, locations, api } = this.cluster;
    const { name } = locations.nodes[index] as NodePlace;
    const settings = changedSettings.get(name) ?? settingsOf(this.scenario, name);
    changedSettings.set(name, withUpgrade(settings, change));
    const node = api.get<NodeObject>('Node', name);
    if ('version' in change && node !== undefined) {
      const nodeInfo = { ...node.status?.nodeInfo, kubeletVersion: `v${change.version}.0` };
      api.replace({ ...node, status: { ...node.status, nodeInfo } });
    }
    this.launchProxy(index, proxies[index] ?? null, this.scenario.cluster.timings.proxyRestartNs);
  }

  private changeLink(action: LinkAction): (() => void) | string {
    const { locations } = this.cluster;
    const places: Place[] = [];
    for (const name of action.between) {
      const place = this.links.placeNamed(name) ?? locations.nodeIndex(name);
      if (place === -1 && name !== 'loadBalancer') return `there is no node ${name} now`;
      if (place >= 0) this.ledger.befellNode(name, this.blame.current);
      places.push(place);
    }
    const [a, b] = places as [Place, Place];
    const change =
      action.do === 'cut'
        ? { isCut: true as const }
        : action.do === 'slow'
          ? { delayNs: action.byNs }
          : { share: action.share };
    return this.links.begin(a, b, change, this.blame.current);
  }

  /** What the cluster autoscaler does before it has a machine taken away. */
  private taintForRemoval(name: string): void {
    const { api } = this.cluster;
    const node = api.get<NodeObject>('Node', name) as NodeObject;
    const taints = withTaint(node.spec?.taints ?? [], { key: TO_BE_DELETED, effect: 'NoSchedule' });
    api.replace({ ...node, spec: { ...node.spec, taints } });
  }

  /** kube-proxy there hears of nothing, or of all that it has missed. */
  private onReach(index: number, isInReach: boolean): void {
    if (!isInReach) return this.proxyFaults.cutOff(index);
    const missed = this.proxyFaults.reconnect(index);
    for (const change of missed) this.tell(index, change);
    this.look(index);
  }

  private scheduleReconcile(service: string): void {
    const isPending = this.pendingReconciles.has(service);
    this.pendingReconciles.set(service, this.blame.current);
    if (isPending) return;
    const slot = this.reconcileKeys.push(service) - 1;
    this.after(this.scenario.cluster.timings.endpointSliceLatencyNs, Phase.Change, Kind.ReconcileSlices, slot);
  }

  private onReconcile(service: string): void {
    const because = this.pendingReconciles.get(service) ?? NOBODY;
    this.pendingReconciles.delete(service);
    this.blame.during(because, () => this.cluster.slices.reconcile(service));
  }

  /** Every watcher hears of a write after the same latency, so writes are heard in their order. */
  private onDelivery(): void {
    const change = this.heard.shift() as Change;
    this.ledger.heard(change, this.nowNs);
    this.proxyFaults.told(change);
    for (const proxy of this.cluster.proxies)
      if (proxy !== null && this.proxyFaults.hears(proxy.place.index)) this.tell(proxy.place.index, change);
    if (change.kind === 'Node') this.look(this.cluster.locations.nodeIndex(change.key));
  }

  private tell(node: number, change: Change): void {
    const proxy = this.cluster.proxies[node];
    if (!proxy?.isUp || !proxy.deliver(change, this.nowNs)) return;
    this.scheduleSync(node);
    const deadlineNs = proxy.healthDeadlineNs;
    if (deadlineNs !== null) this.at(Math.max(deadlineNs, this.nowNs), Phase.Sync, Kind.HealthDeadline, node);
  }

  private scheduleSync(node: number): void {
    const dueNs = this.cluster.proxies[node]?.dueNs ?? null;
    if (dueNs === null || dueNs >= (this.syncAtNs[node] as number)) return;
    this.syncAtNs[node] = dueNs;
    this.at(Math.max(dueNs, this.nowNs), Phase.Sync, Kind.SyncStart, node);
  }

  private onSyncStart(node: number): void {
    const proxy = this.cluster.proxies[node];
    if (!proxy?.isUp || proxy.dueNs === null) return;
    this.syncAtNs[node] = Infinity;
    if (proxy.dueNs > this.nowNs) return this.scheduleSync(node);
    const frozenNs = this.proxyFaults.frozenNs(node, this.nowNs);
    if (frozenNs > 0) {
      this.syncAtNs[node] = frozenNs;
      return this.at(frozenNs, Phase.Sync, Kind.SyncStart, node);
    }
    proxy.startSync(this.nowNs);
    this.ledger.syncBegan(proxy.place.name, this.nowNs);
    this.awaitSync(node);
  }

  private onSyncDone(node: number): void {
    // Of a process that has ended since.
    if (this.syncEndsNs[node] !== this.nowNs) return;
    const frozenNs = this.proxyFaults.frozenNs(node, this.nowNs);
    if (frozenNs > 0) {
      this.syncEndsNs[node] = frozenNs;
      return this.at(frozenNs, Phase.Sync, Kind.SyncDone, node);
    }
    this.syncEndsNs[node] = Infinity;
    const proxy = this.cluster.proxies[node];
    proxy?.endSync(this.nowNs, this.conntrack.get(node) ?? null);
    if (proxy) this.ledger.syncEnded(proxy.place.name);
    this.scheduleSync(node);
    this.look(node);
  }

  private look(node: number): void {
    const proxy = this.cluster.proxies[node];
    if (proxy?.isUp === false) this.health.fallSilent(proxy.place.name, this.nowNs);
    else if (proxy) this.health.look(proxy, this.nowNs);
  }

  private onTimeline(entry: TimelineEntry): void {
    const output = this.happen(entry);
    const record = this.script.note(entry, output, this.nowNs);
    const waiting = this.cluster.kubectl.waitingFor(output);
    if (waiting !== null)
      waiting.onDone = (nowNs) => {
        record.toNs = nowNs;
      };
  }

  private happen(entry: TimelineEntry): StepOutput {
    switch (entry.do) {
      case 'kubectl':
        return this.cluster.kubectl.run(entry.command, this.nowNs);
      case 'readiness':
        return this.cluster.pods.setReady(entry.pod, entry.ready, this.nowNs);
      case 'upgradeCloudProvider':
        this.cloud.upgrade(entry.profile);
        return { kind: 'text', text: `${this.cloud.balancers.length} load balancers follow`, failed: false };
      case 'loseZone': {
        const concerned = this.cloud.onZone(entry.zone, true, this.nowNs);
        if (entry.forNs !== null)
          this.cluster.agenda.after(entry.forNs, (nowNs) => this.cloud.onZone(entry.zone, false, nowNs));
        return { kind: 'text', text: `${concerned} load balancers are in it`, failed: false };
      }
      default:
        // Before it ends what is under way there.
        if (entry.do === 'crash' && 'pod' in entry) this.ledger.befellPod(entry.pod, this.blame.current);
        return this.faults.begin(entry, this.nowNs);
    }
  }

  /** The rules in force, null where the node is gone; compiled anew where the way to some address has changed. */
  private rules(node: number, family: IpFamily): CompiledRuleset | null {
    const { locations, proxies } = this.cluster;
    if (this.routesRevision !== locations.routesRevision) {
      this.routesRevision = locations.routesRevision;
      for (const proxy of proxies) proxy?.forgetCompiled();
    }
    return proxies[node]?.compiled(family) ?? null;
  }

  private holds(condition: Extract<Step, { do: 'waitUntil' }>['condition']): boolean {
    if ('pods' in condition) {
      const pods = this.cluster.api
        .list<PodObject>('Pod')
        .filter(
          (pod) => pod.metadata.namespace === condition.namespace && matchesLabels(condition.pods, pod.metadata.labels),
        );
      return pods.filter(isReady).length >= condition.ready;
    }
    const balancer = this.cloud.balancerOf(condition.loadBalancer);
    if (balancer === undefined) return false;
    if ('unhealthy' in condition) return balancer.count('unhealthy') >= condition.unhealthy;
    return balancer.count('healthy') >= condition.healthy;
  }

  private after(delayNs: Nanos, phase: number, kind: number, slot: number): void {
    this.at(this.queue.time + delayNs, phase, kind, slot);
  }

  /** What has somebody behind it keeps that until its time has come. */
  private at(atNs: Nanos, phase: number, kind: number, slot: number): void {
    if (this.blame.current === NOBODY) this.queue.push(atNs, phase, kind, slot);
    else this.queue.push(atNs, phase, Kind.Caused, this.blame.keep(kind, slot));
  }

  /** A probe finds what the node's last change made of it. */
  private probeBlame(slot: number): number {
    const { service, target, check } = this.cloud.probed(slot);
    const node = this.cluster.locations.nodes[target.node]?.name ?? '';
    if (!this.cluster.proxies[target.node] || check === 'proxy-healthz') return this.ledger.ofNode(node);
    if (target.pod !== null) return this.ledger.ofPod(target.pod.name);
    return this.ledger.ofMissingLocal(service, node);
  }

  private buildConnections(): Connections {
    const run = this;
    const { scenario, cluster, addresses, dictionaries, recorder, queue } = this;
    return new Connections({
      seed: scenario.seed,
      timings: scenario.cluster.timings,
      locations: cluster.locations,
      bridgeName: this.bridgeName,
      addresses,
      dictionaries,
      blame: {
        ledger: this.ledger,
        current: () => this.blame.current,
        event: (because) => (because === NOBODY ? 0 : dictionaries.event(runEvent(scenario, because))),
      },
      recorder,
      now: () => queue.time,
      schedule: (atNs, phase, kind, slot) => queue.push(atNs, phase, kind, slot),
      rules: (node, destination) => this.rules(node, addresses.at(destination).family),
      conntrack: (node) => this.conntrackOf(node),
      links: this.links,
      balancerAt: (ip) => this.cloud.at(ip),
      masqueradesOutgoing: scenario.cluster.cni.masqueradeOutgoing,
      isBalancer: (ip) => this.cloud.at(ip) !== undefined,
      get balancerRevision() {
        return run.cloud.revision;
      },
      conntrackLimits: conntrackLimitsOf(scenario, cluster.locations),
      reusesEntries: (node) => {
        const { kubeProxy, kernel } = settingsOf(scenario, cluster.locations.nodes[node]?.name ?? '');
        return kubeProxy.mode === 'ipvs' && isOlderKernel(kernel, 5, 9);
      },
      isLiberal: (node) => {
        const settings = settingsOf(scenario, cluster.locations.nodes[node]?.name ?? '');
        return settings.kubeProxy.conntrack.tcpBeLiberal && behaviourOf(settings.version).heedsTcpBeLiberal;
      },
      socketStatus: (node, address, port, path) =>
        cluster.proxies[node]?.answer(addresses.at(address), port, path, queue.time)?.status ?? 0,
      relayAt: (node, address, port, protocol) =>
        cluster.proxies[node]?.relayAt(addresses.at(address), port, protocol) ?? null,
    });
  }

  private conntrackOf(node: number): ConnectionTable {
    const table = this.conntrack.get(node) ?? new ConnectionTable();
    this.conntrack.set(node, table);
    return table;
  }

  private flowWorld(): FlowWorld {
    const { scenario, addresses, dictionaries } = this;
    const { api, locations } = this.cluster;
    return {
      scenario,
      locations,
      addresses,
      dictionaries,
      service: (key) => api.get<ServiceObject>('Service', key),
      services: () => api.list<ServiceObject>('Service'),
      endpointSlices: (key) => slicesOf(api, key),
    };
  }

  private buildSources(): Sources {
    const run = this;
    const world = this.flowWorld();
    const fromPods = this.scenario.traffic.some(({ from }) => 'pod' in from);
    const flows = new TrafficFlows(world);
    const builder = {
      flow: (traffic: Traffic, key: number) => flows.flow(traffic, key),
      get flowRevision() {
        return run.serviceChanges + (fromPods ? run.cluster.locations.revision : 0);
      },
    };
    // A flow whose first hop has become shorter may be late for its next request.
    return new Sources(this.scenario, builder, this.connections, (atNs, slot) =>
      this.queue.push(Math.max(atNs, this.nowNs), Phase.Packet, Kind.Arrival, slot),
    );
  }

  private buildScript(): Script {
    const { connections, queue, cluster } = this;
    const commands = new Commands({
      ...this.flowWorld(),
      connections,
      now: () => queue.time,
      proxy: (node) => cluster.proxies[node] ?? null,
      pod: (key) => cluster.api.get<PodObject>('Pod', key),
      scheduleSend: (delayNs, connection) => this.after(delayNs, Phase.Packet, Kind.Send, connection.slot),
    });
    return new Script(this.scenario, {
      locations: cluster.locations,
      kubectl: (command) =>
        this.blame.during(this.scenario.timeline.length + this.script.step, () =>
          cluster.kubectl.run(command, queue.time),
        ),
      isUnderWay: (output) => cluster.kubectl.waitingFor(output) !== null,
      interrupt: (output) => cluster.kubectl.waitingFor(output)?.interrupt(queue.time),
      request: (request, done) => commands.request(request, done),
      holds: (condition) => this.holds(condition),
      isReady: (key) => {
        const pod = cluster.api.get<PodObject>('Pod', key);
        return pod !== undefined && isReady(pod);
      },
      scheduleScript: (delayNs) => this.after(delayNs, Phase.Script, Kind.Script, 0),
    });
  }

  /** The cluster as it is now, for those who trace packets through it. */
  traceWorld(): TraceWorld {
    const { api, locations, proxies } = this.cluster;
    return {
      locations,
      clients: this.scenario.clients,
      service: (key) => api.get<ServiceObject>('Service', key),
      services: () => api.list<ServiceObject>('Service').map(keyOf),
      endpointSlices: (key) => slicesOf(api, key),
      walk: (node, entry, packet, options) => {
        const proxy = proxies[node];
        if (!proxy) return null;
        const ruleset = proxy.ruleset(packet.destinationIp.family);
        const { masqueradeMark, place } = proxy;
        return answerable(() => evaluate(entry, ruleset, place.context, packet, { ...options, masqueradeMark }));
      },
      context: (node, family) => proxies[node]?.context(family) ?? locations.nodes[node]!.context,
      bridgeName: this.bridgeName,
      masqueradesOutgoing: this.scenario.cluster.cni.masqueradeOutgoing,
      balancerAt: (ip) => this.cloud.at(ip),
      probeStatus: (balancer, target) => this.probes.status(balancer, target),
      meetsItself: (ip) => this.cloud.meetsItself(ip),
      relayAt: (node, address, port, protocol) => proxies[node]?.relayAt(address, port, protocol) ?? null,
    };
  }
}

/** `namespace/name` of the Service that a slice belongs to. */
function serviceOf({ metadata }: EndpointSliceObject): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME_LABEL]}`;
}

/** `kernel`: `major.minor`. */
function isOlderKernel(kernel: string, major: number, minor: number): boolean {
  const [ofMajor = 0, ofMinor = 0] = kernel.split('.').map(Number);
  return ofMajor < major || (ofMajor === major && ofMinor < minor);
}

/** Nothing is counted where nothing is said. */
function conntrackLimitsOf(scenario: Scenario, locations: Locations): ConntrackLimits | null {
  const { sourcePorts: range, insertRace } = scenario.cluster.conntrack;
  if (range === null && insertRace === 0) return null;
  const evicts = (node: number): boolean =>
    !isOlderKernel(settingsOf(scenario, locations.nodes[node]?.name ?? '').kernel, 6, 5);
  const sourcePorts = range === null ? null : new SourcePorts(scenario.seed, range.to - range.from + 1, evicts);
  return { sourcePorts, insertRace };
}

/** Rules that a node brought along may part a packet's way beyond all bounds: that is said, and no defect. Throws ModelError. */
function answerable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TooManyWays)) throw error;
    throw new ModelError(
      'too-many-ways',
      '/rules',
      error.message,
      'leave such rules out: a rule by chance whose target lets the packet go on',
    );
  }
}
