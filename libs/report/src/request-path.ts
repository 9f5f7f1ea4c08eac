import type { Outcome, RequestRow, SourceKind } from '#sim';
import { counted } from './report/figures.js';

export interface RequestStation {
  kind: 'client' | 'loadBalancer' | 'node' | 'pod' | 'target';
  name: string;
  /** What it is to this request: its address, or its role. */
  detail: string;
}

/** The hop from one station to the next. */
export interface RequestLeg {
  from: RequestStation;
  to: RequestStation;
  /** The new source where the packet was rewritten on leaving `from`. */
  rewrittenTo: string | null;
  /** The packet got no further than the end of this leg. */
  fatal: boolean;
}

export interface RequestPath {
  stations: RequestStation[];
  legs: RequestLeg[];
  answered: boolean;
}

/** What was asked: a method of HTTP, or the protocol where none is spoken, and of whom. */
export function requestLine({ method, protocol, target }: RequestRow): string {
  return `${method ?? protocol} ${target}`;
}

const FIRST_PACKET = { TCP: 'SYN', UDP: 'datagram', SCTP: 'INIT' } as const;

/** How often the client tried, and what it sent to open connections where that is not plain. */
export function attemptsText({ attempts, firstPackets, protocol, entryNode }: RequestRow): string {
  const tries = attempts === null ? [] : [counted(attempts, 'attempt')];
  if (firstPackets === 0) return [...tries, entryNode === null ? 'nothing sent' : 'on an open connection'].join(', ');
  return (firstPackets === attempts ? tries : [...tries, counted(firstPackets, FIRST_PACKET[protocol])]).join(', ');
}

/** What happened to the source on this leg; null where it stayed. */
export function rewriteText({ from, rewrittenTo }: RequestLeg): string | null {
  if (rewrittenTo === null) return null;
  return from.kind === 'loadBalancer' ? `new connection from ${rewrittenTo}` : `SNAT: source becomes ${rewrittenTo}`;
}

/** How the source that the pod saw came about. */
export const SOURCE_TEXT: Record<SourceKind, string> = {
  client: "the client's own address",
  node: "a node's address",
  bridge: "the bridge's address on the pod's node",
  lb: "the load balancer's address",
  pod: "a pod's address",
};

export const OUTCOME_TEXT: Record<Outcome, string> = {
  ok: 'answered',
  dropped: 'dropped: the client heard nothing',
  rejected: 'rejected: connection refused at once',
  refused: 'refused: nothing listens there',
  reset: 'reset: the open connection was cut',
  timeout: 'timed out: nobody answered',
  unreachable: 'unreachable: no route to host',
  'lb-unavailable': 'load balancer without a usable node',
  'http-error': 'answered with an error',
};

/** Where a request went, as far as its row knows: client, load balancer, entry node, the pod's node, pod. */
export function requestPath(row: RequestRow): RequestPath {
  const stations = passed(row);
  const answered = row.outcome === 'ok' || row.outcome === 'http-error';
  const rewriter = answered ? rewritingStation(row, stations) : null;
  const legs = stations.slice(1).map((to, index): RequestLeg => {
    const from = stations[index]!;
    const fatal = !answered && index === stations.length - 2;
    return { from, to, rewrittenTo: from === rewriter ? row.sourceIp : null, fatal };
  });
  return { stations, legs, answered };
}

function passed(row: RequestRow): RequestStation[] {
  const stations: RequestStation[] = [{ kind: 'client', name: row.client, detail: row.clientIp }];
  if (row.lb !== null) stations.push({ kind: 'loadBalancer', name: row.lb, detail: 'load balancer' });
  if (row.entryNode !== null) stations.push({ kind: 'node', name: row.entryNode, detail: entryRole(row) });
  if (row.node !== null && row.node !== row.entryNode) {
    stations.push({ kind: 'node', name: row.node, detail: 'node of the pod' });
  }
  if (row.pod !== null) stations.push({ kind: 'pod', name: row.pod, detail: 'pod' });
  if (stations.length === 1) stations.push({ kind: 'target', name: row.target, detail: 'destination' });
  return stations;
}

function entryRole(row: RequestRow): string {
  return row.entryNode === row.node ? 'entry node and node of the pod' : 'entry node';
}

/** The load balancer opens its own connection; masquerade is done by the node that the packet entered. */
function rewritingStation(row: RequestRow, stations: readonly RequestStation[]): RequestStation | null {
  if (row.sourceIp === null || row.sourceIp === row.clientIp) return null;
  if (row.sourceKind === 'lb') return stations.find((station) => station.kind === 'loadBalancer') ?? null;
  if (row.sourceKind !== 'node' && row.sourceKind !== 'bridge') return null;
  return stations.find((station) => station.kind === 'node') ?? null;
}
