/**
 * When kube-proxy syncs, and whether a sync is full.
 *
 * Models: requests that come close together share a run; a run after a failure; a periodic run.
 * Source: pkg/util/async/bounded_frequency_runner.go (1.21 to 1.33), pkg/proxy/runner/bounded_frequency_runner.go (1.34+),
 *   pkg/proxy/iptables/proxier.go for full and partial syncs.
 * Simplified: the canary chain is never found missing, because nothing flushes the rules.
 * Who could tell: someone who runs `iptables -F`.
 */
import type { Nanos, ProxyMode } from '../scenario.js';
import type { FeatureGates } from './feature-gates.js';
import type { ProxyBehaviour } from './versions.js';

/** A run may follow at once as long as there is a token; one more comes each minimum interval. */
const BURST = 2;
const HOUR_NS = 3_600_000_000_000;

export interface RunnerSettings {
  readonly behaviour: ProxyBehaviour;
  readonly gates: FeatureGates;
  readonly minSyncPeriodNs: Nanos;
  readonly syncPeriodNs: Nanos;
  /** Between two runs that nothing asked for: an hour in modes iptables and nftables, else the sync period. */
  readonly maxIntervalNs: Nanos;
}

export type SyncKind = 'full' | 'partial';

/** Immutable: each event makes a new one. */
export interface RunnerState {
  /** When the next run is due; null while one is going on. */
  readonly dueNs: Nanos | null;
  /** What was asked for while a run was going on. */
  readonly askedAgain: SyncKind | null;
  readonly tokens: number;
  readonly tokensAtNs: Nanos;
  readonly lastEndNs: Nanos;
  readonly needsFullSync: boolean;
  readonly lastFullNs: Nanos;
}

export function maxIntervalNs(mode: ProxyMode, syncPeriodNs: Nanos): Nanos {
  return mode === 'iptables' || mode === 'nftables' ? HOUR_NS : syncPeriodNs;
}

/** kube-proxy has started; the first run comes when it is asked for. */
export function newRunner({ maxIntervalNs: interval }: RunnerSettings, nowNs: Nanos): RunnerState {
  return {
    dueNs: nowNs + interval,
    askedAgain: null,
    tokens: BURST,
    tokensAtNs: nowNs,
    lastEndNs: Number.NEGATIVE_INFINITY,
    needsFullSync: true,
    lastFullNs: nowNs,
  };
}

/** Something changed. `full`: the whole rules must be written (a label of the node changed). */
export function requestSync(state: RunnerState, settings: RunnerSettings, nowNs: Nanos, full = false): RunnerState {
  if (state.dueNs === null) {
    return { ...state, askedAgain: full || state.askedAgain === 'full' ? 'full' : 'partial' };
  }
  const needsFullSync = state.needsFullSync || full;
  return { ...state, needsFullSync, dueNs: Math.min(state.dueNs, Math.max(nowNs, earliestNs(state, settings, nowNs))) };
}

function earliestNs(state: RunnerState, settings: RunnerSettings, nowNs: Nanos): Nanos {
  const { behaviour, minSyncPeriodNs } = settings;
  if (behaviour.runner === 'tokenBucket' && tokensAt(state, settings, nowNs) >= 1) return nowNs;
  return state.lastEndNs + minSyncPeriodNs;
}

function tokensAt({ tokens, tokensAtNs }: RunnerState, { minSyncPeriodNs }: RunnerSettings, nowNs: Nanos): number {
  if (minSyncPeriodNs === 0) return BURST;
  return Math.min(BURST, tokens + (nowNs - tokensAtNs) / minSyncPeriodNs);
}

/** Whether the run that starts now writes all rules. `largeCluster`: more than 1000 endpoints. */
export function syncKind(
  state: RunnerState,
  { behaviour, gates }: RunnerSettings,
  nowNs: Nanos,
  largeCluster: boolean,
): SyncKind {
  if (!behaviour.partialSync || !gates.MinimizeIPTablesRestore || state.needsFullSync) return 'full';
  const isHourly =
    behaviour.hourlyFullSync === 'yes' || (behaviour.hourlyFullSync === 'not in large clusters' && !largeCluster);
  return isHourly && nowNs - state.lastFullNs > HOUR_NS ? 'full' : 'partial';
}

export function startSync(state: RunnerState, settings: RunnerSettings, nowNs: Nanos): RunnerState {
  const tokens = Math.max(0, tokensAt(state, settings, nowNs) - 1);
  return { ...state, dueNs: null, askedAgain: null, tokens, tokensAtNs: nowNs };
}

/** `kind`: what the run was; a failed one is tried again after the sync period, in full. */
export function endSync(
  state: RunnerState,
  settings: RunnerSettings,
  nowNs: Nanos,
  kind: SyncKind,
  succeeded: boolean,
): RunnerState {
  const wait = succeeded ? settings.maxIntervalNs : Math.min(settings.syncPeriodNs, settings.maxIntervalNs);
  const ended = {
    ...state,
    dueNs: nowNs + wait,
    askedAgain: null,
    lastEndNs: nowNs,
    needsFullSync: !succeeded,
    lastFullNs: succeeded && kind === 'full' ? nowNs : state.lastFullNs,
  };
  return state.askedAgain === null ? ended : requestSync(ended, settings, nowNs, state.askedAgain === 'full');
}
