import type { RequestRow } from '#sim';
import { type MermaidEdge, type MermaidNode, mermaidGraph } from './mermaid-graph.js';
import {
  OUTCOME_TEXT,
  type RequestLeg,
  type RequestStation,
  requestLine,
  requestPath,
  rewriteText,
} from './request-path.js';

/** The path of one request as a mermaid graph, with the source that the pod saw and how the request ended. */
export function requestMermaid(row: RequestRow): string {
  const { stations, legs, answered } = requestPath(row);
  const ids = new Map(stations.map((station, index) => [station, stationId(stations, index)]));
  const nodes = stations.map((station) => stationNode(station, ids.get(station)!, row));
  const edges = legs.map((leg, index) => legEdge(leg, ids, row, index === 0));
  if (answered) {
    const label = `${row.status ?? row.outcome} after ${latencyText(row.latencyUs)}`;
    edges.push({ from: nodes.at(-1)!.id, to: 'client', line: 'dotted', head: 'arrow', label });
  }
  return mermaidGraph(nodes, edges);
}

/** `3.2 ms`, `250 µs` or `1.0 s`. */
export function latencyText(latencyUs: number): string {
  if (latencyUs < 1000) return `${Math.round(latencyUs)} µs`;
  return latencyUs < 1e6 ? `${(latencyUs / 1000).toFixed(1)} ms` : `${(latencyUs / 1e6).toFixed(1)} s`;
}

const ID_STEM: Record<RequestStation['kind'], string> = {
  client: 'client',
  loadBalancer: 'lb',
  node: 'node',
  pod: 'pod',
  target: 'target',
};

/** Only nodes can be two. */
function stationId(stations: readonly RequestStation[], index: number): string {
  const { kind } = stations[index]!;
  if (kind !== 'node') return ID_STEM[kind];
  return `node${stations.slice(0, index + 1).filter((station) => station.kind === 'node').length}`;
}

function stationNode(station: RequestStation, id: string, row: RequestRow): MermaidNode {
  const inCluster = station.kind === 'node' || station.kind === 'pod';
  const saw = station.kind === 'pod' && row.sourceIp !== null ? [`saw ${row.sourceIp}`] : [station.detail];
  return {
    id,
    label: [station.name, ...saw],
    shape: station.kind === 'node' ? 'box' : 'round',
    look: inCluster ? 'k8s' : 'plain',
  };
}

function legEdge(leg: RequestLeg, ids: Map<RequestStation, string>, row: RequestRow, first: boolean): MermaidEdge {
  const rewrite = rewriteText(leg);
  const words = [
    ...(first ? [requestLine(row)] : []),
    ...(rewrite === null ? [] : [rewrite]),
    ...(leg.fatal ? [OUTCOME_TEXT[row.outcome]] : []),
  ];
  return {
    from: ids.get(leg.from)!,
    to: ids.get(leg.to)!,
    line: rewrite === null ? 'solid' : 'dotted',
    head: leg.fatal ? 'cross' : 'arrow',
    label: words.length === 0 ? null : words.join(', '),
  };
}
