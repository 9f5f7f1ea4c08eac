/**
 * Probes of containers: what they ask, when, and when what is thought of a container turns.
 *
 * Models: httpGet, tcpSocket, exec and grpc with all of their numbers; of startup, liveness and readiness probes the first state.
 * Source: pkg/kubelet/prober/worker.go (doProbe: thresholds, initialDelaySeconds), pkg/probe/http (200 to 399 passes),
 *   pkg/apis/core/v1/defaults.go (SetDefaults_Probe).
 * Simplified: the first container with such a probe speaks for the pod; its port is not looked at; an exec passes while the
 *   process listens, whatever the command; an answer that is certain to pass counts at once.
 * Who could tell: someone whose probes ask a sidecar, or a port that nothing listens on.
 *
 * A program that answers every probe alike needs no event for each of them: `turnOf` says when it has been asked often enough.
 */
import type { PodSpec, ProbeSpec } from '../objects.js';
import type { AppBehaviour, Nanos } from '../scenario.js';

const SECOND_NS = 1e9;
/** The longest that an exponential time of mean 1 gets, see `drawExponential`. */
const LONGEST_EXPONENTIAL = 23;

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface Probe {
  kind: ProbeKind;
  asks: 'http' | 'tcp' | 'exec' | 'grpc';
  /** With http: without the query. */
  path: string;
  initialDelayNs: Nanos;
  periodNs: Nanos;
  timeoutNs: Nanos;
  successThreshold: number;
  failureThreshold: number;
  /** Of the container that it has killed; null: the pod's. */
  graceNs: Nanos | null;
}

export type Probes = Readonly<Record<ProbeKind, Probe | null>>;

/** What a program answered, and when that was known. */
export interface ProbeAnswer {
  passes: boolean;
  afterNs: Nanos;
  /** As kubelet's event says it; empty where it passes. */
  why: string;
}

export function probesOf(spec: PodSpec | undefined): Probes {
  const first = (kind: ProbeKind): Probe | null => {
    const field = `${kind}Probe` as const;
    const probe = spec?.containers?.find((container) => container[field] !== undefined)?.[field];
    return probe === undefined ? null : probeOf(kind, probe);
  };
  return { startup: first('startup'), liveness: first('liveness'), readiness: first('readiness') };
}

function probeOf(kind: ProbeKind, spec: ProbeSpec): Probe {
  const { httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: grace } = spec;
  const asks = httpGet !== undefined ? 'http' : grpc !== undefined ? 'grpc' : tcpSocket !== undefined ? 'tcp' : 'exec';
  return {
    kind,
    asks,
    path: (httpGet?.path || '/').replace(/\?.*/s, ''),
    initialDelayNs: (spec.initialDelaySeconds ?? 0) * SECOND_NS,
    // The API server reads 0 as "not given".
    periodNs: (spec.periodSeconds || 10) * SECOND_NS,
    timeoutNs: (spec.timeoutSeconds || 1) * SECOND_NS,
    successThreshold: spec.successThreshold || 1,
    failureThreshold: spec.failureThreshold || 3,
    graceNs: grace === undefined ? null : grace * SECOND_NS,
  };
}

/** The status that the program answers the probe with, its errors by chance aside; null: the document says nothing of it. */
export function statusOfProbe({ asks, path }: Probe, app: AppBehaviour | null): number | null {
  if (app === null || asks !== 'http' || !Object.hasOwn(app.paths, path)) return null;
  return app.paths[path] as number;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 400;
}

/** Whether the program passes the probe whenever it listens, or never does, and that at once; null: that hangs on its load, the dice or the time. */
export function steadyAnswer(probe: Probe, app: AppBehaviour | null, podWorkNs: Nanos): boolean | null {
  if (probe.asks === 'tcp' || probe.asks === 'exec') return true;
  if (app !== null && app.concurrency !== null) return null;
  const status = statusOfProbe(probe, app);
  if (status !== null && !isSuccess(status)) return false;
  if (app !== null && app.errors > 0 && status === null) return null;
  const longest = app?.serviceTimeDistribution === 'constant' ? 1 : LONGEST_EXPONENTIAL;
  return (app?.serviceTimeNs ?? podWorkNs) * longest <= probe.timeoutNs ? true : null;
}

/** The first probe at or after `fromNs` of those at `baseNs` and each period later. */
export function nextProbeNs({ periodNs }: Probe, baseNs: Nanos, fromNs: Nanos): Nanos {
  return baseNs + Math.max(0, Math.ceil((fromNs - baseNs) / periodNs)) * periodNs;
}

/**
 * When the state of a probe turns, and to what, if from now on each one fails until `passesFromNs` and passes after that; null:
 * it stays. `state`: null while neither has been found.
 */
export function turnOf(
  probe: Probe,
  baseNs: Nanos,
  state: boolean | null,
  nowNs: Nanos,
  passesFromNs: Nanos,
): { atNs: Nanos; passes: boolean } | null {
  const { periodNs, successThreshold, failureThreshold } = probe;
  const failsNs = nextProbeNs(probe, baseNs, nowNs) + (failureThreshold - 1) * periodNs;
  if (state !== false && failsNs < passesFromNs) return { atNs: failsNs, passes: false };
  if (state === true || passesFromNs === Infinity) return null;
  const firstNs = nextProbeNs(probe, baseNs, Math.max(nowNs, passesFromNs));
  return { atNs: firstNs + (successThreshold - 1) * periodNs, passes: true };
}

/** A probe of one container, and what is thought of it. */
export class Probing {
  /** Null while neither has been found. */
  passes: boolean | null;
  /** Counts what was planned: the plans before are void. */
  plan = 0;
  /** An event for each probe is under way. */
  isAsking = false;
  /** How often it has asked. */
  asked = 0;
  private last: boolean | null = null;
  private alike = 0;

  /** `steady`: see `steadyAnswer`. `baseNs`: its first probe. `because`: who is behind its container's start, and later behind its turns. */
  constructor(
    readonly probe: Probe,
    readonly steady: boolean | null,
    public baseNs: Nanos,
    public because: number,
  ) {
    this.passes = probe.kind === 'liveness' ? true : probe.kind === 'readiness' ? false : null;
  }

  /** Whether the answer turns the state. */
  hears(passes: boolean): boolean {
    this.alike = this.last === passes ? this.alike + 1 : 1;
    this.last = passes;
    const enough = passes ? this.probe.successThreshold : this.probe.failureThreshold;
    return this.alike >= enough && this.passes !== passes;
  }
}
