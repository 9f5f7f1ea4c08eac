/** Small scenarios for tests: three nodes n1 to n3 with 10.0.0.N and 10.1.N.0/24, a client outside, objects in one line each. */
import { loadBalancerProfile } from '../load-balancer/families.js';
import type {
  EndpointObject,
  EndpointSliceObject,
  KubeObject,
  Labels,
  NodeObject,
  PodObject,
  ServiceObject,
  WorkloadObject,
} from '../objects.js';
import { PackedChunk } from '../results/packed-chunk.js';
import { type NumberedChunk, readWindow } from '../results/reader.js';
import type { RequestRow, RunResult } from '../results/result.js';
import type {
  AppBehaviour,
  Client,
  Cluster,
  KubectlCommand,
  KubeProxyConfig,
  LoadBalancerProfile,
  NodeLifecycle,
  NodeSettings,
  Scenario,
  TimelineEntry,
  Timings,
  Traffic,
} from '../scenario.js';
import { createRun } from '../simulate.js';

export const MS = 1e6;
export const SECOND = 1e9;

export const TIMINGS: Timings = {
  watchLatencyNs: 20 * MS,
  endpointSliceLatencyNs: 30 * MS,
  podStartupNs: 2 * SECOND,
  podStopNs: 1 * SECOND,
  podRemovalNs: 0,
  proxySyncNs: 100 * MS,
  // Tests count milliseconds.
  proxySyncPerRuleNs: 0,
  proxyRestartNs: 2 * SECOND,
  loadBalancerProvisionNs: 30 * SECOND,
  loadBalancerUpdateNs: 1 * SECOND,
  clientToClusterNs: 2 * MS,
  loadBalancerToNodeNs: 0.2 * MS,
  nodeToNodeNs: 0.1 * MS,
  nodeToPodNs: 0.02 * MS,
  podWorkNs: 1 * MS,
  neighbourTimeoutNs: 3 * SECOND,
};

export const NODE_LIFECYCLE: NodeLifecycle = {
  leaseRenewNs: 10 * SECOND,
  nodeMonitorPeriodNs: 5 * SECOND,
  nodeMonitorGracePeriodNs: 40 * SECOND,
  unreachableTolerationNs: 300 * SECOND,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSizeThreshold: 50,
  whenAllNodesFail: 'stopEvictions',
};

export function kubeProxyConfig(over: Partial<KubeProxyConfig> = {}): KubeProxyConfig {
  return {
    mode: 'iptables',
    clusterCIDR: '',
    detectLocalMode: 'ClusterCIDR',
    detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
    nodePortAddresses: [],
    iptables: {
      masqueradeAll: false,
      masqueradeBit: 14,
      localhostNodePorts: true,
      minSyncPeriodNs: 1 * SECOND,
      syncPeriodNs: 30 * SECOND,
    },
    nftables: { masqueradeAll: false, masqueradeBit: 14, minSyncPeriodNs: 1 * SECOND, syncPeriodNs: 30 * SECOND },
    ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [], minSyncPeriodNs: 0, syncPeriodNs: 30 * SECOND },
    conntrack: { tcpBeLiberal: false },
    featureGates: {},
    ...over,
  };
}

export function nodeSettings(over: Partial<NodeSettings> = {}): NodeSettings {
  return { version: '1.31', kubeProxy: kubeProxyConfig(), localAddresses: [], kernel: '6.1', rules: null, ...over };
}

export function smallCluster(over: Partial<Cluster> = {}): Cluster {
  return {
    version: '1.31',
    featureGates: {},
    admission: 'apply',
    serviceCIDRs: ['10.96.0.0/16'],
    nodePortRange: { from: 30000, to: 32767 },
    cni: { type: 'bridge', bridgeName: 'cni0', masqueradeOutgoing: false },
    allocations: { clusterIP: {}, nodePort: {}, healthCheckNodePort: {}, loadBalancerIP: {}, pods: {} },
    nodes: { n1: nodeSettings(), n2: nodeSettings(), n3: nodeSettings() },
    timings: TIMINGS,
    conntrack: { sourcePorts: null, insertRace: 0 },
    nodeLifecycle: NODE_LIFECYCLE,
    ...over,
  };
}

/** `n`: the last part of its address and the third of its pod CIDR. */
export function node(n: number, over: Omit<Partial<NodeObject>, 'kind'> = {}): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n${n}` },
    spec: { podCIDR: `10.1.${n}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n}` }] },
    ...over,
  };
}

/** A pod `10.1.N.x` stands on nN unless its spec says otherwise; labels default to app=web. */
export function pod(
  name: string,
  ip: string | null,
  {
    labels = { app: 'web' },
    spec = {},
    status = {},
  }: { labels?: Labels } & Pick<Partial<PodObject>, 'spec' | 'status'> = {},
): PodObject {
  const nodeName = /^10\.1\.(\d)\./.exec(ip ?? '')?.[1];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { ...labels } },
    spec: { ...(nodeName === undefined ? {} : { nodeName: `n${nodeName}` }), ...spec },
    status: { ...(ip === null ? {} : { podIP: ip }), ...status },
  };
}

/** Selects app=web and forwards port 80 to 8080 unless its spec says otherwise. */
export function service(
  name: string,
  spec: Partial<ServiceObject['spec']> = {},
  status?: NonNullable<ServiceObject['status']>,
): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function slice(
  serviceName: string,
  endpoints: (EndpointObject | string)[],
  over: Partial<EndpointSliceObject> = {},
): EndpointSliceObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-given`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': serviceName },
    },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: endpoints.map((endpoint) =>
      typeof endpoint === 'string'
        ? { addresses: [endpoint], nodeName: `n${/^10\.1\.(\d)\./.exec(endpoint)?.[1] ?? 1}` }
        : endpoint,
    ),
    ...over,
  };
}

export function workload(
  kind: WorkloadObject['kind'],
  name: string,
  replicas: number | null,
  labels: Labels = { app: name },
): WorkloadObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: { ...labels } },
      template: {
        metadata: { labels: { ...labels } },
        spec: { containers: [{ name: 'app', image: 'echoserver:1.4' }] },
      },
    },
  };
}

export const LAPTOP: Client = { name: 'laptop', ips: ['198.51.100.79'], count: 1, kernel: '6.1' };

export function traffic(over: Partial<Traffic> = {}): Traffic {
  return {
    name: 'load',
    from: { client: 'laptop' },
    to: { service: 'default/web', port: null, via: null, node: null, ipFamily: null, ip: null },
    protocol: 'TCP',
    startNs: 0,
    stopNs: 10 * SECOND,
    ratePerSecond: 10,
    arrivals: 'constant',
    count: null,
    connectTimeoutNs: 1 * SECOND,
    requestTimeoutNs: null,
    reuseSocket: false,
    ports: null,
    atOnce: 1,
    outOfWindow: 0,
    keepAlive: null,
    retries: null,
    ...over,
  };
}

/** Of pods in `default` with app=web unless it says otherwise. */
export function app(over: Partial<AppBehaviour> = {}): AppBehaviour {
  return {
    namespace: 'default',
    match: { app: 'web' },
    startupNs: 0,
    afterSigterm: 'default',
    shutdown: 'abrupt',
    preStopNs: null,
    serviceTimeNs: 1 * MS,
    serviceTimeDistribution: 'exponential',
    concurrency: null,
    queue: 1000,
    errors: 0,
    keepAliveTimeoutNs: 75 * SECOND,
    expects: 'nothing',
    paths: {},
    ...over,
  };
}

/** What kubectl does at that time. */
export const at = (seconds: number, command: KubectlCommand): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command,
});

export const deletes = (kind: 'Pod' | 'Node', name: string): KubectlCommand => ({
  verb: 'delete',
  kind,
  name,
  selector: null,
  namespace: 'default',
});

/** To the service `web` by way of its load balancer. */
export const BY_LB = {
  service: 'default/web',
  port: null,
  via: 'loadBalancer',
  node: null,
  ipFamily: null,
  ip: null,
} as const;

export function profile(over: Partial<LoadBalancerProfile> = {}): LoadBalancerProfile {
  return { ...loadBalancerProfile('generic'), ...over };
}

export interface SmallScenario extends Omit<Partial<Scenario>, 'cluster' | 'objects'> {
  cluster?: Partial<Cluster>;
  /** Beside the nodes n1 to n3, which come first. */
  objects?: KubeObject[];
  /** Instead of n1 to n3. */
  nodes?: NodeObject[];
  /** For all nodes. */
  kubeProxy?: Partial<KubeProxyConfig>;
  /** Of the control plane and of all nodes. */
  version?: string;
}

export function smallScenario(over: SmallScenario = {}): Scenario {
  const { cluster, objects = [], nodes = [node(1), node(2), node(3)], kubeProxy, version = '1.31', ...rest } = over;
  const settings = nodeSettings({ version, kubeProxy: kubeProxyConfig(kubeProxy) });
  return {
    name: 'small',
    notes: '',
    seed: 1,
    cluster: smallCluster({
      version,
      nodes: Object.fromEntries(nodes.map(({ metadata }) => [metadata.name, settings])),
      ...cluster,
    }),
    objects: [...nodes, ...objects],
    clients: [LAPTOP],
    loadBalancers: { default: profile(), byService: {} },
    apps: [],
    healthzText: 'real',
    stepPauseNs: 1 * SECOND,
    steps: [],
    timeline: [],
    traffic: [],
    expect: [],
    durationNs: 10 * SECOND,
    ...rest,
  };
}

export interface Simulated {
  rows: RequestRow[];
  result: RunResult;
}

/** The whole run and its rows. `slices`: how many events each slice handles, in turn. */
export function simulated(scenario: Scenario, slices: readonly number[] = [10_000]): Simulated {
  const chunks: NumberedChunk[] = [];
  const run = createRun(scenario, {
    onChunk: ({ first, data }) => chunks.push({ first, chunk: new PackedChunk(data) }),
  });
  for (let n = 0; !run.step(slices[n % slices.length] as number); n++);
  const result = run.result();
  const rows = chunks
    .sort((a, b) => a.first - b.first)
    .flatMap((chunk) => readWindow(chunk, 0, chunk.chunk.rows, result.dictionaries));
  return { rows, result };
}
