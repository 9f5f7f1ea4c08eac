import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from './index.js';

const folder = new URL('../../../presets/', import.meta.url);
const presets = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const parsed = (file: string) => parseScenario(readFileSync(new URL(file, folder), 'utf8'), { format: 'yaml' });

describe('presets', () => {
  it('are there', () => {
    expect(presets).toEqual(expect.arrayContaining(['source-ip-tutorial.yaml', 'source-ip-real.yaml']));
  });

  it.each(presets)('%s is a scenario without a single issue, named like its file', (file) => {
    const { scenario, issues } = parsed(file);
    expect(issues).toEqual([]);
    expect(`${scenario?.name}.yaml`).toBe(file.slice(file.lastIndexOf('/') + 1));
  });
});

describe('the tutorial preset', () => {
  const scenario = parsed('source-ip-tutorial.yaml').scenario!;

  it('hands out the addresses of the tutorial', () => {
    const { allocations, serviceCIDRs } = scenario.cluster;
    expect(serviceCIDRs).toEqual(['10.0.0.0/16']);
    expect(allocations.clusterIP).toEqual({
      'default/clusterip': '10.0.170.92',
      'default/loadbalancer': '10.0.65.118',
    });
    expect(allocations.healthCheckNodePort).toEqual({ 'default/loadbalancer': 32122 });
    expect(allocations.loadBalancerIP).toEqual({ 'default/loadbalancer': '203.0.113.140' });
    expect(allocations.pods['default/busybox']).toEqual([{ node: 'kubernetes-node-jj1t', ip: '10.244.3.8' }]);
  });

  it('probes every five seconds and needs two failures, for both traffic policies', () => {
    const { clusterHealthCheck, localHealthCheck } = scenario.loadBalancers.default;
    const numbers = { intervalNs: 5e9, timeoutNs: 1e9, healthyThreshold: 1, unhealthyThreshold: 2 };
    expect([clusterHealthCheck, localHealthCheck]).toEqual([numbers, numbers]);
  });

  it('gives every node kube-proxy in iptables mode of 1.21 without a local-traffic detector', () => {
    expect(Object.keys(scenario.cluster.nodes)).toEqual([
      'kubernetes-node-6jst',
      'kubernetes-node-cx31',
      'kubernetes-node-jj1t',
    ]);
    for (const { version, kubeProxy } of Object.values(scenario.cluster.nodes)) {
      expect([version, kubeProxy.mode, kubeProxy.clusterCIDR, kubeProxy.iptables.masqueradeBit]).toEqual([
        '1.21',
        'iptables',
        '',
        14,
      ]);
    }
  });

  it('asks the three nodes in the order of the tutorial', () => {
    const loops = scenario.steps.filter((step) => step.do === 'curl' && step.forEachNode?.length === 3);
    expect(loops).toHaveLength(2);
    expect(loops[1]).toMatchObject({
      on: { client: 'workstation' },
      connectTimeoutNs: 1e9,
      grep: 'client_address',
      forEachNode: ['kubernetes-node-6jst', 'kubernetes-node-cx31', 'kubernetes-node-jj1t'],
    });
  });
});
