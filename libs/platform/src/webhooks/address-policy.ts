/**
 * Where webhooks may lead: to addresses of the public internet, and to networks that the configuration names. Everything
 * else is refused, so that nobody can have the server ask on their behalf what they cannot ask themselves: its own ports,
 * its neighbours, its cloud's metadata. IPv6 addresses with an IPv4 address in them (mapped, NAT64, 6to4, Teredo) lead to
 * that address, so they are no way around: they are refused as such.
 */
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = [Address, number];

/** Of ranges that are public by their number, and still answer only to machines of one cloud. */
const OF_CLOUDS: Record<string, string> = { '168.63.129.16': "Azure's own services" };

/** What IANA has given out as unicast so far; the rest of IPv6 leads nowhere, or is something else. */
const GLOBAL_UNICAST: Network = ipaddr.parseCIDR('2000::/3');

/** Null: no such network. */
export function parseNetwork(text: string): Network | null {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : null;
}

export class AddressPolicy {
  /** `allowed`: networks that may be reached whatever they are. `own`: addresses of this machine. */
  constructor(
    private readonly allowed: readonly Network[],
    private readonly own: () => readonly string[] = ownAddresses,
  ) {}

  /** Null where a request may go to `text`, an IP address; else why not. */
  refusal(text: string): string | null {
    if (!ipaddr.isValid(text)) return 'is no IP address';
    const address = ipaddr.parse(text);
    if (this.isAllowed(text)) return null;
    const kind = kindOf(address);
    if (kind !== null) return `is ${kind}`;
    return this.own().some((mine) => isSame(mine, address)) ? 'is an address of this server' : null;
  }

  /** In one of the networks that the configuration names. */
  isAllowed(text: string): boolean {
    const address = ipaddr.parse(text);
    return this.allowed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }

  /** Whether the configuration names any. */
  get allowsSome(): boolean {
    return this.allowed.length > 0;
  }
}

/** What is not for the public internet about it; null for the rest. */
function kindOf(address: Address): string | null {
  const cloud = OF_CLOUDS[address.toString()];
  if (cloud) return cloud;
  const range = address.range();
  if (range !== 'unicast') return WORDS[range] ?? `of a range for something else (${range})`;
  return address.kind() === 'ipv6' && !address.match(...GLOBAL_UNICAST) ? 'of no public range' : null;
}

const WORDS: Partial<Record<string, string>> = {
  unspecified: 'unspecified',
  loopback: 'of the loopback',
  private: 'private',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  linkLocal: 'link-local, where clouds have their metadata',
  carrierGradeNat: "of a carrier's NAT",
  multicast: 'multicast',
  broadcast: 'broadcast',
  reserved: 'reserved',
  ipv4Mapped: 'an IPv4 address in an IPv6 address',
  rfc6145: 'an IPv4 address in an IPv6 address',
  rfc6052: 'an IPv4 address in an IPv6 address (NAT64)',
  '6to4': 'an IPv4 address in an IPv6 address (6to4)',
  teredo: 'an IPv4 address in an IPv6 address (Teredo)',
};

function isSame(text: string, address: Address): boolean {
  return ipaddr.isValid(text) && ipaddr.parse(text).toNormalizedString() === address.toNormalizedString();
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
}
