import type { PathHop, TraceOutcome, TracePacket, TraceResult } from '#sim';
import { type MermaidEdge, type MermaidNode, mermaidGraph } from './mermaid-graph.js';
import { type Stations, traceStations } from './trace-stations.js';

/**
 * One graph of everything that can become of a traced packet: the way there, where it ends, and the answer's way back.
 * A rewritten source is a dotted line, on the way back where it is undone; a cross is a packet that gets no further.
 */
export function traceMermaid(trace: TraceResult, packet: TracePacket): string {
  const stations = traceStations(trace, packet);
  const edges = new Map<string, MermaidEdge>();
  const ends: MermaidNode[] = [];
  const draw = (edge: MermaidEdge) => edges.set(Object.values(edge).join(' '), edge);
  for (const outcome of trace.outcomes) {
    for (const edge of [...wayThere(outcome, stations), ...wayBack(outcome, stations)]) draw(edge);
    const end = endInPlace(outcome, stations);
    if (end !== null && !ends.some(({ id }) => id === end.node.id)) ends.push(end.node);
    if (end !== null) draw(end.edge);
  }
  for (const edge of healthCheckEdges(trace, stations)) draw(edge);
  return mermaidGraph([...stations.nodes, ...ends], [...edges.values()]);
}

function wayThere({ path, verdict }: TraceOutcome, stations: Stations): MermaidEdge[] {
  return pairs(path).map(([from, to], index) => {
    const ends = index === path.length - 2 && isRefusal(verdict);
    const snat = from.rewrites.includes('SNAT');
    return {
      from: stations.idOf(from),
      to: stations.idOf(to),
      line: snat ? 'dotted' : 'solid',
      head: ends ? 'cross' : 'arrow',
      label: snat ? 'SNAT' : ends && verdict === 'rejected' ? 'rejected' : null,
    };
  });
}

/** The arrow into the hop that puts the client's address back is the masqueraded one. */
function wayBack({ returnPath }: TraceOutcome, stations: Stations): MermaidEdge[] {
  return pairs(returnPath).map(([from, to]) => {
    const snat = to.rewrites.includes('SNAT');
    return {
      from: stations.idOf(from),
      to: stations.idOf(to),
      line: snat ? 'dotted' : 'solid',
      head: 'arrow',
      label: snat ? 'SNAT' : null,
    };
  });
}

/** A packet that is refused on the very node that sent it passes no line that could be crossed out. */
function endInPlace(
  { path, verdict }: TraceOutcome,
  stations: Stations,
): { node: MermaidNode; edge: MermaidEdge } | null {
  const [only] = path;
  if (only === undefined || path.length > 1 || !isRefusal(verdict)) return null;
  return {
    node: { id: verdict, label: [verdict], shape: 'round', look: 'plain' },
    edge: { from: stations.idOf(only), to: verdict, line: 'solid', head: 'cross', label: null },
  };
}

function healthCheckEdges(trace: TraceResult, stations: Stations): MermaidEdge[] {
  return (trace.healthChecks ?? []).map(({ loadBalancer, node, state, status }) => ({
    from: stations.idOf({ kind: 'loadBalancer', name: loadBalancer }),
    to: stations.idOf({ kind: 'node', name: node }),
    line: 'dotted',
    head: state === 'healthy' ? 'arrow' : 'cross',
    label: `health check ${status ?? state}`,
  }));
}

function isRefusal(verdict: TraceOutcome['verdict']): boolean {
  return verdict === 'dropped' || verdict === 'rejected';
}

function pairs(path: readonly PathHop[]): [from: PathHop, to: PathHop][] {
  return path.slice(1).map((to, index) => [path[index]!, to]);
}
