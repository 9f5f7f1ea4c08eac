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

  /** A walk compared a source with it; false: not for the first time. */
  learn(cidr: Cidr): boolean {
    const isHost = cidr.prefixLength === ADDRESS_BITS[cidr.family];
    const [known, text] = isHost ? [this.hosts, cidr.address.text] : [this.networksKnown, cidr.text];
    if (known.has(text)) return false;
    known.add(text);
    if (!isHost) {
      this.networks.push(cidr);
      this.networks.sort((a, b) => b.prefixLength - a.prefixLength);
    }
    return true;
  }

  /** Equal for sources that no CIDR known so far tells apart. */
  classOf(ip: Ip): string {
    if (this.hosts.has(ip.text)) return ip.text;
    return this.networks.find((network) => contains(network, ip))?.text ?? 'elsewhere';
  }
}
