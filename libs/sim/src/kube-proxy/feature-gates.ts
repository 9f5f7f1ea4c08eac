/**
 * The feature gates that decide an outcome, by version.
 *
 * Models: pkg/features/kube_features.go, as far as kube-proxy and its inputs ask for them.
 * Source: kube_features.go of 1.21 to 1.30; KEPs and release notes after that (1.31 to 1.37).
 * Simplified: a locked (GA) gate can still be switched off, as kube-proxy's own tests do by emulating an older version;
 *   a real kube-proxy would refuse to start. `checkFeatureGates` tells.
 * Who could tell: someone who starts kube-proxy with a gate that its version no longer takes.
 */
import { minorOf } from './minor-version.js';

type Stage = 'alpha' | 'beta' | 'GA' | 'removed';

/** From this minor version on. */
interface GateStage {
  readonly since: number;
  readonly stage: Stage;
  readonly on: boolean;
}

const alpha = (since: number): GateStage => ({ since, stage: 'alpha', on: false });
const beta = (since: number, on = true): GateStage => ({ since, stage: 'beta', on });
const stable = (since: number): GateStage => ({ since, stage: 'GA', on: true });
/** `on`: what the code does now that nobody can say otherwise. */
const removed = (since: number, on: boolean): GateStage => ({ since, stage: 'removed', on });

/** What was there before 1.21 starts at 20. */
const GATES = {
  ServiceInternalTrafficPolicy: [alpha(21), beta(22), stable(26)],
  EndpointSliceProxying: [beta(20), stable(22)],
  EndpointSliceTerminatingCondition: [alpha(20), beta(22), stable(26)],
  ProxyTerminatingEndpoints: [alpha(22), beta(26), stable(28), removed(30, true)],
  TopologyAwareHints: [alpha(21), beta(23, false), beta(24), stable(33)],
  ServiceTrafficDistribution: [alpha(30), beta(31), stable(33)],
  PreferSameTrafficDistribution: [alpha(33), beta(34), stable(35)],
  LoadBalancerIPMode: [alpha(29), beta(30), stable(32)],
  NFTablesProxyMode: [alpha(29), beta(31), stable(33)],
  MinimizeIPTablesRestore: [alpha(26), beta(27), stable(28)],
  IPTablesOwnershipCleanup: [alpha(25), beta(27), stable(28)],
  KubeProxyDrainingTerminatingNodes: [alpha(28), beta(30), stable(31), removed(33, true)],
  MultiCIDRServiceAllocator: [alpha(27), beta(31, false), stable(33)],
  ServiceTopology: [alpha(20), removed(22, false)],
  MixedProtocolLBService: [alpha(20), beta(24), stable(26)],
  NFTablesNetlink: [beta(37)],
  KubeProxyIPVS: [beta(37)],
} as const satisfies Record<string, readonly GateStage[]>;

export type FeatureGate = keyof typeof GATES;
export type FeatureGates = Readonly<Record<FeatureGate, boolean>>;

export const FEATURE_GATES = Object.keys(GATES) as readonly FeatureGate[];

/** Gates whose other setting leads where the model has nothing. */
const NOT_MODELLED: Partial<Record<FeatureGate, boolean>> = { EndpointSliceProxying: false };

export interface FeatureGateProblem {
  gate: string;
  /**
   * - `unknown`: no gate of that name matters here; it has no effect
   * - `absent`: that version does not have the gate (yet, or any more); it has no effect
   * - `locked`: that version would refuse the setting; the model takes it
   * - `notModelled`: the model cannot follow the setting
   */
  kind: 'unknown' | 'absent' | 'locked' | 'notModelled';
}

function stageOf(gate: FeatureGate, minor: number): GateStage | undefined {
  return (GATES[gate] as readonly GateStage[]).findLast((stage) => stage.since <= minor);
}

const isGate = (name: string): name is FeatureGate => Object.hasOwn(GATES, name);

/** The gates of a version with the overrides of a configuration; overrides that have no effect are skipped. */
export function featureGatesOf(version: string, overrides: Readonly<Record<string, boolean>> = {}): FeatureGates {
  const minor = minorOf(version);
  const settings = FEATURE_GATES.map((gate): [FeatureGate, boolean] => {
    const stage = stageOf(gate, minor);
    if (stage === undefined) return [gate, false];
    const override = Object.hasOwn(overrides, gate) ? overrides[gate] : undefined;
    return [gate, stage.stage === 'removed' ? stage.on : (override ?? stage.on)];
  });
  return Object.fromEntries(settings) as Record<FeatureGate, boolean>;
}

/** What a configuration's `featureGates` say that the version would not take, in the order of the configuration. */
export function checkFeatureGates(version: string, overrides: Readonly<Record<string, boolean>>): FeatureGateProblem[] {
  const minor = minorOf(version);
  const problems: FeatureGateProblem[] = [];
  for (const [gate, on] of Object.entries(overrides)) {
    if (!isGate(gate)) {
      problems.push({ gate, kind: 'unknown' });
      continue;
    }
    const stage = stageOf(gate, minor);
    if (stage === undefined || stage.stage === 'removed') problems.push({ gate, kind: 'absent' });
    else if (NOT_MODELLED[gate] === on) problems.push({ gate, kind: 'notModelled' });
    else if (stage.stage === 'GA' && !on) problems.push({ gate, kind: 'locked' });
  }
  return problems;
}
