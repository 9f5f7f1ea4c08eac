/** A scenario that has thousands of events a second for as long as somebody follows it: probes every millisecond. */
import type { Scenario } from '../scenario.js';
import { profile, service, smallScenario } from './small-scenario.js';

export function probedWithoutEnd(): Scenario {
  const check = { intervalNs: 1_000_000, timeoutNs: 1_000_000, healthyThreshold: 1, unhealthyThreshold: 1 };
  return smallScenario({
    objects: [service('web', { type: 'LoadBalancer' })],
    loadBalancers: { default: profile({ clusterHealthCheck: check }), byService: {} },
  });
}
