/**
 * A cluster and its flows from a seed and a number: the same for everybody, whatever else is generated.
 *
 * What it keeps out of is said where it does, with the reason.
 */
import type { ClusterCase, Mode } from '../cluster-case.js';
import type { Family } from '../links.js';
import { Dice } from './dice.js';
import { type FlowEnds, randomFlows } from './flows.js';
import { randomKubeProxy, randomVersion } from './kube-proxy.js';
import { randomClients, randomNodes, randomPods } from './machines.js';
import { randomServices } from './services.js';

export interface RandomCluster {
  cluster: ClusterCase;
  flows: FlowEnds[];
}

const MOST_FLOWS = 150;

export function randomCluster(seed: number, number: number, mode: Mode): RandomCluster {
  const dice = new Dice(seed, number);
  const minor = randomVersion(dice, mode);
  const families = dice.weighted<Family[]>([5, ['IPv4', 'IPv6']], [1, ['IPv6', 'IPv4']], [3, ['IPv4']], [2, ['IPv6']]);
  const cni = dice.weighted<ClusterCase['cni']>([3, 'bridge'], [2, 'routed']);
  const nodes = randomNodes(dice, families);
  const pods = randomPods(dice, families, nodes);
  const kubeProxy = randomKubeProxy(dice, { mode, minor, cni, families });
  const services = randomServices(dice, { families, minor, nodes, pods });
  const cluster: ClusterCase = {
    name: `cluster ${number} of seed ${seed}: ${mode} 1.${minor}, ${cni}, ${families.join(' and ')}`,
    version: `1.${minor}`,
    mode,
    cni,
    kubeProxy,
    healthChecks: dice.chance(85),
    nodes,
    pods,
    clients: randomClients(families),
    services,
    flows: [],
  };
  return { cluster, flows: randomFlows(dice, cluster, MOST_FLOWS) };
}
