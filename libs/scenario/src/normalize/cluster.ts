/** `cluster` → the normalised cluster, every default filled. Nodes that the document only has as objects come later. */
import { type Allocations, type Cluster, type NodeSettings, type Timings } from '#sim';
import { type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';
import { type ClusterInput, zCluster } from '../schema/cluster.js';
import type { KubeProxyInput } from '../schema/kube-proxy.js';
import { namespaced } from '../schema/scalars.js';
import { validateFields } from '../schema/validate.js';
import { nodeLifecycle } from './faults.js';
import { checkGates, checkKubeProxy, kubeProxyConfig } from './kube-proxy.js';
import { readNodeRules } from './node-rules.js';
import { modelledVersion, NEWEST_VERSION } from './version.js';
import { withoutNulls } from './without-nulls.js';

const MS = 1e6;

/** Kernel of a node that does not say: one before the linear SYN timeouts of 6.5. */
export const DEFAULT_KERNEL = '6.1';
export const DEFAULT_BRIDGE = 'cni0';
const DEFAULT_SERVICE_CIDR = '10.96.0.0/12';
const DEFAULT_NODE_PORTS = { from: 30000, to: 32767 };
const ANY_PORT = { from: 1, to: 65535 };

/** Sources and confidence stand in docs/model.md. */
const DEFAULT_TIMINGS: Timings = {
  watchLatencyNs: 20 * MS,
  endpointSliceLatencyNs: 30 * MS,
  podStartupNs: 2000 * MS,
  podStopNs: 1000 * MS,
  podRemovalNs: 0,
  proxySyncNs: 100 * MS,
  proxySyncPerRuleNs: 0.075 * MS,
  proxyRestartNs: 2000 * MS,
  loadBalancerProvisionNs: 30_000 * MS,
  loadBalancerUpdateNs: 1000 * MS,
  clientToClusterNs: 2 * MS,
  loadBalancerToNodeNs: 0.2 * MS,
  nodeToNodeNs: 0.1 * MS,
  nodeToPodNs: 0.02 * MS,
  podWorkNs: 1 * MS,
  neighbourTimeoutNs: 3000 * MS,
};

/** The cluster, and what every node has that nothing else is said of. */
export interface ReadCluster {
  cluster: Cluster;
  nodeDefaults: NodeSettings;
}

/** A part that is refused reads as its default, so that the rest can still be checked. */
export function readCluster(value: unknown, issues: IssueList): ReadCluster {
  const at: Path = ['cluster'];
  const given = withoutNulls(value ?? {});
  const { fields: input, refused } = validateFields(zCluster, given, at, issues);
  const version = modelledVersion(input.version ?? NEWEST_VERSION, [...at, 'version'], issues);
  const kubeProxy = input.kubeProxy ?? {};
  if (input.kubeProxy) checkKubeProxy(kubeProxy, version, [...at, 'kubeProxy'], issues);
  checkGates(input.featureGates ?? {}, version, [...at, 'featureGates'], issues);
  const nodeDefaults: NodeSettings = {
    version,
    kubeProxy: kubeProxyConfig(kubeProxy),
    localAddresses: [],
    kernel: DEFAULT_KERNEL,
    rules: null,
  };
  const cluster: Cluster = {
    version,
    featureGates: input.featureGates ?? kubeProxy.featureGates ?? {},
    admission: input.admission ?? 'apply',
    // A refused range leaves nothing to compare addresses with.
    serviceCIDRs: input.serviceCIDRs ?? (refused.has('serviceCIDRs') ? [] : [DEFAULT_SERVICE_CIDR]),
    nodePortRange: input.nodePortRange ?? (refused.has('nodePortRange') ? ANY_PORT : DEFAULT_NODE_PORTS),
    cni: {
      type: input.cni?.type ?? 'bridge',
      bridgeName: input.cni?.bridgeName ?? DEFAULT_BRIDGE,
      masqueradeOutgoing: input.cni?.masqueradeOutgoing ?? false,
    },
    allocations: readAllocations(input.allocations ?? {}, [...at, 'allocations'], issues),
    nodes: readNodes(input, kubeProxy, nodeDefaults, issues),
    timings: readTimings(input.timings ?? {}),
    conntrack: {
      sourcePorts: input.conntrack?.sourcePorts ?? null,
      insertRace: input.conntrack?.insertRace ?? 0,
      connReuseMode: input.conntrack?.connReuseMode ?? null,
    },
    nodeLifecycle: nodeLifecycle(input.nodeLifecycle ?? {}, version),
  };
  return { cluster, nodeDefaults };
}

function readNodes(
  input: ClusterInput,
  common: KubeProxyInput,
  defaults: NodeSettings,
  issues: IssueList,
): Cluster['nodes'] {
  const nodes = Object.entries(input.nodes ?? {}).map(([name, node]): [string, NodeSettings] => {
    const at: Path = ['cluster', 'nodes', name];
    const version =
      node.version === undefined ? defaults.version : modelledVersion(node.version, [...at, 'version'], issues);
    const kubeProxy = merged(common, node.kubeProxy ?? {}) as KubeProxyInput;
    if (node.kubeProxy !== undefined || version !== defaults.version) {
      checkKubeProxy(kubeProxy, version, [...at, 'kubeProxy'], issues);
    }
    const config = kubeProxyConfig(kubeProxy);
    return [
      name,
      {
        version,
        kubeProxy: config,
        localAddresses: node.localAddresses ?? [],
        kernel: node.kernel ?? defaults.kernel,
        rules: node.rules === undefined ? null : readNodeRules(node.rules, [...at, 'rules'], config.mode, issues),
      },
    ];
  });
  return Object.fromEntries(nodes);
}

/** Maps are merged, everything else is replaced. */
function merged(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over;
  const both = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries(
    [...both].map((key) => [key, Object.hasOwn(over, key) ? merged(base[key], over[key]) : base[key]]),
  );
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readTimings(input: NonNullable<ClusterInput['timings']>): Timings {
  const given = Object.entries(input).map(([name, ns]) => [`${name}Ns`, ns]);
  return { ...DEFAULT_TIMINGS, ...(Object.fromEntries(given) as Partial<Timings>) };
}

function readAllocations(input: NonNullable<ClusterInput['allocations']>, at: Path, issues: IssueList): Allocations {
  const keyed = <T>(field: keyof Allocations, values: Record<string, T> | undefined): Record<string, T> => {
    const entries: [string, T][] = [];
    for (const [name, value] of Object.entries(values ?? {})) {
      const key = allocationKey(name, field === 'nodePort');
      if (key !== null) entries.push([key, value]);
      else issues.add('bad-name', [...at, field, name], `${shown(name)} is not NAME or NAMESPACE/NAME.`);
    }
    return Object.fromEntries(entries);
  };
  const pods = keyed('pods', input.pods);
  return {
    clusterIP: keyed('clusterIP', input.clusterIP),
    nodePort: keyed('nodePort', input.nodePort),
    healthCheckNodePort: keyed('healthCheckNodePort', input.healthCheckNodePort),
    loadBalancerIP: keyed('loadBalancerIP', input.loadBalancerIP),
    pods: Object.fromEntries(Object.entries(pods).map(([key, list]) => [key, list.map(allocatedPod)])),
  };
}

/** `name` or `namespace/name`; for node ports also with `:port` behind. */
function allocationKey(name: string, withPort: boolean): string | null {
  const port = withPort ? /:\d{1,5}$/.exec(name)?.[0] : undefined;
  const key = namespaced(port === undefined ? name : name.slice(0, -port.length));
  return key === null ? null : `${key}${port ?? ''}`;
}

function allocatedPod(pod: { name?: string | undefined; node?: string | undefined; ip?: string | undefined }) {
  return {
    ...(pod.name === undefined ? {} : { name: pod.name }),
    ...(pod.node === undefined ? {} : { node: pod.node }),
    ...(pod.ip === undefined ? {} : { ip: pod.ip }),
  };
}

/** Every node of the cluster with its settings: what the document says of it, else the defaults. */
export function settingsOfNodes(names: string[], { cluster, nodeDefaults }: ReadCluster): Cluster['nodes'] {
  const settings = (name: string) => (Object.hasOwn(cluster.nodes, name) ? cluster.nodes[name]! : nodeDefaults);
  return Object.fromEntries(names.map((name) => [name, settings(name)]));
}
