/** A request on a connection that its client has kept open: nothing is decided but at its end. */
import type { Host } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import type { Nanos } from '../scenario.js';
import { HTTP_OK } from './app-answers.js';
import type { Connection } from './connection.js';
import type { CrossedLinks } from './crossed-links.js';
import type { Endings } from './endings.js';
import type { KeptConnection } from './kept-connection.js';
import type { KeptConnections } from './kept-connections.js';
import type { Links } from './links.js';
import type { LossReasons } from './loss-reasons.js';
import type { RowIds } from './row-ids.js';
import type { Servers } from './servers.js';
import { closedAsIdle, closedAtShutdown, endedWhileOpen, isForgotten } from './ways.js';

export interface KeptRequestWorld {
  readonly links: Links;
  now(): Nanos;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
}

export class KeptRequests {
  constructor(
    private readonly world: KeptRequestWorld,
    private readonly ids: RowIds,
    private readonly reasons: LossReasons,
    private readonly endings: Endings,
    private readonly kept: KeptConnections,
    private readonly crossed: CrossedLinks,
    private readonly servers: Servers,
  ) {}

  /** conntrack knows the way. */
  send(c: Connection): void {
    c.sentNs = c.startNs;
    const atNs = Math.max(this.world.now(), c.startNs + c.returnNs);
    this.world.schedule(atNs, Phase.Packet, Kind.AtEndpoint, c.slot);
  }

  atEndpoint(c: Connection, kept: KeptConnection): void {
    const now = this.world.now();
    const host = kept.host as Host;
    const heardNs = this.kept.heardNs(kept);
    const cutBy = this.world.links.quiet ? 0 : this.crossed.cutBy(c, kept, host);
    if (cutBy !== 0) return this.endings.unheard(c, cutBy);
    switch (this.kept.meets(c, kept, now)) {
      case 'served':
        return this.servers.answer(c, HTTP_OK, host);
      case 'processEnded':
        return this.endings.hungUp(c, heardNs, this.ids.ofHost(endedWhileOpen(host.name), 'pod-killed', host));
      case 'idleClosed':
        return this.endings.hungUp(c, heardNs, this.ids.ofHost(closedAsIdle(host.name), 'idle-closed', host));
      case 'shutDown':
        return this.endings.hungUp(c, heardNs, this.ids.ofHost(closedAtShutdown(host.name), 'idle-closed', host));
      case 'balancerClosed':
        return this.endings.hungUp(c, heardNs, this.reasons.closedByBalancer(c));
      case 'forgotten':
        return this.endings.hungUp(c, now + kept.takesNs, this.ids.ofHost(isForgotten(host.name), 'node-down', host));
      case 'silent': {
        if (kept.isSilent) return this.endings.unheard(c, this.reasons.closedByBalancer(c));
        const node = this.reasons.silentNode(c, kept, host);
        // Whoever is on the machine itself is gone with it.
        return this.endings.unheard(c, this.reasons.nodeDown(node), node === c.flow.node ? -1 : node);
      }
    }
  }
}
