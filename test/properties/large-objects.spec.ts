/** Objects that are much too large are answered: by issues, or by a run, in time. */
import { expect, it } from 'vitest';
import { type ParsedScenario, parseScenario } from '#scenario';
import { type MatrixQuestion, ModelError, matrixOf, traceScenario } from '#sim';
import { probedWithoutEnd } from '../../libs/sim/src/testing/probed-without-end.js';

type Fields = Record<string, unknown>;

const node = (n: number): Fields => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `n${n}` },
  spec: { podCIDR: `10.${n}.0.0/16` },
  status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n}` }] },
});
const service = (spec: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});
const POD: Fields = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { nodeName: 'n1' },
  status: { podIP: '10.1.0.5' },
};
const slice = (n: number, addresses: string[]): Fields => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `web-${n}`, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'n1' })),
  ports: [{ name: '', port: 8080 }],
});
const addresses = (from: number, to: number): string[] =>
  Array.from(
    { length: to - from },
    (_, n) => `10.${1 + ((from + n) >> 16)}.${((from + n) >> 8) & 255}.${(from + n) & 255}`,
  );
const ports = (form: (n: number) => Fields): Fields[] => Array.from({ length: 10_000 }, (_, n) => form(n));

const PACKET = {
  from: { kind: 'node', node: 'n1', ip: null },
  to: { kind: 'service', service: 'default/web', port: null, via: null, node: null, ipFamily: null, ip: null },
  protocol: 'TCP',
} as const;

/** Issues, and what came of a trace: how many outcomes, or the code of its refusal. */
function answer(objects: Fields[]): { issues: string[]; traced: number | string | null; cpuMs: number } {
  const before = process.cpuUsage();
  const { scenario, issues }: ParsedScenario = parseScenario({ name: 'large', cluster: { version: '1.33' }, objects });
  let traced: number | string | null = null;
  try {
    if (scenario !== null) traced = traceScenario(scenario, PACKET, 0).outcomes.length;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    traced = error.code;
  }
  const { user, system } = process.cpuUsage(before);
  const codes = [...new Set(issues.map(({ code }) => code))];
  return { issues: codes, traced, cpuMs: (user + system) / 1000 };
}

const CLUSTER = [node(1), node(2)];
const crowd = Array.from({ length: 1000 }, (_, n) => slice(n, addresses(n * 100, n * 100 + 100)));

it.each<[string, Fields[], string[], number | string | null]>([
  ['10,000 ports', [...CLUSTER, POD, service({ ports: ports((n) => ({ name: `p${n}`, port: n + 1 })) })], [], 1],
  [
    '10,000 ports that each want a node port',
    [...CLUSTER, POD, service({ type: 'NodePort', ports: ports((n) => ({ name: `p${n}`, port: n + 1 })) })],
    ['not-admitted'],
    null,
  ],
  [
    '10,000 ports without names',
    [...CLUSTER, POD, service({ ports: ports((n) => ({ port: n + 1 })) })],
    ['service-port-names', 'more-issues'],
    null,
  ],
  [
    '10,000 times the same port',
    [...CLUSTER, POD, service({ ports: ports((n) => ({ name: `p${n}`, port: 80 })) })],
    ['duplicate-service-port', 'more-issues'],
    null,
  ],
  ['100,000 endpoints', [...CLUSTER, service({}), ...crowd], [], 'too-many-outcomes'],
  ['100,000 endpoints in one slice', [...CLUSTER, service({}), slice(0, addresses(0, 100_000))], ['too-many'], null],
  [
    '1,000 times the same endpoint',
    [
      ...CLUSTER,
      service({}),
      slice(
        0,
        Array.from({ length: 1000 }, () => '10.1.0.7'),
      ),
    ],
    ['duplicate-endpoint'],
    1,
  ],
])(
  'a service of %s',
  (_, objects, issues, traced) => {
    const found = answer(objects);
    expect(found).toMatchObject({ issues, traced });
    expect(found.cpuMs).toBeLessThan(20_000);
  },
  120_000,
);

const EVERYTHING: MatrixQuestion = { sources: [], services: [], families: [], via: [], onlyDifferences: false };
const web = (spec: Fields) => service({ clusterIP: '10.96.0.9', ...spec });
const manyPorts = ports((n) => ({ name: `p${n}`, port: n + 1 }));
const MANY_NODES = Array.from({ length: 80 }, (_, n) => node(n + 1));

it.each<[string, Fields[], number | string]>([
  ['10,000 ports', [...CLUSTER, POD, web({ ports: manyPorts })], 10_000],
  ['10,000 ports on 80 nodes', [...MANY_NODES, POD, web({ ports: manyPorts })], 'matrix-too-large'],
  [
    '4,000 pods that are its endpoints',
    [
      ...CLUSTER,
      web({}),
      ...addresses(2, 4002).map((podIP, n) => ({
        ...POD,
        metadata: { ...(POD.metadata as Fields), name: `w${n}` },
        status: { podIP },
      })),
    ],
    'matrix-too-large',
  ],
])(
  'the matrix of a service of %s',
  (_, objects, expected) => {
    const before = process.cpuUsage();
    const { scenario } = parseScenario({ name: 'large', cluster: { version: '1.33' }, objects });
    let found: number | string | undefined;
    try {
      found = scenario === null ? undefined : matrixOf(scenario, EVERYTHING, 0, []).tables.length;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      found = error.code;
    }
    expect(found).toBe(expected);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(25);
  },
  120_000,
);

it('a time that would take millions of events to get to is refused', () => {
  const packet = {
    from: { kind: 'client', client: 'laptop' },
    to: { kind: 'address', ip: '10.0.0.1', port: 80 },
    protocol: 'TCP',
  } as const;
  expect(() => traceScenario(probedWithoutEnd(), packet, 100 * 24 * 3600 * 1e9)).toThrow(
    expect.objectContaining({ code: 'too-many-events', path: '/at' }),
  );
}, 120_000);
