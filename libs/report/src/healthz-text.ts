import type { HealthTimelines, LoadBalancerTimeline, NodeHealthTimeline, TargetSegment } from '#sim';
import { columnTable } from './column-table.js';
import { secondsText } from './human-duration.js';

const NODE_HEADER = ['NODE', 'SERVICE', 'KIND', 'PORT', 'FROM', 'TO', 'STATUS', 'LOCAL ENDPOINTS'];
const LOAD_BALANCER_HEADER = ['LOAD BALANCER', 'NODE', 'PROBES', 'FROM', 'TO', 'STATE'];
const PROBER_HEADER = ['LOAD BALANCER', 'TARGET', 'PROBER', 'FROM', 'TO', 'STATE'];
const PROBE_HEADER = ['AT', 'LOAD BALANCER', 'TARGET', 'PROBER', 'RESULT', 'STATUS'];

/** One probe, as the API tells it. */
export interface SingleProbe {
  service: string;
  node: string;
  pod?: string;
  prober: string;
  atMs: number;
  result: string;
  status: number | null;
}

/**
 * The healthz timelines as tables for people: a line for every stretch of time in which the answer stayed the same, and each
 * prober's view where a target has several. `probes`: those that are to be listed.
 */
export function healthzText({ nodes, loadBalancers }: HealthTimelines, probes: readonly SingleProbe[] = []): string {
  const several = loadBalancers.filter(({ probers = [] }) => probers.length > 1);
  const tables = [
    ...(nodes.length === 0 ? [] : [columnTable(NODE_HEADER, nodes.flatMap(nodeRows))]),
    ...(loadBalancers.length === 0 ? [] : [columnTable(LOAD_BALANCER_HEADER, loadBalancers.flatMap(loadBalancerRows))]),
    ...(several.length === 0 ? [] : [columnTable(PROBER_HEADER, several.flatMap(proberRows))]),
    ...(probes.length === 0 ? [] : [columnTable(PROBE_HEADER, probes.map(probeRow))]),
  ];
  return tables.length === 0 ? 'No health checks in this run.\n' : `${tables.join('\n\n')}\n`;
}

function nodeRows({ node, service, kind, port, segments }: NodeHealthTimeline): string[][] {
  return segments.map(({ fromMs, toMs, status, localEndpoints }) => [
    node,
    service ?? '-',
    kind,
    String(port),
    time(fromMs),
    time(toMs),
    status === null ? 'closed' : String(status),
    localEndpoints === null ? '-' : String(localEndpoints),
  ]);
}

/** Probes are counted over the whole run, so they stand on a node's first line only. */
function loadBalancerRows({ service, node, pod, probes, segments }: LoadBalancerTimeline): string[][] {
  return stateRows(segments).map((states, index) => [
    service,
    pod ?? node,
    index === 0 ? String(probes) : '',
    ...states,
  ]);
}

function proberRows({ service, node, pod, probers = [] }: LoadBalancerTimeline): string[][] {
  return probers.flatMap(({ prober, segments }) =>
    stateRows(segments).map((states) => [service, pod ?? node, prober, ...states]),
  );
}

function stateRows(segments: readonly TargetSegment[]): string[][] {
  return segments.map(({ fromMs, toMs, state }) => [time(fromMs), time(toMs), state]);
}

function probeRow({ service, node, pod, prober, atMs, result, status }: SingleProbe): string[] {
  return [`${(atMs / 1000).toFixed(3)}s`, service, pod ?? node, prober, result, status === null ? '-' : String(status)];
}

function time(milliseconds: number): string {
  return secondsText(milliseconds * 1e6);
}
