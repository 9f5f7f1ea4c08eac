/**
 * The healthCheckNodePorts that one proxier serves, and what it counts for them.
 *
 * Models: a port per Service with externalTrafficPolicy: Local, distinct ready endpoint addresses of the node, after each sync.
 * Source: pkg/proxy/servicechangetracker.go (HealthCheckNodePorts), endpointschangetracker.go (LocalReadyEndpoints).
 * Simplified: nothing.
 * Who could tell: nobody.
 */
import { localReadyEndpoints } from './endpoint-map.js';
import { serviceOfPortKey } from './service-map.js';
import { changedServicePorts, type Objects } from './service-ports.js';

export class HealthPorts {
  /** By `namespace/name`. */
  readonly ports = new Map<string, number>();
  readonly localEndpoints = new Map<string, number>();
  private view: Objects | undefined;

  constructor(private readonly nodeName: string) {}

  /** A sync has brought this view into force: looks at what has changed since the one before. */
  update(view: Objects): void {
    const services = new Set<string>();
    for (const key of changedServicePorts(this.view, view).keys()) services.add(serviceOfPortKey(key));
    for (const service of services) this.look(service, view);
    this.view = view;
  }

  private look(service: string, { services, endpoints }: Objects): void {
    let port = 0;
    for (const info of services.within(`${service}:`)) port = info.healthCheckNodePort;
    if (port !== 0) {
      this.ports.set(service, port);
      this.localEndpoints.set(service, localReadyEndpoints(this.nodeName, service, endpoints));
    } else {
      this.ports.delete(service);
      this.localEndpoints.delete(service);
    }
  }
}
