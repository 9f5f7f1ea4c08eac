/** What the run's traffic is told of everything else. */
import { NOBODY } from '../cluster/blame.js';
import { slicesOf } from '../cluster/endpoint-slices.js';
import { Kind, Phase } from '../events.js';
import type { CloudController } from '../load-balancer/cloud-controller.js';
import { ConnectionTable } from '../netfilter/conntrack.js';
import type { ServiceObject } from '../objects.js';
import type { RequestRecorder } from '../results/recorder.js';
import { runEvent } from '../results/run-event.js';
import type { Traffic } from '../scenario.js';
import type { Connections, ConnectionWorld } from '../traffic/connections.js';
import type { FlowWorld } from '../traffic/flows.js';
import type { Links } from '../traffic/links.js';
import { Sources } from '../traffic/sources.js';
import { TrafficFlows } from '../traffic/traffic-flows.js';
import type { Kernels } from './kernels.js';
import type { KubeProxies } from './kube-proxies.js';
import type { RunParts } from './parts.js';
import type { Writes } from './writes.js';

export interface Surroundings {
  readonly recorder: RequestRecorder;
  readonly links: Links;
  readonly cloud: CloudController;
  readonly proxies: KubeProxies;
  readonly kernels: Kernels;
  /** By node. */
  readonly conntrack: Map<number, ConnectionTable>;
}

export function connectionWorld(
  run: RunParts,
  { recorder, links, cloud, proxies, kernels, conntrack }: Surroundings,
): ConnectionWorld {
  const { scenario, clock, ledger, addresses, dictionaries, cluster } = run;
  const { queue, blame } = clock;
  return {
    seed: scenario.seed,
    timings: scenario.cluster.timings,
    locations: cluster.locations,
    bridgeName: bridgeNameOf(run),
    addresses,
    dictionaries,
    blame: {
      ledger,
      current: () => blame.current,
      event: (because) =>
        because === NOBODY ? 0 : dictionaries.event(runEvent(scenario, because, blame.happened(because))),
      fault: (node) => proxies.faultOf(node),
      notFollowed: (fault, missed, node) => {
        const { text } = runEvent(scenario, missed, blame.happened(missed));
        return blame.consequence(fault, `so that ${node} did not follow ${text}`);
      },
    },
    recorder,
    now: () => queue.time,
    schedule: (atNs, phase, kind, slot) => queue.push(atNs, phase, kind, slot),
    rules: (node, destination) => proxies.rules(node, addresses.at(destination).family),
    conntrack: (node) => {
      const table = conntrack.get(node) ?? new ConnectionTable();
      conntrack.set(node, table);
      return table;
    },
    links,
    queues: cluster.workQueues,
    balancerAt: (ip) => cloud.at(ip),
    masqueradesOutgoing: scenario.cluster.cni.masqueradeOutgoing,
    isBalancer: (ip) => cloud.at(ip) !== undefined,
    balancerRevision: () => cloud.revision,
    conntrackLimits: kernels.conntrackLimits(),
    portReuse: (node) => kernels.portReuse(node),
    isLiberal: (node) => kernels.isLiberal(node),
    socketStatus: (node, address, port, path) =>
      cluster.proxies[node]?.answer(addresses.at(address), port, path, queue.time)?.status ?? 0,
    relayAt: (node, address, port, protocol) =>
      cluster.proxies[node]?.relayAt(addresses.at(address), port, protocol) ?? null,
  };
}

export function flowWorld({ scenario, addresses, dictionaries, cluster }: RunParts): FlowWorld {
  const { api, locations } = cluster;
  return {
    scenario,
    locations,
    addresses,
    dictionaries,
    service: (key) => api.get<ServiceObject>('Service', key),
    services: () => api.list<ServiceObject>('Service'),
    endpointSlices: (key) => slicesOf(api, key),
  };
}

export function buildSources(run: RunParts, connections: Connections, writes: Writes): Sources {
  const { scenario, clock, cluster } = run;
  const fromPods = scenario.traffic.some(({ from }) => 'pod' in from);
  const flows = new TrafficFlows(flowWorld(run));
  const builder = {
    flow: (traffic: Traffic, key: number) => flows.flow(traffic, key),
    flowRevision: () => writes.serviceChanges + (fromPods ? cluster.locations.revision : 0),
  };
  // A flow whose first hop has become shorter may be late for its next request.
  return new Sources(scenario, builder, connections, (atNs, slot) =>
    clock.queue.push(Math.max(atNs, clock.nowNs), Phase.Packet, Kind.Arrival, slot),
  );
}

export function bridgeNameOf({ scenario }: RunParts): string | null {
  const { cni } = scenario.cluster;
  return cni.type === 'bridge' ? cni.bridgeName : null;
}
