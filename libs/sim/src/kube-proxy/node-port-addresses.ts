/**
 * On which addresses of a node its node ports work.
 *
 * Models: nodePortAddresses: filtered by family, none of a family means all, a zero CIDR overrides the others.
 * Source: pkg/proxy/util/nodeport_addresses.go; cmd/kube-proxy/app/server.go for `primary`.
 * Simplified: addresses are listed loopback first, then in the node's order; kube-proxy asks the kernel.
 * Who could tell: someone who compares the order of the node port rules.
 */
import { contains, type Ip, parseCidrLenient, parseIp } from '../netfilter/address.js';
import { LOOPBACK_CIDRS } from '../netfilter/loopback.js';
import type { IpFamily } from '../objects.js';

const LOOPBACK: Readonly<Record<IpFamily, Ip>> = { IPv4: parseIp('127.0.0.1')!, IPv6: parseIp('::1')! };

export interface NodePortAddresses {
  /** The node's addresses on which node ports work; null: all of them. */
  readonly ips: readonly Ip[] | null;
  readonly containsIPv4Loopback: boolean;
}

/** `nodeIPs`: the node's addresses in the family, without loopback. `primary` stands for `primaryIP`. */
export function nodePortAddressesOf(
  settings: readonly string[],
  ipFamily: IpFamily,
  nodeIPs: readonly Ip[],
  primaryIP: Ip | null,
): NodePortAddresses {
  const cidrs = settings
    .map((setting) => parseCidrLenient(setting === 'primary' ? (primaryIP?.text ?? '') : setting))
    .filter((cidr) => cidr !== null)
    .filter((cidr) => cidr.family === ipFamily);
  if (cidrs.length === 0 || cidrs.some((cidr) => cidr.prefixLength === 0)) {
    return { ips: null, containsIPv4Loopback: ipFamily === 'IPv4' };
  }
  const first = parseIp('127.0.0.0')!;
  return {
    ips: [LOOPBACK[ipFamily], ...nodeIPs].filter((ip) => cidrs.some((cidr) => contains(cidr, ip))),
    containsIPv4Loopback: cidrs.some((cidr) => contains(cidr, first) || contains(LOOPBACK_CIDRS.IPv4, cidr.address)),
  };
}
