/**
 * The kube-proxies of a run in time: each starts, hears of writes, syncs when its runner says so, and ends.
 *
 * Models: a sync takes a while, with more rules a longer one; a frozen process begins and ends none; one that is cut off hears of what it
 *   has missed when it is in touch again; another process takes the place of the one before after `proxyRestart`.
 * Source: `kube-proxy/sync-runner.ts`, `kube-proxy/proxy-faults.ts`.
 */
import type { Change } from '../cluster/api-server.js';
import { NOBODY } from '../cluster/blame.js';
import type { NodePlace } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { reach } from '../kernel/index.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import { ProxyFaults } from '../kube-proxy/proxy-faults.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import type { ConnectionTable } from '../netfilter/conntrack.js';
import type { EndpointSliceObject, IpFamily, ServiceObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { HealthRecorder } from '../traffic/timelines.js';
import { proxyOf } from '../world.js';
import type { RunParts } from './parts.js';

export interface KubeProxyWorld {
  readonly health: HealthRecorder;
  /** By node; of those that a kept socket's datagrams have passed. */
  readonly conntrack: ReadonlyMap<number, ConnectionTable>;
  /** A process begins its work there. */
  onProcessStart(node: number): void;
  /** The process there has ended, and with it whatever it held. */
  onProcessEnd(node: number): void;
}

export class KubeProxies {
  /** By node: when its next sync event is in the queue; Infinity: none. */
  private readonly syncAtNs: number[] = [];
  /** By node: when the sync that is going on will be done; Infinity: none is. */
  private readonly syncEndsNs: number[] = [];
  private readonly faults = new ProxyFaults();
  /** By node: the entry by which its rules are older than they would be. */
  private readonly behind = new Map<number, number>();
  /** By node and IP family: what `rules` has said; undefined where it may be something else by now. */
  private readonly inForce: (CompiledRuleset | null | undefined)[] = [];
  private routesRevision = -1;
  private started = false;

  constructor(
    private readonly run: RunParts,
    private readonly world: KubeProxyWorld,
  ) {}

  /** Time 0: their rules are in force. */
  settle(): void {
    for (const proxy of this.run.cluster.proxies) {
      if (proxy === null) continue;
      this.begin(proxy);
      proxy.endSync(0);
      this.run.ledger.syncEnded(proxy.place.name);
      this.look(proxy.place.index);
    }
  }

  /** From now on they live in time. */
  start(): void {
    this.started = true;
    for (const index of this.run.cluster.proxies.keys()) this.scheduleSync(index);
  }

  /** The machine is gone, and the process with it. */
  remove(node: number): void {
    this.run.cluster.proxies[node] = null;
    this.rulesChange(node);
    this.faults.thaw(node);
    this.behind.delete(node);
    this.run.ledger.hasLostRules((this.run.cluster.locations.nodes[node] as NodePlace).name);
  }

  /** The entry by which the node's rules are older than they would be, or by which it has none; NOBODY: none is. */
  faultOf(node: number): number {
    return this.behind.get(node) ?? NOBODY;
  }

  /** A process starts after a while, in the place of another one or of none. */
  launch(index: number, before: NodeProxy | null, afterNs: Nanos): void {
    const { scenario, cluster, addresses, clock, ledger } = this.run;
    const proxy = proxyOf(scenario, cluster, index, addresses, clock.nowNs);
    cluster.proxies[index] = proxy;
    ledger.befellNode(proxy.place.name, clock.blame.current);
    this.syncAtNs[index] = Infinity;
    this.syncEndsNs[index] = Infinity;
    this.faults.thaw(index);
    this.fallBehind(index);
    if (before !== null) {
      proxy.follow(before);
      before.end();
      this.world.onProcessEnd(index);
    }
    this.rulesChange(index);
    if (afterNs === 0) return this.begin(proxy);
    proxy.isUp = false;
    this.look(index);
    cluster.agenda.after(afterNs, () => {
      if (cluster.proxies[index] !== proxy) return;
      proxy.isUp = true;
      if (before !== null && proxy.cleanUp(before)) ledger.hasLostRules(proxy.place.name);
      this.rulesChange(index);
      this.begin(proxy);
    });
  }

  freeze(node: number, forNs: Nanos): void {
    this.fallBehind(node);
    this.faults.freeze(node, this.run.clock.nowNs + forNs);
  }

  /** It hears of nothing, or of all that it has missed. */
  onReach(node: number, isInReach: boolean): void {
    if (!isInReach) {
      this.fallBehind(node);
      return this.faults.cutOff(node, this.run.clock.nowNs);
    }
    const missed = this.faults.reconnect(node);
    for (const change of missed) this.tell(node, change);
    this.look(node);
  }

  /** All that are in reach hear of a write. */
  hear(change: Change): void {
    const { proxies, locations } = this.run.cluster;
    this.faults.told(change);
    for (const proxy of proxies)
      if (proxy !== null && this.faults.hears(proxy.place.index)) this.tell(proxy.place.index, change);
    if (change.kind === 'Node') this.look(locations.nodeIndex(change.key));
  }

  onSyncStart(node: number): void {
    const { clock, cluster, ledger } = this.run;
    const proxy = cluster.proxies[node];
    if (!proxy?.isUp || proxy.dueNs === null) return;
    this.syncAtNs[node] = Infinity;
    if (proxy.dueNs > clock.nowNs) return this.scheduleSync(node);
    const frozenNs = this.faults.frozenNs(node, clock.nowNs);
    if (frozenNs > 0) {
      this.syncAtNs[node] = frozenNs;
      return clock.at(frozenNs, Phase.Sync, Kind.SyncStart, node);
    }
    proxy.startSync(clock.nowNs);
    ledger.syncBegan(proxy.place.name, this.faults.heardUntilNs(node, clock.nowNs));
    this.awaitSync(node);
  }

  onSyncDone(node: number): void {
    const { clock, cluster, ledger } = this.run;
    // Of a process that has ended since.
    if (this.syncEndsNs[node] !== clock.nowNs) return;
    const frozenNs = this.faults.frozenNs(node, clock.nowNs);
    if (frozenNs > 0) {
      this.syncEndsNs[node] = frozenNs;
      return clock.at(frozenNs, Phase.Sync, Kind.SyncDone, node);
    }
    this.syncEndsNs[node] = Infinity;
    const proxy = cluster.proxies[node];
    proxy?.endSync(clock.nowNs, this.world.conntrack.get(node) ?? null);
    this.rulesChange(node);
    if (proxy) ledger.syncEnded(proxy.place.name);
    if (this.faults.hears(node)) this.behind.delete(node);
    this.scheduleSync(node);
    this.look(node);
  }

  /** What its health server says may be something else now. */
  look(node: number): void {
    const { clock, cluster } = this.run;
    const proxy = cluster.proxies[node];
    if (proxy?.isUp === false) this.world.health.fallSilent(proxy.place.name, clock.nowNs);
    else if (proxy) this.world.health.look(proxy, clock.nowNs);
  }

  /** The rules in force, null where the node is gone; compiled anew where the way to some address has changed. */
  rules(node: number, family: IpFamily): CompiledRuleset | null {
    const { locations, proxies } = this.run.cluster;
    if (this.routesRevision !== locations.routesRevision) {
      this.routesRevision = locations.routesRevision;
      for (const proxy of proxies) proxy?.forgetCompiled();
      this.inForce.fill(undefined);
    }
    const place = 2 * node + (family === 'IPv4' ? 0 : 1);
    let rules = this.inForce[place];
    if (rules === undefined) {
      rules = proxies[node]?.compiled(family) ?? null;
      if (node < 0) return rules;
      reach(this.inForce, place, undefined);
      this.inForce[place] = rules;
    }
    return rules;
  }

  private rulesChange(node: number): void {
    reach(this.inForce, 2 * node + 1, undefined);
    this.inForce[2 * node] = undefined;
    this.inForce[2 * node + 1] = undefined;
  }

  /** The process lists everything and begins its first sync. */
  private begin(proxy: NodeProxy): void {
    const { clock, cluster, ledger } = this.run;
    const { api } = cluster;
    for (const object of [...api.list<ServiceObject>('Service'), ...api.list<EndpointSliceObject>('EndpointSlice')]) {
      const { kind } = object;
      const because = NOBODY;
      proxy.deliver({ type: 'added', kind, key: keyOf(object), object, previous: null, because }, clock.nowNs);
    }
    const { index } = proxy.place;
    this.world.onProcessStart(index);
    this.syncAtNs[index] = Infinity;
    proxy.startSync(clock.nowNs);
    ledger.syncBegan(proxy.place.name, clock.nowNs);
    if (!this.started) return;
    this.awaitSync(index);
    this.look(index);
  }

  private fallBehind(node: number): void {
    const { current } = this.run.clock.blame;
    if (current !== NOBODY) this.behind.set(node, current);
  }

  private tell(node: number, change: Change): void {
    const { clock, cluster } = this.run;
    const proxy = cluster.proxies[node];
    if (!proxy?.isUp || !proxy.deliver(change, clock.nowNs)) return;
    this.scheduleSync(node);
    const deadlineNs = proxy.healthDeadlineNs;
    if (deadlineNs !== null) clock.at(Math.max(deadlineNs, clock.nowNs), Phase.Sync, Kind.HealthDeadline, node);
  }

  private scheduleSync(node: number): void {
    const { clock, cluster } = this.run;
    const dueNs = cluster.proxies[node]?.dueNs ?? null;
    if (dueNs === null || dueNs >= (this.syncAtNs[node] as number)) return;
    this.syncAtNs[node] = dueNs;
    clock.at(Math.max(dueNs, clock.nowNs), Phase.Sync, Kind.SyncStart, node);
  }

  private awaitSync(node: number): void {
    const { clock, cluster, scenario } = this.run;
    const { proxySyncNs, proxySyncPerRuleNs } = scenario.cluster.timings;
    const takesNs = proxySyncNs + Math.round(proxySyncPerRuleNs * (cluster.proxies[node]?.rulesWritten ?? 0));
    this.syncEndsNs[node] = clock.nowNs + takesNs;
    clock.after(takesNs, Phase.Sync, Kind.SyncDone, node);
  }
}
