/**
 * Typed netfilter rules: what a kube-proxy mode produces, what the evaluator walks and what the writers print.
 *
 * Models: tables, chains, rules, matches and targets of iptables as far as kube-proxy and kubelet use them.
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
  /** `-p NAME` alone: lower case, as iptables names it. */
  | { kind: 'ipProtocol'; protocol: string; negate?: boolean }
  /** `-s CIDR`; `cidr` as written: `10.0.0.0/8`, `10.180.0.1` or `10.180.0.1/32`. */
  | { kind: 'source'; cidr: string; negate?: boolean }
  | { kind: 'destination'; cidr: string; negate?: boolean }
  | { kind: 'destinationPort'; port: number }
  /** `-i NAME`; a trailing `+` matches any suffix. */
  | { kind: 'inInterface'; name: string; negate?: boolean }
  | { kind: 'addrtype'; source?: 'LOCAL'; destination?: 'LOCAL'; negateSource?: boolean }
  | { kind: 'mark'; value: number; mask: number; negate?: boolean }
  | { kind: 'conntrack'; states: readonly ConntrackState[]; negate?: boolean }
  /** `-m statistic --mode random --probability`; 10 digits after the point are written. */
  | { kind: 'statistic'; probability: number }
  /** Session affinity. `rcheck` matches where the source was set within `seconds`; `set` always matches and stamps. */
  | { kind: 'recent'; name: string; operation: 'rcheck'; seconds: number; reap: boolean }
  | { kind: 'recent'; name: string; operation: 'set' }
  /** A counter; always matches. */
  | { kind: 'nfacct'; name: string }
  /** `-m set --match-set NAME dst,dst`; the ruleset has the set. */
  | { kind: 'set'; name: string; directions: SetDirections; negate?: boolean }
  /** `-m physdev --physdev-is-in`: it came in by a port of a bridge that calls iptables. */
  | { kind: 'physdev'; isIn: boolean }
  /** `-m ipvs --vaddr`: IPVS has sent it on, for that virtual server. */
  | { kind: 'ipvs'; address: string; protocol: Protocol; port: number };

export type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'DNAT' | 'SNAT';

export type Target =
  | { kind: 'jump'; chain: string }
  | { kind: 'ACCEPT' }
  | { kind: 'DROP' }
  /** ICMP port unreachable (iptables' default); a TCP client meets "connection refused". */
  | { kind: 'REJECT' }
  | { kind: 'RETURN' }
  | { kind: 'MARK'; operation: 'or' | 'xor'; value: number }
  | { kind: 'DNAT'; ip: string; port: number }
  | { kind: 'MASQUERADE'; randomFully: boolean };

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
