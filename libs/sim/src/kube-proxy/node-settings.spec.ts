import { describe, expect, it } from 'vitest';
import { parseIp } from '../netfilter/address.js';
import type { NodeObject } from '../objects.js';
import type { KubeProxyConfig, NodeSettings } from '../scenario.js';
import { localDetectorOf } from './local-detector.js';
import { nodePortAddressesOf } from './node-port-addresses.js';
import { proxyNodeOf } from './proxy-node.js';

const config: KubeProxyConfig = {
  mode: 'iptables',
  clusterCIDR: '10.180.0.0/16,fd00:10:180::/48',
  detectLocalMode: 'ClusterCIDR',
  detectLocal: { bridgeInterface: 'cbr0', interfaceNamePrefix: 'veth' },
  nodePortAddresses: [],
  iptables: {
    masqueradeAll: false,
    masqueradeBit: 14,
    localhostNodePorts: true,
    minSyncPeriodNs: 1_000_000_000,
    syncPeriodNs: 30_000_000_000,
  },
  conntrack: { tcpBeLiberal: false },
  featureGates: {},
};

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

describe('kube-proxy on a node of a scenario', () => {
  it('knows its addresses, the first InternalIP of the family before all', () => {
    const node: NodeObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.180.1.0/24' },
      status: {
        addresses: [
          { type: 'Hostname', address: 'n1' },
          { type: 'ExternalIP', address: '203.0.113.9' },
          { type: 'InternalIP', address: 'fd00::2' },
          { type: 'InternalIP', address: '192.168.0.2' },
        ],
      },
    };
    const settings: NodeSettings = {
      version: '1.30',
      kubeProxy: config,
      localAddresses: ['192.168.0.2', '1.2.3.4'],
      kernel: '6.1',
    };
    const proxy = proxyNodeOf(node, settings, 'IPv4');
    expect(proxy.ips.map(({ text }) => text)).toEqual(['203.0.113.9', '192.168.0.2', '1.2.3.4']);
    expect(proxy.primaryIP?.text).toBe('192.168.0.2');
    expect(proxy.localDetector).toEqual({ kind: 'cidr', cidr: '10.180.0.0/16' });
  });
});
