import { describe, expect, it } from 'vitest';
import type { PodObject } from '../objects.js';
import { matrixOf } from '../questions.js';
import {
  node,
  nodeSettings,
  pod,
  type SmallScenario,
  service,
  slice,
  smallCluster,
  smallScenario,
} from '../testing/small-scenario.js';
import type { MatrixOutcome, MatrixQuestion, MatrixResult, MatrixTable } from './result.js';
import type { Variant } from './variants.js';

const ALL: MatrixQuestion = { sources: [], services: [], families: [], via: [], onlyDifferences: false };

const ask = (world: SmallScenario, question: Partial<MatrixQuestion> = {}, variants: Variant[] = []): MatrixResult =>
  matrixOf(smallScenario(world), { ...ALL, ...question }, 0, variants);

const RUNNING: Pick<PodObject, 'status'> = {
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};
const WEB = [1, 2].map((n) => pod(`web-${n}`, `10.1.1.${10 + n}`, RUNNING));
const OTHERS = [1, 2, 3].map((n) => pod(`other-${n}`, `10.1.${n}.20`, { ...RUNNING, labels: { app: 'other' } }));
const DETECTOR = { clusterCIDR: '10.1.0.0/16' };

const namesOf = ({ sources }: MatrixResult) => sources.map(({ name }) => name.replace('default/', ''));

/** By sender, the answers to one destination. */
function told(matrix: MatrixResult, table: MatrixTable, destination: number): Record<string, MatrixOutcome[] | null> {
  const names = namesOf(matrix);
  return Object.fromEntries(
    table.rows.flatMap(({ sources, cells }) => {
      const answer = cells[destination]?.[0] ?? null;
      return sources.map((n) => [names[n], answer === null ? null : table.answers[answer]]);
    }),
  );
}

describe('the destinations of a matrix', () => {
  const everywhere = service(
    'web',
    {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.9', 'fd00:96::9'],
      ipFamilies: ['IPv4', 'IPv6'],
      externalIPs: ['192.0.2.7', '192.0.2.8'],
      ports: [
        { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 },
        { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      ],
    },
    { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { hostname: 'lb.example.com' }] } },
  );
  const dual = node(1, {
    status: { addresses: ['10.0.0.1', 'fd00::1'].map((address) => ({ type: 'InternalIP', address })) },
  });
  const world: SmallScenario = {
    cluster: smallCluster({ admission: 'asStored' }),
    nodes: [dual, node(2), node(3)],
    objects: [
      everywhere,
      service('headless', { clusterIP: 'None' }),
      service('outside', { type: 'ExternalName', externalName: 'example.com' }),
    ],
  };

  it('are all addresses and ports of a service, a table for each port and family', () => {
    const { tables, withoutAddress } = ask(world);
    expect(tables.map(({ portName, protocol, ipFamily }) => [portName, protocol, ipFamily])).toEqual([
      ['http', 'TCP', 'IPv4'],
      ['http', 'TCP', 'IPv6'],
      ['dns', 'UDP', 'IPv4'],
      ['dns', 'UDP', 'IPv6'],
    ]);
    const addresses = tables.map(({ destinations }) => destinations.map(({ via, ip, port }) => `${via} ${ip} ${port}`));
    expect(addresses[0]).toEqual([
      'clusterIP 10.96.0.9 80',
      'externalIP 192.0.2.7 80',
      'externalIP 192.0.2.8 80',
      'loadBalancer 203.0.113.1 80',
      'nodePort 10.0.0.1 30080',
      'nodePort 10.0.0.2 30080',
      'nodePort 10.0.0.3 30080',
    ]);
    expect(addresses[3]).toEqual(['clusterIP fd00:96::9 53', 'nodePort fd00::1 30053']);
    expect(withoutAddress).toEqual(['default/headless', 'default/outside']);
  });

  it('are those that are asked for', () => {
    const vias = (question: Partial<MatrixQuestion>) =>
      ask(world, question).tables.map(({ destinations }) => destinations.map(({ via }) => via));
    expect(vias({ families: ['IPv6'], via: ['nodePort'] })).toEqual([['nodePort'], ['nodePort']]);
    expect(vias({ services: ['default/headless'] })).toEqual([]);
    expect(() => ask(world, { services: ['default/we'] })).toThrow('there is no service "default/we" at that time');
  });

  it('of a family that somebody lacks are nothing to that sender', () => {
    const matrix = ask(world, { families: ['IPv6'], via: ['clusterIP'] });
    const answers = told(matrix, matrix.tables[0]!, 0);
    expect([answers.n2, answers.laptop]).toEqual([null, null]);
    expect(answers.n1?.[0]?.verdict).toBe('rejected');
  });
});

describe('the sources of a matrix', () => {
  const world: SmallScenario = { objects: [...WEB, ...OTHERS, service('web')], kubeProxy: DETECTOR };

  it('are pods, nodes and clients', () => {
    expect(namesOf(ask(world))).toEqual([
      'web-1',
      'web-2',
      'other-1',
      'other-2',
      'other-3',
      'n1',
      'n2',
      'n3',
      'laptop',
    ]);
  });

  it.each([
    [
      [{ kind: 'nodes' }, { kind: 'clients' }],
      ['n1', 'n2', 'n3', 'laptop'],
    ],
    [[{ kind: 'podsOn', node: 'n1' }], ['web-1', 'web-2', 'other-1']],
    [[{ kind: 'podsIn', namespace: 'default' }], ['web-1', 'web-2', 'other-1', 'other-2', 'other-3']],
    [
      [
        { kind: 'client', client: 'laptop' },
        { kind: 'node', node: 'n2' },
      ],
      ['n2', 'laptop'],
    ],
    [
      [{ kind: 'pod', pod: 'default/web-2' }, { kind: 'pods' }],
      ['web-1', 'web-2', 'other-1', 'other-2', 'other-3'],
    ],
  ] as [MatrixQuestion['sources'], string[]][])('are those that are asked for: %j', (sources, names) => {
    expect(namesOf(ask(world, { sources }))).toEqual(names);
  });

  it('are nobody where a kind is asked for that nobody is of', () => {
    expect(ask({ ...world, clients: [] }, { sources: [{ kind: 'clients' }] }).tables[0]?.rows).toEqual([]);
    expect(() => ask(world, { sources: [{ kind: 'podsOn', node: 'n4' }] })).toThrow('there is no node "n4"');
  });

  it('that fare alike are one row, endpoints of a node too', () => {
    const matrix = ask(world);
    const names = namesOf(matrix);
    const rows = matrix.tables[0]?.rows.map(({ sources }) => sources.map((n) => names[n]));
    expect(rows).toEqual([
      ['web-1', 'web-2'],
      ['other-1'],
      ['other-2'],
      ['other-3'],
      ['n1'],
      ['n2'],
      ['n3'],
      ['laptop'],
    ]);
    const [answer] = Object.values(told(matrix, matrix.tables[0]!, 0));
    expect(answer).toMatchObject([
      { probability: 0.5, endpoints: [0, 1], itself: 'never', seen: { kind: 'pod', ip: null } },
      { probability: 0.5, endpoints: [], itself: 'only', seen: { kind: 'bridge', ip: '10.1.1.1', node: 'n1' } },
    ]);
  });

  it('on no node, or without a place in the cluster’s network, are told apart from others', () => {
    const lost = pod('lost', '10.9.9.9', { ...RUNNING, spec: { nodeName: 'n9' }, labels: {} });
    const host = pod('host', '10.0.0.2', { ...RUNNING, spec: { nodeName: 'n2', hostNetwork: true }, labels: {} });
    const cluster = smallCluster({ admission: 'asStored' });
    const web = service('web', { clusterIP: '10.96.0.9' });
    const matrix = ask({ cluster, objects: [...WEB, lost, host, web, slice('web', ['10.1.1.11'])] });
    expect(matrix.sources.find(({ name }) => name === 'default/lost')).toMatchObject({ node: null });
    expect(matrix.sources.find(({ name }) => name === 'default/host')).toMatchObject({ node: 'n2', hostNetwork: true });
    const answers = told(matrix, matrix.tables[0]!, 0);
    expect(answers.lost).toBeNull();
    expect(answers.host?.[0]?.seen).toEqual({ kind: 'node', ip: '10.0.0.2', node: 'n2' });
    expect(answers.n2).toEqual(answers.host);
  });
});

describe('variants', () => {
  const variant = (over: Partial<Variant>): Variant => ({
    name: 'variant',
    settings: {},
    cluster: null,
    externalTrafficPolicy: null,
    internalTrafficPolicy: null,
    ...over,
  });
  const LOCAL = variant({ externalTrafficPolicy: 'Local' });
  const CLUSTER = variant({ externalTrafficPolicy: 'Cluster' });
  const world: SmallScenario = {
    objects: [...WEB, service('web', { type: 'LoadBalancer' }), service('inside')],
    kubeProxy: DETECTOR,
  };
  const laptopAt = (matrix: MatrixResult, via: string, v: number) => {
    const [table] = matrix.tables as [MatrixTable];
    const row = table.rows.find(({ sources }) => sources.includes(namesOf(matrix).indexOf('laptop')))!;
    const column = table.destinations.findIndex((destination) => destination.via === via);
    return table.answers[row.cells[column]?.[v] ?? -1];
  };

  it('have settled: a load balancer knows which nodes a policy leaves', () => {
    const matrix = ask(world, { services: ['default/web'] }, [CLUSTER, LOCAL]);
    expect(laptopAt(matrix, 'loadBalancer', 0)?.map(({ node: at }) => at)).toEqual(['n1', 'n2', 'n3']);
    expect(laptopAt(matrix, 'loadBalancer', 1)).toMatchObject([{ node: 'n1', seen: { kind: 'client', ip: null } }]);
  });

  it('leave out what nobody could tell apart', () => {
    const { tables, withoutDifference } = ask(world, { onlyDifferences: true }, [CLUSTER, LOCAL]);
    expect(withoutDifference).toEqual(['default/inside']);
    expect(tables.map(({ destinations }) => destinations.map(({ via }) => via))).toEqual([
      ['loadBalancer', 'nodePort', 'nodePort', 'nodePort'],
    ]);
    for (const { rows } of tables) for (const { cells } of rows) expect(cells.some((cell) => cell !== null)).toBe(true);
    const same = ask(world, { onlyDifferences: true }, [LOCAL, LOCAL]);
    expect([same.tables, same.withoutDifference]).toEqual([[], ['default/inside', 'default/web']]);
  });

  it('may have another cluster', () => {
    const { kubeProxy, ...rest } = nodeSettings();
    const masqueradeAll = { ...kubeProxy, iptables: { ...kubeProxy.iptables, masqueradeAll: true } };
    const settings = { ...rest, kubeProxy: masqueradeAll };
    const cluster = smallCluster({ nodes: { n1: settings, n2: settings, n3: settings } });
    const asked = { services: ['default/inside'], sources: [{ kind: 'podsOn', node: 'n1' } as const] };
    const [first, second] = ask({ ...world, objects: [...OTHERS, ...(world.objects ?? [])] }, asked, [
      variant({}),
      variant({ cluster }),
    ]).tables[0]!.rows.at(0)!.cells[0]!;
    expect(first).not.toBe(second);
  });

  it('show the objects of the moment, though steps have made them', () => {
    const scenario = smallScenario({
      ...world,
      timeline: [
        { atNs: 1e9, do: 'kubectl', command: { verb: 'apply', object: service('late', { type: 'NodePort' }) } },
      ],
    });
    const at = (atNs: number) => matrixOf(scenario, ALL, atNs, [CLUSTER, LOCAL]).tables.map((table) => table.service);
    expect(at(0)).toEqual(['default/inside', 'default/web']);
    expect(at(2e9)).toEqual(['default/inside', 'default/late', 'default/web']);
  });
});
