/** Health answers over time, as segments: what each node's sockets would have answered, whether anybody asked or not. */
import type { Locations } from '../cluster/locations.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import type { HttpAnswer } from '../kube-proxy/proxy-health.js';
import type { Balancer } from '../load-balancer/balancer.js';
import type { HealthSegment, HealthTimelines, LoadBalancerTimeline, NodeHealthTimeline } from '../results/result.js';
import type { Nanos } from '../scenario.js';

const MS = 1e6;
const HEALTHZ_PORT = 10256;

export class HealthRecorder {
  private readonly timelines = new Map<string, NodeHealthTimeline>();

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
    for (const timeline of this.timelines.values()) {
      const closed =
        timeline.node === name &&
        timeline.kind === 'healthCheckNodePort' &&
        ports.get(timeline.service ?? '') !== timeline.port;
      if (closed) this.note(name, timeline.service, timeline.kind, timeline.port, null, null, nowNs);
    }
  }

  result(balancers: readonly Balancer[], locations: Locations, endNs: Nanos): HealthTimelines {
    const nodes = [...this.timelines.values()].map((timeline) => {
      const last = timeline.segments.at(-1);
      if (last !== undefined) last.toMs = endNs / MS;
      return timeline;
    });
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
    const key = `${node} ${kind} ${service ?? ''} ${port}`;
    let timeline = this.timelines.get(key);
    if (timeline === undefined) {
      timeline = { node, service, kind, port, segments: [] };
      this.timelines.set(key, timeline);
      if (nowNs > 0) timeline.segments.push(segment(0, null, null));
    }
    const last = timeline.segments.at(-1);
    if (last !== undefined && last.status === (answer?.status ?? null) && last.localEndpoints === localEndpoints)
      return;
    if (last !== undefined) last.toMs = nowNs / MS;
    if (last !== undefined && last.toMs === last.fromMs) timeline.segments.pop();
    timeline.segments.push(segment(nowNs / MS, answer, localEndpoints));
  }
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
  const segments = target.history.map(({ atNs, state }, n) => ({
    fromMs: atNs / MS,
    toMs: (target.history[n + 1]?.atNs ?? endNs) / MS,
    state,
  }));
  return {
    service: balancer.service,
    node: locations.nodes[target.node]?.name ?? '',
    segments: segments.filter(({ fromMs, toMs }, n) => toMs > fromMs || n === segments.length - 1),
    probes: target.probes,
  };
}
