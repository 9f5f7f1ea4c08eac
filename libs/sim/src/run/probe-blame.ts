import type { CloudController } from '../load-balancer/cloud-controller.js';
import type { RunParts } from './parts.js';

/** Who is behind what a probe finds: whatever made the node's last change. `slot`: of the probe's event. */
export function probeBlame({ cluster, ledger }: RunParts, cloud: CloudController, slot: number): number {
  const { service, target, check } = cloud.probed(slot);
  const node = cluster.locations.nodes[target.node]?.name ?? '';
  if (!cluster.proxies[target.node] || check === 'proxy-healthz') return ledger.ofNode(node);
  if (target.pod !== null) return ledger.ofPod(target.pod.name);
  return ledger.ofMissingLocal(service, node);
}
