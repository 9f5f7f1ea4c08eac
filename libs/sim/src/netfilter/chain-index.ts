/**
 * Which rules of a long chain can match a destination, so that thousands of services are not scanned for one packet.
 *
 * Models: nothing of its own; the kernel scans. The rules left out are those that could not have matched.
 * Source: the shape of KUBE-SERVICES and KUBE-NODEPORTS: almost every rule names one destination address or one port.
 * Simplified: nothing.
 * Who could tell: nobody; the order of the rules that remain is kept.
 */
import { ADDRESS_BITS, type Ip, ipv4ToNumber, parseCidr } from './address.js';
import type { Chain, Rule } from './rules.js';

/** Shorter chains are scanned. */
const INDEXED_FROM_RULES = 24;

/** IPv4 as a signed 32-bit number, the cheapest key there is for thousands of rules; IPv6 as its canonical text. */
type AddressKey = number | string;

interface ChainIndex {
  /** Rule numbers, ascending, by the one destination address that the rule asks for. */
  byAddress: Map<AddressKey, number[]>;
  /** Of addresses with many rules, as of a service with thousands of ports; filled when one is asked for. */
  portsOf: Map<AddressKey, PortIndex>;
  /** Of rules without such an address: by destination port. */
  byPort: Map<number, number[]>;
  /** Of rules with neither. */
  always: number[];
}

interface PortIndex {
  byPort: Map<number, number[]>;
  /** Of rules that do not ask for one port. */
  always: number[];
}

/** Chains are immutable; kept apart from them so that a chain that outlives a sync keeps its index. */
const indexes = new WeakMap<Chain, ChainIndex>();

/** Numbers, ascending, of the rules that may match a packet to this destination; null: all of them. */
export function candidateRules(chain: Chain, destination: Ip, port: number): readonly number[] | null {
  if (chain.rules.length < INDEXED_FROM_RULES) return null;
  let index = indexes.get(chain);
  if (index === undefined) {
    index = buildIndex(chain.rules);
    indexes.set(chain, index);
  }
  const address = destination.family === 'IPv4' ? Number(destination.value) | 0 : destination.text;
  return merge(merge(atAddress(chain, index, address, port), index.byPort.get(port)), index.always);
}

function atAddress(
  { rules }: Chain,
  { byAddress, portsOf }: ChainIndex,
  address: AddressKey,
  port: number,
): readonly number[] | undefined {
  const numbers = byAddress.get(address);
  if (numbers === undefined || numbers.length < INDEXED_FROM_RULES) return numbers;
  let ports = portsOf.get(address);
  if (ports === undefined) {
    ports = { byPort: new Map(), always: [] };
    for (const number of numbers) {
      const at = portOf(rules[number] as Rule);
      if (at === null) ports.always.push(number);
      else append(ports.byPort, at, number);
    }
    portsOf.set(address, ports);
  }
  return merge(ports.byPort.get(port), ports.always);
}

function buildIndex(rules: readonly Rule[]): ChainIndex {
  const index: ChainIndex = { byAddress: new Map(), portsOf: new Map(), byPort: new Map(), always: [] };
  for (const [number, rule] of rules.entries()) {
    const address = addressOf(rule);
    if (address !== null) append(index.byAddress, address, number);
    else {
      const port = portOf(rule);
      if (port === null) index.always.push(number);
      else append(index.byPort, port, number);
    }
  }
  return index;
}

function addressOf(rule: Rule): AddressKey | null {
  for (const match of rule.matches) {
    if (match.kind !== 'destination' || match.negate === true) continue;
    const ipv4 = ipv4ToNumber(match.cidr.endsWith('/32') ? match.cidr.slice(0, -3) : match.cidr);
    if (ipv4 !== null) return ipv4 | 0;
    const cidr = parseCidr(match.cidr);
    if (cidr === null || cidr.prefixLength < ADDRESS_BITS[cidr.family]) continue;
    return cidr.family === 'IPv4' ? Number(cidr.network) | 0 : cidr.address.text;
  }
  return null;
}

function portOf(rule: Rule): number | null {
  for (const match of rule.matches) {
    if (match.kind === 'destinationPort' && match.last === undefined && match.negate !== true) return match.port;
  }
  return null;
}

function append<K>(map: Map<K, number[]>, key: K, number: number): void {
  const numbers = map.get(key);
  if (numbers === undefined) map.set(key, [number]);
  else numbers.push(number);
}

function merge(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] {
  if (a === undefined || a.length === 0) return b ?? [];
  if (b === undefined || b.length === 0) return a;
  return [...a, ...b].sort((x, y) => x - y);
}
