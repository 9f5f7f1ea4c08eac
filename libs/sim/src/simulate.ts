/**
 * THE MAIN PATH: builds the world, seeds the first events, dispatches until done.
 *
 * The `switch` in `dispatch` is the model's table of contents: what is not there does not happen. What its parts do to one another is
 * in `run/`: kube-proxies in time, what a write sets in motion, what befalls machines, what traffic is told of the rest.
 */
import { BlameLedger } from './cluster/blame-ledger.js';
import { Faults } from './cluster/faults.js';
import { Kind, Phase } from './events.js';
import { Fingerprint } from './kernel/index.js';
import type { CloudController } from './load-balancer/cloud-controller.js';
import { AddressBook } from './netfilter/address-book.js';
import type { ConnectionTable } from './netfilter/conntrack.js';
import type { KubeObject } from './objects.js';
import { DictionaryBuilder } from './results/dictionaries.js';
import { ExpectationCounters } from './results/expectation-counters.js';
import { LossTotals } from './results/loss-totals.js';
import { RequestRecorder } from './results/recorder.js';
import type { RunResult, SealedChunk } from './results/result.js';
import { RunTotals } from './results/totals.js';
import { Clock } from './run/clock.js';
import { Kernels } from './run/kernels.js';
import { KubeProxies } from './run/kube-proxies.js';
import { Machines } from './run/machines.js';
import type { RunParts } from './run/parts.js';
import { probeBlame } from './run/probe-blame.js';
import { buildScript } from './run/script-world.js';
import { buildCloud, buildNodeLife, buildProbes, type Later } from './run/surroundings.js';
import { Timeline } from './run/timeline.js';
import { answerable, traceWorld } from './run/trace-world.js';
import { buildSources, connectionWorld } from './run/traffic-world.js';
import { Writes } from './run/writes.js';
import type { Nanos, Scenario } from './scenario.js';
import { type TraceWorld, tracePacket } from './trace.js';
import type { TracePacket, TraceResult } from './trace-result.js';
import { Connections } from './traffic/connections.js';
import { Links } from './traffic/links.js';
import type { NodeProbes } from './traffic/node-probes.js';
import type { Script } from './traffic/script.js';
import type { Sources } from './traffic/sources.js';
import { HealthRecorder } from './traffic/timelines.js';
import { buildCluster, type ClusterState, type ScenarioProblem } from './world.js';

/** Changes with every change of the model that changes a result. */
export const MODEL_VERSION = '0.4.0';

export interface RunSink {
  onChunk(chunk: SealedChunk): void;
}

/** A run at its start; nothing has happened yet. Throws InvariantError for what no checked scenario can hold. */
export function createRun(scenario: Scenario, sink: RunSink): Run {
  return new Run(scenario, sink);
}

export class Run implements RunParts {
  readonly problems: readonly ScenarioProblem[];
  readonly clock = new Clock();
  readonly ledger = new BlameLedger();
  readonly addresses = new AddressBook();
  readonly dictionaries = new DictionaryBuilder();
  readonly cluster: ClusterState;
  private readonly queue = this.clock.queue;
  private readonly fingerprint = new Fingerprint();
  private readonly totals: RunTotals;
  private readonly losses: LossTotals;
  private readonly expectations: ExpectationCounters;
  private readonly recorder: RequestRecorder;
  private readonly health = new HealthRecorder();
  private readonly links: Links;
  private readonly probes: NodeProbes;
  private readonly conntrack = new Map<number, ConnectionTable>();
  private readonly kernels: Kernels;
  private readonly proxies: KubeProxies;
  private readonly cloud: CloudController;
  private readonly writes: Writes;
  private readonly connections: Connections;
  private readonly sources: Sources;
  private readonly script: Script;
  private readonly timeline: Timeline;
  private started = false;
  private events = 0;
  private readonly expected: number;
  private ended: RunResult | null = null;

  constructor(
    readonly scenario: Scenario,
    sink: RunSink,
  ) {
    const { clock, dictionaries } = this;
    this.totals = new RunTotals(dictionaries.dictionaries);
    this.losses = new LossTotals(dictionaries.dictionaries);
    this.expectations = new ExpectationCounters(scenario.expect, dictionaries.dictionaries);
    const watchers = [this.totals, this.losses, this.expectations];
    this.recorder = new RequestRecorder((chunk) => sink.onChunk(chunk), undefined, watchers, this.fingerprint);
    this.cluster = buildCluster(
      scenario,
      this.addresses,
      (change) => {
        if (this.started) this.writes.onChange(change);
      },
      (delayNs, task) => clock.after(delayNs, Phase.Change, Kind.PodTask, task),
      (delayNs, slot) => clock.after(delayNs, Phase.Change, Kind.ControlTask, slot),
      () => clock.nowNs,
      clock.blame,
    );
    this.problems = this.cluster.problems;
    this.links = new Links(scenario.seed, scenario.clients);
    this.kernels = new Kernels(this);
    this.proxies = new KubeProxies(this, {
      health: this.health,
      conntrack: this.conntrack,
      onProcessStart: (node) => this.kernels.onProxyStart(node),
      onProcessEnd: (node) => this.connections.proxyGone(node, 'process'),
    });
    this.probes = buildProbes(this, this.links, this.proxies);
    const later: Later = { connections: () => this.connections, script: () => this.script };
    this.cloud = buildCloud(this, this.probes, later);
    const life = buildNodeLife(this, later);
    const machines = new Machines(this, this.proxies, {
      links: this.links,
      life,
      onPowerLost: (node) => this.onPowerLost(node),
      onPowerBack: (node) => this.connections.machineBack(node),
      onMachine: (name, isOn) => this.cloud.onMachine(name, isOn, clock.nowNs),
    });
    this.writes = new Writes(this, this.proxies, machines, this.cloud);
    this.connections = new Connections(
      connectionWorld(this, {
        recorder: this.recorder,
        links: this.links,
        cloud: this.cloud,
        proxies: this.proxies,
        kernels: this.kernels,
        conntrack: this.conntrack,
      }),
    );
    this.script = buildScript(this, this.connections, this.cloud);
    const faults = new Faults(this.cluster.locations, this.cluster.pods, life, machines);
    this.timeline = new Timeline(this, this.cloud, faults, this.script);
    this.sources = buildSources(this, this.connections, this.writes);
    this.cluster.kubeletListener = {
      event: (about, reason, message) => this.script.event(about, reason, message, clock.nowNs),
      onEnding: (pod) => this.ledger.befellPod(pod, clock.blame.current),
    };
    this.expected = this.sources.expectedRequests();
    this.settle();
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
    const refused = this.timeline.refused();
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
        ...(refused.length === 0 ? {} : { refused }),
        probes: this.cloud.sentProbes,
        ruleSyncs: this.cluster.proxies.reduce((sum, proxy) => sum + (proxy?.syncs ?? 0), 0),
        endpointChanges: this.writes.endpointChanges,
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
        return this.timeline.onEntry(slot);
      case Kind.PodTask:
        return this.cluster.pods.onTask(slot, now);
      case Kind.ControlTask:
        return this.cluster.agenda.onTask(slot, now);
      case Kind.ReconcileSlices:
        return this.writes.onReconcile(slot);
      case Kind.BalancerUpdate:
        return this.cloud.onUpdate(slot, now);
      case Kind.Delivery:
        return this.writes.onDelivery();
      case Kind.SyncStart:
        return this.proxies.onSyncStart(slot);
      case Kind.SyncDone:
        return this.proxies.onSyncDone(slot);
      case Kind.HealthDeadline:
        return this.proxies.look(slot);
      case Kind.ProbeAtNode:
        return this.onProbeAtNode(slot, now);
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
        return this.clock.blame.resume(slot, this.dispatchCaused);
      default:
        throw new Error(`unknown event kind ${kind}`);
    }
  }

  /** Not in `dispatch`: a function that makes a closure in one case allocates what it captures in every case. */
  private onProbeAtNode(slot: number, now: Nanos): void {
    this.clock.blame.during(probeBlame(this, this.cloud, slot), () => this.cloud.onProbeAtNode(slot, now));
  }

  /** Time 0: rules are in force, health checks have come to their end; then the first events. */
  private settle(): void {
    this.cloud.settle();
    this.proxies.settle();
    this.cloud.settleTargets();
    this.started = true;
    this.cluster.pods.startProbing();
    this.proxies.start();
    for (const [index, entry] of this.scenario.timeline.entries())
      this.queue.push(entry.atNs, Phase.Change, Kind.Timeline, index);
    this.sources.start();
    if (this.scenario.steps.length > 0) this.queue.push(0, Phase.Script, Kind.Script, 0);
  }

  /** What the machine knew and held is gone. */
  private onPowerLost(node: number): void {
    this.conntrack.delete(node);
    this.kernels.onPowerLost(node);
    this.health.fallSilent(this.cluster.locations.nodes[node]?.name ?? '', this.nowNs);
    this.connections.proxyGone(node, 'machine');
  }

  /** The cluster as it is now, for those who trace packets through it. */
  traceWorld(): TraceWorld {
    return traceWorld(this, this.cloud, this.probes);
  }
}
