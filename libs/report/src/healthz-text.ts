import type { HealthTimelines, LoadBalancerTimeline, NodeHealthTimeline } from '#sim';
import { columnTable } from './column-table.js';
import { secondsText } from './human-duration.js';

const NODE_HEADER = ['NODE', 'SERVICE', 'KIND', 'PORT', 'FROM', 'TO', 'STATUS', 'LOCAL ENDPOINTS'];
const LOAD_BALANCER_HEADER = ['LOAD BALANCER', 'NODE', 'PROBES', 'FROM', 'TO', 'STATE'];

/** The healthz timelines as tables for people: a line for every stretch of time in which the answer stayed the same. */
export function healthzText({ nodes, loadBalancers }: HealthTimelines): string {
  const tables = [
    ...(nodes.length === 0 ? [] : [columnTable(NODE_HEADER, nodes.flatMap(nodeRows))]),
    ...(loadBalancers.length === 0 ? [] : [columnTable(LOAD_BALANCER_HEADER, loadBalancers.flatMap(loadBalancerRows))]),
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
function loadBalancerRows({ service, node, probes, segments }: LoadBalancerTimeline): string[][] {
  return segments.map(({ fromMs, toMs, state }, index) => [
    service,
    node,
    index === 0 ? String(probes) : '',
    time(fromMs),
    time(toMs),
    state,
  ]);
}

function time(milliseconds: number): string {
  return secondsText(milliseconds * 1e6);
}
