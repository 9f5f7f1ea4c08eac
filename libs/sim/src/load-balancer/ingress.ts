/** What a load balancer's controller writes into the status of a Service. */
import type { ServiceObject } from '../objects.js';
import type { LoadBalancerProfile } from '../scenario.js';

type Ingress = NonNullable<NonNullable<NonNullable<ServiceObject['status']>['loadBalancer']>['ingress']>;

export function ingressIPs({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
}

/** The name in the place of addresses; empty: there is none. */
export function ingressName({ status }: ServiceObject): string {
  return (status?.loadBalancer?.ingress ?? []).find(({ hostname }) => hostname)?.hostname ?? '';
}

/** `knowsIpMode`: the API server keeps the field. */
export function ingressFor(
  { publishes, ipMode }: LoadBalancerProfile,
  addresses: readonly string[],
  name: string,
  knowsIpMode: boolean,
): Ingress {
  if (publishes === 'hostname') return [{ hostname: name }];
  return addresses.map((ip) => ({ ip, ...(ipMode !== null && knowsIpMode ? { ipMode } : {}) }));
}

/** A name of nobody's (RFC 2606), one for each service. */
export function nameFor(service: string): string {
  return `${service.split('/').reverse().join('-')}.lb.example.net`;
}
