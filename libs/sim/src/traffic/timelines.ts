/** Health answers over time, as segments: what each node's sockets would have answered, whether anybody asked or not. */
import type { Locations } from '../cluster/locations.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import type { HttpAnswer } from '../kube-proxy/proxy-health.js';
import type { Balancer, StateChange } from '../load-balancer/balancer.js';
import { passes, SILENCE } from '../load-balancer/probe-runs.js';
import type {
  HealthSegment,
  HealthTimelines,
  LoadBalancerTimeline,
  NodeHealthTimeline,
  TargetSegment,
} from '../results/result.js';
import type { Nanos } from '../scenario.js';

const MS = 1e6;
const HEALTHZ_PORT = 10256;

export class HealthRecorder {
  /** By node, then by socket. */
  private readonly timelines = new Map<string, Map<string, NodeHealthTimeline>>();

  /** Something may have changed on the node: notes what its sockets answer from now on. */
  look(proxy: NodeProxy, nowNs: Nanos): void {
    const { name } = proxy.place;
    this.note(name, null, 'proxy-healthz', HEALTHZ_PORT, proxy.healthz(nowNs), null, nowNs);
    if (proxy.behaviour.livez) this.note(name, null, 'proxy-livez', HEALTHZ_PORT, proxy.livez(nowNs), null, nowNs);
    const ports = proxy.openHealthPorts();
    for (const [service, port] of ports) {
      this.note(
        name,
        service,
        'healthCheckNodePort',
        port,
        proxy.serviceAnswer(service, nowNs),
        proxy.localEndpointsOf(service),
        nowNs,
      );
    }
    for (const timeline of this.timelines.get(name)?.values() ?? []) {
      if (timeline.service !== null && ports.get(timeline.service) !== timeline.port) close(timeline, nowNs);
    }
  }

  /** The node is gone: none of its sockets answers any more. */
  fallSilent(node: string, nowNs: Nanos): void {
    for (const timeline of this.timelines.get(node)?.values() ?? []) close(timeline, nowNs);
  }

  result(balancers: readonly Balancer[], locations: Locations, endNs: Nanos): HealthTimelines {
    const nodes = [...this.timelines.values()].flatMap((timelines) => [...timelines.values()]);
    for (const { segments } of nodes) (segments.at(-1) as HealthSegment).toMs = endNs / MS;
    const loadBalancers = balancers.flatMap((balancer) =>
      balancer.targets.map((target) => balancerTimeline(balancer, target, locations, endNs)),
    );
    return { nodes, loadBalancers };
  }

  private note(
    node: string,
    service: string | null,
    kind: NodeHealthTimeline['kind'],
    port: number,
    answer: HttpAnswer | null,
    localEndpoints: number | null,
    nowNs: Nanos,
  ): void {
    const ofNode = this.timelines.get(node) ?? new Map<string, NodeHealthTimeline>();
    this.timelines.set(node, ofNode);
    const key = `${kind} ${service ?? ''} ${port}`;
    let timeline = ofNode.get(key);
    if (timeline === undefined) {
      timeline = { node, service, kind, port, segments: [segment(0, null, null)] };
      ofNode.set(key, timeline);
    }
    goOn(timeline.segments, segment(nowNs / MS, answer, localEndpoints));
  }
}

function close({ segments }: NodeHealthTimeline, nowNs: Nanos): void {
  goOn(segments, segment(nowNs / MS, null, null));
}

/** Appends what is the case from now on, unless it is what was the case; of one instant the last word counts. */
function goOn(segments: HealthSegment[], next: HealthSegment): void {
  const last = segments.at(-1) as HealthSegment;
  last.toMs = next.fromMs;
  if (last.fromMs === last.toMs) segments.pop();
  const before = segments.at(-1);
  if (before?.status !== next.status || before.localEndpoints !== next.localEndpoints) segments.push(next);
}

function segment(fromMs: number, answer: HttpAnswer | null, localEndpoints: number | null): HealthSegment {
  return {
    fromMs,
    toMs: fromMs,
    status: answer?.status ?? null,
    localEndpoints,
    body: answer?.body ?? null,
    headers: { ...answer?.headers },
  };
}

function balancerTimeline(
  balancer: Balancer,
  target: Balancer['targets'][number],
  locations: Locations,
  endNs: Nanos,
): LoadBalancerTimeline {
  return {
    service: balancer.service,
    node: locations.nodes[target.node]?.name ?? '',
    ...(target.pod === null ? {} : { pod: target.pod.name }),
    segments: targetSegments(target.history, endNs),
    probes: target.probes,
    probers: target.views.map(({ history, probes }, prober) => ({
      prober: balancer.proberName(prober),
      segments: targetSegments(history, endNs),
      runs: probes.map(({ fromNs, everyNs, count, reply }) => ({
        fromMs: fromNs / MS,
        everyMs: everyNs / MS,
        count,
        result: reply === SILENCE ? 'silent' : passes(reply) ? 'pass' : 'fail',
        status: reply >= 100 ? reply : null,
      })),
    })),
  };
}

function targetSegments(history: readonly StateChange[], endNs: Nanos): TargetSegment[] {
  const segments = history.map(({ atNs, state }, n) => ({
    fromMs: atNs / MS,
    toMs: (history[n + 1]?.atNs ?? endNs) / MS,
    state,
  }));
  return segments.filter(({ fromMs, toMs }, n) => toMs > fromMs || n === segments.length - 1);
}
