/**
 * Names of receivers to addresses, by asking the name servers directly. The system's own resolver works in the few threads
 * that files and ciphers need too: a name server that never answers would hold those up.
 */
import { Resolver } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';

export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

/** All addresses of a name. Rejects where it has none, or nobody answers. */
export type Resolve = (host: string) => Promise<ResolvedAddress[]>;

const LOCALHOST = /^(.+\.)?localhost\.?$/;

export function nameServers(): Resolve {
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  return async (host) => {
    if (isIP(host) !== 0) return [{ address: host, family: isIPv6(host) ? 6 : 4 }];
    if (LOCALHOST.test(host)) return [addressOf('127.0.0.1', 4), addressOf('::1', 6)];
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => addressOf(address, 4)) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => addressOf(address, 6)) : []),
    ];
    if (found.length === 0 && four.status === 'rejected') throw four.reason;
    return found;
  };
}

const addressOf = (address: string, family: 4 | 6): ResolvedAddress => ({ address, family });
