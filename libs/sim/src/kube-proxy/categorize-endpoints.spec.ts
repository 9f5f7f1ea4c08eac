/** What each version heeds of hints and topologyKeys; the choice itself is in test/flows/topology.spec.ts. */
import { describe, expect, it } from 'vitest';
import type { EndpointObject, ServiceObject } from '../objects.js';
import { service, slice } from '../testing/small-scenario.js';
import { categorizeEndpoints, filterEndpointsLegacy } from './categorize-endpoints.js';
import { readEndpointSlices } from './endpoint-map.js';
import { featureGatesOf } from './feature-gates.js';
import { SUPPORTED_VERSIONS } from './minor-version.js';
import { readService } from './service-map.js';
import { behaviourOf } from './versions.js';

const OLD = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

interface Question {
  version: string;
  annotations?: Record<string, string>;
  spec?: Partial<ServiceObject['spec']>;
  gates?: Record<string, boolean>;
  endpoints?: EndpointObject[];
  nodeLabels?: Record<string, string>;
}

const inZone = (
  address: string,
  nodeName: string,
  zone: string,
  more: Partial<EndpointObject> = {},
): EndpointObject => ({
  addresses: [address],
  nodeName,
  zone,
  hints: { forZones: [{ name: zone }] },
  ...more,
});
const NEAR = inZone('10.1.1.2', 'n1', 'a');
const FAR = inZone('10.1.2.2', 'n2', 'b');
const BOTH = ['10.1.1.2', '10.1.2.2'];

/** Which endpoints kube-proxy of n1, in zone a, uses under policy Cluster. */
function used({ version, annotations = {}, spec = {}, gates = {}, endpoints, nodeLabels }: Question): string[] {
  const behaviour = behaviourOf(version);
  const context = { ipFamily: 'IPv4', behaviour, gates: featureGatesOf(version, gates) } as const;
  const object = service('web', { clusterIP: '10.96.0.1', ...spec });
  const [info] = readService({ ...object, metadata: { ...object.metadata, annotations } }, context);
  const slices = [slice('web', endpoints ?? [NEAR, FAR])];
  const [list = []] = readEndpointSlices('default/web', slices, 'n1', context).values();
  const labels = nodeLabels ?? { 'topology.kubernetes.io/zone': 'a' };
  const node = { nodeName: 'n1', nodeLabels: labels, behaviour, gates: context.gates };
  const found =
    behaviour.ruleForm === 'legacy'
      ? filterEndpointsLegacy(list, info!, node).filter(({ ready }) => ready)
      : categorizeEndpoints(list, info!, node).clusterEndpoints;
  return found.map(({ ip }) => ip.text);
}

/** The versions in which hints leave out the endpoint that is far away. */
function heeding(question: Omit<Question, 'version'>): string {
  const ranges: string[][] = [];
  let before = false;
  for (const version of SUPPORTED_VERSIONS) {
    const heeds = used({ version, ...question }).length === 1;
    if (heeds && before) ranges.at(-1)![1] = version;
    else if (heeds) ranges.push([version, version]);
    before = heeds;
  }
  return ranges.map((range) => range.join(' to ')).join(', ');
}

describe('hints for zones count', () => {
  const on = { gates: { TopologyAwareHints: true } };

  it.each<[string, Omit<Question, 'version'>, string]>([
    ['with Auto', { annotations: { [OLD]: 'Auto' } }, '1.24 to 1.37'],
    ['with auto and the gate', { annotations: { [OLD]: 'auto' }, ...on }, '1.21 to 1.37'],
    ['with the new name', { annotations: { [MODE]: 'Auto' } }, '1.27 to 1.37'],
    ['with any value', { annotations: { [OLD]: 'PreferZone' } }, '1.27 to 1.37'],
    ['without an annotation', {}, '1.31 to 1.37'],
    ['without one, with the gate', { gates: { ServiceTrafficDistribution: true } }, '1.30 to 1.37'],
    ['disabled', { annotations: { [OLD]: 'Disabled' } }, '1.31 to 1.37'],
    [
      'where the two differ, as the one says that the version reads',
      { annotations: { [OLD]: 'Auto', [MODE]: 'disabled' } },
      '1.24 to 1.26, 1.31 to 1.37',
    ],
  ])('%s', (_, question, versions) => {
    expect(heeding(question)).toBe(versions);
  });

  it('not on a node without a zone, and not for a zone that no hint names', () => {
    for (const nodeLabels of [{}, { 'topology.kubernetes.io/zone': '' }, { 'topology.kubernetes.io/zone': 'c' }])
      expect(used({ version: '1.33', nodeLabels })).toEqual(BOTH);
  });

  it('only where every ready endpoint has one, in 1.21 and 1.22 every endpoint', () => {
    const unready = { addresses: ['10.1.3.2'], conditions: { ready: false } };
    const question = {
      annotations: { [OLD]: 'Auto' },
      gates: { TopologyAwareHints: true },
      endpoints: [NEAR, FAR, unready],
    };
    expect(heeding(question)).toBe('1.23 to 1.37');
    expect(heeding({ ...question, endpoints: [NEAR, FAR, { addresses: ['10.1.3.2'] }] })).toBe('');
  });

  it('for a Service with policy Local outside since 1.24', () => {
    const spec = { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30000 }] } as const;
    const question = {
      annotations: { [OLD]: 'Auto' },
      gates: { TopologyAwareHints: true },
      spec: { ...spec, ports: [...spec.ports] },
    };
    expect(heeding(question)).toBe('1.24 to 1.37');
  });
});

describe('hints for nodes count', () => {
  const near = { ...NEAR, hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] } };
  const sameZone = inZone('10.1.3.2', 'n3', 'a', { hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'n3' }] } });
  const question = { endpoints: [near, sameZone], annotations: { [OLD]: 'Auto' } };

  it('since 1.34, in 1.33 with the gate', () => {
    expect(heeding(question)).toBe('1.34 to 1.37');
    expect(heeding({ ...question, gates: { PreferSameTrafficDistribution: true } })).toBe('1.33 to 1.37');
  });

  it('before those for zones, which count where none is for this node', () => {
    const elsewhere = { ...FAR, hints: { forZones: [{ name: 'b' }], forNodes: [{ name: 'n2' }] } };
    expect(used({ version: '1.35', endpoints: [sameZone, elsewhere] })).toEqual(['10.1.3.2']);
  });
});

describe('topologyKeys', () => {
  const gates = { ServiceTopology: true };
  const keyed = (...topologyKeys: string[]) => ({ version: '1.21', gates, spec: { topologyKeys } });
  const region = inZone('10.1.4.2', 'n4', 'c', { deprecatedTopology: { 'topology.kubernetes.io/region': 'north' } });
  const nodeLabels = { 'topology.kubernetes.io/zone': 'a', 'topology.kubernetes.io/region': 'north' };

  it.each<[string, Question, string[]]>([
    ['the own node', keyed('kubernetes.io/hostname'), ['10.1.1.2']],
    ['the own zone', keyed('topology.kubernetes.io/zone'), ['10.1.1.2']],
    ['any', keyed('*'), BOTH],
    ['nothing said', keyed(), BOTH],
    ['a key that the node does not have', keyed('example.com/rack'), []],
    ['a key that nobody shares, then any', keyed('example.com/rack', '*'), BOTH],
    [
      'a label that the slice carries',
      { ...keyed('topology.kubernetes.io/region'), nodeLabels, endpoints: [NEAR, region] },
      ['10.1.4.2'],
    ],
    [
      'the first key that somebody shares',
      {
        ...keyed('kubernetes.io/hostname', 'topology.kubernetes.io/zone'),
        endpoints: [FAR, inZone('10.1.3.2', 'n3', 'a')],
      },
      ['10.1.3.2'],
    ],
    ['nobody shares one', { ...keyed('kubernetes.io/hostname'), endpoints: [FAR] }, []],
    ['the gate is off', { ...keyed('example.com/rack'), gates: {} }, BOTH],
    ['a version without it', { ...keyed('example.com/rack'), version: '1.22' }, BOTH],
  ])('%s', (_, question, expected) => {
    expect(used(question)).toEqual(expected);
  });

  it('come before policy Local inside, for Services that have none as well', () => {
    const spec = { internalTrafficPolicy: 'Local' } as const;
    const on = { ServiceInternalTrafficPolicy: true };
    expect(used({ version: '1.21', spec, gates: on })).toEqual(['10.1.1.2']);
    expect(used({ version: '1.21', spec, gates: { ...on, ...gates } })).toEqual(BOTH);
  });

  it('do not count with policy Local outside', () => {
    const spec = { type: 'NodePort', externalTrafficPolicy: 'Local', topologyKeys: ['example.com/rack'] } as const;
    expect(used({ version: '1.21', gates, spec: { ...spec, topologyKeys: [...spec.topologyKeys] } })).toEqual(BOTH);
  });
});
