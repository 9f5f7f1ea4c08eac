/**
 * Pods as targets: what a load balancer controller registers of a service's endpoints.
 *
 * Models: ready endpoints, each at its own port for each port of the service; one that is terminating is taken out.
 * Source: aws-load-balancer-controller pkg/backend (endpoint resolver), docs/guide/service/nlb.md.
 * Simplified: no pod readiness gates; endpoints of the address family of the load balancer's first address.
 * Who could tell: someone whose pods wait for their target to become healthy.
 */
import type { EndpointSliceObject, IpFamily, Protocol, ServicePort } from '../objects.js';
import { type PodTarget, portKey } from './balancer.js';

export interface PodMember {
  /** Name of its node. */
  node: string;
  pod: PodTarget;
}

export function podMembers(
  slices: readonly EndpointSliceObject[],
  ports: readonly ServicePort[],
  family: IpFamily,
): PodMember[] {
  const byIp = new Map<string, { node: string; name: string; ports: Map<number, number> }>();
  for (const slice of slices.filter(({ addressType }) => addressType === family)) {
    for (const { addresses, conditions, nodeName = '', targetRef } of slice.endpoints) {
      const [ip] = addresses;
      if (ip === undefined || conditions?.ready === false) continue;
      const name = targetRef?.name ? `${targetRef.namespace ?? slice.metadata.namespace}/${targetRef.name}` : ip;
      const member = byIp.get(ip) ?? { node: nodeName, name, ports: new Map<number, number>() };
      byIp.set(ip, member);
      for (const { port, name: portName = '', protocol = 'TCP' } of ports) {
        const own = portIn(slice, portName, protocol);
        if (own !== undefined) member.ports.set(portKey(port, protocol), own);
      }
    }
  }
  const served = [...byIp].filter(([, member]) => member.ports.size > 0);
  return served.map(([ip, { node, ...rest }]) => ({ node, pod: { ip, ...rest } }));
}

function portIn({ ports = [] }: EndpointSliceObject, name: string, protocol: Protocol): number | undefined {
  return ports.find((port) => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol)?.port;
}
