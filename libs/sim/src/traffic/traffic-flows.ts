/**
 * The flows of traffic sources over time: what becomes of a client while the service behind it changes.
 *
 * Models: a client outside learns of a new address from outside, and keeps the last one that it had when there is none left;
 *   inside, names are looked up anew.
 * Source: DNS and configuration outside a cluster follow published addresses, they know nothing of the cluster's API.
 * Simplified: it learns of a new address at once.
 * Who could tell: someone with long-lived DNS records for load balancers.
 */
import type { Traffic } from '../scenario.js';
import type { Flow } from './connection.js';
import { usualDoor } from './destinations.js';
import { type FlowWorld, flowTo } from './flows.js';

export class TrafficFlows {
  /** By source: the last flow that could be sent. */
  private readonly kept = new Map<number, Flow>();

  constructor(private readonly world: FlowWorld) {}

  /** The flow as things are now; `key` is the source's. */
  flow(traffic: Traffic, key: number): Flow {
    const { from, to, ...request } = traffic;
    const flow = flowTo(this.world, key, from, to, { ...request, path: '/' });
    if (!('client' in from)) return flow;
    const kept = this.kept.get(key);
    if (kept !== undefined && (flow.problem !== null || this.isInsideOnly(traffic))) return kept;
    if (flow.problem === null) this.kept.set(key, flow);
    return flow;
  }

  private isInsideOnly({ to }: Traffic): boolean {
    const service = 'service' in to && to.via === null ? this.world.service(to.service) : undefined;
    return service !== undefined && usualDoor(service.spec) === 'clusterIP';
  }
}
