/**
 * Which sources some rules cannot tell apart: those that are inside and outside of the same CIDRs.
 *
 * CIDRs nest, so the longest one that contains a source says which of the others do. One that is met later refines the
 * classes and leaves right what was remembered under an older one: the walk behind it never asked about the new CIDR.
 */
import { ADDRESS_BITS, type Cidr, contains, type Ip } from './address.js';

export class SourceClasses {
  /** CIDRs that a source was compared with: single addresses, and the others from the longest to the shortest. */
  private readonly hosts = new Set<string>();
  private readonly networks: Cidr[] = [];
  private readonly networksKnown = new Set<string>();

  /** A walk compared a source with it. */
  learn(cidr: Cidr): void {
    if (cidr.prefixLength === ADDRESS_BITS[cidr.family]) {
      this.hosts.add(cidr.address.text);
      return;
    }
    if (this.networksKnown.has(cidr.text)) return;
    this.networksKnown.add(cidr.text);
    this.networks.push(cidr);
    this.networks.sort((a, b) => b.prefixLength - a.prefixLength);
  }

  /** Equal for sources that no CIDR known so far tells apart. */
  classOf(ip: Ip): string {
    if (this.hosts.has(ip.text)) return ip.text;
    return this.networks.find((network) => contains(network, ip))?.text ?? 'elsewhere';
  }
}
