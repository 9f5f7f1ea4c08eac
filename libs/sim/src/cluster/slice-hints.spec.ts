import { describe, expect, it } from 'vitest';
import type { EndpointObject, NodeObject, PodObject, ServiceObject } from '../objects.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, pod, service, slice } from '../testing/small-scenario.js';
import { slicesOf } from './endpoint-slices.js';

const OLD = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

const zoned = (n: number, zone: string | null, cpu: string | null = '4'): NodeObject => {
  const plain = node(n);
  return {
    ...plain,
    metadata: { name: `n${n}`, labels: zone === null ? {} : { 'topology.kubernetes.io/zone': zone } },
    status: { ...plain.status, ...(cpu === null ? {} : { allocatable: { cpu } }) },
  };
};
const ZONES = [zoned(1, 'a'), zoned(2, 'b'), zoned(3, 'c')];
const PODS: PodObject[] = [1, 2, 3].flatMap((n) => [pod(`p${n}`, `10.1.${n}.2`), pod(`q${n}`, `10.1.${n}.3`)]);
const web = (annotations: Record<string, string>, spec: Partial<ServiceObject['spec']> = {}): ServiceObject => {
  const plain = service('web', spec);
  return { ...plain, metadata: { ...plain.metadata, annotations } };
};
const auto = web({ [MODE]: 'Auto' });

const told = ({ hints }: EndpointObject): string =>
  [...(hints?.forZones ?? []), ...(hints?.forNodes ?? [])].map(({ name }) => name).join('+') || '-';
const hintsOf = ({ api }: LoneCluster): string[] =>
  slicesOf(api, 'default/web').flatMap(({ endpoints }) => endpoints.map(told));
const started = (what: ServiceObject, version: string, nodes = ZONES, featureGates: Record<string, boolean> = {}) =>
  loneCluster({ version, nodes, objects: [...PODS, what], cluster: { featureGates } });
const annotate = (cluster: LoneCluster, annotations: Record<string, string | null>, spec = {}) => {
  cluster.api.patch('Service', 'default/web', { metadata: { annotations }, spec });
  cluster.slices.reconcile('default/web');
};

const SAME_ZONE = ['a', 'a', 'b', 'b', 'c', 'c'];
const NONE = ['-', '-', '-', '-', '-', '-'];
const SAME_NODE = ['a+n1', 'a+n1', 'b+n2', 'b+n2', 'c+n3', 'c+n3'];

describe('hints by version and gate', () => {
  it.each<[string, ServiceObject, string, Record<string, boolean>, string[]]>([
    ['the annotation', web({ [OLD]: 'auto' }), '1.23', {}, NONE],
    ['the annotation', web({ [OLD]: 'auto' }), '1.21', { TopologyAwareHints: true }, SAME_ZONE],
    ['the annotation', web({ [OLD]: 'Auto' }), '1.24', {}, SAME_ZONE],
    ['another value of it', web({ [OLD]: 'yes' }), '1.30', {}, NONE],
    ['its new name', web({ [MODE]: 'Auto' }), '1.26', {}, NONE],
    ['its new name', web({ [MODE]: 'Auto' }), '1.27', {}, SAME_ZONE],
    ['PreferClose', web({}, { trafficDistribution: 'PreferClose' }), '1.29', {}, NONE],
    ['PreferClose', web({}, { trafficDistribution: 'PreferClose' }), '1.30', {}, NONE],
    [
      'PreferClose',
      web({}, { trafficDistribution: 'PreferClose' }),
      '1.30',
      { ServiceTrafficDistribution: true },
      SAME_ZONE,
    ],
    ['PreferClose', web({}, { trafficDistribution: 'PreferClose' }), '1.31', {}, SAME_ZONE],
    ['PreferSameZone', web({}, { trafficDistribution: 'PreferSameZone' }), '1.34', {}, SAME_ZONE],
    ['PreferSameNode', web({}, { trafficDistribution: 'PreferSameNode' }), '1.34', {}, SAME_NODE],
    [
      'PreferSameNode',
      web({}, { trafficDistribution: 'PreferSameNode' }),
      '1.33',
      { PreferSameTrafficDistribution: true },
      SAME_NODE,
    ],
    [
      'the annotation before PreferSameNode',
      web({ [MODE]: 'Auto' }, { trafficDistribution: 'PreferSameNode' }),
      '1.34',
      {},
      SAME_ZONE,
    ],
    ['neither', web({}), '1.34', {}, NONE],
  ])('%s: %j in %s with %j', (_, what, version, gates, expected) => {
    expect(hintsOf(started(what, version, ZONES, gates))).toEqual(expected);
  });

  it('is refused by the API server where it does not know the value', () => {
    const { problems, api } = started(web({}, { trafficDistribution: 'PreferSameNode' }), '1.33');
    expect(problems[0]?.message).toBe(
      'The Service "web" is invalid: spec.trafficDistribution: Unsupported value: "PreferSameNode": supported values: "PreferClose"',
    );
    expect(api.count('Service')).toBe(0);
  });

  it('forgets the field where its gate is off', () => {
    const { api } = started(web({}, { trafficDistribution: 'PreferClose', topologyKeys: ['*'] }), '1.29');
    const { spec } = api.get<ServiceObject>('Service', 'default/web')!;
    expect([spec.trafficDistribution, spec.topologyKeys]).toEqual([undefined, undefined]);
  });

  it('wants both annotations to say the same', () => {
    const { problems } = started(web({ [MODE]: 'Auto', [OLD]: 'disabled' }), '1.30');
    expect(problems[0]?.message).toContain('must match annotations[service.kubernetes.io/topology-aware-hints]');
  });

  it('gives endpoints that are not ready hints of their own before 1.23', () => {
    const unready = pod('u', '10.1.1.9', {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] },
    });
    const of = (version: string) =>
      hintsOf(
        loneCluster({
          version,
          nodes: ZONES,
          objects: [unready, ...PODS, web({ [OLD]: 'auto' })],
          cluster: { featureGates: { TopologyAwareHints: true } },
        }),
      )[0];
    expect([of('1.22'), of('1.23')]).toEqual(['a', '-']);
  });
});

describe('no hints, and why', () => {
  it.each<[string, NodeObject[], ServiceObject, string]>([
    [
      'a node has no zone',
      [ZONES[0]!, ZONES[1]!, zoned(3, null)],
      auto,
      'node n3 has no label topology.kubernetes.io/zone',
    ],
    ['a node has no CPU', [ZONES[0]!, ZONES[1]!, zoned(3, 'c', null)], auto, 'node n3 has no status.allocatable.cpu'],
    ['there is one zone', [zoned(1, 'a'), zoned(2, 'a'), zoned(3, 'a')], auto, 'nodes are ready in one zone only'],
    [
      'a zone is far too large for its endpoints',
      [zoned(1, 'a', '64'), zoned(2, 'b', '1'), zoned(3, 'c', '1')],
      auto,
      '6 endpoints cannot be shared among 3 zones without one getting 20 % more than its part',
    ],
    [
      'no node has a zone',
      [zoned(1, null), zoned(2, null), zoned(3, null)],
      web({}, { trafficDistribution: 'PreferClose' }),
      'none of its ready endpoints is on a node with label topology.kubernetes.io/zone',
    ],
  ])('%s', (_, nodes, what, reason) => {
    const cluster = started(what, '1.31', nodes);
    expect(hintsOf(cluster)).toEqual(NONE);
    expect(cluster.problems).toEqual([
      { code: 'hints-not-given', path: '/objects/9', message: `The Service default/web gets no hints: ${reason}.` },
    ]);
  });
});

describe('hints while the cluster changes', () => {
  it('are taken back when nobody asks for them any more', () => {
    const cluster = started(auto, '1.31');
    annotate(cluster, { [MODE]: null });
    expect(hintsOf(cluster)).toEqual(NONE);
    annotate(cluster, {}, { trafficDistribution: 'PreferClose' });
    expect(hintsOf(cluster)).toEqual(SAME_ZONE);
  });

  it('are taken back when too few endpoints are left', () => {
    const cluster = started(auto, '1.31');
    for (const name of ['p1', 'p2', 'q1', 'q2']) cluster.pods.setReady(`default/${name}`, false, 0);
    expect(hintsOf(cluster)).toEqual(NONE);
    expect(cluster.slices.withoutHints.get('default/web')).toBe('there are fewer endpoints (2) than zones (3)');
  });

  it('follow nodes that come, go or turn ready where a zone gets too little, and leave others alone', () => {
    const cluster = started(auto, '1.31');
    const ready = (name: string, status: 'True' | 'False') =>
      cluster.api.patch('Node', name, { status: { conditions: [{ type: 'Ready', status }] } });
    ready('n3', 'False');
    expect(hintsOf(cluster)).toEqual(SAME_ZONE);
    ready('n2', 'False');
    expect(hintsOf(cluster)).toEqual(NONE);
  });

  it('notice another zone label since 1.28 only', () => {
    const noticed = (version: string) => {
      const cluster = started(web({ [OLD]: 'auto' }), version);
      for (const name of ['n2', 'n3'])
        cluster.api.patch('Node', name, { metadata: { labels: { 'topology.kubernetes.io/zone': 'a' } } });
      return hintsOf(cluster);
    };
    expect([noticed('1.27'), noticed('1.28')]).toEqual([SAME_ZONE, NONE]);
  });

  it('stay as they are in slices that the scenario gives, until the controller has work there', () => {
    const given = slice('web', [{ addresses: ['10.1.1.2'], nodeName: 'n1', hints: { forZones: [{ name: 'x' }] } }]);
    const cluster = loneCluster({ nodes: ZONES, objects: [...PODS, service('web'), given] });
    expect(hintsOf(cluster)).toEqual(['x']);
    cluster.pods.setReady('default/p1', false, 0);
    expect(hintsOf(cluster)).toEqual(NONE);
  });

  it('stay in slices that another controller manages, whatever the pods do', () => {
    const given = slice('web', [{ addresses: ['10.1.1.77'], nodeName: 'n1', hints: { forZones: [{ name: 'x' }] } }]);
    given.metadata.labels!['endpointslice.kubernetes.io/managed-by'] = 'example.com/mine';
    const cluster = loneCluster({ nodes: ZONES, objects: [...PODS, service('web'), given] });
    cluster.pods.setReady('default/p1', false, 0);
    expect(hintsOf(cluster)).toEqual(['x', ...NONE]);
  });
});
