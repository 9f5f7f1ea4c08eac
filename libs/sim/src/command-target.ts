/** Which workload a command of kubectl means. */
import type { WorkloadTarget } from './scenario.js';

export function targetOf<Other extends string>(
  target: WorkloadTarget<Other>,
): { kind: 'Deployment' | Other; name: string } {
  return 'deployment' in target ? { kind: 'Deployment', name: target.deployment } : target;
}
