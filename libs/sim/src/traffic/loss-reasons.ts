/** Why a request on its way is lost: dictionary ids of the reasons, with the object that decided. */
import type { Host, Locations } from '../cluster/locations.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { Cause } from '../results/result.js';
import type { Connection } from './connection.js';
import type { KeptConnection } from './kept-connection.js';
import type { RowIds } from './row-ids.js';
import {
  answerIsLost,
  closedByBalancer,
  leavesAsBefore,
  nodeIsOff,
  ownAddress,
  podIsGone,
  podIsHeld,
  refusalBy,
  wayBackIsOff,
} from './ways.js';

export interface LossReasonWorld {
  readonly locations: Locations;
}

export class LossReasons {
  constructor(
    private readonly world: LossReasonWorld,
    private readonly ids: RowIds,
  ) {}

  nodeDown(node: number): number {
    return this.ids.ofNode(this.downText(node), 'node-down', node);
  }

  private downText(node: number): string {
    const place = this.world.locations.nodes[node];
    return place?.alive === true ? nodeIsOff(place.name) : 'the node is gone';
  }

  /** The answer comes back by a machine that is off, or has been. */
  wayBackOff({ answerBy }: Connection, endpoint: string): number {
    const place = this.world.locations.nodes[answerBy];
    const text = wayBackIsOff(endpoint, this.ids.nodeName(answerBy), place?.alive === true);
    return this.ids.ofNode(text, 'node-down', answerBy);
  }

  podGone(c: Connection, host: Host): number {
    const { name } = host;
    if (c.heldBy < 0) return this.ofTarget(c, podIsGone(name), 'pod-gone', host);
    const text = podIsHeld(name, this.ids.nodeName(c.heldBy));
    if (!isCleanedUp(c)) return this.ids.ofHost(text, 'stale-conntrack', host);
    return this.ids.ofTarget(text, 'stale-conntrack', host, c.heldBy, this.ids.serviceOf(c));
  }

  podRefuses(c: Connection, host: Host): number {
    return this.ofTarget(
      c,
      refusalBy(host) as string,
      host.state === 'starting' ? 'pod-starting' : 'pod-stopped',
      host,
    );
  }

  /** The endpoint's machine has no power. */
  targetDown(c: Connection, host: Host): number {
    if (!c.translated || c.keptNode === host.node) return this.nodeDown(host.node);
    return this.ids.ofTargetNode(this.downText(host.node), host.node, c.keptNode, this.ids.serviceOf(c));
  }

  private ofTarget(c: Connection, text: string, cause: Cause, host: Host): number {
    if (!c.translated) return this.ids.ofHost(text, cause, host);
    return this.ids.ofTarget(text, cause, host, c.keptNode, this.ids.serviceOf(c));
  }

  answerAstray(c: Connection, endpoint: string): number {
    return this.ids.ofRules(answerIsLost(endpoint), 'answer-astray', c.node, this.ids.serviceOf(c));
  }

  outside(c: Connection): number {
    if (c.heldBy >= 0) return this.ids.ofNode(leavesAsBefore(this.ids.nodeName(c.heldBy)), 'stale-conntrack', c.heldBy);
    return this.ids.ofRules(
      'it left by the default route and nobody answered',
      'no-route',
      c.node,
      this.ids.serviceOf(c),
    );
  }

  ownAddress(node: number): number {
    return this.ids.ofNode(ownAddress(this.ids.nodeName(node)), 'impossible-source', node);
  }

  closedByBalancer({ balanced, balancedTarget }: Connection): number {
    const balancer = balanced as Balancer;
    const text = closedByBalancer(balancer.service, this.ids.nodeName((balancedTarget as Target).node));
    return this.ids.ofBalancer(text, 'lb-closed', balancer);
  }

  /** The machine that is off on the way of an open connection. */
  silentNode(c: Connection, kept: KeptConnection, host: Host): number {
    const { locations } = this.world;
    return [c.flow.node, kept.node].find((node) => node >= 0 && !locations.hasPower(node)) ?? host.node;
  }
}

/** kube-proxy deletes such entries with its syncs, by version: of UDP alone. */
function isCleanedUp({ flow }: Connection): boolean {
  return flow.socketPort !== 0;
}
