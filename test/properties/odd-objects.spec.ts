/**
 * Objects as clusters have them, with whatever may be missing or strange: a run ends, and a question is answered or
 * refused with a ModelError. Nothing else is ever thrown.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KubeObject } from '../../libs/sim/src/objects.js';
import { checkScenario, rulesText, traceScenario } from '../../libs/sim/src/questions.js';
import type { Scenario, Step } from '../../libs/sim/src/scenario.js';
import { node, nodeSettings, simulated, smallScenario, traffic } from '../../libs/sim/src/testing/small-scenario.js';
import { ModelError } from '../../libs/sim/src/trace-question.js';
import { command, type Question, question, smallWorld } from './small-worlds.js';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const name = fc.constantFrom('web', 'p0', 'p1', 'n1', 'n2', 'n9', 'constructor');
const address = fc.constantFrom(
  '10.0.0.1',
  '10.1.1.5',
  '10.1.2.7',
  'fd00::5',
  'fd00:1::9',
  '',
  'none',
  '999.1.1.1',
  '::',
);
const cidr = fc.constantFrom('10.1.1.0/24', '10.1.2.0/31', 'fd00:1::/64', '10.0.0.0/8', '10.1.1.7/32');
const labels = fc.constantFrom<Record<string, string>>({}, { app: 'web' }, { 'kubernetes.io/service-name': 'web' });
const port = fc.constantFrom(80, 8080, 30086, 65535);
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const status = fc.constantFrom('True', 'False', 'Unknown');
const conditions = fc.array(fc.record({ type: fc.constantFrom('Ready', 'MemoryPressure'), status }), { maxLength: 2 });
const metadata = fc.record(
  {
    name,
    namespace: fc.constant('default'),
    labels,
    annotations: fc.constant({}),
    ownerReferences: fc.array(fc.record({ kind: fc.constantFrom('Deployment', 'ReplicaSet', 'Job'), name }), {
      maxLength: 1,
    }),
    deletionTimestampNs: fc.constant(0),
  },
  { requiredKeys: ['name', 'namespace'] },
);
/** Some fields may be missing. */
const part = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
const object = (kind: string, fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) =>
  fc.record<Record<string, unknown>, string>(
    { apiVersion: fc.constant('v1'), kind: fc.constant(kind), metadata, ...fields },
    { requiredKeys: ['apiVersion', 'kind', 'metadata', ...requiredKeys] },
  ) as unknown as fc.Arbitrary<KubeObject>;

const containers = fc.array(
  part({
    name: fc.constant('app'),
    ports: fc.array(fc.record({ containerPort: port, name: fc.constant('http') }), { maxLength: 2 }),
  }),
  { maxLength: 2 },
);
const podSpec = part({ nodeName: name, hostNetwork: fc.boolean(), containers });

const anyObject: fc.Arbitrary<KubeObject> = fc.oneof(
  object('Pod', {
    spec: podSpec,
    status: part({
      phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'),
      podIP: address,
      podIPs: fc.array(fc.record({ ip: address }), { maxLength: 2 }),
      conditions,
    }),
  }),
  object(
    'Service',
    {
      spec: part({
        type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
        selector: labels,
        ports: fc.array(
          fc.record(
            {
              name: fc.constantFrom('a', 'b'),
              protocol,
              port,
              targetPort: fc.oneof(port, fc.constant('http')),
              nodePort: port,
            },
            { requiredKeys: ['port'] },
          ),
          { maxLength: 2 },
        ),
        clusterIP: fc.constantFrom('10.96.0.9', 'None', '', 'fd00:96::9'),
        clusterIPs: fc.array(fc.constantFrom('10.96.0.9', 'None', 'fd00:96::9'), { maxLength: 2 }),
        ipFamilies: fc.uniqueArray(fc.constantFrom('IPv4', 'IPv6'), { maxLength: 2 }),
        externalIPs: fc.array(address, { maxLength: 2 }),
        externalName: fc.constant('example.com'),
        externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
        sessionAffinity: fc.constantFrom('None', 'ClientIP'),
        loadBalancerIP: address,
        loadBalancerSourceRanges: fc.array(fc.constantFrom('10.0.0.0/8', ' 0.0.0.0/0 ', 'none'), { maxLength: 2 }),
        healthCheckNodePort: fc.constantFrom(0, 32000),
        publishNotReadyAddresses: fc.boolean(),
      }),
      status: part({
        loadBalancer: part({
          ingress: fc.array(
            part({
              ip: fc.constantFrom('203.0.113.1', '10.0.0.1', 'fd00:f::1'),
              hostname: fc.constant('lb'),
              ipMode: fc.constantFrom('VIP', 'Proxy'),
            }),
            {
              maxLength: 2,
            },
          ),
        }),
      }),
    },
    ['spec'],
  ),
  object(
    'EndpointSlice',
    {
      addressType: fc.constantFrom('IPv4', 'IPv6', 'FQDN'),
      endpoints: fc.array(
        fc.record(
          {
            addresses: fc.array(address, { minLength: 1, maxLength: 2 }),
            conditions: part({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
            nodeName: name,
            targetRef: part({ kind: fc.constantFrom('Pod', 'Node'), name, namespace: fc.constant('default') }),
          },
          { requiredKeys: ['addresses'] },
        ),
        { maxLength: 3 },
      ),
      ports: fc.array(part({ name: fc.constantFrom('', 'a'), protocol, port }), { maxLength: 2 }),
    },
    ['addressType', 'endpoints'],
  ),
  fc.constantFrom('Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet').chain((kind) =>
    object(kind, {
      spec: part({
        replicas: fc.integer({ min: 0, max: 4 }),
        selector: part({ matchLabels: labels }),
        template: part({ metadata: part({ labels }), spec: podSpec }),
      }),
    }),
  ),
  object('Namespace', {}),
);

const anyNode: fc.Arbitrary<KubeObject> = object('Node', {
  spec: part({ podCIDR: cidr, podCIDRs: fc.array(cidr, { maxLength: 2 }), unschedulable: fc.boolean() }),
  status: part({
    addresses: fc.array(
      fc.record({ type: fc.constantFrom('InternalIP', 'ExternalIP', 'Hostname'), address: fc.oneof(address, name) }),
      { maxLength: 3 },
    ),
    conditions,
  }),
});

interface Odd {
  scenario: Scenario;
  asked: Question[];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      on: question.map(({ from }) => from),
      url: fc.constantFrom('web', '10.96.0.9', '[fd00:96::9]', 'n1:10256/healthz', '$node', 'x'),
    })
    .map(
      ({ on, url }): Step => ({
        do: 'curl',
        tool: 'curl',
        on,
        url,
        forEachNode: url === '$node' ? ['n1', 'n9'] : null,
        connectTimeoutNs: 1e9,
        maxTimeNs: null,
        grep: null,
      }),
    ),
  question.map(({ from }): Step => ({ do: 'exec', on: from, command: 'ip addr' })),
  command.map((given): Step => ({ do: 'kubectl', command: given })),
  fc
    .constantFrom(
      'nodes' as const,
      'pods' as const,
      'services' as const,
      'deployments' as const,
      'endpointslices' as const,
    )
    .map(
      (resource): Step => ({
        do: 'kubectl',
        command: { verb: 'get', resource, name: null, selector: null, output: 'wide', grep: null },
      }),
    ),
);

const odd: fc.Arbitrary<Odd> = fc
  .record({
    admission: fc.constantFrom('apply' as const, 'asStored' as const),
    version: fc.constantFrom('1.21', '1.25', '1.31', '1.36'),
    seed: fc.nat(100),
    cni: fc.constantFrom('bridge' as const, 'routed' as const),
    nodes: fc.array(
      fc.oneof(
        anyNode,
        fc.integer({ min: 1, max: 3 }).map((n) => node(n) as KubeObject),
      ),
      { maxLength: 3 },
    ),
    sound: smallWorld.map(({ objects = [] }) => objects),
    odds: fc.array(anyObject, { maxLength: 8, size: 'max' }),
    asked: fc.array(question, { minLength: 1, maxLength: 3 }),
    steps: fc.array(step, { maxLength: 4 }),
    commands: fc.array(
      fc.oneof(
        command,
        anyObject.map((given) => ({ verb: 'apply' as const, object: given })),
      ),
      { maxLength: 4 },
    ),
    timeoutNs: maybe(fc.constantFrom(1e9, 5e9)),
  })
  .map(({ admission, version, seed, cni, nodes, sound, odds, asked, steps, commands, timeoutNs }) => {
    const named = nodes.filter(
      (each, n) => nodes.findIndex((other) => other.metadata.name === each.metadata.name) === n,
    );
    for (const { metadata: meta } of named) delete meta.namespace;
    const scenario = smallScenario({
      nodes: [],
      objects: [...named, ...odds, ...sound],
      cluster: {
        version,
        admission,
        serviceCIDRs: ['10.96.0.0/28', 'fd00:96::/120'],
        cni: { type: cni, bridgeName: 'cni0', masqueradeOutgoing: false },
        nodes: Object.fromEntries(named.map(({ metadata: meta }) => [meta.name, nodeSettings({ version })])),
      },
      seed,
      steps,
      timeline: commands.map((given, n) => ({ atNs: n * 1e9, do: 'kubectl' as const, command: given })),
      traffic: asked.map((each, n) =>
        traffic({ ...each, name: `t${n}`, ratePerSecond: 2, stopNs: 6e9, connectTimeoutNs: timeoutNs ?? null }),
      ),
    });
    return { scenario, asked };
  });

function answered(question: () => unknown): boolean {
  try {
    question();
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

it('no scenario, however odd its objects, throws anything but a refusal', () => {
  let traces = 0;
  let ok = 0;
  fc.assert(
    fc.property(odd, ({ scenario, asked }) => {
      checkScenario(scenario);
      ok += simulated(scenario).result.summary.outcomes.ok ?? 0;
      for (const { from, to } of asked) {
        const packet = {
          from:
            'client' in from
              ? { kind: 'client' as const, client: from.client }
              : 'pod' in from
                ? { kind: 'pod' as const, pod: from.pod }
                : { kind: 'node' as const, node: from.node, ip: null },
          to: 'service' in to ? { kind: 'service' as const, ...to } : { kind: 'address' as const, ...to },
          protocol: 'TCP' as const,
        };
        if (answered(() => traceScenario(scenario, packet, 3e9))) traces++;
        for (const ipFamily of ['IPv4', 'IPv6'] as const)
          answered(() => rulesText(scenario, { node: 'n1', ipFamily, atNs: 3e9, format: 'iptables', view: 'save' }));
      }
    }),
    { numRuns: 400, seed: 6 },
  );
  expect(traces).toBeGreaterThan(50);
  expect(ok).toBeGreaterThan(50);
}, 120_000);
