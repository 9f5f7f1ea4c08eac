/**
 * Names of the chains that kube-proxy makes for a service port and its endpoints.
 *
 * Models: 28 characters at most: a prefix and 16 characters of Base32 over SHA-256.
 * Source: pkg/proxy/iptables/proxier.go (portProtoHash, servicePortEndpointChainName).
 * Simplified: nothing.
 * Who could tell: nobody.
 */
import type { Protocol } from '../objects.js';
import { sha256 } from './sha256.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters (80 bits) of standard Base32. */
function chainHash(text: string): string {
  const words = sha256(text);
  let hash = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const word = words[bit >>> 5]!;
    const left = 27 - (bit & 31);
    // The group may reach into the next word.
    const group = left >= 0 ? word >>> left : (word << -left) | (words[(bit >>> 5) + 1]! >>> (32 + left));
    hash += BASE32[group & 31];
  }
  return hash;
}

/** What follows the prefix of KUBE-SVC-, KUBE-SVL-, KUBE-EXT-, KUBE-XLB- and KUBE-FW-. */
export function servicePortHash(servicePortName: string, protocol: Protocol): string {
  return chainHash(servicePortName + protocol.toLowerCase());
}

/** `endpoint`: `ip:port`, an IPv6 address in brackets. */
export function endpointChainName(servicePortName: string, protocol: Protocol, endpoint: string): string {
  return `KUBE-SEP-${chainHash(servicePortName + protocol.toLowerCase() + endpoint)}`;
}

const SERVICE_CHAIN = /^KUBE-(SVC|SVL|EXT|XLB|FW|SEP)-/;

/** Whether a chain belongs to one service port and goes with it. */
export function isServiceChain(chain: string): boolean {
  return SERVICE_CHAIN.test(chain);
}
