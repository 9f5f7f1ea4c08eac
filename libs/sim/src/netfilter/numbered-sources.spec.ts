import { expect, it } from 'vitest';
import { type Cidr, parseCidr } from './address.js';
import { AddressBook } from './address-book.js';
import { NumberedSources } from './numbered-sources.js';
import type { NodeContext } from './packet.js';

const node = { isLocalAddress: ({ text }) => text === '192.168.0.1' } as NodeContext;
const cidr = (text: string): Cidr => parseCidr(text) as Cidr;

function numbered() {
  const addresses = new AddressBook();
  const sources = new NumberedSources(addresses, node);
  return { sources, number: (text: string) => sources.numberOf(addresses.idOf(text)) };
}

it('numbers sources alike that nothing tells apart, and the node itself apart from all others', () => {
  const { number } = numbered();
  expect(number('203.0.113.2')).toBe(number('203.0.113.1'));
  expect(number('192.168.0.1')).not.toBe(number('203.0.113.1'));
});

it('tells sources apart from when a network is met that holds one of them', () => {
  const { sources, number } = numbered();
  const before = number('10.0.0.1');
  expect(number('203.0.113.1')).toBe(before);
  sources.learn(cidr('10.0.0.0/8'));
  expect(number('10.0.0.1')).not.toBe(before);
  expect(number('203.0.113.1')).toBe(before);
  expect(sources.count).toBe(2);
});

it('tells a single address apart from when it is met, asked for before or not, and nobody else', () => {
  const { sources, number } = numbered();
  const others = number('10.0.0.1');
  expect(number('10.0.0.2')).toBe(others);
  sources.learn(cidr('10.0.0.1/32'));
  sources.learn(cidr('10.0.0.3/32'));
  expect(new Set([number('10.0.0.1'), number('10.0.0.2'), number('10.0.0.3')]).size).toBe(3);
  expect(number('10.0.0.2')).toBe(others);
});
