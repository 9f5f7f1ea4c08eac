import { describe, expect, it } from 'vitest';
import { parseIp } from './address.js';
import { expressionTypes, fieldType, formatNftValue, NFT_NAMES } from './nft-datatypes.js';
import { elementKey, elementsOf } from './nft-rules.js';

describe('how nft writes a number', () => {
  it('knows addresses, ports, marks and names by their data type', () => {
    expect(formatNftValue(parseIp('10.0.0.1')!.value, 'ipv4_addr')).toBe('10.0.0.1');
    expect(formatNftValue(parseIp('fd00::1')!.value, 'ipv6_addr')).toBe('fd00::1');
    expect(formatNftValue(80n, 'inet_service')).toBe('80');
    expect(formatNftValue(0x4000n, 'mark')).toBe('0x00004000');
    expect(formatNftValue(6n, 'inet_proto')).toBe('tcp');
    expect(formatNftValue(99n, 'inet_proto')).toBe('99');
    expect(formatNftValue('veth*', 'ifname')).toBe('"veth*"');
  });

  it('lists bits in ascending order', () => {
    expect(formatNftValue(8n | 2n, 'ct_state')).toBe('established,new');
    expect(formatNftValue(0n, 'ct_status')).toBe('0x0');
  });

  it('takes the first of two names for one number', () => {
    expect(NFT_NAMES.pkt_type?.unicast).toBe(0);
    expect(formatNftValue(0n, 'pkt_type')).toBe('host');
  });
});

describe('the type of what a rule looks at', () => {
  it('follows from the field', () => {
    expect(fieldType({ kind: 'payload', field: 'th dport' })).toBe('inet_service');
    expect(fieldType({ kind: 'payload', field: 'ip6 daddr' })).toBe('ipv6_addr');
    expect(fieldType({ kind: 'payload', field: 'icmpv6 type' })).toBe('icmpv6_type');
    expect(fieldType({ kind: 'ctTuple', direction: 'original', key: 'ip daddr' })).toBe('ipv4_addr');
    expect(fieldType({ kind: 'fib', selectors: ['saddr', 'iif'], result: 'oif' })).toBe('iface_index');
  });

  it('is a list for a concatenation', () => {
    const parts = [
      { kind: 'payload', field: 'ip daddr' },
      { kind: 'meta', key: 'l4proto' },
    ] as const;
    expect(expressionTypes({ kind: 'concat', parts }, new Map())).toEqual(['ipv4_addr', 'inet_proto']);
  });
});

describe('elements of sets', () => {
  it('are found by a text that equal keys share', () => {
    const [ip, port] = [parseIp('10.0.0.1')!.value, 80n];
    const key = {
      kind: 'tuple',
      parts: [
        { kind: 'value', value: ip },
        { kind: 'value', value: port },
      ],
    } as const;
    expect(elementKey(key)).toBe('167772161 . 80');
    expect([...elementsOf([{ key }, { key: { kind: 'anything' } }]).keys()]).toEqual(['167772161 . 80', '*']);
  });
});
