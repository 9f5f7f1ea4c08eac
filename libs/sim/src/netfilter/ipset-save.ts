/**
 * Sets as `ipset save` prints them and `ipset restore` reads them.
 *
 * Models: the options with which kube-proxy makes its sets, and their entries.
 * Source: ipset(8); pkg/proxy/ipvs/ipset (CreateSet, Entry.String).
 * Simplified: bucketsize and initval, which the kernel chooses, are left out.
 * Who could tell: someone who compares with a dump of a node byte for byte.
 */
import type { IpSet } from './ip-sets.js';

/** Ends with a newline unless there is no set. */
export function writeSets(sets: Iterable<IpSet>): string {
  let text = '';
  for (const set of sets) {
    text += `create ${set.name} ${set.type} ${optionsOf(set)}\n`;
    for (const entry of set.entries) text += `add ${set.name} ${entry}\n`;
  }
  return text;
}

function optionsOf({ type, ipFamily }: IpSet): string {
  if (type === 'bitmap:port') return 'range 0-65535';
  return `family ${ipFamily === 'IPv4' ? 'inet' : 'inet6'} hashsize 1024 maxelem 65536`;
}
