/** The cluster as it is now, for those who trace packets through it. */
import { slicesOf } from '../cluster/endpoint-slices.js';
import type { CloudController } from '../load-balancer/cloud-controller.js';
import { evaluate, TooManyWays } from '../netfilter/evaluate.js';
import type { ServiceObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { TraceWorld } from '../trace.js';
import { ModelError } from '../trace-question.js';
import type { NodeProbes } from '../traffic/node-probes.js';
import type { RunParts } from './parts.js';
import { bridgeNameOf } from './traffic-world.js';

export function traceWorld(run: RunParts, cloud: CloudController, probes: NodeProbes): TraceWorld {
  const { scenario, cluster } = run;
  const { api, locations, proxies } = cluster;
  return {
    locations,
    clients: scenario.clients,
    service: (key) => api.get<ServiceObject>('Service', key),
    services: () => api.list<ServiceObject>('Service').map(keyOf),
    endpointSlices: (key) => slicesOf(api, key),
    walk: (node, entry, packet, options) => {
      const proxy = proxies[node];
      if (!proxy) return null;
      const ruleset = proxy.ruleset(packet.destinationIp.family);
      const { masqueradeMark, place } = proxy;
      return answerable(() => evaluate(entry, ruleset, place.context, packet, { ...options, masqueradeMark }));
    },
    context: (node, family) => proxies[node]?.context(family) ?? locations.nodes[node]!.context,
    bridgeName: bridgeNameOf(run),
    masqueradesOutgoing: scenario.cluster.cni.masqueradeOutgoing,
    balancerAt: (ip) => cloud.at(ip),
    probeStatus: (balancer, target) => probes.status(balancer, target),
    meetsItself: (ip) => cloud.meetsItself(ip),
    relayAt: (node, address, port, protocol) => proxies[node]?.relayAt(address, port, protocol) ?? null,
  };
}

/** Rules that a node brought along may part a packet's way beyond all bounds: that is said, and no defect. Throws ModelError. */
export function answerable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TooManyWays)) throw error;
    throw new ModelError(
      'too-many-ways',
      '/rules',
      error.message,
      'leave such rules out: a rule by chance whose target lets the packet go on',
    );
  }
}
