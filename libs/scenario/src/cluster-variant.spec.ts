import { describe, expect, it } from 'vitest';
import type { Cluster, NodeObject } from '#sim';
import { type ClusterSettings, clusterVariant } from './cluster-variant.js';

const nodes: NodeObject[] = ['n1', 'n2'].map((name, n) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR: `10.1.${n}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n + 1}` }] },
}));

const DOCUMENT = {
  cluster: {
    version: '1.28',
    kubeProxy: { clusterCIDR: '10.1.0.0/16', iptables: { masqueradeBit: 15 } },
    nodes: { n2: { version: '1.27', localAddresses: ['192.0.2.9'], kubeProxy: { clusterCIDR: '', mode: 'iptables' } } },
  },
};

function cluster(settings: ClusterSettings, document: unknown = DOCUMENT): Cluster {
  const { cluster, issues } = clusterVariant(document, nodes, settings);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  return cluster!;
}

const kubeProxies = ({ nodes }: Cluster) => Object.values(nodes).map(({ kubeProxy }) => kubeProxy);

describe('the cluster under other settings', () => {
  it('has them on every node, whatever the document says of a single one', () => {
    const varied = cluster({ version: '1.31', clusterCIDR: '10.0.0.0/8', masqueradeAll: true });
    expect([varied.version, ...Object.values(varied.nodes).map(({ version }) => version)]).toEqual([
      '1.31',
      '1.31',
      '1.31',
    ]);
    expect(kubeProxies(varied).map(({ clusterCIDR }) => clusterCIDR)).toEqual(['10.0.0.0/8', '10.0.0.0/8']);
    for (const { iptables, nftables } of kubeProxies(varied))
      expect([iptables.masqueradeAll, nftables.masqueradeAll]).toEqual([true, true]);
  });

  it('keeps the rest', () => {
    const varied = cluster({ masqueradeAll: true });
    expect(kubeProxies(varied).map(({ clusterCIDR, iptables }) => [clusterCIDR, iptables.masqueradeBit])).toEqual([
      ['10.1.0.0/16', 15],
      ['', 15],
    ]);
    expect(varied.nodes.n2).toMatchObject({ version: '1.27', localAddresses: ['192.0.2.9'] });
  });

  it('gives detectors by interface the names that interfaces have here', () => {
    const document = { cluster: { cni: { bridgeName: 'cbr0' } } };
    const [bridge] = kubeProxies(cluster({ detectLocalMode: 'BridgeInterface' }, document));
    const [prefix] = kubeProxies(cluster({ detectLocalMode: 'InterfaceNamePrefix', cni: 'routed' }, document));
    expect(bridge?.detectLocal.bridgeInterface).toBe('cbr0');
    expect(prefix?.detectLocal.interfaceNamePrefix).toBe('veth');
  });

  it.each([
    [{ version: '1.4' }, '/version'],
    [{ clusterCIDR: 'everything' }, '/clusterCIDR'],
    [{ version: '1.21', detectLocalMode: 'BridgeInterface' }, '/detectLocalMode'],
    [{ mode: 'magic' }, '/mode'],
    [{ cni: 'overlay' }, '/cni'],
  ])('refuses %j with the issue that a document would get', (settings, path) => {
    const { cluster, issues } = clusterVariant(DOCUMENT, nodes, settings);
    expect(cluster).toBeNull();
    expect(issues).toContainEqual(expect.objectContaining({ path, severity: 'error' }));
  });

  it('copes with a document that has no cluster', () => {
    expect(cluster({ version: '1.30' }, {}).version).toBe('1.30');
  });
});
