/**
 * kubelet's prober: asks the containers of its pods, and tells what it thinks of them.
 *
 * Models: probes from the container's start on, each period; startup holds the others back, and ends with its first state; those
 *   of a container that is being killed and, but for readiness, of a deleted pod end; an answer counts when it is there, at the
 *   latest after timeoutSeconds, and the next probe waits for it.
 * Source: pkg/kubelet/prober: worker.go, prober_manager.go (readiness is asked at once when a container has started).
 * Simplified: the way between kubelet and its pod takes no time.
 * Who could tell: someone whose nodes are so busy that kubelet itself is late.
 */
import type { PodObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { type Blame, NOBODY } from './blame.js';
import { hasStarted, type Lived } from './lived.js';
import { nextProbeNs, type Probe, type ProbeAnswer, type Probing, turnOf } from './probes.js';

export interface ProberWorld {
  readonly blame: Blame;
  /** Unless the container has been started anew by then. */
  later(delayNs: Nanos, key: string, lived: Lived, act: (pod: PodObject, nowNs: Nanos) => void): void;
  ask(key: string, probe: Probe, n: number): ProbeAnswer;
  /** Its readiness probe fails, whatever its program does. */
  isFailing(key: string): boolean;
  /** What is thought of the container has changed; `why`: of one that fails. */
  onTurn(key: string, pod: PodObject, lived: Lived, probing: Probing, why: string, nowNs: Nanos): void;
}

export class Prober {
  constructor(private readonly world: ProberWorld) {}

  /** The container has been started, or its startup probe has passed. */
  planAll(key: string, lived: Lived, nowNs: Nanos): void {
    const { startup, liveness, readiness } = lived.probings;
    if (startup !== undefined && !hasStarted(lived)) return this.plan(key, lived, startup, nowNs);
    for (const probing of [liveness, readiness]) if (probing !== undefined) this.plan(key, lived, probing, nowNs);
  }

  /** What comes of it if it goes on like this: one event where its answer is known, one for each probe where it is not. */
  plan(key: string, lived: Lived, probing: Probing, nowNs: Nanos): void {
    const { probe, steady, baseNs } = probing;
    const plan = ++probing.plan;
    if (lived.endedNs !== Infinity || (probe.kind === 'readiness' && !hasStarted(lived))) return;
    if (steady === null) {
      if (!probing.isAsking) this.askAt(nextProbeNs(probe, baseNs, nowNs), key, lived, probing, nowNs);
      probing.isAsking = true;
      return;
    }
    const neverPasses = !steady || lived.isClosing || this.failsAnyway(key, probe);
    const turn = turnOf(probe, baseNs, probing.passes, nowNs, neverPasses ? Infinity : lived.listensNs);
    if (turn === null) return;
    this.world.later(turn.atNs - nowNs, key, lived, (pod, atNs) => {
      if (probing.plan !== plan || isOver(lived, probing)) return;
      const why = turn.passes ? '' : this.world.ask(key, probe, 0).why;
      this.turn(key, pod, lived, probing, turn.passes, why, atNs);
    });
  }

  /** Nobody is behind a probe; who was behind the container's start is behind what comes of it. */
  private askAt(atNs: Nanos, key: string, lived: Lived, probing: Probing, nowNs: Nanos): void {
    this.world.blame.during(NOBODY, () =>
      this.world.later(atNs - nowNs, key, lived, (pod, askedNs) => this.ask(key, pod, lived, probing, askedNs)),
    );
  }

  private ask(key: string, pod: PodObject, lived: Lived, probing: Probing, nowNs: Nanos): void {
    if (isOver(lived, probing)) return;
    const { probe, baseNs } = probing;
    const { passes, afterNs, why } = this.world.ask(key, probe, probing.asked++);
    const hear = (present: PodObject, heardNs: Nanos) => this.hear(key, present, lived, probing, passes, why, heardNs);
    if (afterNs === 0) hear(pod, nowNs);
    else this.world.later(afterNs, key, lived, hear);
    const nextNs = Math.max(nowNs + afterNs, nextProbeNs(probe, baseNs, nowNs + 1));
    this.askAt(nextNs, key, lived, probing, nowNs);
  }

  private hear(
    key: string,
    pod: PodObject,
    lived: Lived,
    probing: Probing,
    answer: boolean,
    why: string,
    nowNs: Nanos,
  ): void {
    const passes = answer && !this.failsAnyway(key, probing.probe);
    if (isOver(lived, probing) || !probing.hears(passes)) return;
    this.world.blame.during(probing.because, () => this.turn(key, pod, lived, probing, passes, why, nowNs));
  }

  private turn(
    key: string,
    pod: PodObject,
    lived: Lived,
    probing: Probing,
    passes: boolean,
    why: string,
    nowNs: Nanos,
  ): void {
    probing.passes = passes;
    this.world.onTurn(key, pod, lived, probing, why, nowNs);
  }

  private failsAnyway(key: string, { kind }: Probe): boolean {
    return kind === 'readiness' && this.world.isFailing(key);
  }
}

function isOver(lived: Lived, { probe, passes }: Probing): boolean {
  if (lived.endedNs !== Infinity) return true;
  if (probe.kind === 'readiness') return false;
  return lived.isStopping || lived.isTerminating || (probe.kind === 'startup' && passes !== null);
}
