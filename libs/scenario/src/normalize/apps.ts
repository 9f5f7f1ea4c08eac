/** `apps` → behaviours with every field. */
import type { AppBehaviour, Timings } from '#sim';
import type { Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { zApp } from '../schema/apps.js';
import { readList } from './traffic.js';

const DEFAULT_QUEUE = 1000;
/** nginx' keepalive_timeout. */
const DEFAULT_KEEP_ALIVE_TIMEOUT_NS = 75e9;

export function readApps(value: unknown, timings: Timings, issues: IssueList): Placed<AppBehaviour>[] {
  return readList(value, 'app', ['apps'], zApp, issues, (input) => ({
    namespace: input.namespace ?? 'default',
    match: input.match,
    startupNs: input.startup ?? 0,
    afterSigterm: input.afterSigterm ?? 'default',
    shutdown: input.shutdown ?? 'abrupt',
    preStopNs: input.preStop ?? null,
    serviceTimeNs: input.serviceTime ?? timings.podWorkNs,
    serviceTimeDistribution: input.serviceTimeDistribution ?? 'exponential',
    concurrency: input.concurrency ?? null,
    queue: input.queue ?? DEFAULT_QUEUE,
    errors: input.errors ?? 0,
    keepAliveTimeoutNs: input.keepAliveTimeout ?? DEFAULT_KEEP_ALIVE_TIMEOUT_NS,
    expects: input.expects ?? 'nothing',
    paths: input.paths ?? {},
  }));
}
