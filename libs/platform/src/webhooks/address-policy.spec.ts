import { describe, expect, it } from 'vitest';
import { AddressPolicy, parseNetwork } from './address-policy.js';

const policy = (...networks: string[]) =>
  new AddressPolicy(
    networks.map((network) => parseNetwork(network)!),
    () => ['198.41.0.4', '2606:4700::1'],
  );

const REFUSED: [string, string][] = [
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.100.100.200', "Alibaba's metadata"],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'all of the loopback'],
  ['168.63.129.16', "Azure's wire server"],
  ['169.254.169.254', 'metadata of AWS, GCP, Azure'],
  ['169.254.170.2', "ECS's credentials"],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', "Oracle's metadata"],
  ['192.0.2.1', 'documentation'],
  ['192.168.1.1', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['203.0.113.9', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['198.41.0.4', 'an address of this server'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped'],
  ['::ffff:10.0.0.1', 'IPv4-mapped'],
  ['::ffff:8.8.8.8', 'IPv4-mapped'],
  ['::ffff:0:127.0.0.1', 'IPv4-translated'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b:1::a00:1', 'NAT64 of a site'],
  ['100::1', 'discard'],
  ['2001:0:7f00:1::', 'Teredo'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4'],
  ['2002:a9fe:a9fe::', '6to4 to metadata'],
  ['3fff::1', 'documentation'],
  ['4000::1', 'not given out'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', "AWS's metadata"],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['2606:4700::1', 'an address of this server'],
  ['', 'nothing'],
  ['example.com', 'no address'],
];

describe('where webhooks may lead', () => {
  it.each(REFUSED)('not to %s (%s)', (address) => {
    expect(policy().refusal(address)).toMatch(/^is /);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'to %s, which is public',
    (address) => {
      expect(policy().refusal(address)).toBeNull();
    },
  );

  it('to what the configuration names, and to nothing beside it', () => {
    const some = policy('10.1.0.0/16', 'fd00::/8', '127.0.0.1/32');
    for (const address of ['10.1.2.3', 'fd12::1', '127.0.0.1']) expect(some.refusal(address)).toBeNull();
    for (const address of ['10.2.0.1', 'fc00::1', '127.0.0.2', '::1', '::ffff:10.1.2.3'])
      expect(some.refusal(address)).not.toBeNull();
  });

  it('to an address of this server only where that is named', () => {
    expect(policy('198.41.0.0/24').refusal('198.41.0.4')).toBeNull();
  });

  it('takes networks, and nothing else', () => {
    for (const text of ['10.0.0.0/8', 'fd00::/8', '0.0.0.0/0']) expect(parseNetwork(text)).not.toBeNull();
    for (const text of ['10.0.0.1', '10.0.0.0/33', 'internal', '', '::/129']) expect(parseNetwork(text)).toBeNull();
  });
});
