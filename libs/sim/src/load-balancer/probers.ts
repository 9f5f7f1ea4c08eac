/**
 * The probers of the load balancers: when they ask, how long they wait, and what they then know.
 *
 * Models: a probe every interval from a phase of its own on, one prober for each machine in front, independent of the others;
 *   a refusal known at once, silence after the timeout. Detection of a fast failure takes between (U-1)·I and U·I.
 * Source: providers' documentation of their checks; the phase is nobody's to know, so it is drawn.
 * Simplified: where the timeout is longer than the interval, the next probe waits for the end of the one before: it is not
 *   documented whether such probes overlap.
 * Who could tell: someone who counts the probes of a silent node behind a balancer whose timeout is longer than its interval.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import type { CheckKind, Nanos, Timings } from '../scenario.js';
import type { Balancer, Target, View } from './balancer.js';
import { noteProbe, passes, SILENCE } from './probe-runs.js';

export interface ProberWorld {
  nodeName(node: number): string;
  /** What the target would reply now; see `probe-runs.ts`. `chance`: 0 … 1, which endpoint a connection to a node port gets. */
  probe(balancer: Balancer, target: Target, prober: number, chance: number): number;
  scheduleProbe(delayNs: Nanos, probe: number): void;
  /** `encoded`: see `onProbeResult`. */
  scheduleResult(delayNs: Nanos, encoded: number): void;
}

interface Probe {
  balancer: Balancer;
  target: Target;
  prober: number;
  generation: number;
  /** Its place in the random numbers. */
  place: number;
  sent: number;
}

/** The generation of a probe that asks no more. */
const NOBODY = -1;
/** Runs of probes that are kept; of more it is only known how many there were. */
const MOST_RUNS = 200_000;

export class Probers {
  private readonly probes: Probe[] = [];
  private runs = 0;
  sent = 0;

  constructor(
    private readonly seed: number,
    private readonly timings: Timings,
    private readonly world: ProberWorld,
  ) {}

  /** Every prober of every target that is there asks; those that do already go on. */
  start(balancer: Balancer): void {
    const { check } = balancer;
    if (check === null || check.kind === 'none') return;
    for (const target of balancer.targets) {
      if (target.state === 'absent') continue;
      for (let prober = 0; prober < target.views.length; prober++) this.startOne(balancer, target, prober);
    }
  }

  /** At time 0: targets are what a check would find. */
  settle(balancer: Balancer): void {
    for (const target of balancer.targets) {
      if (target.state === 'absent' || balancer.check === null || balancer.check.kind === 'none') continue;
      const passed = passes(this.world.probe(balancer, target, 0, 0));
      balancer.setState(target, passed ? 'healthy' : 'unhealthy', 0);
    }
  }

  /** A probe reaches its target: what that replies, and when the load balancer will know. */
  onProbeAtNode(slot: number, nowNs: Nanos): void {
    const probe = this.probes[slot] as Probe;
    const { balancer, target, prober } = probe;
    const view = target.views[prober];
    if (!isCurrent(probe) || target.state === 'absent' || balancer.check === null || view === undefined) {
      if (view?.asked === probe.generation) view.asked = NOBODY;
      probe.generation = NOBODY;
      return;
    }
    target.probes++;
    this.sent++;
    probe.sent++;
    const chance = draw(this.seed, Stream.lb, probe.place, probe.sent);
    const reply = this.world.probe(balancer, target, prober, chance);
    this.note(view, reply, nowNs);
    const { intervalNs, timeoutNs } = balancer.check.settings;
    const oneWay = this.timings.loadBalancerToNodeNs;
    const knownNs = reply === SILENCE ? Math.max(oneWay, timeoutNs - oneWay) : oneWay;
    this.world.scheduleResult(knownNs, slot * 2 + (passes(reply) ? 1 : 0));
    this.world.scheduleProbe(reply === SILENCE ? Math.max(intervalNs, timeoutNs) : intervalNs, slot);
  }

  /** Whom a probe asks, and what. */
  probed(slot: number): { balancer: Balancer; service: string; target: Target; check: CheckKind | null } {
    const { balancer, target } = this.probes[slot] as Probe;
    return { balancer, service: balancer.service, target, check: balancer.check?.kind ?? null };
  }

  /** `encoded`: probe × 2, plus 1 where it passed. */
  onProbeResult(encoded: number, nowNs: Nanos): void {
    const probe = this.probes[encoded >>> 1] as Probe;
    if (isCurrent(probe)) probe.balancer.onResult(probe.target, (encoded & 1) === 1, nowNs, probe.prober);
  }

  private note(view: View, reply: number, nowNs: Nanos): void {
    const before = view.probes.length;
    noteProbe(view.probes, reply, nowNs, this.runs < MOST_RUNS);
    this.runs += view.probes.length - before;
  }

  private startOne(balancer: Balancer, target: Target, prober: number): void {
    const { check, generation } = balancer;
    const view = target.views[prober];
    if (check === null || view === undefined || view.asked === generation) return;
    view.asked = generation;
    // By names, so that another service or node changes nobody's probes.
    const what = target.pod?.name ?? this.world.nodeName(target.node);
    const place = hashName(`probe ${balancer.service} ${what}${prober === 0 ? '' : ` by ${prober}`}`);
    const slot = this.probes.push({ balancer, target, prober, generation, place, sent: target.probes }) - 1;
    const phase = draw(this.seed, Stream.phase, place, 0);
    this.world.scheduleProbe(Math.floor(phase * check.settings.intervalNs), slot);
  }
}

function isCurrent({ balancer, generation }: Probe): boolean {
  return generation === balancer.generation;
}
