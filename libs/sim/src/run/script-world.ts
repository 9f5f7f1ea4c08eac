/** What the person at the keyboard meets: kubectl, requests, and conditions to wait for. */
import { matchesLabels } from '../cluster/api-server.js';
import { isReady } from '../cluster/pod-objects.js';
import { Kind, Phase } from '../events.js';
import type { CloudController } from '../load-balancer/cloud-controller.js';
import type { PodObject } from '../objects.js';
import type { Step } from '../scenario.js';
import { Commands } from '../traffic/commands.js';
import type { Connections } from '../traffic/connections.js';
import { Script } from '../traffic/script.js';
import type { RunParts } from './parts.js';
import { flowWorld } from './traffic-world.js';

export function buildScript(run: RunParts, connections: Connections, cloud: CloudController): Script {
  const { scenario, cluster, clock } = run;
  const { api, kubectl, locations, proxies } = cluster;
  const commands = new Commands({
    ...flowWorld(run),
    connections,
    now: () => clock.nowNs,
    proxy: (node) => proxies[node] ?? null,
    pod: (key) => api.get<PodObject>('Pod', key),
    scheduleSend: (delayNs, connection) => clock.after(delayNs, Phase.Packet, Kind.Send, connection.slot),
  });
  const script: Script = new Script(scenario, {
    locations,
    kubectl: (command) =>
      clock.blame.during(scenario.timeline.length + script.step, () => kubectl.run(command, clock.nowNs)),
    isUnderWay: (output) => kubectl.waitingFor(output) !== null,
    interrupt: (output) => kubectl.waitingFor(output)?.interrupt(clock.nowNs),
    request: (request, done) => commands.request(request, done),
    holds: (condition) => holds(run, cloud, condition),
    isReady: (key) => {
      const pod = api.get<PodObject>('Pod', key);
      return pod !== undefined && isReady(pod);
    },
    scheduleScript: (delayNs) => clock.after(delayNs, Phase.Script, Kind.Script, 0),
  });
  return script;
}

function holds(
  { cluster }: RunParts,
  cloud: CloudController,
  condition: Extract<Step, { do: 'waitUntil' }>['condition'],
): boolean {
  if ('pods' in condition) {
    const pods = cluster.api
      .list<PodObject>('Pod')
      .filter(
        (pod) => pod.metadata.namespace === condition.namespace && matchesLabels(condition.pods, pod.metadata.labels),
      );
    return pods.filter(isReady).length >= condition.ready;
  }
  const balancer = cloud.balancerOf(condition.loadBalancer);
  if (balancer === undefined) return false;
  if ('unhealthy' in condition) return balancer.count('unhealthy') >= condition.unhealthy;
  return balancer.count('healthy') >= condition.healthy;
}
