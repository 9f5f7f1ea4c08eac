import { describe, expect, it } from 'vitest';
import type { EndpointSliceObject, PodObject } from '../objects.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND, service, slice } from '../testing/small-scenario.js';
import { servicesOf, slicesOf } from './endpoint-slices.js';

const ready = (status: 'True' | 'False') => ({ phase: 'Running' as const, conditions: [{ type: 'Ready', status }] });

function endpoints(cluster: LoneCluster, name = 'web'): Record<string, unknown[]> {
  const found = slicesOf(cluster.api, `default/${name}`).flatMap((s) => s.endpoints);
  return Object.fromEntries(
    found.map(({ addresses, conditions }) => [
      addresses[0],
      [conditions?.ready, conditions?.serving, conditions?.terminating],
    ]),
  );
}

describe('the slices of a service', () => {
  it('have the pods that it selects in its namespace, with node, zone and pod', () => {
    const zoned = node(1, { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a' } } });
    const elsewhere = pod('far', '10.1.3.9');
    elsewhere.metadata.namespace = 'other';
    const objects = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2', { labels: { app: 'db' } }), elsewhere, service('web')];
    const cluster = loneCluster({ nodes: [zoned, node(2), node(3)], objects });
    const [only, ...more] = slicesOf(cluster.api, 'default/web');
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
      endpoints: [
        {
          addresses: ['10.1.1.2'],
          nodeName: 'n1',
          zone: 'a',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'a' },
          conditions: { ready: true, serving: true, terminating: false },
        },
      ],
    });
  });

  it('tell ready, serving and terminating as KEP-1672 has them', () => {
    const objects = [
      pod('fine', '10.1.1.2', { status: ready('True') }),
      pod('unready', '10.1.1.3', { status: ready('False') }),
      pod('going', '10.1.1.4', { status: ready('True') }),
      pod('lost', '10.1.1.5', { status: ready('False') }),
      service('web'),
    ];
    const cluster = loneCluster({ objects });
    cluster.pods.terminate('default/going', 1);
    cluster.pods.terminate('default/lost', 1);
    expect(endpoints(cluster)).toEqual({
      '10.1.1.2': [true, true, false],
      '10.1.1.3': [false, false, false],
      '10.1.1.4': [false, true, true],
      '10.1.1.5': [false, false, true],
    });
    cluster.until(1 * SECOND);
    expect(Object.keys(endpoints(cluster))).toEqual(['10.1.1.2', '10.1.1.3']);
  });

  it('call every pod ready where the service publishes those that are not', () => {
    const objects = [
      pod('a', '10.1.1.3', { status: ready('False') }),
      service('web', { publishNotReadyAddresses: true }),
    ];
    expect(endpoints(loneCluster({ objects }))).toEqual({ '10.1.1.3': [true, false, false] });
  });

  it('leave out pods without an address, and those that have ended', () => {
    const objects = [
      pod('none', null),
      pod('done', '10.1.1.3', { status: { phase: 'Succeeded', podIP: '10.1.1.3' } }),
      pod('failed', '10.1.1.4', { status: { phase: 'Failed', podIP: '10.1.1.4' } }),
      service('web'),
    ];
    const cluster = loneCluster({ objects, nodes: [node(1, { spec: { podCIDR: '10.1.1.0/31' } })] });
    expect(slicesOf(cluster.api, 'default/web')).toEqual([]);
  });

  it('part where a named port means another number, and leave out pods that do not have it', () => {
    const named = (containerPort: number, name = 'http') => ({
      spec: { containers: [{ ports: [{ name, containerPort }] }] },
    });
    const objects = [
      pod('a', '10.1.1.2', named(8080)),
      pod('b', '10.1.1.3', named(9090)),
      pod('c', '10.1.1.4', named(8080, 'admin')),
      service('web', { ports: [{ port: 80, targetPort: 'http' }] }),
    ];
    const slices = slicesOf(loneCluster({ objects }).api, 'default/web');
    expect(slices.map(({ ports, endpoints: [endpoint] }) => [ports?.[0]?.port, endpoint?.addresses[0]])).toEqual([
      [8080, '10.1.1.2'],
      [9090, '10.1.1.3'],
    ]);
  });

  it('are one of each family that the service has', () => {
    const both = node(1, { spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1::/64'] } });
    const objects = [pod('a', null), service('web', { ipFamilyPolicy: 'PreferDualStack' })];
    const cluster = loneCluster({
      nodes: [both],
      objects,
      cluster: { serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/112'] },
    });
    const slices = slicesOf(cluster.api, 'default/web');
    expect(slices.map(({ addressType, endpoints: [endpoint] }) => [addressType, endpoint?.addresses[0]])).toEqual([
      ['IPv4', '10.1.1.2'],
      ['IPv6', 'fd00:1::2'],
    ]);
  });

  it('are several where there are more than a hundred endpoints, and only those are written that change', () => {
    const crowd = Array.from({ length: 250 }, (_, n) => pod(`p${n}`, `10.1.1.${n + 2}`));
    const cluster = loneCluster({ objects: [...crowd, service('web')] });
    const sizes = () => slicesOf(cluster.api, 'default/web').map(({ endpoints: list }) => list.length);
    expect(sizes()).toEqual([100, 100, 50]);
    cluster.changes.length = 0;
    cluster.pods.setReady('default/p120', false, 0);
    const written = cluster.changes.filter(({ kind }) => kind === 'EndpointSlice').map(({ key }) => key);
    expect(written).toEqual(['default/web-ipv4-8080-2']);
    cluster.pods.terminate('default/p120', 0);
    cluster.until(1 * SECOND);
    expect(sizes()).toEqual([100, 99, 50]);
  });

  it('part where ports have other names, though the numbers are the same', () => {
    const one = (name: string) => ({ spec: { containers: [{ ports: [{ name, containerPort: 8080 }] }] } });
    const ports = [
      { name: 'x', port: 80, targetPort: 'http' },
      { name: 'y', port: 81, targetPort: 'admin' },
    ];
    const objects = [pod('a', '10.1.1.2', one('http')), pod('b', '10.1.1.3', one('admin')), service('web', { ports })];
    const slices = slicesOf(loneCluster({ objects }).api, 'default/web');
    expect(slices.map((each) => [each.ports?.[0]?.name, each.endpoints[0]?.addresses[0]])).toEqual([
      ['x', '10.1.1.2'],
      ['y', '10.1.1.3'],
    ]);
  });

  it('are of the family of the address where a stored service does not say', () => {
    const both = node(1, { spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1::/64'] } });
    const families = (clusterIP: string) => {
      const dual = pod('a', null, { status: { podIPs: [{ ip: '10.1.1.2' }, { ip: 'fd00:1::2' }] } });
      const cluster = loneCluster({
        nodes: [both],
        objects: [dual, service('web', { clusterIP })],
        cluster: { admission: 'asStored' },
      });
      return slicesOf(cluster.api, 'default/web').map(({ addressType }) => addressType);
    };
    expect([families('10.96.0.9'), families('fd00:96::9'), families('None')]).toEqual([
      ['IPv4'],
      ['IPv6'],
      ['IPv4', 'IPv6'],
    ]);
  });

  it('say that their service is headless, so that kube-proxy leaves them alone', () => {
    const objects = [pod('a', '10.1.1.2'), service('web', { clusterIP: 'None' })];
    const [only] = slicesOf(loneCluster({ objects }).api, 'default/web');
    expect(only?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
  });

  it('go with their service, and are written only where something changed', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2'), service('web')] });
    expect(cluster.slices.reconcile('default/web')).toBe(false);
    cluster.api.delete('Service', 'default/web');
    expect(cluster.slices.reconcile('default/web')).toBe(true);
    expect(cluster.api.count('EndpointSlice')).toBe(0);
  });

  it('are emptied when the last pod goes', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2'), service('web')] });
    cluster.pods.terminate('default/a', 0);
    cluster.until(1 * SECOND);
    expect(endpoints(cluster)).toEqual({});
  });
});

describe('slices that the scenario gives', () => {
  const given = slice('web', ['10.1.1.7', '10.1.2.7']);

  it('stay as they are for a service without pods, whatever becomes of the service', () => {
    const cluster = loneCluster({ objects: [service('web', { type: 'NodePort' }), given] });
    cluster.api.patch('Service', 'default/web', { spec: { externalTrafficPolicy: 'Local' } });
    expect(cluster.slices.reconcile('default/web')).toBe(false);
    expect(Object.keys(endpoints(cluster))).toEqual(['10.1.1.7', '10.1.2.7']);
  });

  it('stay as they are where a service selects nothing at all', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2'), service('web', { selector: {} }), given] });
    expect(cluster.slices.reconcile('default/web')).toBe(false);
    expect(Object.keys(endpoints(cluster))).toEqual(['10.1.1.7', '10.1.2.7']);
  });

  it('hold until a pod of the service changes, and are the controller’s from then on', () => {
    const stored = slice('web', [{ addresses: ['10.1.1.2'], nodeName: 'n1' }]);
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2'), service('web'), stored] });
    expect(slicesOf(cluster.api, 'default/web').map(({ metadata }) => metadata.name)).toEqual(['web-given']);
    cluster.pods.setReady('default/a', false, 0);
    expect(endpoints(cluster)).toEqual({ '10.1.1.2': [false, false, false] });
    expect(cluster.api.list<EndpointSliceObject>('EndpointSlice')).toHaveLength(1);
  });
});

it('a pod is looked for by services that select it, not by others', () => {
  const none = service('none', { selector: {} });
  const name = service('name', { type: 'ExternalName', externalName: 'example.com' });
  const cluster = loneCluster({ objects: [service('web'), service('db', { selector: { app: 'db' } }), none, name] });
  expect(servicesOf(cluster.api, pod('a', null) as PodObject)).toEqual(['default/web']);
});
