/**
 * The source ports that a packet may have, as far as the rules have asked.
 *
 * Models: a port that nobody has chosen is any of the ephemeral ones, each as likely; what a rule asks about it narrows it.
 * Source: Documentation/networking/ip-sysctl.rst (ip_local_port_range).
 * Simplified: of the two halves of that range, which the kernel takes in turn for connect() and bind(), nothing is known.
 * Who could tell: someone with rules that split the ephemeral ports.
 */
import type { PortRange } from './rules.js';

/** Disjoint, ascending, none empty. */
export type PortSet = readonly PortRange[];

export const EPHEMERAL_PORTS: PortSet = [{ first: 32768, last: 60999 }];

export function portsWithin(set: PortSet, ranges: readonly PortRange[]): PortSet {
  const within = set.flatMap((range) =>
    ranges.map(({ first, last }) => ({ first: Math.max(first, range.first), last: Math.min(last, range.last) })),
  );
  return joined(within.filter(({ first, last }) => first <= last));
}

export function portsOutside(set: PortSet, ranges: readonly PortRange[]): PortSet {
  let rest = set;
  for (const { first, last } of ranges) {
    rest = rest.flatMap((range) => {
      const below = { first: range.first, last: Math.min(range.last, first - 1) };
      const above = { first: Math.max(range.first, last + 1), last: range.last };
      return [below, above].filter((part) => part.first <= part.last);
    });
  }
  return rest;
}

export function countPorts(set: PortSet): number {
  return set.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Ranges that a rule lists may overlap. */
function joined(ranges: PortRange[]): PortSet {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const result: PortRange[] = [];
  for (const range of sorted) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1) result.push(range);
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}
