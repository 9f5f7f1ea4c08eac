/**
 * Whether one match of a rule holds for a packet as it is at that point of its walk.
 *
 * Models: the iptables matches that kube-proxy uses.
 * Source: iptables-extensions(8); net/netfilter/xt_conntrack.c, xt_mark.c, xt_addrtype.c, xt_recent.c.
 * Simplified: `statistic` is not decided here, the evaluator follows both ways; `recent` is answered by the caller.
 * Who could tell: nobody, as long as the rules are kube-proxy's.
 */
import { invariant } from '../kernel/invariant.js';
import type { Protocol } from '../objects.js';
import { type Cidr, contains, type Ip, parseCidr } from './address.js';
import { type IpSet, isInSet } from './ip-sets.js';
import type { NodeContext } from './packet.js';
import type { ConntrackState, Match } from './rules.js';
import { keyOf, type VirtualServer } from './virtual-servers.js';

/** What the matches look at. */
export interface PacketView {
  readonly node: NodeContext;
  readonly sourceIp: Ip;
  readonly destinationIp: Ip;
  readonly destinationPort: number;
  readonly protocol: Protocol;
  readonly mark: number;
  readonly connection: ReadonlySet<ConntrackState>;
  readonly sets: ReadonlyMap<string, IpSet>;
  /** The virtual server for which IPVS has sent it on. */
  readonly balanced: VirtualServer | null;
  /** Whether the packet came in by an interface of that name; `veth+` is every name that starts so. */
  cameInBy(pattern: string): boolean;
  /** Called with each CIDR that the source is compared with. */
  sourceTested(cidr: Cidr): void;
  askedSet(set: IpSet, key: string | null): void;
  /** Whether the source was set under this name within `seconds`. */
  recentlySet(name: string, seconds: number): boolean;
}

export function matches(match: Match, view: PacketView): boolean {
  switch (match.kind) {
    case 'comment':
    case 'nfacct':
    case 'statistic':
      return true;
    case 'protocol':
      return match.protocol === view.protocol;
    case 'ipProtocol':
      return (match.protocol === view.protocol.toLowerCase()) !== (match.negate === true);
    case 'source': {
      const cidr = readCidr(match.cidr);
      view.sourceTested(cidr);
      return contains(cidr, view.sourceIp) !== (match.negate === true);
    }
    case 'destination':
      return contains(readCidr(match.cidr), view.destinationIp) !== (match.negate === true);
    case 'destinationPort':
      return match.port === view.destinationPort;
    case 'inInterface':
      return view.cameInBy(match.name) !== (match.negate === true);
    case 'addrtype':
      return (
        (match.source === undefined || view.node.isLocalAddress(view.sourceIp) !== (match.negateSource === true)) &&
        (match.destination === undefined || view.node.isLocalAddress(view.destinationIp))
      );
    case 'mark':
      return ((view.mark & match.mask) >>> 0 === match.value >>> 0) !== (match.negate === true);
    case 'conntrack':
      return match.states.some((state) => view.connection.has(state)) !== (match.negate === true);
    case 'recent':
      return match.operation === 'set' || view.recentlySet(match.name, match.seconds);
    case 'set':
      return isInSet(setNamed(match.name, view), match.directions, view) !== (match.negate === true);
    case 'physdev':
      // Bridges do not call iptables here.
      return !match.isIn;
    case 'ipvs':
      return view.balanced !== null && isServer(match, view.balanced);
    default:
      return unknownMatch(match);
  }
}

function setNamed(name: string, { sets, node }: PacketView): IpSet {
  const set = sets.get(name);
  if (set === undefined) invariant(false, `a rule asks the set ${name}, which does not exist (node ${node.name})`);
  return set;
}

function isServer({ address, protocol, port }: Extract<Match, { kind: 'ipvs' }>, server: VirtualServer): boolean {
  const ip = readCidr(address).address;
  return keyOf(server) === keyOf({ ...server, ip, protocol, port });
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === null) invariant(false, `a rule names "${text}", which is no address`);
  return cidr;
}

function unknownMatch(match: never): never {
  throw new Error(`unknown match ${JSON.stringify(match)}`);
}
