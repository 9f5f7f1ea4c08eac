/**
 * Segments that conntrack takes for invalid: it does not translate them back.
 *
 * Models: a segment of an answer outside the window that conntrack has seen. Where the rules of the node that translated the
 *   connection drop it, its sender sends it again; where they let it pass, it comes to its receiver from an address that this
 *   one never wrote to, and is answered by a reset. With nf_conntrack_tcp_be_liberal none is invalid.
 * Source: kubernetes/kubernetes#74839, #74840, #117924, #120412, #122663; tcp(7): the least time before a segment is sent again
 *   is 200 ms; which rules drop it is asked of the rules themselves.
 * Simplified: the share of answers that have such a segment is given; it is sent again once.
 * Who could tell: someone who captures packets.
 */
import { UPLINK } from '../cluster/locations.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import { evaluate } from '../netfilter/evaluate.js';
import type { Ruleset } from '../netfilter/rules.js';
import type { Nanos } from '../scenario.js';

/** TCP_RTO_MIN. */
export const SENT_AGAIN_NS: Nanos = 200e6;

const ANY_CLIENT_PORT = 40_000;

export class InvalidPackets {
  private readonly known = new WeakMap<Ruleset, Map<string, boolean>>();

  constructor(private readonly addresses: AddressBook) {}

  /** Whether a node's rules drop what comes from the endpoint and is not translated back. */
  areDropped(rules: CompiledRuleset, endpoint: AddressId, port: number, client: AddressId): boolean {
    const sourceIp = this.addresses.at(endpoint);
    const destinationIp = this.addresses.at(client);
    const key = `${sourceIp.text} ${port} ${destinationIp.text}`;
    let known = this.known.get(rules.ruleset);
    if (known === undefined) {
      known = new Map();
      this.known.set(rules.ruleset, known);
    }
    let dropped = known.get(key);
    if (dropped === undefined) {
      const egress = rules.context.egress(sourceIp);
      const packet = {
        sourceIp,
        sourcePort: port,
        destinationIp,
        destinationPort: ANY_CLIENT_PORT,
        protocol: 'TCP' as const,
        inInterface: egress.local ? UPLINK : egress.interface,
      };
      const outcomes = evaluate('arriving', rules.ruleset, rules.context, packet, {
        masqueradeMark: rules.masqueradeMark,
        connectionState: 'INVALID',
        steps: false,
      });
      dropped = outcomes.every(({ verdict }) => verdict === 'drop');
      known.set(key, dropped);
    }
    return dropped;
  }
}
