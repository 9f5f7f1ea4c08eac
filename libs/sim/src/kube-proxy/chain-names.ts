/**
 * Names of the chains that kube-proxy makes for a service port and its endpoints.
 *
 * Models: of iptables: 28 characters at most, a prefix and 16 characters of Base32 over SHA-256; of nftables: 8 such
 *   characters, then what they stand for in clear.
 * Source: pkg/proxy/iptables/proxier.go (portProtoHash, servicePortEndpointChainName); pkg/proxy/nftables/proxier.go
 *   (servicePortChainNameBase, servicePortEndpointChainNameBase, hashAndTruncate).
 * Simplified: nothing.
 * Who could tell: nobody.
 */
import type { Protocol } from '../objects.js';
import { sha256 } from './sha256.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** So many characters of standard Base32, of 5 bits each. */
function chainHash(text: string, characters: 8 | 16): string {
  const words = sha256(text);
  let hash = '';
  for (let bit = 0; bit < 5 * characters; bit += 5) {
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
  return chainHash(servicePortName + protocol.toLowerCase(), 16);
}

/** `endpoint`: `ip:port`, an IPv6 address in brackets. */
export function endpointChainName(servicePortName: string, protocol: Protocol, endpoint: string): string {
  return `KUBE-SEP-${chainHash(servicePortName + protocol.toLowerCase() + endpoint, 16)}`;
}

const SERVICE_CHAIN = /^KUBE-(SVC|SVL|EXT|XLB|FW|SEP)-/;

/** Whether a chain belongs to one service port and goes with it. */
export function isServiceChain(chain: string): boolean {
  return SERVICE_CHAIN.test(chain);
}

/**
 * What follows the prefix (`service-`, `local-`, …) in mode nftables: `ULMVA6XW-ns1/svc1/tcp/p80`. `service`:
 * `namespace/name`; `length`: the longest that there may be.
 */
export function nftServicePortName(service: string, protocol: Protocol, portName: string, length: number): string {
  return hashAndCut(`${service}/${protocol.toLowerCase()}/${portName}`, length);
}

/** The same for `endpoint-` and `affinity-`: `5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80`. */
export function nftEndpointName(
  service: string,
  protocol: Protocol,
  portName: string,
  { ip, port }: { ip: string; port: number },
  length: number,
): string {
  const endpoint = `${ip.replaceAll(':', '.')}/${port}`;
  return hashAndCut(`${service}/${protocol.toLowerCase()}/${portName}__${endpoint}`, length);
}

function hashAndCut(text: string, length: number): string {
  const name = `${chainHash(text, 8)}-${text}`;
  return name.length > length ? `${name.slice(0, length - 3)}...` : name;
}
