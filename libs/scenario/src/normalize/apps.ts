/** `apps` → behaviours with every field. */
import type { AppBehaviour } from '#sim';
import type { Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { zApp } from '../schema/apps.js';
import { readList } from './traffic.js';

export function readApps(value: unknown, issues: IssueList): Placed<AppBehaviour>[] {
  return readList(value, 'app', ['apps'], zApp, issues, (input) => ({
    namespace: input.namespace ?? 'default',
    match: input.match,
    startupNs: input.startup ?? 0,
    afterSigterm: input.afterSigterm ?? 'default',
    preStopNs: input.preStop ?? null,
  }));
}
