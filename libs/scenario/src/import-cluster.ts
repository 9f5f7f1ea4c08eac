/** What stored objects tell about their cluster: versions, kernels, kube-proxy's configuration, the range of cluster IPs. */

import { IssueList } from './issues.js';
import { DEFAULT_LIMITS } from './limits.js';
import { parseText } from './parse.js';

/** An object of any kind, as it came in. */
export type Manifest = Record<string, unknown>;

interface NodeFacts {
  name: string;
  version: string | null;
  kernel: string | null;
}

/** The `cluster` of a scenario document. */
export function clusterOf(
  manifests: Manifest[],
  kubeProxy: unknown,
  supported: readonly string[],
  issues: IssueList,
): Record<string, unknown> {
  const nodes = manifests.filter(({ kind }) => kind === 'Node').map(factsOf);
  const version = commonVersion(nodes) ?? supported.at(-1)!;
  if (nodes.every((node) => node.version === null)) {
    issues.add('version-guessed', ['cluster', 'version'], `No node tells its version; ${version} is assumed.`);
  } else if (nodes.some((node) => node.version !== null && node.version !== version)) {
    issues.add(
      'version-guessed',
      ['cluster', 'version'],
      `The nodes have several versions; ${version}, the commonest, is taken for the control plane.`,
    );
  }
  const serviceCIDRs = serviceRangesOf(manifests);
  const settings = nodes.flatMap(({ name, ...node }) => {
    const own = {
      ...(node.version === null || node.version === version ? {} : { version: node.version }),
      ...(node.kernel === null ? {} : { kernel: node.kernel }),
    };
    return Object.keys(own).length === 0 ? [] : [[name, own] as const];
  });
  return {
    version,
    ...(kubeProxy === null ? {} : { kubeProxy }),
    ...(serviceCIDRs === null ? {} : { serviceCIDRs }),
    ...(settings.length === 0 ? {} : { nodes: Object.fromEntries(settings) }),
  };
}

function factsOf(node: Manifest): NodeFacts {
  const info = fieldsOf(fieldsOf(node.status).nodeInfo);
  return {
    name: textOf(fieldsOf(node.metadata).name),
    version: minor(info.kubeletVersion, /^v?(1\.\d{1,3})(?:\D|$)/),
    kernel: minor(info.kernelVersion, /^(\d{1,2}\.\d{1,3})(?:\D|$)/),
  };
}

const minor = (text: unknown, pattern: RegExp): string | null =>
  typeof text === 'string' ? (pattern.exec(text)?.[1] ?? null) : null;

const fieldsOf = (value: unknown): Manifest => (typeof value === 'object' && value !== null ? (value as Manifest) : {});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The version of most nodes, the first of equals; null where none tells. */
function commonVersion(nodes: NodeFacts[]): string | null {
  const counts = new Map<string, number>();
  for (const { version } of nodes) if (version !== null) counts.set(version, (counts.get(version) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

const CONFIG_CHARS_MAX = 100_000;

/** The KubeProxyConfiguration inside a ConfigMap whose name begins with kube-proxy, as kubeadm and others store it. */
export function kubeProxyOf(manifests: Manifest[]): { from: Manifest; key: string; config: unknown } | null {
  for (const from of manifests) {
    const { kind, metadata, data } = from;
    if (kind !== 'ConfigMap' || !textOf(fieldsOf(metadata).name).startsWith('kube-proxy')) continue;
    for (const [key, text] of Object.entries(fieldsOf(data))) {
      if (typeof text !== 'string' || text.length > CONFIG_CHARS_MAX || !text.includes('KubeProxyConfiguration'))
        continue;
      const documents = parseText(text, undefined, new IssueList(), DEFAULT_LIMITS) ?? [];
      const found = documents.find(({ value }) => fieldsOf(value).kind === 'KubeProxyConfiguration');
      if (found !== undefined) return { from, key, config: found.value };
    }
  }
  return null;
}

/** From the command line of the API server's pod, where it runs as one. */
function serviceRangesOf(manifests: Manifest[]): string[] | null {
  for (const { kind, spec } of manifests) {
    if (kind !== 'Pod') continue;
    for (const container of listOf(fieldsOf(spec).containers)) {
      const { command, args } = fieldsOf(container);
      const flags = [...listOf(command), ...listOf(args)].filter((flag) => typeof flag === 'string');
      const range = flags
        .map((flag) => /^--service-cluster-ip-range=(.+)$/.exec(flag)?.[1])
        .find((found) => found !== undefined);
      if (range !== undefined) return range.split(',');
    }
  }
  return null;
}
