import { describe, expect, it } from 'vitest';
import { slicesOf } from '../cluster/endpoint-slices.js';
import { AddressBook } from '../netfilter/address-book.js';
import type { KubeObject, ServiceObject } from '../objects.js';
import { DictionaryBuilder } from '../results/dictionaries.js';
import type { Destination, Origin } from '../scenario.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { node, pod, type SmallScenario, service, smallScenario } from '../testing/small-scenario.js';
import { type FlowRequest, flowTo } from './flows.js';

type ServiceDestination = Extract<Destination, { service: string }>;
const to = (over: Partial<ServiceDestination> = {}): Destination => ({
  service: 'default/web',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});

const GET: FlowRequest = {
  protocol: 'TCP',
  path: '/',
  connectTimeoutNs: null,
  requestTimeoutNs: null,
  reuseSocket: false,
};

function flow(
  from: Origin,
  where: Destination,
  objects: KubeObject[],
  over: SmallScenario = {},
  request: Partial<FlowRequest> = {},
) {
  const scenario = { objects, ...over };
  const { api, locations } = loneCluster(scenario);
  const addresses = new AddressBook();
  const dictionaries = new DictionaryBuilder();
  const world = {
    scenario: smallScenario(scenario),
    locations,
    addresses,
    dictionaries,
    service: (key: string) => api.get<ServiceObject>('Service', key),
    endpointSlices: (key: string) => slicesOf(api, key),
    services: () => api.list<ServiceObject>('Service'),
  };
  const made = flowTo(world, 7, from, where, { ...GET, ...request });
  return {
    ...made,
    from: made.sources.map((id) => addresses.at(id).text),
    to: made.destinations.map(({ address, port }) => `${addresses.at(address).text}:${port}`),
    rows: dictionaries.dictionaries,
  };
}

const LAPTOP: Origin = { client: 'laptop' };
const web = service('web', {
  type: 'LoadBalancer',
  clusterIP: '10.96.0.9',
  externalIPs: ['192.0.2.7'],
  ports: [
    { name: 'http', port: 80, nodePort: 30080 },
    { name: 'https', port: 443, nodePort: 30443 },
  ],
});
const provisioned: ServiceObject = {
  ...web,
  status: { loadBalancer: { ingress: [{ hostname: 'lb.example' }, { ip: '203.0.113.9' }] } },
};

describe('the addresses of a service', () => {
  it.each<[string, Origin, Partial<ServiceDestination>, string[]]>([
    ['from inside: its cluster IP', { node: 'n1' }, {}, ['10.96.0.9:80']],
    ['from outside: its load balancer’s', LAPTOP, {}, ['203.0.113.9:80']],
    ['by its external IP', LAPTOP, { via: 'externalIP' }, ['192.0.2.7:80']],
    [
      'by its node port, on every node',
      LAPTOP,
      { via: 'nodePort' },
      ['10.0.0.1:30080', '10.0.0.2:30080', '10.0.0.3:30080'],
    ],
    ['by its node port, on one node', LAPTOP, { via: 'nodePort', node: 'n2' }, ['10.0.0.2:30080']],
    ['by the name of a port', LAPTOP, { port: 'https' }, ['203.0.113.9:443']],
    ['by the number of a port', LAPTOP, { port: 443, via: 'nodePort', node: 'n1' }, ['10.0.0.1:30443']],
  ])('%s', (_, from, where, expected) => {
    expect(flow(from, to(where), [provisioned]).to).toEqual(expected);
  });

  it('from outside are those of its type', () => {
    const asked = (spec: Partial<ServiceObject['spec']>) =>
      flow(LAPTOP, to(), [service('web', { clusterIP: '10.96.0.9', ...spec })]).to[0];
    expect(asked({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })).toBe('10.0.0.1:30080');
    expect(asked({ externalIPs: ['192.0.2.7'] })).toBe('192.0.2.7:80');
    expect(asked({})).toBe('10.96.0.9:80');
  });

  it('of a node that is not there, or has no such address, there are none', () => {
    expect(flow(LAPTOP, to({ via: 'nodePort', node: 'n9' }), [web]).problem).toBe(
      'default/web: there is no node n9 with such an address',
    );
    expect(flow(LAPTOP, to({ via: 'nodePort' }), [web], { nodes: [node(1, { status: {} })] }).problem).toBe(
      'default/web: no node has such an address',
    );
  });

  it.each<[string, KubeObject[], Partial<ServiceDestination>, string]>([
    ['no service', [], {}, 'there is no such service'],
    ['a pending load balancer', [web], {}, 'it has no loadBalancer address'],
    ['no such port', [provisioned], { port: 'admin' }, 'it has no port admin'],
    [
      'a headless service',
      [service('web', { clusterIP: 'None' })],
      { via: 'clusterIP' },
      'it has no clusterIP address',
    ],
    [
      'a mere name, asked for outside',
      [service('web', { type: 'ExternalName', externalName: 'a', ports: [] })],
      {},
      'nobody outside the cluster can look its name up',
    ],
    [
      'a headless service, asked for outside',
      [pod('a', '10.1.1.2'), service('web', { clusterIP: 'None' })],
      {},
      'it is headless, and nobody outside the cluster can look its name up',
    ],
    ['no node port', [service('web')], { via: 'nodePort' }, 'it has no node port'],
    ['another address', [provisioned], { ip: '203.0.113.10' }, 'it has no loadBalancer address 203.0.113.10'],
    ['the other family', [provisioned], { ipFamily: 'IPv6' }, 'it has no loadBalancer address'],
  ])('where it has none says why: %s', (_, objects, where, why) => {
    const made = flow(LAPTOP, to(where), objects);
    expect(made.problem).toBe(`default/web: ${why}`);
    expect(made.rows.targets.at(-1)).toEqual({ target: 'default/web', service: 'default/web', method: 'GET' });
  });
});

describe('the source of a flow', () => {
  it('is each of a client’s addresses', () => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.254'], count: 3, kernel: '6.8' }];
    const made = flow(LAPTOP, { ip: '10.0.0.1', port: 80 }, [], { clients });
    expect(made.from).toEqual(['198.51.100.254', '198.51.100.255', '198.51.101.0']);
    expect(made.rows.clients.slice(1).map(({ name }) => name)).toEqual(['laptop', 'laptop', 'laptop']);
    expect(made.attempts.givesUpNs).toBe(131e9);
  });

  it('of a node’s process is what routing picks for the destination', () => {
    const from = (ip: string) => flow({ node: 'n1' }, { ip, port: 80 }, [pod('a', '10.1.1.2')]).from;
    expect(['10.96.0.9', '10.1.1.2', '10.1.2.2', '10.0.0.1', '127.0.0.1'].map((ip) => from(ip)[0])).toEqual([
      '10.0.0.1',
      '10.1.1.1',
      '10.0.0.1',
      '10.0.0.1',
      '127.0.0.1',
    ]);
  });

  it('of a pod is its own address, and the interface that it comes in by at its node', () => {
    const made = flow({ pod: 'default/a' }, { ip: '10.96.0.9', port: 80 }, [pod('a', '10.1.1.2')]);
    expect([made.origin, made.from, made.interface, made.node]).toEqual(['pod', ['10.1.1.2'], 'cni0', 0]);
  });

  it.each<[string, Origin, KubeObject[], string]>([
    ['an unknown client', { client: 'nobody' }, [], 'there is no client nobody'],
    ['an unknown node', { node: 'n9' }, [], 'there is no node n9'],
    ['an unknown pod', { pod: 'default/a' }, [], 'pod default/a is not running'],
    [
      'a pod that has not started',
      { pod: 'default/a' },
      [pod('a', '10.1.1.2', { status: { phase: 'Pending', podIP: '10.1.1.2' } })],
      'pod default/a is not running',
    ],
    [
      'a pod on no node',
      { pod: 'default/a' },
      [pod('a', '10.9.9.9', { spec: { nodeName: 'n9' } })],
      'pod default/a is on no node',
    ],
  ])('is missing: %s', (_, from, objects, why) => {
    expect(flow(from, { ip: '10.0.0.1', port: 80 }, objects).problem).toBe(why);
  });

  it('is missing in the family of the destination', () => {
    const six = { ip: 'fd00::1', port: 80 };
    expect(flow({ node: 'n1' }, six, []).problem).toBe('node n1 has no IPv6 address');
    expect(flow({ pod: 'default/a' }, six, [pod('a', '10.1.1.2')]).problem).toBe('pod default/a has no IPv6 address');
  });
});
