/**
 * A node's answers for one table, remembered: a packet that the rules cannot tell from another one is not walked again.
 *
 * Models: nothing of its own; gives what the world's `walk` gives, without steps.
 * Source: netfilter/source-classes.ts, as behind the compiled rules.
 * Simplified: nothing; test/properties/matrix-equals-traces.spec.ts compares with traces.
 * Who could tell: nobody.
 */
import type { Entry, Packet } from '../netfilter/packet.js';
import type { WalkOutcome } from '../netfilter/walk-outcome.js';
import type { TraceWorld } from '../trace.js';
import { nothingTested, SenderClasses, type Tested } from './sender-classes.js';

interface Remembered {
  source: string;
  outcomes: readonly WalkOutcome[];
  tested: Tested;
}

interface Place {
  classes: SenderClasses;
  byClass: Map<string, Remembered>;
}

export class RememberedWalks {
  private readonly places = new Map<string, Place>();

  constructor(
    private readonly world: TraceWorld,
    /** Told how many outcomes each new walk has had. */
    private readonly spend: (outcomes: number) => void,
    /** Told of every walk, remembered or not, what it compared the sender with. */
    private readonly asked: (tested: Tested) => void,
  ) {}

  walk(node: number, entry: Entry, packet: Packet): readonly WalkOutcome[] | null {
    const place = this.place(node, entry, packet);
    const known = place.byClass.get(this.classOf(place, node, packet)) ?? this.walked(place, node, entry, packet);
    if (known === null) return null;
    this.asked(known.tested);
    const isOfThis = known.source === packet.sourceIp.text;
    return isOfThis ? known.outcomes : known.outcomes.map((outcome) => of(packet, outcome));
  }

  private walked(place: Place, node: number, entry: Entry, packet: Packet): Remembered | null {
    const tested = nothingTested();
    const outcomes = this.world.walk(node, entry, packet, {
      steps: false,
      sourceTested: (cidr) => tested.cidrs.set(cidr.text, cidr),
      interfaceTested: (pattern) => tested.interfaces.add(pattern),
    });
    if (outcomes === null) return null;
    this.spend(outcomes.length);
    place.classes.learn(tested);
    const remembered = { source: packet.sourceIp.text, outcomes, tested };
    // Only now is it known what this walk asked.
    place.byClass.set(this.classOf(place, node, packet), remembered);
    return remembered;
  }

  private place(node: number, entry: Entry, { destinationIp, destinationPort, protocol }: Packet): Place {
    const key = `${node} ${entry} ${destinationIp.text} ${destinationPort} ${protocol}`;
    let place = this.places.get(key);
    if (place === undefined) {
      place = { classes: new SenderClasses(), byClass: new Map() };
      this.places.set(key, place);
    }
    return place;
  }

  private classOf({ classes }: Place, node: number, { sourceIp, inInterface }: Packet): string {
    const isLocal = this.world.context(node, sourceIp.family).isLocalAddress(sourceIp);
    return `${isLocal ? 'local' : 'remote'} ${classes.classOf(sourceIp, inInterface)}`;
  }
}

/** What keeps its source has this packet's. */
function of({ sourceIp }: Packet, outcome: WalkOutcome): WalkOutcome {
  return outcome.snat ? outcome : { ...outcome, sourceIp };
}
