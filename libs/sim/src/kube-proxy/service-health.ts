/**
 * The answer on a Service's healthCheckNodePort, for any path and method.
 *
 * Models: 200 while the node has ready endpoints of its own (and, since 1.27, while the proxier keeps up), 503 otherwise.
 * Source: pkg/proxy/healthcheck/service_health.go of 1.21 to 1.30 and of a copy of the 1.34 era.
 * Simplified: nothing. `legacy` gives the texts of Kubernetes 1.4 to 1.6, which old documents still show.
 * Who could tell: nobody.
 */
import type { HttpAnswer } from './proxy-health.js';
import type { ProxyBehaviour } from './versions.js';

export interface ServiceHealth {
  /** `namespace/name`. */
  readonly service: string;
  /** Distinct ready endpoint addresses on the node, of the proxier's family. */
  readonly localEndpoints: number;
  readonly proxierHealthy: boolean;
}

export function serviceHealthAnswer(
  { service, localEndpoints, proxierHealthy }: ServiceHealth,
  behaviour: ProxyBehaviour,
  text: 'real' | 'legacy' = 'real',
): HttpAnswer {
  const knowsProxier = behaviour.serviceHealth !== 'count';
  const status = localEndpoints > 0 && (proxierHealthy || !knowsProxier) ? 200 : 503;
  if (text === 'legacy') {
    const body = localEndpoints > 0 ? `${localEndpoints} Service Endpoints found` : 'No Service Endpoints Found';
    return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
  }
  const [namespace, name] = service.split('/');
  const body = {
    service: { namespace, name },
    localEndpoints,
    ...(knowsProxier ? { serviceProxyHealthy: proxierHealthy } : {}),
  };
  const weight = { 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) };
  const headers = {
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    ...(behaviour.serviceHealth === 'weight' ? weight : {}),
  };
  return { status, headers, body: JSON.stringify(body, null, '\t') };
}
