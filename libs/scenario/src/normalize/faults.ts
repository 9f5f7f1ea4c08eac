/** Faults of the timeline, and how the control plane finds out: defaults filled. */
import type { z } from 'zod';
import type { Fault, NodeLifecycle } from '#sim';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { FAULT_VERBS, type FaultVerb, type zNodeLifecycle } from '../schema/faults.js';
import { validate } from '../schema/validate.js';
import { kubeProxyChange } from './kube-proxy.js';
import { minorNumber, modelledVersion } from './version.js';

const SECOND_NS = 1e9;
/** The autoscaler drains first; how long that takes is the pods' business. */
const DEFAULT_SCALE_DOWN_NS = 60 * SECOND_NS;

export function readFault(verb: FaultVerb, value: unknown, at: Path, issues: IssueList): Fault | null {
  switch (verb) {
    case 'crash': {
      const input = validate(FAULT_VERBS.crash, value, at, issues);
      if (input === null) return null;
      if (input.pod !== undefined) return { do: 'crash', pod: input.pod };
      return { do: 'crash', node: input.node!, forNs: input.for ?? null, vmDeleted: input.vmDeleted ?? false };
    }
    case 'partition': {
      const input = validate(FAULT_VERBS.partition, value, at, issues);
      return (
        input && {
          do: 'partition',
          kubelets: namesOrAll(input.kubelets),
          kubeProxy: input.kubeProxy ?? false,
          forNs: input.for,
        }
      );
    }
    case 'freeze': {
      const input = validate(FAULT_VERBS.freeze, value, at, issues);
      return input && { do: 'freeze', kubeProxy: namesOrAll(input.kubeProxy), forNs: input.for };
    }
    case 'restart': {
      const input = validate(FAULT_VERBS.restart, value, at, issues);
      return input && { do: 'restart', kubeProxy: namesOrAll(input.kubeProxy) };
    }
    case 'upgrade': {
      const input = validate(FAULT_VERBS.upgrade, value, at, issues);
      if (input === null) return null;
      if (input.version !== undefined) {
        const version = modelledVersion(input.version, [...at, 'version'], issues);
        return { do: 'upgrade', node: input.node!, version };
      }
      return { do: 'upgrade', kubeProxy: namesOrAll(input.kubeProxy!), set: kubeProxyChange(input.set!) };
    }
    case 'cut': {
      const input = validate(FAULT_VERBS.cut, value, at, issues);
      return input && { do: 'cut', between: input.between, forNs: input.for ?? null };
    }
    case 'slow': {
      const input = validate(FAULT_VERBS.slow, value, at, issues);
      return input && { do: 'slow', between: input.between, byNs: input.by, forNs: input.for ?? null };
    }
    case 'lose': {
      const input = validate(FAULT_VERBS.lose, value, at, issues);
      return input && { do: 'lose', between: input.between, share: input.share, forNs: input.for ?? null };
    }
    case 'scaleDown': {
      const input = validate(FAULT_VERBS.scaleDown, value, at, issues);
      return input && { do: 'scaleDown', node: input.node, afterNs: input.after ?? DEFAULT_SCALE_DOWN_NS };
    }
  }
}

function namesOrAll(names: string | string[]): string[] | null {
  if (names === 'all') return null;
  return typeof names === 'string' ? [names] : names;
}

export function nodeLifecycle(input: z.output<typeof zNodeLifecycle>, version: string): NodeLifecycle {
  return {
    leaseRenewNs: input.leaseRenew ?? 10 * SECOND_NS,
    nodeMonitorPeriodNs: input.nodeMonitorPeriod ?? 5 * SECOND_NS,
    nodeMonitorGracePeriodNs: input.nodeMonitorGracePeriod ?? (minorNumber(version) >= 32 ? 50 : 40) * SECOND_NS,
    unreachableTolerationNs: input.unreachableToleration ?? 300 * SECOND_NS,
    nodeEvictionRate: input.nodeEvictionRate ?? 0.1,
    secondaryNodeEvictionRate: input.secondaryNodeEvictionRate ?? 0.01,
    unhealthyZoneThreshold: input.unhealthyZoneThreshold ?? 0.55,
    largeClusterSizeThreshold: input.largeClusterSizeThreshold ?? 50,
    whenAllNodesFail: input.whenAllNodesFail ?? 'stopEvictions',
  };
}
