/** What a load balancer that changes does to connections that are open through it. */
import { draw, Stream } from '../kernel/index.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import type { Endings, Loss } from './endings.js';
import type { KeptConnections } from './kept-connections.js';
import { movedByBalancer } from './load-balancing.js';
import type { RowIds } from './row-ids.js';
import { closedByBalancer } from './ways.js';

export class BalancerClosings {
  constructor(
    private readonly world: { readonly seed: number; now(): Nanos },
    private readonly ids: RowIds,
    private readonly endings: Endings,
    private readonly kept: KeptConnections,
  ) {}

  /**
   * A target takes nothing any more of what is open. `reset`: the client is told; `silent`: what is sent there meets nobody.
   * `through`: a target, or all targets on a node. Answers how many requests that costs.
   */
  close(balancer: Balancer, through: Target | number, how: Loss): number {
    const lost = this.take(
      ({ balanced, balancedTarget }) =>
        balanced === balancer && (balancedTarget === through || balancedTarget?.node === through),
    );
    const node = this.ids.nodeName(typeof through === 'number' ? through : through.node);
    const reason = this.ids.ofBalancer(closedByBalancer(balancer.service, node), 'lb-closed', balancer);
    for (const c of lost) this.endings.lost(c, how, reason);
    this.kept.closeThrough(balancer, through, how === 'reset', this.world.now());
    return lost.length;
  }

  /**
   * The set has changed, and packets of what is open are sent by the hash over the new one: whoever gets them there does not know
   * the connection and resets it. Answers how many requests that costs.
   */
  move(balancer: Balancer): number {
    const { world } = this;
    const moved = ({ flow, hashed, balanced, balancedTarget }: Connection) =>
      balanced === balancer &&
      balancedTarget !== null &&
      balancer.targets[balancer.pick(draw(world.seed, Stream.lb, flow.key, hashed))] !== balancedTarget;
    const lost = this.take(moved);
    const reason = this.ids.ofBalancer(movedByBalancer(balancer.service), 'lb-closed', balancer);
    for (const c of lost) this.endings.lost(c, 'reset', reason);
    return lost.length;
  }

  /** Requests without an answer, also those whose client waits in vain. */
  private take(isMeant: (c: Connection) => boolean): Connection[] {
    const now = this.world.now();
    const { open, hanging } = this.endings;
    return [...open.takeAllUnanswered(now, isMeant), ...hanging.takeAllUnanswered(now, isMeant)];
  }
}
