import type { PathHop, TracePacket, TraceResult } from '#sim';
import type { MermaidNode } from './mermaid-graph.js';

/** Finds the graph's node of a hop, or of a node by its name. */
export interface Stations {
  nodes: MermaidNode[];
  idOf(hop: Pick<PathHop, 'kind' | 'name'>): string;
}

const ID_STEM: Record<PathHop['kind'], string> = {
  client: 'client',
  pod: 'pod',
  node: 'node',
  loadBalancer: 'lb',
  proxy: 'proxy',
  endpoint: 'endpoint',
  outside: 'outside',
};

const IN_CLUSTER = new Set<PathHop['kind']>(['node', 'pod', 'proxy', 'endpoint']);

/**
 * Every station that a trace's outcomes pass, once. Nodes with an endpoint are numbered first: `node1` is the one that
 * serves, as in the tutorial. A lone client, load balancer or endpoint has no number.
 */
export function traceStations(trace: TraceResult, packet: TracePacket): Stations {
  const hops = new Map<string, Pick<PathHop, 'kind' | 'name'>>();
  const add = (hop: Pick<PathHop, 'kind' | 'name'>) => hops.set(`${hop.kind} ${hop.name}`, hop);
  add(origin(trace, packet));
  for (const node of servingNodes(trace)) add({ kind: 'node', name: node });
  for (const { path, returnPath } of trace.outcomes) for (const hop of [...path, ...returnPath]) add(hop);
  for (const { loadBalancer, node } of trace.healthChecks ?? []) {
    add({ kind: 'loadBalancer', name: loadBalancer });
    add({ kind: 'node', name: node });
  }
  return numbered([...hops.entries()]);
}

function numbered(hops: [key: string, hop: Pick<PathHop, 'kind' | 'name'>][]): Stations {
  const ids = new Map<string, string>();
  const nodes = hops.map(([key, hop]): MermaidNode => {
    const alike = hops.filter(([, other]) => other.kind === hop.kind);
    const number = alike.findIndex(([other]) => other === key) + 1;
    const id = alike.length === 1 && hop.kind !== 'node' ? ID_STEM[hop.kind] : `${ID_STEM[hop.kind]}${number}`;
    ids.set(key, id);
    const inCluster = IN_CLUSTER.has(hop.kind);
    return { id, label: [hop.name], shape: hop.kind === 'node' ? 'box' : 'round', look: inCluster ? 'k8s' : 'plain' };
  });
  return { nodes, idOf: (hop) => ids.get(`${hop.kind} ${hop.name}`)! };
}

function servingNodes(trace: TraceResult): Set<string> {
  const names = trace.outcomes.flatMap(({ path, endpoint }) => {
    if (endpoint === null) return [];
    const last = path.findLast((hop) => hop.kind === 'node');
    return [endpoint.node ?? last?.name ?? ''];
  });
  return new Set(names.filter((name) => trace.outcomes.some(({ path }) => path.some((hop) => isNode(hop, name)))));
}

function isNode(hop: PathHop, name: string): boolean {
  return hop.kind === 'node' && hop.name === name;
}

/** The first hop; where no outcome has one, what the packet itself says. */
function origin(trace: TraceResult, { from }: TracePacket): Pick<PathHop, 'kind' | 'name'> {
  const first = trace.outcomes.find(({ path }) => path.length > 0)?.path[0];
  if (first !== undefined) return first;
  switch (from.kind) {
    case 'client':
      return { kind: 'client', name: from.client };
    case 'pod':
      return { kind: 'pod', name: from.pod };
    case 'node':
      return { kind: 'node', name: from.node };
    case 'packet':
      return { kind: 'outside', name: from.ip };
  }
}
