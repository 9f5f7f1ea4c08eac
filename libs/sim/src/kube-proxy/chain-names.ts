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
  const bytes = sha256(text);
  let hash = '';
  let buffer = 0;
  let bits = 0;
  for (let index = 0; index < 10; index++) {
    buffer = (buffer << 8) | bytes[index]!;
    for (bits += 8; bits >= 5; bits -= 5) hash += BASE32[(buffer >>> (bits - 5)) & 31];
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
