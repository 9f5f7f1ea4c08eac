/**
 * One load balancer: its targets, what its health checks made of them, and which one a connection gets.
 *
 * Models: consecutive successes and failures against thresholds, counted by each prober for itself; the machines in front,
 *   of which a connection meets one; fail-open or closed when all are down; choice by hash; zones.
 * Source: families and numbers in `families.ts`; the state machine is the one that all of them document; AWS' description of
 *   cross-zone balancing (a machine keeps to its zone, one without a healthy target is taken out of DNS).
 * Simplified: the hash is uniform over the targets in use, and a change of the set re-hashes; a machine in front without a
 *   healthy target gets no connection while another one has some, in every family.
 * Who could tell: someone who watches single flows of a Maglev balancer while targets change.
 */

import { NOBODY } from '../cluster/blame.js';
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, Protocol, ServicePort } from '../objects.js';
import type { CheckKind, HealthCheck, LoadBalancerProfile } from '../scenario.js';
import { proxySource } from './families.js';
import type { ProbeRun } from './probe-runs.js';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

export type TargetState = 'healthy' | 'unhealthy' | 'absent';
export type StateChange = { atNs: number; state: TargetState };

/** What one prober makes of one target. */
export interface View {
  healthy: boolean;
  /** Consecutive probe results against that. */
  against: number;
  /** State changes in order. */
  history: StateChange[];
  probes: ProbeRun[];
  /** Generation of the check that its prober is at; -1: at none. */
  asked: number;
}

/** A pod that is a target itself. */
export interface PodTarget {
  /** `namespace/name`, or the address where nothing names it. */
  name: string;
  ip: string;
  /** Its port for each port of the service, by `portKey`. */
  ports: ReadonlyMap<number, number>;
}

export interface Target {
  /** Index of the node. */
  node: number;
  /** Null: the node is the target. */
  pod: PodTarget | null;
  zone: string;
  /** Healthy while any prober takes it for that. */
  state: TargetState;
  /** By prober. */
  views: View[];
  probes: number;
  /** When what is still open through it is cut; Infinity: not at all. */
  cutAtNs: number;
  /** State changes in order: the timeline. */
  history: StateChange[];
}

export interface Check {
  kind: CheckKind;
  port: number;
  settings: HealthCheck;
}

/** What `pick` gives where no target is used, and where the connection meets a zone that is lost. */
export const NO_TARGET = -1;
export const LOST_ZONE = -2;

export function portKey(port: number, protocol: Protocol): number {
  return PROTOCOLS.indexOf(protocol) * 65_536 + port;
}

/** A machine in front: the targets that it may choose from. */
interface Front {
  zone: string;
  /** Indexes in `targets`. */
  targets: Int32Array;
  lost: boolean;
}

export class Balancer {
  /** Addresses of the service's ingress, empty until provisioned. */
  addresses: string[] = [];
  /** The name that stands for them in the service's status; empty: they stand there themselves. */
  hostname = '';
  /** Node port by service port, for each protocol. 0 where the service has none. */
  private readonly nodePorts: Readonly<Record<Protocol, Map<number, number>>> = {
    TCP: new Map(),
    UDP: new Map(),
    SCTP: new Map(),
  };
  /** Where a proxying one's own connections come from. */
  sources: Readonly<Record<IpFamily, readonly string[]>>;
  check: Check | null = null;
  /** Counts checks: a probe of an older one is ignored. */
  generation = 0;
  /** Behind the check that no target has passed yet; NOBODY. */
  private untried = NOBODY;
  /** An update is on its way. */
  updatePending = false;
  /** … and who is behind the last change that it waits for. */
  updateBecause = NOBODY;
  readonly targets: Target[] = [];
  /** By node, or by the address of a pod. */
  private readonly byPlace = new Map<number | string, Target>();
  /** Behind the last state of a target that took it out of use; NOBODY. */
  because = NOBODY;
  /** Those that a new connection may meet. */
  private knownFronts: Front[] = [];
  /** They have to be found anew. */
  private isStale = true;
  /** Zones that are lost, and whether nobody is sent there any more. */
  private readonly lostZones = new Map<string, { sinceNs: number; noticed: boolean }>();
  /** What it becomes with its next update; null: nothing else. */
  next: LoadBalancerProfile | null = null;

  constructor(
    /** `namespace/name`. */
    readonly service: string,
    public profile: LoadBalancerProfile,
    private readonly blame: { readonly current: number } = { current: NOBODY },
  ) {
    this.sources = sourcesOf(profile);
  }

  /** Another kind of load balancer takes this one's place, with the same address. */
  become(profile: LoadBalancerProfile): void {
    this.profile = profile;
    this.next = null;
    this.sources = sourcesOf(profile);
    for (const target of this.targets) this.fitViews(target);
    this.refresh();
  }

  /** How many probers a target has: one for each machine in front. */
  get probers(): number {
    const { probers, zones } = this.profile;
    return Math.max(1, zones.length > 0 ? zones.length : probers);
  }

  /** What tells a prober from the others. */
  proberName(prober: number): string {
    return this.profile.zones[prober] ?? String(prober);
  }

  /** Index in `targets` for a connection with hash `u` in [0, 1); NO_TARGET: none would be used; LOST_ZONE. */
  pick(u: number): number {
    const { fronts } = this;
    if (fronts.length === 0) return NO_TARGET;
    const scaled = u * fronts.length;
    const n = Math.floor(scaled);
    const { targets, lost } = fronts[n] as Front;
    if (lost) return LOST_ZONE;
    return targets[Math.floor((scaled - n) * targets.length)] as number;
  }

  /** Each target in use with its share of new connections, and that of zones that are lost. Shares sum to 1, or there are none. */
  shares(): { targets: { target: Target; share: number }[]; lost: number } {
    const shares = new Map<number, number>();
    let lost = 0;
    for (const front of this.fronts) {
      if (front.lost) lost += 1 / this.fronts.length;
      for (const index of front.lost ? [] : front.targets)
        shares.set(index, (shares.get(index) ?? 0) + 1 / this.fronts.length / front.targets.length);
    }
    const used = [...shares].sort(([a], [b]) => a - b);
    return { targets: used.map(([index, share]) => ({ target: this.targets[index] as Target, share })), lost };
  }

  /** Whether a new connection could meet it. */
  uses(target: Target): boolean {
    return this.shares().targets.some((used) => used.target === target);
  }

  get nodesInUse(): readonly number[] {
    return this.shares().targets.map(({ target }) => target.node);
  }

  forward(ports: readonly ServicePort[]): void {
    for (const protocol of PROTOCOLS) {
      const nodePorts = this.nodePorts[protocol];
      nodePorts.clear();
      for (const port of ports) if ((port.protocol ?? 'TCP') === protocol) nodePorts.set(port.port, port.nodePort ?? 0);
    }
  }

  /** To which node port a port is forwarded, 0 where that does not matter; -1: it is not forwarded. */
  nodePortFor(port: number, protocol: Protocol): number {
    const nodePort = this.nodePorts[protocol].get(port) ?? -1;
    return nodePort === 0 && this.profile.destination === 'nodePort' ? -1 : nodePort;
  }

  /** The port of a target that is a pod; -1: it has none for this. */
  podPortFor(target: Target, port: number, protocol: Protocol): number {
    return target.pod?.ports.get(portKey(port, protocol)) ?? -1;
  }

  /** Whether packets reach the target with the source that they had. What ends connections, or hides clients, puts its own. */
  keepsSource(protocol: Protocol): boolean {
    return this.profile.kind === 'passthrough' && (this.profile.preserveClientIP || protocol === 'UDP');
  }

  /** Another kind or port is another check: its results count from nought. Other numbers hold from the next result on. */
  configure(check: Check | null): void {
    if (check?.kind !== this.check?.kind || check?.port !== this.check?.port) {
      this.generation++;
      this.untried = this.blame.current;
      for (const { views } of this.targets) for (const view of views) view.against = 0;
    }
    this.check = check;
  }

  /** The node, or its pod, belongs to the set; a new one has to pass the check first, where there is one. */
  include(node: number, nowNs: number, pod: PodTarget | null = null, zone = ''): void {
    let target = this.targetOf(node, pod);
    if (target === undefined) {
      const absent: StateChange = { atNs: 0, state: 'absent' };
      target = { node, pod, zone, state: 'absent', views: [], probes: 0, cutAtNs: Infinity, history: [absent] };
      this.fitViews(target);
      this.targets.push(target);
      this.byPlace.set(pod?.ip ?? node, target);
    }
    // A pod's address may come back on another node.
    target.node = node;
    if (pod !== null) target.pod = pod;
    target.zone = zone;
    target.cutAtNs = Infinity;
    const isChecked = this.check !== null && this.check.kind !== 'none';
    if (!isChecked) this.setState(target, 'healthy', nowNs);
    else if (target.state === 'absent') this.setState(target, this.profile.initialState, nowNs);
    else this.refresh();
  }

  targetOf(node: number, pod: PodTarget | null = null): Target | undefined {
    return this.byPlace.get(pod?.ip ?? node);
  }

  /** Of all probers at once. */
  setState(target: Target, state: TargetState, nowNs: number): void {
    for (const view of target.views) {
      view.healthy = state === 'healthy';
      view.against = 0;
      goOn(view.history, state, nowNs);
    }
    if (target.state === state) return;
    this.becomes(target, state, nowNs);
    this.refresh();
  }

  /** A probe's result counts towards the thresholds of its prober. */
  onResult(target: Target, passed: boolean, nowNs: number, prober = 0): void {
    const view = target.views[prober];
    if (target.state === 'absent' || this.check === null || view === undefined) return;
    if (passed) this.untried = NOBODY;
    if (passed === view.healthy) {
      view.against = 0;
      return;
    }
    const { healthyThreshold, unhealthyThreshold } = this.check.settings;
    if (++view.against < (passed ? healthyThreshold : unhealthyThreshold)) return;
    view.healthy = passed;
    view.against = 0;
    goOn(view.history, passed ? 'healthy' : 'unhealthy', nowNs);
    const state = target.views.some(({ healthy }) => healthy) ? 'healthy' : 'unhealthy';
    if (state !== target.state) this.becomes(target, state, nowNs);
    this.refresh();
  }

  private becomes(target: Target, state: TargetState, nowNs: number): void {
    target.state = state;
    if (state !== 'healthy') this.because = this.untried === NOBODY ? this.blame.current : this.untried;
    goOn(target.history, state, nowNs);
  }

  /** A zone of it is lost, or back. Clients are still sent there for a while. */
  setZoneLost(zone: string, lost: boolean, nowNs: number): void {
    if (lost) {
      this.because = this.blame.current;
      this.lostZones.set(zone, { sinceNs: nowNs, noticed: false });
    } else {
      // Whatever is lost from now on, this is not why.
      if (this.because === this.blame.current) this.because = NOBODY;
      this.lostZones.delete(zone);
    }
    this.refresh();
  }

  /** Zones that have been lost for long enough get no connections any more. */
  noticeZones(nowNs: number): void {
    for (const lost of this.lostZones.values()) lost.noticed ||= nowNs >= lost.sinceNs + this.profile.zoneFailoverNs;
    this.refresh();
  }

  count(state: TargetState): number {
    return this.targets.filter((target) => target.state === state).length;
  }

  private fitViews(target: Target): void {
    const healthy = target.state === 'healthy';
    while (target.views.length < this.probers)
      target.views.push({ healthy, against: 0, history: [{ atNs: 0, state: 'absent' }], probes: [], asked: -1 });
    target.views.length = this.probers;
  }

  private refresh(): void {
    this.isStale = true;
  }

  /** Found when somebody asks: a set of thousands changes target by target. */
  private get fronts(): readonly Front[] {
    if (this.isStale) {
      this.isStale = false;
      this.knownFronts = this.findFronts();
    }
    return this.knownFronts;
  }

  private findFronts(): Front[] {
    const { zones, allDown } = this.profile;
    const fronts = Array.from({ length: this.probers }, (_, n) => ({ zone: zones[n] ?? '', n })).filter(
      ({ zone }) => this.lostZones.get(zone)?.noticed !== true,
    );
    const withTargets = (isUsed: (target: Target, prober: number) => boolean): Front[] =>
      fronts.map(({ zone, n }) => {
        const lost = this.lostZones.has(zone);
        const used: number[] = [];
        for (const [index, target] of this.targets.entries())
          if (this.reaches(zone, target) && isUsed(target, n)) used.push(index);
        return { zone, targets: Int32Array.from(used), lost };
      });
    const isThere = ({ state }: Target) => state !== 'absent';
    const usable = ({ targets, lost }: Front) => lost || targets.length > 0;
    const healthy = withTargets((target, n) => isThere(target) && target.views[n]?.healthy === true).filter(usable);
    return healthy.every(({ lost }) => lost) && allDown === 'open' ? withTargets(isThere).filter(usable) : healthy;
  }

  private reaches(zone: string, target: Target): boolean {
    return zone === '' || this.profile.crossZone || target.zone === zone;
  }
}

/** Notes what is the case from now on; of one instant the last word counts. */
function goOn(history: StateChange[], state: TargetState, nowNs: number): void {
  const last = history[history.length - 1];
  if (last?.state === state) return;
  if (last?.atNs === nowNs) last.state = state;
  else history.push({ atNs: nowNs, state });
}

function sourcesOf(profile: LoadBalancerProfile): Readonly<Record<IpFamily, readonly string[]>> {
  return { IPv4: sourcesIn(profile, 'IPv4'), IPv6: sourcesIn(profile, 'IPv6') };
}

/** Those of the profile; where it has none of the family, a documentation address. */
function sourcesIn({ addresses }: LoadBalancerProfile, family: IpFamily): string[] {
  const own = addresses.filter((ip) => parseIp(ip)?.family === family);
  return own.length > 0 ? own : [proxySource(family)];
}
