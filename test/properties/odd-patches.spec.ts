/**
 * Patches that put anything anywhere, null included: the door answers with issues, and what it lets through runs to its
 * end, refused in the transcript or not.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ISSUES, parseScenario } from '#scenario';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

const KEYS = fc.constantFrom('app', 'name', 'x', '__proto__', 'kubernetes.io/hostname');
const wrong = fc.constantFrom<unknown>(null, null, null, 7, -1, 1.5, '', 'web', true, [], {}, [null], [[]], [{}], {
  x: null,
});
/** The right shape for the most part, or the door lets nothing through. */
const mostly = (right: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 40, arbitrary: right },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: wrong },
  );
type Fields = Record<string, fc.Arbitrary<unknown>>;
/** Few fields at a time: with many, one of them is always refused at the door. */
const bare = (fields: Fields) =>
  fc
    .subarray(Object.keys(fields), { minLength: 1, maxLength: Math.min(2, Object.keys(fields).length) })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, mostly(fields[key]!)]))));
const map = (fields: Fields) => mostly(bare(fields));
const list = (item: fc.Arbitrary<unknown>) => mostly(fc.array(mostly(item), { maxLength: 2 }));
const texts = mostly(fc.dictionary(KEYS, mostly(fc.constantFrom('web', 'other')), { maxKeys: 2 }));
const text = (...values: string[]) => fc.constantFrom<unknown>(...values);
const number = fc.constantFrom<unknown>(0, 1, 1, 80, 8080, 30_080);

const selector = map({
  matchLabels: texts,
  matchExpressions: list(map({ key: KEYS, operator: text('In', 'Exists', 'Gt'), values: list(text('web', '1')) })),
});
const nodeTerm = map({ matchExpressions: list(map({ key: KEYS, operator: text('In', 'Lt'), values: list(KEYS) })) });
const podSpec = map({
  nodeName: text('n1', 'n9'),
  hostNetwork: fc.boolean(),
  containers: list(
    map({
      name: text('app'),
      image: text('app:1', 'app:2'),
      ports: list(map({ containerPort: number, protocol: text('TCP') })),
      readinessProbe: map({ periodSeconds: number, failureThreshold: number }),
      lifecycle: map({
        preStop: map({ sleep: map({ seconds: number }), exec: map({ command: list(text('sleep')) }) }),
      }),
    }),
  ),
  nodeSelector: texts,
  tolerations: list(map({ key: KEYS, operator: text('Exists'), effect: text('NoExecute') })),
  affinity: map({
    nodeAffinity: map({
      requiredDuringSchedulingIgnoredDuringExecution: map({ nodeSelectorTerms: list(nodeTerm) }),
      preferredDuringSchedulingIgnoredDuringExecution: list(map({ weight: number, preference: nodeTerm })),
    }),
    podAntiAffinity: map({
      requiredDuringSchedulingIgnoredDuringExecution: list(map({ labelSelector: selector, topologyKey: KEYS })),
      preferredDuringSchedulingIgnoredDuringExecution: list(map({ weight: number, podAffinityTerm: wrong })),
    }),
  }),
  topologySpreadConstraints: list(
    map({ maxSkew: number, topologyKey: KEYS, whenUnsatisfiable: text('DoNotSchedule'), labelSelector: selector }),
  ),
  terminationGracePeriodSeconds: number,
});
const conditions = list(map({ type: text('Ready'), status: text('True', 'False') }));
const metadata = map({
  name: text('web', 'other'),
  namespace: text('default'),
  labels: texts,
  annotations: texts,
  ownerReferences: list(map({ kind: text('Deployment'), name: text('web') })),
});
const top = { apiVersion: text('v1'), kind: fc.constantFrom<unknown>(null, 'Pod'), metadata };
const PARTS: Record<string, fc.Arbitrary<unknown>> = {
  service: bare({
    ...top,
    spec: map({
      type: text('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
      selector: texts,
      ports: list(
        map({ name: text('http'), port: number, targetPort: number, nodePort: number, protocol: text('TCP', 'UDP') }),
      ),
      clusterIP: text('None', '10.96.0.9'),
      clusterIPs: list(text('None', '10.96.0.9')),
      ipFamilies: list(text('IPv4', 'IPv6')),
      ipFamilyPolicy: text('SingleStack', 'PreferDualStack'),
      externalIPs: list(text('192.0.2.1')),
      externalName: text('db.example.com'),
      externalTrafficPolicy: text('Cluster', 'Local'),
      internalTrafficPolicy: text('Cluster', 'Local'),
      sessionAffinity: text('ClientIP', 'None'),
      sessionAffinityConfig: map({ clientIP: map({ timeoutSeconds: number }) }),
      loadBalancerSourceRanges: list(text('10.0.0.0/8')),
      loadBalancerClass: text('x'),
      healthCheckNodePort: number,
      trafficDistribution: text('PreferClose'),
      topologyKeys: list(text('*')),
    }),
    status: map({ loadBalancer: map({ ingress: list(map({ ip: text('203.0.113.9') })) }) }),
  }),
  deployment: bare({
    ...top,
    spec: map({
      replicas: number,
      selector,
      minReadySeconds: number,
      paused: fc.boolean(),
      strategy: map({
        type: text('Recreate', 'RollingUpdate'),
        rollingUpdate: map({ maxSurge: text('25%', '0%'), maxUnavailable: number }),
      }),
      template: map({ metadata: map({ labels: texts }), spec: podSpec }),
    }),
  }),
  node: bare({
    ...top,
    spec: map({
      podCIDR: text('10.1.1.0/24'),
      podCIDRs: list(text('10.1.1.0/24')),
      unschedulable: fc.boolean(),
      taints: list(map({ key: KEYS, effect: text('NoExecute', 'NoSchedule') })),
    }),
    status: map({
      addresses: list(map({ type: text('InternalIP'), address: text('10.0.0.1') })),
      conditions,
      allocatable: map({ cpu: number }),
    }),
  }),
  pod: bare({
    ...top,
    spec: podSpec,
    status: map({
      phase: text('Running', 'Failed'),
      podIP: text('10.1.1.5'),
      podIPs: list(map({ ip: text('') })),
      conditions,
    }),
  }),
};

const NAMES: Record<string, string[]> = {
  service: ['web', 'nope'],
  deployment: ['web', 'nope'],
  node: ['n1', 'n9'],
  pod: ['lone', 'nope'],
};
const patch = fc
  .constantFrom(...Object.keys(PARTS))
  .chain((kind) =>
    fc
      .record({ name: fc.constantFrom(...NAMES[kind]!), patch: PARTS[kind]! })
      .map(({ name, patch: given }) => ({ [kind]: name, patch: given })),
  );

const node = (n: number) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `n${n}` },
  spec: { podCIDR: `10.1.${n}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n}` }] },
});
const container = { name: 'app', image: 'app:1', ports: [{ containerPort: 8080 }] };
const OBJECTS = [
  node(1),
  node(2),
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lone' }, spec: { containers: [container] } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
];

it('a patch of whatever shape is an issue, or a run that ends', () => {
  let [refusedAtTheDoor, refusedInTheRun, taken] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(patch, { minLength: 1, maxLength: 2 }), fc.boolean(), (patches, inSteps) => {
      const { scenario, issues } = parseScenario({
        name: 'patches',
        objects: OBJECTS,
        clients: [{ name: 'out', ip: '198.51.100.7' }],
        duration: '20s',
        traffic: [{ from: { client: 'out' }, to: { service: 'web', via: 'nodePort' }, rate: '1/s' }],
        ...(inSteps
          ? { steps: patches.map((each) => ({ kubectl: { patch: each } })) }
          : { timeline: patches.map((each, n) => ({ at: `${n + 5}s`, patch: each })) }),
      });
      for (const { code, message, path } of issues) {
        expect(Object.keys(ISSUES)).toContain(code);
        expect([message, path].every((each) => typeof each === 'string' && each !== '')).toBe(true);
      }
      if (scenario === null) {
        expect(issues.some(({ severity }) => severity === 'error')).toBe(true);
        refusedAtTheDoor++;
        return;
      }
      const text = JSON.stringify(simulated(scenario).result);
      if (/is invalid|BadRequest|NotFound/.test(text)) refusedInTheRun++;
      else taken++;
    }),
    { numRuns: 600, seed: 77 },
  );
  expect(Math.min(refusedAtTheDoor, refusedInTheRun, taken)).toBeGreaterThan(30);
}, 120_000);
