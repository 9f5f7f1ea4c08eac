/**
 * One load balancer: its targets, what its health checks made of them, and which one a connection gets.
 *
 * Models: consecutive successes and failures against thresholds; fail-open or closed when all are down; choice by hash.
 * Source: families and numbers in `families.ts`; the state machine is the one that all of them document.
 * Simplified: one prober a target; the hash is uniform over the targets in use, and a change of the set re-hashes.
 * Who could tell: someone who watches single flows of a Maglev balancer while targets change.
 */
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, Protocol, ServicePort } from '../objects.js';
import type { HealthCheck, LoadBalancerProfile } from '../scenario.js';
import { proxySource } from './families.js';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

export type TargetState = 'healthy' | 'unhealthy' | 'absent';

export interface Target {
  /** Index of the node. */
  node: number;
  state: TargetState;
  /** Consecutive probe results against the present state. */
  against: number;
  probes: number;
  /** State changes in order: the timeline. */
  history: { atNs: number; state: TargetState }[];
}

export type CheckKind = 'proxy-healthz' | 'health-check-node-port' | 'tcp-node-port' | 'none';

export interface Check {
  kind: CheckKind;
  port: number;
  settings: HealthCheck;
}

export class Balancer {
  /** Addresses of the service's ingress, empty until provisioned. */
  addresses: string[] = [];
  /** Node port by service port, for each protocol. 0 where the service has none. */
  private readonly nodePorts: Readonly<Record<Protocol, Map<number, number>>> = {
    TCP: new Map(),
    UDP: new Map(),
    SCTP: new Map(),
  };
  /** Where a proxying one's own connections come from. */
  readonly sources: Readonly<Record<IpFamily, readonly string[]>>;
  check: Check | null = null;
  /** Counts checks: a probe of an older one is ignored. */
  generation = 0;
  /** An update is on its way. */
  updatePending = false;
  readonly targets: Target[] = [];
  /** Node indexes that a new connection may get. */
  private inUse = new Int32Array(0);

  constructor(
    /** `namespace/name`. */
    readonly service: string,
    readonly profile: LoadBalancerProfile,
  ) {
    this.sources = { IPv4: sourcesOf(profile, 'IPv4'), IPv6: sourcesOf(profile, 'IPv6') };
  }

  /** The node for a connection with hash `u` in [0, 1), or -1: none would be used. */
  pick(u: number): number {
    const { inUse } = this;
    return inUse.length === 0 ? -1 : (inUse[Math.floor(u * inUse.length)] as number);
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

  get nodesInUse(): readonly number[] {
    return [...this.inUse];
  }

  /** Another kind or port is another check: its results count from nought. Other numbers hold from the next result on. */
  configure(check: Check | null): void {
    if (check?.kind !== this.check?.kind || check?.port !== this.check?.port) {
      this.generation++;
      for (const target of this.targets) target.against = 0;
    }
    this.check = check;
  }

  /** The node belongs to the set; a new one has to pass the check first, where there is one. */
  include(node: number, nowNs: number): void {
    let target = this.targets.find((existing) => existing.node === node);
    if (target === undefined) {
      target = { node, state: 'absent', against: 0, probes: 0, history: [{ atNs: 0, state: 'absent' }] };
      this.targets.push(target);
    }
    const isChecked = this.check !== null && this.check.kind !== 'none';
    if (!isChecked) this.setState(target, 'healthy', nowNs);
    else if (target.state === 'absent') this.setState(target, 'unhealthy', nowNs);
  }

  setState(target: Target, state: TargetState, nowNs: number): void {
    target.against = 0;
    if (target.state === state) return;
    target.state = state;
    const last = target.history[target.history.length - 1];
    if (last?.atNs === nowNs) last.state = state;
    else target.history.push({ atNs: nowNs, state });
    this.refresh();
  }

  /** A probe's result counts towards the thresholds. */
  onResult(target: Target, passed: boolean, nowNs: number): void {
    if (target.state === 'absent' || this.check === null) return;
    if (passed === (target.state === 'healthy')) {
      target.against = 0;
      return;
    }
    const { healthyThreshold, unhealthyThreshold } = this.check.settings;
    if (++target.against < (passed ? healthyThreshold : unhealthyThreshold)) return;
    this.setState(target, passed ? 'healthy' : 'unhealthy', nowNs);
  }

  count(state: TargetState): number {
    return this.targets.filter((target) => target.state === state).length;
  }

  private refresh(): void {
    const healthy = this.targets.filter(({ state }) => state === 'healthy');
    const open = this.profile.allDown === 'open' ? this.targets.filter(({ state }) => state !== 'absent') : [];
    this.inUse = Int32Array.from(healthy.length > 0 ? healthy : open, ({ node }) => node);
  }
}

/** Those of the profile; where it has none of the family, a documentation address. */
function sourcesOf({ addresses }: LoadBalancerProfile, family: IpFamily): string[] {
  const own = addresses.filter((ip) => parseIp(ip)?.family === family);
  return own.length > 0 ? own : [proxySource(family)];
}
