/**
 * Typed netfilter rules: what a kube-proxy mode produces, what the evaluator walks and what the writers print.
 *
 * Models: tables, chains, rules, matches and targets of iptables as far as kube-proxy, kubelet, CNIs, container engines
 *   and firewalls commonly use them.
 * Source: iptables(8), iptables-extensions(8); pkg/proxy/iptables/proxier.go for the order of a rule's parts.
 * Simplified: packet and byte counters are not kept.
 * Who could tell: someone who reads `iptables -L -v`.
 */
import type { IpFamily, Protocol } from '../objects.js';
import type { Hook } from '../trace-result.js';
import type { IpSet, SetDirections } from './ip-sets.js';
import type { NftTable } from './nft-rules.js';
import type { VirtualServers } from './virtual-servers.js';

/** A table of iptables. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** In the order in which they are written; that order has no effect on the verdict. */
export type Match =
  | { kind: 'comment'; text: string }
  /** `-m tcp -p tcp` */
  | { kind: 'protocol'; protocol: Protocol }
  /** `-p NAME` alone: lower case, as iptables names it, or a number. */
  | { kind: 'ipProtocol'; protocol: string; negate?: boolean }
  /** `-s CIDR`; `cidr` as written: `10.0.0.0/8`, `10.180.0.1` or `10.180.0.1/32`. */
  | { kind: 'source'; cidr: string; negate?: boolean }
  | { kind: 'destination'; cidr: string; negate?: boolean }
  /** `last`: the end of a range that begins with `port`. */
  | { kind: 'sourcePort'; port: number; last?: number; negate?: boolean }
  | { kind: 'destinationPort'; port: number; last?: number; negate?: boolean }
  /** Of the flags in `mask` those in `set` are set, the others are not. */
  | { kind: 'tcpFlags'; mask: readonly TcpFlag[]; set: readonly TcpFlag[]; negate?: boolean }
  | { kind: 'multiport'; side: 'source' | 'destination' | 'either'; ports: readonly PortRange[]; negate?: boolean }
  /** `-i NAME`; a trailing `+` matches any suffix. */
  | { kind: 'inInterface'; name: string; negate?: boolean }
  | { kind: 'outInterface'; name: string; negate?: boolean }
  | {
      kind: 'addrtype';
      source?: AddressTypes;
      destination?: AddressTypes;
      negateSource?: boolean;
      negateDestination?: boolean;
      /** LOCAL is what the interface by which the packet comes in, or goes out, has itself. */
      limitInterface?: 'in' | 'out';
    }
  | { kind: 'mark' | 'connmark'; value: number; mask: number; negate?: boolean }
  | {
      kind: 'conntrack';
      /** Empty where only `tests` are asked. */
      states: readonly ConntrackState[];
      negate?: boolean;
      tests?: readonly ConntrackTest[];
      /** Written as `-m state --state`. */
      module?: 'state';
    }
  /** `-m statistic --mode random --probability`; 10 digits after the point are written. */
  | { kind: 'statistic'; probability: number; negate?: boolean }
  /** `-m statistic --mode nth`: one of `every` packets, here any of them. */
  | { kind: 'nth'; every: number; packet: number; negate?: boolean }
  | RecentMatch
  | { kind: 'iprange'; source?: AddressRange; destination?: AddressRange }
  /** A counter; always matches. */
  | { kind: 'nfacct'; name: string }
  /** `-m set --match-set NAME dst,dst`; the ruleset has the set. */
  | { kind: 'set'; name: string; directions: SetDirections; negate?: boolean }
  /** `-m physdev --physdev-is-in`: it came in by a port of a bridge that calls iptables. False: negated. */
  | { kind: 'physdev'; isIn?: boolean; isOut?: boolean; isBridged?: boolean }
  /** The process that sent it: its user and group as numbers. */
  | { kind: 'owner'; user?: OwnerRange; group?: OwnerRange; socketExists?: boolean }
  /** Whether its answer would leave by the interface by which it came. */
  | { kind: 'rpfilter'; loose: boolean; text: string; negate?: boolean }
  /** `-m ipvs --vaddr`: IPVS has sent it on, for that virtual server. */
  | { kind: 'ipvs'; address: string; protocol: Protocol; port: number }
  /**
   * What holds, or does not, for every first packet that there is here: `-m limit` (nobody has been there before),
   * `-m icmp`, `-m policy --pol none`. `text` is the match as it is written.
   */
  | { kind: 'fixed'; holds: boolean; text: string };

/** Session affinity, and other lists of addresses with the times when they were seen. */
export type RecentMatch = { kind: 'recent'; name: string; negate?: boolean } & RecentKey &
  (
    | { operation: 'set' | 'remove' }
    /** Matches where the address was set within `seconds` (0: at any time), and `hits` times (absent: once). */
    | { operation: 'rcheck' | 'update'; seconds: number; reap: boolean; hits?: number; sameTtl?: boolean }
  );

interface RecentKey {
  /** What the list holds. Absent: the source. */
  key?: 'destination';
  /** Absent: the whole address. */
  mask?: string;
}

export interface OwnerRange {
  readonly first: number;
  readonly last: number;
  readonly negate?: boolean;
}

export type TcpFlag = 'FIN' | 'SYN' | 'RST' | 'PSH' | 'ACK' | 'URG';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface AddressRange {
  readonly first: string;
  readonly last: string;
  readonly negate?: boolean;
}

export type AddressType =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'
  | 'THROW'
  | 'NAT'
  | 'XRESOLVE';
export type AddressTypes = AddressType | readonly AddressType[];

export type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'DNAT' | 'SNAT';

/** A connection's addresses and ports as its first packet has them, and as its answers have them. */
export type TupleEnd = 'origsrc' | 'origdst' | 'replsrc' | 'repldst';

export type ConntrackTest =
  | { test: 'protocol'; protocol: string; negate?: boolean }
  | { test: 'address'; end: TupleEnd; cidr: string; negate?: boolean }
  | { test: 'port'; end: TupleEnd; ports: PortRange; negate?: boolean }
  | { test: 'status'; statuses: readonly ConntrackStatus[]; negate?: boolean }
  | { test: 'direction'; direction: 'ORIGINAL' | 'REPLY' };

export type ConntrackStatus = 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED';

export type Target =
  /** `goto`: the called chain returns to where this one would. */
  | { kind: 'jump'; chain: string; goto?: boolean }
  | { kind: 'ACCEPT' }
  | { kind: 'DROP' }
  /** Absent: ICMP port unreachable (iptables' default); a TCP client meets "connection refused". */
  | { kind: 'REJECT'; with?: string }
  | { kind: 'RETURN' }
  /** `set`: the bits of `mask` are cleared, then `value` is flipped in: `--set-xmark VALUE/MASK`. */
  | { kind: 'MARK'; operation: 'or' | 'xor'; value: number }
  | { kind: 'MARK'; operation: 'set'; value: number; mask: number }
  | { kind: 'CONNMARK'; operation: 'set'; value: number; mask: number }
  | { kind: 'CONNMARK'; operation: 'save' | 'restore'; connectionMask: number; packetMask: number }
  | { kind: 'DNAT'; ip: string; port: number }
  | TranslationTarget
  | { kind: 'MASQUERADE'; randomFully: boolean; random?: boolean; ports?: PortRange }
  /** Connection tracking passes the packet by, and NAT with it. */
  | { kind: 'NOTRACK'; text: string }
  /** What has no effect on where a first packet goes: LOG, NFLOG, TCPMSS and the like. `text` as it is written. */
  | { kind: 'noEffect'; name: string; text: string };

/** DNAT other than to one address and port, SNAT, REDIRECT and NETMAP. */
export type TranslationTarget =
  | {
      kind: 'translate';
      /** What the rule is written as. */
      name: 'DNAT' | 'SNAT' | 'REDIRECT';
      /** Null: the address stays; with REDIRECT it becomes the node's own. */
      addresses: AddressRange | null;
      /** Null: the port stays. */
      ports: PortRange | null;
      /** `--to-destination :8000-8009/80`: port 80 becomes the first one, 81 the second. */
      basePort?: number;
      random?: boolean;
      randomFully?: boolean;
      persistent?: boolean;
    }
  /** Each address of a network becomes that of the other with the same host bits. */
  | { kind: 'NETMAP'; cidr: string };

export interface Rule {
  readonly matches: readonly Match[];
  /** Null: the rule only counts (a comment line). */
  readonly target: Target | null;
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface IptablesTable {
  readonly syntax: 'iptables';
  readonly name: TableName;
  /**
   * By name, in the order in which they are written. Base chains (PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING) hold
   * the jumps that kube-proxy and kubelet ensure.
   */
  readonly chains: ReadonlyMap<string, Chain>;
  /** Of base chains; those that are not named accept. */
  readonly policies?: ReadonlyMap<Hook, 'ACCEPT' | 'DROP'>;
  /** An object that a chain of this name belongs to: while it is the same, so are all chains that belong to it. */
  partOf?(chain: string): object | undefined;
}

export type Table = IptablesTable | NftTable;

/** All rules of one node and one IP family, immutable: a sync replaces it. */
export interface Ruleset<T extends Table = Table> {
  readonly ipFamily: IpFamily;
  /** By title: `nat`, `ip kube-proxy`. In the order in which they were registered. */
  readonly tables: ReadonlyMap<string, T>;
  /** Of ipset, by name. */
  readonly sets?: ReadonlyMap<string, IpSet>;
  /** Absent: the node does without IPVS. */
  readonly virtualServers?: VirtualServers;
  /** Canonical texts of addresses that the node has while these rules are in force. */
  readonly boundAddresses?: ReadonlySet<string>;
}

/** What a table is called: `nat`, `ip kube-proxy`. */
export function titleOf(table: Table): string {
  return table.syntax === 'nft' ? `${table.family} ${table.name}` : table.name;
}

export const BASE_CHAINS: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
