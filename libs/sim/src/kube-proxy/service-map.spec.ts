import { describe, expect, it } from 'vitest';
import type { IpFamily, ServiceObject } from '../objects.js';
import { featureGatesOf } from './feature-gates.js';
import { readService, type ServicePortInfo } from './service-map.js';
import { behaviourOf } from './versions.js';

type Parts = Omit<Partial<ServiceObject>, 'metadata'> & { metadata?: Partial<ServiceObject['metadata']> };

function read(parts: Parts, version = '1.33', ipFamily: IpFamily = 'IPv4'): readonly ServicePortInfo[] {
  const service: ServiceObject = {
    apiVersion: 'v1',
    kind: 'Service',
    ...parts,
    metadata: { namespace: 'ns', name: 'web', ...parts.metadata },
    spec: { clusterIP: '172.30.0.1', ports: [{ port: 80 }], ...parts.spec },
  };
  return readService(service, { ipFamily, behaviour: behaviourOf(version), gates: featureGatesOf(version) });
}

const ips = (list: readonly { text: string }[] | undefined) => list?.map(({ text }) => text);

describe('a Service that kube-proxy ignores', () => {
  it.each<[string, Parts]>([
    ['is headless', { spec: { clusterIP: 'None' } }],
    ['has no cluster IP yet', { spec: { clusterIP: '' } }],
    ['is of type ExternalName, cluster IP or not', { spec: { type: 'ExternalName' } }],
    ['belongs to another proxy', { metadata: { labels: { 'service.kubernetes.io/service-proxy-name': '' } } }],
    ['carries the label of headless ones', { metadata: { labels: { 'service.kubernetes.io/headless': '' } } }],
    ['has its cluster IP in the other family', { spec: { clusterIP: 'fd00::1' } }],
  ])('%s', (_, parts) => {
    expect(read(parts)).toEqual([]);
  });
});

describe('a service port', () => {
  it('is named without a colon where the port has no name', () => {
    expect(read({})[0]?.name).toBe('ns/web');
    expect(read({ spec: { ports: [{ name: 'http', port: 80 }] } })[0]?.name).toBe('ns/web:http');
  });

  it('has the addresses of its family only', () => {
    const parts: Parts = {
      spec: {
        clusterIP: '172.30.0.1',
        clusterIPs: ['172.30.0.1', 'fd00::1'],
        externalIPs: ['192.168.9.1', '2001:db8::9', 'nonsense'],
        loadBalancerSourceRanges: [' 203.0.113.000/025 ', '2001:db8::/32'],
      },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.example' }, { ip: '2001:db8::4' }] } },
    };
    for (const [family, expected] of [
      ['IPv4', ['172.30.0.1', '192.168.9.1', '1.2.3.4', '203.0.113.0/25']],
      ['IPv6', ['fd00::1', '2001:db8::9', '2001:db8::4', '2001:db8::/32']],
    ] as const) {
      const info = read(parts, '1.33', family)[0]!;
      const { clusterIP, externalIPs, loadBalancerVIPs, loadBalancerSourceRanges } = info;
      expect(ips([clusterIP, ...externalIPs, ...loadBalancerVIPs, ...loadBalancerSourceRanges])).toEqual(expected);
    }
  });

  it('captures a proxied address only before ipMode, or with the gate off', () => {
    const parts: Parts = { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'Proxy' }] } } };
    expect(ips(read(parts, '1.28')[0]?.loadBalancerVIPs)).toEqual(['1.2.3.4']);
    expect(ips(read(parts, '1.30')[0]?.loadBalancerVIPs)).toEqual([]);
  });

  it('has a health check port only as a load balancer with policy Local', () => {
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 } as const;
    expect(read({ spec })[0]?.healthCheckNodePort).toBe(32000);
    expect(read({ spec: { ...spec, type: 'NodePort' } })[0]?.healthCheckNodePort).toBe(0);
    expect(read({ spec: { ...spec, externalTrafficPolicy: 'Cluster' } })[0]?.healthCheckNodePort).toBe(0);
  });

  it('heeds policy Local on external IPs of a ClusterIP Service since 1.29', () => {
    const parts: Parts = { spec: { externalIPs: ['192.168.9.1'], externalTrafficPolicy: 'Local' } };
    expect(read(parts, '1.28')[0]?.externalPolicyLocal).toBe(false);
    expect(read(parts, '1.29')[0]?.externalPolicyLocal).toBe(true);
  });

  it('takes a zero range as no ranges since 1.34', () => {
    const parts: Parts = { spec: { loadBalancerSourceRanges: ['10.0.0.0/8', '0.0.0.0/0'] } };
    expect(read(parts, '1.33')[0]?.loadBalancerSourceRanges).toHaveLength(2);
    expect(read(parts, '1.34')[0]?.loadBalancerSourceRanges).toHaveLength(0);
  });

  it('sticks for three hours unless it says otherwise', () => {
    expect(read({})[0]?.affinitySeconds).toBeNull();
    expect(read({ spec: { sessionAffinity: 'ClientIP' } })[0]?.affinitySeconds).toBe(10_800);
    const config = { clientIP: { timeoutSeconds: 60 } };
    expect(read({ spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: config } })[0]?.affinitySeconds).toBe(60);
  });
});
