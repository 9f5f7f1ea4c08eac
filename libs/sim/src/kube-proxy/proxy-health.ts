/**
 * kube-proxy's own health: /healthz and /livez on port 10256.
 *
 * Models: an update that waits too long makes the proxier unhealthy; a node that goes away makes /healthz fail.
 * Source: pkg/proxy/healthcheck/proxier_health.go of 1.21 to 1.30, proxy_health.go of copies of the 1.33 and 1.34 eras.
 * Simplified: between 1.21 and 1.32 the timestamps carry a monotonic part as on most nodes.
 * Who could tell: someone who compares the bodies byte for byte across Go versions.
 */
import type { IpFamily, NodeObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { FeatureGates } from './feature-gates.js';
import type { ProxyBehaviour } from './versions.js';
import { goTimeText, rfc3339Text } from './wall-clock.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface FamilyHealth {
  readonly lastUpdatedNs: Nanos | null;
  /** When the update that waits was queued; null: none waits. */
  readonly pendingSinceNs: Nanos | null;
}

type Scope = IpFamily | 'all';

/** Immutable: each event makes a new one. */
export type ProxyHealth = Readonly<Partial<Record<Scope, FamilyHealth>>>;

export const NEW_PROXY_HEALTH: ProxyHealth = {};

const JSON_HEADERS = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };
const DELETION_TAINT = 'ToBeDeletedByClusterAutoscaler';

/** Until 1.28 an update of either family counts for both. */
const scopeOf = (family: IpFamily, behaviour: ProxyBehaviour): Scope =>
  behaviour.healthState === 'shared' ? 'all' : family;

/** An event asked for a sync. */
export function withQueuedUpdate(
  health: ProxyHealth,
  family: IpFamily,
  nowNs: Nanos,
  behaviour: ProxyBehaviour,
): ProxyHealth {
  const scope = scopeOf(family, behaviour);
  const { lastUpdatedNs = null, pendingSinceNs = null } = health[scope] ?? {};
  const keeps = behaviour.pendingSince === 'firstEvent' && pendingSinceNs !== null;
  return { ...health, [scope]: { lastUpdatedNs, pendingSinceNs: keeps ? pendingSinceNs : nowNs } };
}

/** A sync succeeded, or the sync loop has just started. */
export function withUpdated(
  health: ProxyHealth,
  family: IpFamily,
  nowNs: Nanos,
  behaviour: ProxyBehaviour,
): ProxyHealth {
  return { ...health, [scopeOf(family, behaviour)]: { lastUpdatedNs: nowNs, pendingSinceNs: null } };
}

/** kube-proxy waits twice the sync period of mode iptables, whatever its mode. */
export function healthTimeoutNs(syncPeriodNs: Nanos): Nanos {
  return 2 * syncPeriodNs;
}

function isLate(family: FamilyHealth, nowNs: Nanos, timeoutNs: Nanos): boolean {
  const { lastUpdatedNs, pendingSinceNs } = family;
  return lastUpdatedNs !== null && pendingSinceNs !== null && nowNs - pendingSinceNs >= timeoutNs;
}

/** Before the first update, and with nothing waiting, a proxier is healthy. */
export function isProxierHealthy(health: ProxyHealth, nowNs: Nanos, timeoutNs: Nanos): boolean {
  return !Object.values(health).some((family) => isLate(family, nowNs, timeoutNs));
}

/** Whether the node may be given traffic; null: there is no Node object. */
export function isNodeEligible(node: NodeObject | null, behaviour: ProxyBehaviour, gates: FeatureGates): boolean {
  if (!gates.KubeProxyDrainingTerminatingNodes) return true;
  if (node === null) return !behaviour.missingNodeIsIneligible;
  if (node.metadata.deletionTimestampNs !== undefined) return false;
  return !(node.spec?.taints ?? []).some((taint) => taint.key === DELETION_TAINT);
}

/** When the sync that counts was: now where all is well, otherwise that of a late family (the latest one since 1.33). */
function lastUpdatedOf(health: ProxyHealth, nowNs: Nanos, timeoutNs: Nanos, behaviour: ProxyBehaviour): Nanos | null {
  const families = Object.values(health);
  const late = families.filter((family) => isLate(family, nowNs, timeoutNs));
  const shown = late.length > 0 && behaviour.proxyHealthBody !== 'families' ? late : families;
  const times = shown.map((family) => family.lastUpdatedNs).filter((time) => time !== null);
  return times.length === 0 ? null : Math.max(...times);
}

/** `nodeEligible` null: the answer of /livez, which does not look at the node. */
function answer(
  health: ProxyHealth,
  nodeEligible: boolean | null,
  nowNs: Nanos,
  timeoutNs: Nanos,
  behaviour: ProxyBehaviour,
): HttpAnswer {
  const healthy = isProxierHealthy(health, nowNs, timeoutNs);
  const ok = healthy && nodeEligible !== false;
  const lastUpdatedNs = ok ? nowNs : lastUpdatedOf(health, nowNs, timeoutNs, behaviour);
  const status = ok ? 200 : 503;
  if (behaviour.proxyHealthBody === 'families') {
    const body = {
      lastUpdated: rfc3339Text(lastUpdatedNs),
      currentTime: rfc3339Text(nowNs),
      ...(nodeEligible === null ? {} : { nodeEligible }),
      healthy,
      ...statusOf(health, nowNs, timeoutNs),
    };
    return { status, headers: JSON_HEADERS, body: JSON.stringify(body) };
  }
  const eligible =
    nodeEligible === null || behaviour.proxyHealthBody === 'times' ? '' : `, "nodeEligible": ${nodeEligible}`;
  const times = `"lastUpdated": "${goTimeText(lastUpdatedNs)}","currentTime": "${goTimeText(nowNs)}"`;
  return { status, headers: JSON_HEADERS, body: `{${times}${eligible}}` };
}

/** Families in the order of their names; a family that was never updated is left out. */
function statusOf(health: ProxyHealth, nowNs: Nanos, timeoutNs: Nanos) {
  const families = (['IPv4', 'IPv6'] as const).flatMap((name) => {
    const family = health[name];
    if (family === undefined || family.lastUpdatedNs === null) return [];
    const state = { lastUpdated: rfc3339Text(family.lastUpdatedNs), healthy: !isLate(family, nowNs, timeoutNs) };
    return [[name, state] as const];
  });
  return families.length === 0 ? {} : { status: Object.fromEntries(families) };
}

export function healthzAnswer(
  health: ProxyHealth,
  nodeEligible: boolean,
  nowNs: Nanos,
  timeoutNs: Nanos,
  behaviour: ProxyBehaviour,
): HttpAnswer {
  return answer(health, nodeEligible, nowNs, timeoutNs, behaviour);
}

export function livezAnswer(
  health: ProxyHealth,
  nowNs: Nanos,
  timeoutNs: Nanos,
  behaviour: ProxyBehaviour,
): HttpAnswer {
  return behaviour.livez ? answer(health, null, nowNs, timeoutNs, behaviour) : NOT_FOUND;
}

/** What Go's mux answers for a path that nobody serves. */
export const NOT_FOUND: HttpAnswer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};
