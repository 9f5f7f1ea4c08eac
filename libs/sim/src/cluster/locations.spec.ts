import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from '../netfilter/address.js';
import type { KubeObject, NodeObject, PodObject } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { node, nodeSettings, pod, service, slice, smallCluster } from '../testing/small-scenario.js';

const ip = (text: string): Ip => parseIp(text) as Ip;

function locations(objects: KubeObject[], over: Parameters<typeof smallCluster>[0] = {}, nodes?: NodeObject[]) {
  return loneCluster({ objects, cluster: over, ...(nodes === undefined ? {} : { nodes }) });
}

describe('how a node reaches an address', () => {
  const leaves = (cni: 'bridge' | 'routed', to: string) => {
    const { locations: places } = locations([pod('a', '10.1.1.2')], {
      cni: { type: cni, bridgeName: 'cni0', masqueradeOutgoing: false },
    });
    const egress = places.nodes[0]?.context.egress(ip(to));
    return [egress?.interface, egress?.address?.text, egress?.local];
  };

  it('its own pods over the bridge, with the bridge’s address', () => {
    expect(leaves('bridge', '10.1.1.2')).toEqual(['cni0', '10.1.1.1', false]);
    expect(leaves('bridge', '10.1.1.99')).toEqual(['cni0', '10.1.1.1', false]);
  });

  it('its own pods over their own interfaces where the CNI routes, with the node’s address', () => {
    expect(leaves('routed', '10.1.1.2')).toEqual(['vetha010102', '10.0.0.1', false]);
  });

  it('pods of other nodes, other nodes and everybody else over the uplink, with the node’s address', () => {
    for (const to of ['10.1.2.2', '10.0.0.2', '198.51.100.79', '10.96.0.1'])
      expect(leaves('bridge', to)).toEqual(['eth0', '10.0.0.1', false]);
  });

  it('itself over the loopback', () => {
    for (const to of ['10.0.0.1', '127.0.0.53', '10.1.1.1']) expect(leaves('bridge', to)[2]).toBe(true);
    expect(leaves('routed', '10.1.1.1')[2]).toBe(false);
  });

  it('a pod on it whose address is another node’s by its podCIDR', () => {
    const stray = pod('a', '10.1.2.9', { spec: { nodeName: 'n1' } });
    const { nodes } = locations([stray]).locations;
    expect([nodes[0], nodes[1]].map((place) => place?.context.egress(ip('10.1.2.9')).interface)).toEqual([
      'cni0',
      'eth0',
    ]);
  });
});

describe('addresses of nodes', () => {
  it('are InternalIP and ExternalIP, and what the scenario binds beside them; names are none', () => {
    const addresses = [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: '192.0.2.1' },
    ];
    const settings = nodeSettings({ localAddresses: ['203.0.113.5'] });
    const { locations: places } = locations([], { nodes: { n1: settings } }, [node(1, { status: { addresses } })]);
    expect(['10.0.0.1', '192.0.2.1', '203.0.113.5', '10.1.1.1', '10.0.0.9'].map((text) => places.nodeAt(text))).toEqual(
      [0, 0, 0, 0, -1],
    );
    expect(places.nodes[0]?.context.isLocalAddress(ip('203.0.113.5'))).toBe(true);
  });

  it('change with the node, and go with it; it keeps its index when it comes back', () => {
    const { api, locations: places } = locations([]);
    api.patch('Node', 'n2', { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.22' }] } });
    expect(['10.0.0.2', '10.0.0.22'].map((text) => places.nodeAt(text))).toEqual([-1, 1]);
    api.delete('Node', 'n2');
    expect([places.nodeIndex('n2'), places.nodeAt('10.0.0.22')]).toEqual([-1, -1]);
    api.replace(node(2));
    expect([places.nodeIndex('n2'), places.nodeAt('10.0.0.2')]).toEqual([1, 1]);
  });
});

describe('who has an address', () => {
  it('is the pod, as long as it is there and after it has gone, until another has it', () => {
    const { api, locations: places } = locations([pod('a', '10.1.1.2')]);
    const first = places.hostAt('10.1.1.2');
    expect(first).toMatchObject({ name: 'default/a', node: 0, state: 'running', ports: null });
    api.delete('Pod', 'default/a');
    expect(places.hostAt('10.1.1.2')).toMatchObject({ name: 'default/a', state: 'gone' });
    expect([places.hostsNamed('default/a'), places.isTaken('10.1.1.2')]).toEqual([[], false]);
    api.replace(pod('b', '10.1.1.2'));
    expect(places.hostAt('10.1.1.2')).toMatchObject({ name: 'default/b', state: 'running' });
  });

  it('is not a pod that has ended, where a living one has its address', () => {
    const ended = pod('job', '10.1.1.2', { status: { phase: 'Succeeded', podIP: '10.1.1.2' } });
    for (const objects of [
      [pod('a', '10.1.1.2'), ended],
      [ended, pod('a', '10.1.1.2')],
    ])
      expect(locations(objects).locations.hostAt('10.1.1.2')?.name).toBe('default/a');
  });

  it('is an endpoint that no pod stands for, by the name that its slice gives it', () => {
    const objects = [
      service('web'),
      slice('web', ['10.1.1.7', { addresses: ['10.1.2.7'], targetRef: { kind: 'Pod', name: 'ghost' } }]),
    ];
    const places = locations(objects).locations;
    expect(places.hostAt('10.1.1.7')).toMatchObject({ name: '10.1.1.7', node: 0, state: 'running' });
    expect(places.hostAt('10.1.2.7')).toMatchObject({ name: 'default/ghost', node: -1 });
  });

  it('starts when its pod does', () => {
    const pending = pod('a', '10.1.1.2', { status: { phase: 'Pending', podIP: '10.1.1.2' } });
    const { api, locations: places } = locations([pending]);
    expect(places.hostAt('10.1.1.2')?.state).toBe('starting');
    api.replace({ ...pending, status: { ...pending.status, phase: 'Running' } } as PodObject);
    expect(places.hostAt('10.1.1.2')?.state).toBe('running');
  });
});

describe('what listens on a node’s own address', () => {
  const onHost = (name: string, ports?: number[]) =>
    pod(name, '10.0.0.1', {
      spec: {
        nodeName: 'n1',
        hostNetwork: true,
        containers: [ports === undefined ? {} : { ports: ports.map((containerPort) => ({ containerPort })) }],
      },
    });

  it('is who declares the port; another pod only where a service leads there', () => {
    const places = locations([onHost('agent'), onHost('web', [8080])]).locations;
    const listener = (port: number, translated: boolean) => places.listenerOn(0, 'TCP', port, translated)?.name;
    expect([listener(8080, false), listener(9090, false)]).toEqual(['default/web', undefined]);
    expect([listener(9090, true), places.listenerOn(1, 'TCP', 8080, true)]).toEqual(['default/agent', undefined]);
  });

  it('is nobody after the pod has gone', () => {
    const { api, locations: places } = locations([onHost('web', [8080])]);
    api.delete('Pod', 'default/web');
    expect(places.listenerOn(0, 'TCP', 8080, true)).toBeUndefined();
    expect(places.nodeAt('10.0.0.1')).toBe(0);
  });
});

it('counts the changes that make routes stale apart from those that do not', () => {
  const { api, locations: places } = locations([pod('a', '10.1.1.2')]);
  const before = [places.revision, places.routesRevision];
  api.replace(pod('b', '10.1.1.3'));
  expect([places.revision > (before[0] as number), places.routesRevision]).toEqual([true, before[1]]);
  api.replace(pod('c', '10.9.9.9', { spec: { nodeName: 'n1' } }));
  expect(places.routesRevision).toBeGreaterThan(before[1] as number);
});
