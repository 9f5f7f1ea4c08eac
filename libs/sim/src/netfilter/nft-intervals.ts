/** The elements of a set written in a rule, as nft lists them: in order, and as few intervals as there can be. */
import type { NftDataType, NftElement, NftElements, NftOperand } from './nft-rules.js';

const ADDRESS_LENGTH: Partial<Record<NftDataType, number>> = { ipv4_addr: 32, ipv6_addr: 128 };

interface Interval {
  readonly from: bigint;
  readonly to: bigint;
  readonly element: NftElement;
}

/** Names and concatenations stay as they are. */
export function listedElements(elements: NftElements, type: NftDataType | undefined): readonly NftElement[] {
  const all = [...elements.values()];
  const bits = type === undefined ? undefined : ADDRESS_LENGTH[type];
  const intervals = all.map((element) => intervalOf(element, bits));
  if (!intervals.every((interval) => interval !== null)) return all;
  const sorted = intervals.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  if (all.every(({ key }) => key.kind === 'value')) return sorted.map(({ element }) => element);
  const merged: Interval[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.to + 1n) merged.push(next);
    else {
      const to = next.to > last.to ? next.to : last.to;
      merged[merged.length - 1] = { from: last.from, to, element: { key: operandOf(last.from, to, bits) } };
    }
  }
  return merged.map(({ element }) => element);
}

function intervalOf(element: NftElement, bits: number | undefined): Interval | null {
  const { data, key } = element;
  if (data !== undefined) return null;
  if (key.kind === 'range') return { from: key.from, to: key.to, element };
  if (key.kind === 'prefix' && bits !== undefined) {
    return { from: key.value, to: key.value + (1n << BigInt(bits - key.length)) - 1n, element };
  }
  if (key.kind !== 'value' || typeof key.value !== 'bigint') return null;
  return { from: key.value, to: key.value, element };
}

function operandOf(from: bigint, to: bigint, bits: number | undefined): NftOperand {
  if (from === to) return { kind: 'value', value: from };
  const size = to - from + 1n;
  const isNetwork = bits !== undefined && (size & (size - 1n)) === 0n && from % size === 0n;
  if (!isNetwork) return { kind: 'range', from, to };
  return { kind: 'prefix', value: from, length: bits - (size.toString(2).length - 1) };
}
