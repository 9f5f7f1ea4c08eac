/** What kubelet knows of a pod beside its object. */
import type { PodObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { Life } from './pod-life.js';
import type { ProbeKind, Probing } from './probes.js';
import { RestartBackOff } from './restart-back-off.js';

export interface Lived {
  readonly life: Life;
  /** Counts the containers that it has started: what was planned for an earlier one is void. */
  container: number;
  /** When the container was started last; Infinity: not yet. */
  startedNs: Nanos;
  /** When its process listens, or has begun to. */
  listensNs: Nanos;
  /** When its process ended; Infinity: it has not. */
  endedNs: Nanos;
  /** kubelet is killing it. */
  isStopping: boolean;
  /** kubelet has heard that the pod is deleted. */
  isTerminating: boolean;
  /** It shuts down, and takes nothing new. */
  isClosing: boolean;
  /** Of the present container. */
  probings: Partial<Record<ProbeKind, Probing>>;
  /** As kubelet sees it, whatever it can report. */
  ready: boolean;
  waitsFor: string | null;
  readyNs: Nanos;
  restarts: number;
  readonly backOff: RestartBackOff;
}

/** A new pod, or one that has run for long when `started`: then its startup probe has passed. */
export function livedSo(
  { status }: PodObject,
  life: Life,
  started: boolean,
  ready: boolean,
  probings: Lived['probings'],
): Lived {
  const { startup, readiness } = probings;
  if (startup !== undefined) startup.passes = true;
  if (readiness !== undefined) readiness.passes = ready;
  const stored = status?.containerStatuses?.[0];
  return {
    life,
    container: 0,
    startedNs: started ? -Infinity : Infinity,
    listensNs: started ? -Infinity : Infinity,
    endedNs: Infinity,
    isStopping: false,
    isTerminating: false,
    isClosing: false,
    probings,
    ready,
    waitsFor: stored?.state?.waiting?.reason ?? null,
    readyNs: -Infinity,
    restarts: stored?.restartCount ?? 0,
    backOff: new RestartBackOff(),
  };
}

/** Its startup probe has passed; without one at once. */
export function hasStarted({ probings: { startup } }: Lived): boolean {
  return startup === undefined || startup.passes === true;
}
