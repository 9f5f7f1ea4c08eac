/** Small clusters with everything that decides where a packet goes, and who might send what in them. */
import fc from 'fast-check';
import type { KubeObject, PodObject, Protocol, ServiceObject } from '../../libs/sim/src/objects.js';
import type { Destination, KubectlCommand, Origin, TimelineEntry } from '../../libs/sim/src/scenario.js';
import {
  kubeProxyConfig,
  node,
  pod,
  profile,
  type SmallScenario,
  service,
  slice,
  traffic,
} from '../../libs/sim/src/testing/small-scenario.js';

/** Nobody is in its range: a service that allows only it drops everybody else. */
const ELSEWHERE = '203.0.113.128/25';

interface PodShape {
  node: number;
  serves: boolean;
  ready: boolean;
  hostNetwork: boolean;
  declares: 'nothing' | 'its port' | 'another port';
}

const podShape: fc.Arbitrary<PodShape> = fc.record({
  node: fc.integer({ min: 1, max: 3 }),
  serves: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  ready: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  hostNetwork: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  declares: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'its port', 'another port'),
});

function podOf({ node: on, serves, ready, hostNetwork, declares }: PodShape, n: number): PodObject {
  const port = { nothing: null, 'its port': 8080, 'another port': 9090 }[declares];
  return pod(`p${n}`, hostNetwork ? `10.0.0.${on}` : `10.1.${on}.${10 + n}`, {
    labels: serves ? { app: 'web' } : { app: 'other' },
    spec: {
      nodeName: `n${on}`,
      hostNetwork,
      containers: [port === null ? {} : { ports: [{ containerPort: port }] }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
}

const policy = fc.constantFrom('Cluster' as const, 'Local' as const);
const serviceShape = fc
  .record({
    type: fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const, 'LoadBalancer' as const),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
    sessionAffinity: fc.constantFrom('None' as const, 'None' as const, 'None' as const, 'ClientIP' as const),
    externalIPs: fc.constantFrom<string[]>([], ['192.0.2.7'], ['10.0.0.2']),
    publishNotReadyAddresses: fc.boolean(),
    ranges: fc.constantFrom<string[]>([], [], [], [], ['198.51.100.0/24'], ['10.0.0.0/8'], [ELSEWHERE]),
    ipMode: fc.constantFrom(undefined, undefined, 'VIP' as const, 'Proxy' as const),
  })
  .map(({ ranges, ipMode, externalTrafficPolicy, ...rest }): ServiceObject => {
    const external = rest.type !== 'ClusterIP' || rest.externalIPs.length > 0;
    const ingress = { ip: '203.0.113.1', ...(ipMode === undefined ? {} : { ipMode }) };
    return service(
      'web',
      {
        ...rest,
        ...(external ? { externalTrafficPolicy } : {}),
        ...(rest.type === 'LoadBalancer' ? { loadBalancerSourceRanges: ranges } : {}),
      },
      rest.type === 'LoadBalancer' ? { loadBalancer: { ingress: [ingress] } } : undefined,
    );
  });

/** Zones of the nodes, and what a Service makes of them. */
const zones = fc
  .record({
    of: fc.constantFrom('---', '---', 'aab', 'abc', 'ab-'),
    distribution: fc.constantFrom('', '', 'PreferClose', 'PreferSameZone', 'PreferSameNode'),
    annotation: fc.constantFrom(null, null, 'Auto'),
  })
  .map(({ of, distribution, annotation }) => ({
    nodes: [...of].map((zone, n) => {
      const plain = node(n + 1);
      const labels = zone === '-' ? {} : { 'topology.kubernetes.io/zone': zone };
      return {
        ...plain,
        metadata: { ...plain.metadata, labels },
        status: { ...plain.status, allocatable: { cpu: 4 } },
      };
    }),
    spread: (web: ServiceObject, version: string): ServiceObject => {
      const annotations = annotation === null ? {} : { 'service.kubernetes.io/topology-aware-hints': annotation };
      const isKnown = distribution === 'PreferClose' || Number(version.slice(2)) >= 34;
      const spec = { ...web.spec, ...(distribution !== '' && isKnown ? { trafficDistribution: distribution } : {}) };
      return { ...web, metadata: { ...web.metadata, annotations }, spec };
    },
  }));

const balancer = fc
  .record({
    kind: fc.constantFrom('passthrough' as const, 'proxy' as const),
    destination: fc.constantFrom(
      'vip' as const,
      'vip' as const,
      'nodePort' as const,
      'nodePort' as const,
      'pod' as const,
    ),
    allDown: fc.constantFrom('open' as const, 'closed' as const),
    preserveClientIP: fc.constantFrom(true, true, false),
    hairpin: fc.constantFrom('works' as const, 'works' as const, 'timeout' as const),
    probers: fc.constantFrom(1, 1, 3),
    announcement: fc.constantFrom(
      'none' as const,
      'none' as const,
      'none' as const,
      'metallb-l2' as const,
      'kube-vip' as const,
    ),
    clusterCheck: fc.constantFrom('proxy-healthz' as const, 'none' as const),
    localCheck: fc.constantFrom('health-check-node-port' as const, 'none' as const),
  })
  .map((shape) => profile({ ...shape, addresses: ['192.0.2.10', '192.0.2.11'] }));

export const MINORS = ['1.21', '1.22', '1.23', '1.24', '1.25', '1.26', '1.28', '1.30', '1.31', '1.34', '1.36'];

/** A cluster at rest: three nodes, a service, pods that it selects and others. */
export const smallWorld: fc.Arbitrary<SmallScenario> = fc
  .record({
    version: fc.constantFrom(...MINORS),
    seed: fc.integer({ min: 0, max: 1000 }),
    cni: fc.constantFrom('bridge' as const, 'routed' as const),
    masqueradeOutgoing: fc.constantFrom(false, false, true),
    detector: fc.constantFrom(
      {},
      { clusterCIDR: '10.1.0.0/16' },
      { detectLocalMode: 'NodeCIDR' as const },
      {
        detectLocalMode: 'BridgeInterface' as const,
        detectLocal: { bridgeInterface: 'cni0', interfaceNamePrefix: '' },
      },
      {
        detectLocalMode: 'InterfaceNamePrefix' as const,
        detectLocal: { bridgeInterface: '', interfaceNamePrefix: 'veth' },
      },
    ),
    masqueradeAll: fc.boolean(),
    pods: fc.array(podShape, { minLength: 1, maxLength: 5, size: 'max' }),
    web: serviceShape,
    zones,
    foreign: fc.constantFrom<string[]>([], [], ['172.16.0.9'], ['10.1.2.77']),
    lb: balancer,
  })
  .map(
    ({
      version,
      seed,
      cni,
      masqueradeOutgoing,
      detector,
      masqueradeAll,
      pods,
      web,
      zones: { nodes, spread },
      foreign,
      lb,
    }) => {
      const { iptables } = kubeProxyConfig();
      const others: KubeObject[] =
        foreign.length === 0
          ? []
          : [slice('web', foreign, { metadata: { name: 'web-more', namespace: 'default', labels: {} } })];
      return {
        version,
        seed,
        nodes,
        objects: [...pods.map(podOf), spread(web, version), ...others],
        kubeProxy: { ...detector, iptables: { ...iptables, masqueradeAll } },
        cluster: { cni: { type: cni, bridgeName: 'cni0', masqueradeOutgoing } },
        loadBalancers: { default: lb, byService: {} },
        durationNs: 0,
      };
    },
  );

export interface Question {
  from: Origin;
  to: Destination;
}

const via = fc.constantFrom(
  'clusterIP' as const,
  'nodePort' as const,
  'loadBalancer' as const,
  'externalIP' as const,
  null,
);

export const question: fc.Arbitrary<Question> = fc.record({
  from: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Origin>({ client: 'laptop' }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 }).map((n): Origin => ({ pod: `default/p${n}` })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((n): Origin => ({ node: `n${n}` })) },
  ),
  to: fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({ via, node: fc.constantFrom('n1', 'n2', 'n3', null) })
        .map((where): Destination => ({ service: 'default/web', port: null, ipFamily: null, ip: null, ...where })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          ip: fc.constantFrom(
            '10.0.0.1',
            '10.1.2.11',
            '10.1.1.1',
            '203.0.113.1',
            '192.0.2.200',
            '172.16.0.9',
            '127.0.0.1',
          ),
          port: fc.constantFrom(80, 8080, 9090, 10256, 30086, 30087),
        })
        .map((where): Destination => where),
    },
  ),
});

const seconds = fc.integer({ min: 0, max: 19_000 }).map((ms) => ms * 1e6);
const patchOf = (spec: Record<string, unknown>): KubectlCommand => ({
  verb: 'patch',
  kind: 'Service',
  name: 'default/web',
  patch: { spec },
});

/** Something that changes the cluster of a small world. */
export const command: fc.Arbitrary<KubectlCommand> = fc.oneof(
  fc.constantFrom(
    patchOf({ externalTrafficPolicy: 'Local' }),
    patchOf({ externalTrafficPolicy: 'Cluster' }),
    patchOf({ type: 'ClusterIP', externalTrafficPolicy: null }),
    patchOf({ type: 'NodePort' }),
    patchOf({ type: 'LoadBalancer' }),
    patchOf({ type: 'ExternalName', externalName: 'example.com' }),
    patchOf({ selector: { app: 'other' } }),
    patchOf({ ports: 'none' }),
  ),
  fc.tuple(fc.constantFrom('Pod' as const, 'Service' as const, 'Node' as const), fc.integer({ min: 0, max: 4 })).map(
    ([kind, n]): KubectlCommand => ({
      verb: 'delete',
      kind,
      name: { Pod: `default/p${n}`, Service: 'default/web', Node: `n${n}` }[kind],
      selector: null,
      namespace: 'default',
    }),
  ),
  fc.integer({ min: 1, max: 4 }).map((n): KubectlCommand => ({ verb: 'apply', object: node(n) })),
  fc.integer({ min: 0, max: 9 }).map((n): KubectlCommand => ({ verb: 'apply', object: pod(`p${n}`, null) })),
  serviceShape.map((object): KubectlCommand => ({ verb: 'apply', object })),
);

export const busyTimeline: fc.Arbitrary<TimelineEntry[]> = fc
  .array(
    fc.oneof(
      fc.record({ atNs: seconds, do: fc.constant('kubectl' as const), command }),
      fc.record({
        atNs: seconds,
        do: fc.constant('readiness' as const),
        pod: fc.integer({ min: 0, max: 4 }).map((n) => `default/p${n}`),
        ready: fc.boolean(),
      }),
    ),
    { maxLength: 12, size: 'max' },
  )
  .map((entries) => entries.sort((a, b) => a.atNs - b.atNs));

/** Requests of everybody to everything while the cluster changes. */
export const busyWorld: fc.Arbitrary<SmallScenario> = fc
  .tuple(smallWorld, busyTimeline, fc.array(question, { minLength: 1, maxLength: 4, size: 'max' }))
  .map(([world, timeline, questions]) => ({
    ...world,
    timeline,
    traffic: questions.map((asked, n) =>
      traffic({
        ...asked,
        name: `load-${n}`,
        arrivals: n % 2 === 0 ? 'poisson' : 'constant',
        ratePerSecond: 7,
        stopNs: 20e9,
        connectTimeoutNs: n === 3 ? null : 2.5e9,
        requestTimeoutNs: n === 2 ? 5e6 : null,
      }),
    ),
    steps: [{ do: 'sleep' as const, forNs: 1e9 }],
    durationNs: 20e9,
  }));

/** The same world over another protocol: its service, the slices that are given, and what pods declare. */
export function over(protocol: Protocol, world: SmallScenario): SmallScenario {
  const objects = structuredClone(world.objects ?? []);
  for (const object of objects) for (const port of portsOf(object)) port.protocol = protocol;
  return { ...world, objects };
}

function portsOf(object: KubeObject): { protocol?: Protocol }[] {
  if (object.kind === 'Service') return object.spec.ports ?? [];
  if (object.kind === 'EndpointSlice') return object.ports ?? [];
  return object.kind === 'Pod' ? (object.spec?.containers ?? []).flatMap(({ ports = [] }) => ports) : [];
}

const IPV4 = /\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?\b/g;

/** Every IPv4 address and range of a text as one of IPv6, the bits at the end: 10.0.0.1 is fd00::a00:1. */
function mapped(text: string): string {
  return text.replace(IPV4, (_, a, b, c, d, length) => {
    if (a === '127') return length === undefined ? '::1' : '::1/128';
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)];
    return `fd00::${high.toString(16)}:${low.toString(16)}${length === undefined ? '' : `/${96 + Number(length)}`}`;
  });
}

/** The same world, or question, over IPv6. */
export function inIPv6<T>(what: T): T {
  return JSON.parse(mapped(JSON.stringify(what)).replaceAll('"addressType":"IPv4"', '"addressType":"IPv6"')) as T;
}
