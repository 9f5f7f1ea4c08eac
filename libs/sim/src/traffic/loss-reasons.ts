/** Why a request on its way is lost: dictionary ids of the reasons, with the object that decided. */
import type { Host, Locations } from '../cluster/locations.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Connection } from './connection.js';
import type { KeptConnection } from './kept-connection.js';
import type { RowIds } from './row-ids.js';
import {
  answerIsLost,
  closedByBalancer,
  leavesAsBefore,
  ownAddress,
  podIsGone,
  podIsHeld,
  wayBackIsOff,
} from './ways.js';

export interface LossReasonWorld {
  readonly locations: Locations;
  readonly dictionaries: DictionaryBuilder;
}

export class LossReasons {
  constructor(
    private readonly world: LossReasonWorld,
    private readonly ids: RowIds,
  ) {}

  nodeDown(node: number): number {
    const place = this.world.locations.nodes[node];
    return this.ids.ofNode(place?.alive === true ? `${place.name} is off` : 'the node is gone', 'node-down', node);
  }

  /** The answer comes back by a machine that is off, or has been. */
  wayBackOff({ answerBy }: Connection, endpoint: string): number {
    const place = this.world.locations.nodes[answerBy];
    const text = wayBackIsOff(endpoint, this.ids.nodeName(answerBy), place?.alive === true);
    return this.ids.ofNode(text, 'node-down', answerBy);
  }

  podGone({ heldBy }: Connection, host: Host): number {
    const { name } = host;
    if (heldBy >= 0) return this.ids.ofHost(podIsHeld(name, this.ids.nodeName(heldBy)), 'stale-conntrack', host);
    return this.ids.ofHost(podIsGone(name), 'pod-gone', host);
  }

  answerAstray(c: Connection, endpoint: string): number {
    return this.ids.ofRules(answerIsLost(endpoint), 'answer-astray', c.node, this.serviceOf(c));
  }

  outside(c: Connection): number {
    if (c.heldBy >= 0) return this.ids.ofNode(leavesAsBefore(this.ids.nodeName(c.heldBy)), 'stale-conntrack', c.heldBy);
    return this.ids.ofRules('it left by the default route and nobody answered', 'no-route', c.node, this.serviceOf(c));
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

  /** What the client asked for; null where it was a bare address. */
  private serviceOf({ target }: Connection): string | null {
    return this.world.dictionaries.dictionaries.targets[target]?.service ?? null;
  }
}
