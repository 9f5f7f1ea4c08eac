/**
 * How long the stages of a pod's life take: from its spec, and from what the scenario says of the program in it.
 *
 * Models: readinessProbe's numbers, preStop hooks, SIGTERM, terminationGracePeriodSeconds and SIGKILL; the back-off of
 *   containers that crash.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer: the hook counts inside the grace period, and 2 s
 *   are left in any case), pkg/kubelet/prober, kubelet's back-off of 10 s, doubled up to 5 min, forgotten after 10 min.
 * Simplified: a pod is one process: the first container with a probe, and the first with a hook, speak for it; a probe passes
 *   or fails at once, so timeoutSeconds decides nothing; of an exec hook `sleep N` is understood, else the scenario says
 *   how long it takes; startup and liveness probes do nothing.
 * Who could tell: someone whose containers stop one after the other, or whose probes time out.
 */
import type { PodObject } from '../objects.js';
import type { AppBehaviour, Nanos, Timings } from '../scenario.js';
import { matchesLabels } from './api-server.js';

const SECOND_NS = 1e9;
const DEFAULT_GRACE_S = 30;
/** What kubelet leaves a container after its hook, whatever the grace period. */
const LEAST_GRACE_NS = 2 * SECOND_NS;
const FIRST_BACK_OFF_NS = 10 * SECOND_NS;
const LONGEST_BACK_OFF_NS = 300 * SECOND_NS;
/** A container that has run for so long starts again with the first back-off. */
const BACK_OFF_FORGOTTEN_NS = 2 * LONGEST_BACK_OFF_NS;

export interface Probe {
  initialDelayNs: Nanos;
  periodNs: Nanos;
  successThreshold: number;
  failureThreshold: number;
}

export interface Life {
  /** From the container's start until the process listens. */
  startupNs: Nanos;
  preStopNs: Nanos;
  /** From SIGTERM until the process has ended; Infinity: it heeds only SIGKILL. */
  afterSigtermNs: Nanos;
  graceNs: Nanos;
  /** Null: ready as soon as the container runs. */
  probe: Probe | null;
}

/** What the scenario says of the pod's program; the first entry that matches counts. */
export function behaviourOf(pod: PodObject, apps: readonly AppBehaviour[]): AppBehaviour | null {
  const { namespace, labels } = pod.metadata;
  return apps.find((app) => app.namespace === namespace && matchesLabels(app.match, labels)) ?? null;
}

export function lifeOf(pod: PodObject, apps: readonly AppBehaviour[], timings: Timings): Life {
  const app = behaviourOf(pod, apps);
  // podStop counts from the deletion, kubelet hears of it one watch latency later.
  const usualStopNs = Math.max(0, timings.podStopNs - timings.watchLatencyNs);
  const afterSigtermNs = app === null || app.afterSigterm === 'default' ? usualStopNs : app.afterSigterm;
  return {
    startupNs: app?.startupNs ?? 0,
    preStopNs: preStopOf(pod, app),
    afterSigtermNs: afterSigtermNs === 'untilKilled' ? Infinity : afterSigtermNs,
    graceNs: (pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S) * SECOND_NS,
    probe: probeOf(pod),
  };
}

function probeOf({ spec }: PodObject): Probe | null {
  const probe = spec?.containers?.find(({ readinessProbe }) => readinessProbe !== undefined)?.readinessProbe;
  if (probe === undefined) return null;
  return {
    initialDelayNs: (probe.initialDelaySeconds ?? 0) * SECOND_NS,
    // The API server reads 0 as "not given".
    periodNs: (probe.periodSeconds || 10) * SECOND_NS,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

function preStopOf({ spec }: PodObject, app: AppBehaviour | null): Nanos {
  const hook = spec?.containers?.find(({ lifecycle }) => lifecycle?.preStop !== undefined)?.lifecycle?.preStop;
  if (hook?.sleep !== undefined) return hook.sleep.seconds * SECOND_NS;
  if (app !== null && app.preStopNs !== null) return app.preStopNs;
  const slept = /(?:^|[\s;])sleep\s+(\d{1,5})s?$/.exec((hook?.exec?.command ?? []).join(' ').trim());
  return slept === null ? 0 : Number(slept[1]) * SECOND_NS;
}

/** From kubelet's hearing of the deletion until the process has ended. */
export function stopsAfterNs({ preStopNs, afterSigtermNs, graceNs }: Life): Nanos {
  const hookNs = Math.min(preStopNs, graceNs);
  const killedNs = hookNs + Math.max(graceNs - hookNs, LEAST_GRACE_NS);
  return Math.min(hookNs + afterSigtermNs, killedNs);
}

/** The first probe at or after `fromNs` of those at `baseNs` and each period later. */
export function nextProbeNs({ periodNs }: Probe, baseNs: Nanos, fromNs: Nanos): Nanos {
  return baseNs + Math.max(0, Math.ceil((fromNs - baseNs) / periodNs)) * periodNs;
}

export interface BackOff {
  /** How often the container has crashed in a row. */
  crashes: number;
  delayNs: Nanos;
}

/** A container that ran for `ranNs` has crashed. The first time it is started again at once. */
export function backOffAfter(before: number, ranNs: Nanos): BackOff {
  const crashes = ranNs >= BACK_OFF_FORGOTTEN_NS ? 1 : before + 1;
  const delayNs = crashes === 1 ? 0 : Math.min(FIRST_BACK_OFF_NS * 2 ** (crashes - 2), LONGEST_BACK_OFF_NS);
  return { crashes, delayNs };
}
