/** What stands around the cluster's objects: machines' lives, load balancers and their probes. */
import { NodeLife } from '../cluster/node-life.js';
import { Kind, Phase } from '../events.js';
import { CloudController } from '../load-balancer/cloud-controller.js';
import type { NodeObject } from '../objects.js';
import type { Connections } from '../traffic/connections.js';
import type { Links } from '../traffic/links.js';
import { NodeProbes } from '../traffic/node-probes.js';
import type { Script } from '../traffic/script.js';
import type { KubeProxies } from './kube-proxies.js';
import type { RunParts } from './parts.js';

/** Parts that are built after those that turn to them. */
export interface Later {
  connections(): Connections;
  script(): Script;
}

export function buildNodeLife({ scenario, cluster, clock }: RunParts, later: Later): NodeLife {
  return new NodeLife(cluster.api, cluster.pods, scenario.cluster.nodeLifecycle, scenario.seed, {
    silentKubelets: cluster.silentKubelets,
    schedule: (atNs, act) => cluster.agenda.after(atNs - clock.nowNs, act),
    event: (about, reason, message) => later.script().event(about, reason, message, clock.nowNs),
  });
}

export function buildProbes({ cluster, addresses, clock }: RunParts, links: Links, proxies: KubeProxies): NodeProbes {
  return new NodeProbes({
    links,
    locations: cluster.locations,
    addresses,
    now: () => clock.nowNs,
    proxy: (node) => cluster.proxies[node] ?? null,
    rules: (node, family) => proxies.rules(node, family),
  });
}

export function buildCloud(run: RunParts, probes: NodeProbes, later: Later): CloudController {
  const { clock, scenario } = run;
  const { api, locations } = run.cluster;
  const nameOf = (node: number): string => locations.nodes[node]?.name ?? '';
  return new CloudController(scenario, api, {
    blame: clock.blame,
    nodeIndex: (name) => locations.nodeIndex(name),
    nodeName: nameOf,
    placeOf: (name) => locations.nodes.findIndex((place) => place.name === name),
    zoneOf: (node) => api.get<NodeObject>('Node', nameOf(node))?.metadata.labels?.['topology.kubernetes.io/zone'] ?? '',
    name: (hostname, addresses) => locations.setName(hostname, addresses),
    closes: (balancer, target) => later.connections().closeConnectionsThrough(balancer, target, 'reset'),
    moves: (balancer) => later.connections().moveConnections(balancer),
    probe: (balancer, target, _, chance) => probes.reply(balancer, target, chance),
    scheduleUpdate: (delayNs, slot) => clock.after(delayNs, Phase.Change, Kind.BalancerUpdate, slot),
    now: () => clock.nowNs,
    event: (about, reason, message) => later.script().event(about, reason, message, clock.nowNs),
    scheduleProbe: (delayNs, slot) => clock.after(delayNs, Phase.Probe, Kind.ProbeAtNode, slot),
    scheduleResult: (delayNs, slot) => clock.after(delayNs, Phase.Probe, Kind.ProbeResult, slot),
  });
}
