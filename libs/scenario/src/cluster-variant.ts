/** A document's cluster as if it said something else of kube-proxy, on every node: checked like the document itself. */
import type { Cluster, KubeObject } from '#sim';
import type { Issue } from './issues.js';
import { DEFAULT_BRIDGE } from './normalize/cluster.js';
import { parseScenario } from './parse-scenario.js';

/** What may be said instead, by the name that a question gives it. */
export interface ClusterSettings {
  mode?: string;
  version?: string;
  masqueradeAll?: boolean;
  clusterCIDR?: string;
  detectLocalMode?: string;
  cni?: string;
}

/** Where each stands in a document. */
const PLACES = {
  mode: ['/cluster/kubeProxy/mode'],
  version: ['/cluster/version'],
  masqueradeAll: ['/cluster/kubeProxy/iptables/masqueradeAll', '/cluster/kubeProxy/nftables/masqueradeAll'],
  clusterCIDR: ['/cluster/kubeProxy/clusterCIDR'],
  detectLocalMode: ['/cluster/kubeProxy/detectLocalMode'],
  cni: ['/cluster/cni/type'],
} as const satisfies Record<keyof ClusterSettings, readonly string[]>;

type Fields = Record<string, unknown>;

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const mapOf = (value: unknown): Fields => (isMap(value) ? value : {});

/** Issues say which setting they are about in `path`, as `/mode`; the cluster is null where one is an error. */
export function clusterVariant(
  document: unknown,
  nodes: readonly KubeObject[],
  settings: ClusterSettings,
): { cluster: Cluster | null; issues: Issue[] } {
  const cluster = withSettings(mapOf(mapOf(document).cluster), settings);
  const { scenario, issues } = parseScenario({ name: 'variant', cluster, objects: nodes });
  return {
    cluster: scenario?.cluster ?? null,
    issues: issues.map((issue) => ({ ...issue, path: settingAt(issue.path) })),
  };
}

function settingAt(path: string): string {
  const found = Object.entries(PLACES).find(([, places]) => places.some((place) => path.startsWith(place)));
  return found === undefined ? '' : `/${found[0]}`;
}

function withSettings(cluster: Fields, settings: ClusterSettings): Fields {
  const { version, cni } = settings;
  const kubeProxy = kubeProxyChange(cluster, settings);
  const nodes = Object.entries(mapOf(cluster.nodes)).map(([name, node]) => [
    name,
    merged(mapOf(node), { kubeProxy, ...(version === undefined ? {} : { version }) }),
  ]);
  return merged(cluster, {
    kubeProxy,
    ...(version === undefined ? {} : { version }),
    ...(cni === undefined ? {} : { cni: { type: cni } }),
    ...(nodes.length === 0 ? {} : { nodes: Object.fromEntries(nodes) }),
  });
}

/** Detectors by interface get the names that the model gives to interfaces, where the document has none. */
function kubeProxyChange(cluster: Fields, settings: ClusterSettings): Fields {
  const { mode, masqueradeAll, clusterCIDR, detectLocalMode } = settings;
  const bridgeInterface = mapOf(cluster.cni).bridgeName ?? DEFAULT_BRIDGE;
  const known = mapOf(mapOf(cluster.kubeProxy).detectLocal);
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(clusterCIDR === undefined ? {} : { clusterCIDR }),
    ...(masqueradeAll === undefined ? {} : { iptables: { masqueradeAll }, nftables: { masqueradeAll } }),
    ...(detectLocalMode === undefined
      ? {}
      : { detectLocalMode, detectLocal: { bridgeInterface, interfaceNamePrefix: 'veth', ...known } }),
  };
}

/** Maps are merged, everything else is replaced. */
function merged(base: Fields, over: Fields): Fields {
  const entries = Object.entries(over).map(([key, value]) => [
    key,
    isMap(value) && isMap(base[key]) ? merged(base[key], value) : value,
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}
