/** What a load balancer does to a connection, as runs and traces have in common. */
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { Flow } from './connection.js';

/**
 * Whether a connection comes back to where it began, with its source kept: the target answers its own machine directly and not
 * by the load balancer, so the handshake never ends. An instance is all of its node; a pod only itself.
 */
export function comesBack(
  { profile }: Balancer,
  target: Target,
  { origin, node }: Pick<Flow, 'origin' | 'node'>,
  clientAddress: string,
): boolean {
  if (profile.hairpin === 'works' || origin === 'client' || target.node !== node) return false;
  return target.pod === null || target.pod.ip === clientAddress;
}

export function cannotComeBack(node: string): string {
  return `the load balancer sends it back to ${node}, where it comes from, with its source kept: the answer goes past the load balancer`;
}

export function zoneIsLost(service: string): string {
  return `load balancer of ${service}: the zone that it meets is lost`;
}

export function movedByBalancer(service: string): string {
  return `load balancer of ${service}: its packets now go to a node that does not know the connection`;
}
