/**
 * How long the stages of a pod's life take: from its spec, and from what the scenario says of the program in it.
 *
 * Models: preStop hooks, SIGTERM, terminationGracePeriodSeconds and SIGKILL.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer: the hook counts inside the grace period, and 2 s
 *   are left in any case).
 * Simplified: a pod is one process: the first container with a hook speaks for it; where a hook does not say how long it
 *   takes (`pre-stop.ts`), the scenario does.
 * Who could tell: someone whose containers stop one after the other.
 */
import type { PodObject } from '../objects.js';
import type { AppBehaviour, Nanos, Timings } from '../scenario.js';
import { matchesLabels } from './api-server.js';
import { preStopHookOf } from './pre-stop.js';
import { type Probes, probesOf } from './probes.js';

const SECOND_NS = 1e9;
const DEFAULT_GRACE_S = 30;
/** What kubelet leaves a container after its hook, whatever the grace period. */
const LEAST_GRACE_NS = 2 * SECOND_NS;

export interface Life {
  /** From the container's start until the process listens. */
  startupNs: Nanos;
  preStopNs: Nanos;
  /** From SIGTERM until the process has ended, or begins to shut down; Infinity: it heeds only SIGKILL. */
  afterSigtermNs: Nanos;
  /** It ends when it has answered what it has taken. */
  isGraceful: boolean;
  graceNs: Nanos;
  probes: Probes;
  /** Null: nothing is said of it. */
  app: AppBehaviour | null;
}

/** What the scenario says of the pod's program; the first entry that matches counts. */
export function behaviourOf(pod: Pick<PodObject, 'metadata'>, apps: readonly AppBehaviour[]): AppBehaviour | null {
  const { namespace, labels } = pod.metadata;
  return apps.find((app) => app.namespace === namespace && matchesLabels(app.match, labels)) ?? null;
}

export function lifeOf(pod: PodObject, apps: readonly AppBehaviour[], timings: Timings): Life {
  const app = behaviourOf(pod, apps);
  // podStop counts from the deletion, kubelet hears of it one watch latency later.
  const isGraceful = app?.shutdown === 'graceful';
  const usualStopNs = isGraceful ? 0 : Math.max(0, timings.podStopNs - timings.watchLatencyNs);
  const afterSigtermNs = app === null || app.afterSigterm === 'default' ? usualStopNs : app.afterSigterm;
  return {
    startupNs: app?.startupNs ?? 0,
    preStopNs: preStopOf(pod, app),
    afterSigtermNs: afterSigtermNs === 'untilKilled' ? Infinity : afterSigtermNs,
    isGraceful,
    graceNs: (pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S) * SECOND_NS,
    probes: probesOf(pod.spec),
    app,
  };
}

function preStopOf({ spec }: PodObject, app: AppBehaviour | null): Nanos {
  const hook = preStopHookOf(spec);
  if (hook?.isSleep) return hook.takesNs ?? 0;
  return app?.preStopNs ?? hook?.takesNs ?? 0;
}

/** How long its process has. */
type Stages = Pick<Life, 'preStopNs' | 'afterSigtermNs' | 'graceNs'>;

/** From kubelet's hearing of the deletion until the process has ended, or begins to shut down. */
export function stopsAfterNs(stages: Stages): Nanos {
  return Math.min(Math.min(stages.preStopNs, stages.graceNs) + stages.afterSigtermNs, killedAfterNs(stages));
}

/** … until SIGKILL. */
export function killedAfterNs({ preStopNs, graceNs }: Omit<Stages, 'afterSigtermNs'>): Nanos {
  const hookNs = Math.min(preStopNs, graceNs);
  return hookNs + Math.max(graceNs - hookNs, LEAST_GRACE_NS);
}
