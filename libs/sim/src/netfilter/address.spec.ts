import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  containsCidr,
  formatHostPort,
  ipFromValue,
  ipv4ToNumber,
  nthAddress,
  numberToIpv4,
  parseCidr,
  parseCidrLenient,
  parseIp,
  parseIpLenient,
} from './address.js';

const anyIp = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ipFromValue('IPv4', value)),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => ipFromValue('IPv6', value)),
  // Sparse addresses have runs of zeros to be shortened.
  fc
    .array(fc.constantFrom('0', '0', '1', 'db8'), { minLength: 8, maxLength: 8 })
    .map((groups) => ipFromValue('IPv6', BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`))),
);

describe('an address', () => {
  it('reads back as itself from its canonical text', () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        expect(parseIp(ip.text)).toEqual(ip);
      }),
      { numRuns: 500 },
    );
  });

  it('has an IPv4 number that converts both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(ipv4ToNumber(numberToIpv4(value))).toBe(value);
      }),
    );
    expect(numberToIpv4(-1)).toBe('255.255.255.255');
  });

  it.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::0001', '::1'],
    ['1::', '1::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:c000:221', '::ffff:192.0.2.33'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is written %s', (text, canonical) => expect(parseIp(text)?.text).toBe(canonical));

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.',
    '1..2.3',
    '1.2.3.4 ',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '[::1]',
  ])('refuses "%s"', (text) => expect(parseIp(text)).toBeNull());

  it('may have leading zeros where the reader is lenient', () => {
    expect(parseIpLenient('010.000.1.007')).toEqual(parseIp('10.0.1.7'));
    expect(parseIpLenient('::ffff:010.0.0.1')).toEqual(parseIp('::ffff:10.0.0.1'));
    expect(parseIpLenient('1.2.3.0256')).toBeNull();
  });

  it('goes into brackets before a port when it is IPv6', () => {
    expect(formatHostPort('fd00:10::1', 80)).toBe('[fd00:10::1]:80');
    expect(formatHostPort('10.0.0.1', 80)).toBe('10.0.0.1:80');
  });
});

describe('a CIDR', () => {
  it('takes a bare address as itself alone', () => {
    expect(parseCidr('10.0.0.1')).toMatchObject({ prefixLength: 32, hasHostBits: false, text: '10.0.0.1/32' });
    expect(parseCidr('::1')).toMatchObject({ prefixLength: 128, text: '::1/128' });
  });

  it('tells host bits and clears them in its text', () => {
    expect(parseCidr('10.1.2.3/8')).toMatchObject({ hasHostBits: true, text: '10.0.0.0/8' });
    expect(parseCidr('10.1.2.3/8')?.address.text).toBe('10.1.2.3');
  });

  it.each(['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '::/129', '10.0.0.0/-1', '10.0.0.0/8/8', '/8', '10.0.0.0/1e1'])(
    'refuses "%s"',
    (text) => expect(parseCidr(text)).toBeNull(),
  );

  it('is read leniently as kube-proxy reads source ranges', () => {
    expect(parseCidrLenient('203.0.113.000/025')?.text).toBe('203.0.113.0/25');
  });

  it('contains exactly the addresses that share its prefix', () => {
    fc.assert(
      fc.property(anyIp, anyIp, fc.nat(128), (network, ip, length) => {
        const bits = network.family === 'IPv4' ? 32 : 128;
        const prefixLength = length % (bits + 1);
        const cidr = parseCidr(`${network.text}/${prefixLength}`);
        if (cidr === null) throw new Error('unreadable');
        const prefixOf = (value: bigint): string => value.toString(2).padStart(bits, '0').slice(0, prefixLength);
        const expected = network.family === ip.family && prefixOf(network.value) === prefixOf(ip.value);
        expect(contains(cidr, ip)).toBe(expected);
        expect(contains(cidr, network)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('nests in shorter ones and not in longer ones', () => {
    const [eight, sixteen] = [parseCidr('10.0.0.0/8'), parseCidr('10.180.0.0/16')];
    if (eight === null || sixteen === null) throw new Error('unreadable');
    expect(containsCidr(eight, sixteen)).toBe(true);
    expect(containsCidr(sixteen, eight)).toBe(false);
  });

  it('counts its addresses from the first one and ends', () => {
    const cidr = parseCidr('10.180.1.77/30');
    if (cidr === null) throw new Error('unreadable');
    expect([0, 1, 3, 4, -1].map((n) => nthAddress(cidr, n)?.text ?? null)).toEqual([
      '10.180.1.76',
      '10.180.1.77',
      '10.180.1.79',
      null,
      null,
    ]);
  });
});
