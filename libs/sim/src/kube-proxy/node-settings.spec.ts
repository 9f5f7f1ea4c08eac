import { describe, expect, it } from 'vitest';
import { parseIp } from '../netfilter/address.js';
import type { KubeProxyConfig } from '../scenario.js';
import { kubeProxyConfig } from '../testing/small-scenario.js';
import { localDetectorOf } from './local-detector.js';
import { nodePortAddressesOf } from './node-port-addresses.js';

const config = kubeProxyConfig({
  clusterCIDR: '10.180.0.0/16,fd00:10:180::/48',
  detectLocal: { bridgeInterface: 'cbr0', interfaceNamePrefix: 'veth' },
});

describe('the local detector', () => {
  it('takes the range of its family', () => {
    expect(localDetectorOf(config, [], 'IPv6')).toEqual({ kind: 'cidr', cidr: 'fd00:10:180::/48' });
    expect(localDetectorOf({ ...config, clusterCIDR: '10.0.0.0/8' }, [], 'IPv6')).toBeNull();
    expect(localDetectorOf({ ...config, clusterCIDR: '' }, [], 'IPv4')).toBeNull();
  });

  it('can look at the node’s own range or at interfaces', () => {
    const detector = (detectLocalMode: KubeProxyConfig['detectLocalMode']) =>
      localDetectorOf({ ...config, detectLocalMode }, ['10.180.1.0/24'], 'IPv4');
    expect(detector('NodeCIDR')).toEqual({ kind: 'cidr', cidr: '10.180.1.0/24' });
    expect(detector('BridgeInterface')).toEqual({ kind: 'interface', name: 'cbr0' });
    expect(detector('InterfaceNamePrefix')).toEqual({ kind: 'interfacePrefix', prefix: 'veth' });
  });
});

describe('node port addresses', () => {
  const ips = [parseIp('192.168.0.2')!, parseIp('10.99.0.2')!];
  const addresses = (settings: string[]) => {
    const found = nodePortAddressesOf(settings, 'IPv4', ips, ips[0]!);
    return { ips: found.ips?.map(({ text }) => text) ?? null, loopback: found.containsIPv4Loopback };
  };

  it('are all, unless a range of the family says otherwise', () => {
    expect(addresses([])).toEqual({ ips: null, loopback: true });
    expect(addresses(['2001:db8::/32'])).toEqual({ ips: null, loopback: true });
    expect(addresses(['192.168.0.0/24', '0.0.0.0/0'])).toEqual({ ips: null, loopback: true });
  });

  it('are those in the ranges', () => {
    expect(addresses(['192.168.0.0/24'])).toEqual({ ips: ['192.168.0.2'], loopback: false });
    expect(addresses(['127.0.0.0/8', '10.0.0.0/8'])).toEqual({ ips: ['127.0.0.1', '10.99.0.2'], loopback: true });
    expect(addresses(['primary'])).toEqual({ ips: ['192.168.0.2'], loopback: false });
  });
});
