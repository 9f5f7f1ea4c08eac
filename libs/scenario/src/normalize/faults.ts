/** Faults of the timeline, and how the control plane finds out: defaults filled. */
import type { z } from 'zod';
import type { Fault, NodeLifecycle } from '#sim';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { FAULT_VERBS, type FaultVerb, type zNodeLifecycle } from '../schema/faults.js';
import { validate } from '../schema/validate.js';
import { minorNumber } from './version.js';

const SECOND_NS = 1e9;

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
  }
}

function namesOrAll(names: 'all' | string[]): string[] | null {
  return names === 'all' ? null : names;
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
