/** Which senders some rules cannot tell apart: by their address and by the interface that their packets come in by. */
import type { Cidr, Ip } from '../netfilter/address.js';
import { SourceClasses } from '../netfilter/source-classes.js';
import { interfaceMatches } from '../netfilter/walk.js';

/** What a walk compared the sender with. */
export interface Tested {
  cidrs: Map<string, Cidr>;
  /** Patterns of interfaces; null: the very name. */
  interfaces: Set<string | null>;
}

export class SenderClasses {
  private readonly sources = new SourceClasses();
  private readonly interfaces = new Set<string | null>();

  learn({ cidrs, interfaces }: Tested): void {
    for (const cidr of cidrs.values()) this.sources.learn(cidr);
    for (const pattern of interfaces) this.interfaces.add(pattern);
  }

  /** Equal for senders that nothing known so far tells apart. */
  classOf(source: Ip, inInterface: string | null): string {
    let interfaceClass = '';
    for (const pattern of this.interfaces) {
      interfaceClass += pattern === null ? ` ${inInterface}` : interfaceMatches(pattern, inInterface) ? ' +' : ' -';
    }
    return this.sources.classOf(source) + interfaceClass;
  }
}

export function nothingTested(): Tested {
  return { cidrs: new Map(), interfaces: new Set() };
}
