/**
 * What changed since the last sync: many events, one checkout.
 *
 * Models: changes add up per Service until a sync takes them; what ends as it began is no change.
 * Source: pkg/proxy/servicechangetracker.go, endpointschangetracker.go, endpointslicecache.go.
 * Simplified: kube-proxy compares slices before it counts them as changed; here the result for the Service is compared.
 * Who could tell: nobody; a sync that writes the same rules is the only difference.
 */
import type { EndpointSliceObject, ServiceObject } from '../objects.js';
import { type EndpointInfo, type EndpointMap, readEndpointSlices, serviceOfSlice } from './endpoint-map.js';
import { OrderedMap } from './ordered-map.js';
import { isEqual } from './plain-equality.js';
import { type ReadingContext, readService, type ServiceMap, type ServicePortInfo } from './service-map.js';

export interface Checkout {
  readonly services: ServiceMap;
  readonly endpoints: EndpointMap;
  /** `namespace/name` of each Service whose ports or endpoints changed: a partial sync writes their chains. */
  readonly changedServices: ReadonlySet<string>;
  /** Keys of the service ports that appeared, changed or went, or whose endpoints did. */
  readonly changedServicePorts: ReadonlySet<string>;
}

export class ChangeTracker {
  private services = OrderedMap.empty<ServicePortInfo>();
  private endpoints = OrderedMap.empty<readonly EndpointInfo[]>();
  /** In the last checkout. */
  endpointCount = 0;
  private readonly portsOfService = new Map<string, readonly string[]>();
  private readonly endpointKeysOfService = new Map<string, readonly string[]>();
  private readonly slices = new Map<string, Map<string, EndpointSliceObject>>();
  private readonly serviceOfKnownSlice = new Map<string, string>();
  private readonly pendingServices = new Map<string, readonly ServicePortInfo[]>();
  private readonly pendingEndpoints = new Set<string>();

  constructor(
    private readonly nodeName: string,
    private readonly context: ReadingContext,
  ) {}

  /** A Service appeared or changed; true: rules may change, a sync is due. */
  serviceChanged(service: ServiceObject): boolean {
    return this.trackService(`${service.metadata.namespace ?? 'default'}/${service.metadata.name}`, service);
  }

  /** `key`: `namespace/name`. */
  serviceDeleted(key: string): boolean {
    return this.trackService(key, null);
  }

  private trackService(key: string, service: ServiceObject | null): boolean {
    const current = service === null ? [] : readService(service, this.context);
    const previous = (this.portsOfService.get(key) ?? []).map((port) => this.services.get(port)!);
    if (isEqual(previous, current)) this.pendingServices.delete(key);
    else this.pendingServices.set(key, current);
    return this.pendingServices.size > 0;
  }

  /** An EndpointSlice appeared or changed; true: a sync is due. */
  endpointSliceChanged(slice: EndpointSliceObject): boolean {
    const sliceKey = `${slice.metadata.namespace ?? 'default'}/${slice.metadata.name}`;
    const service = serviceOfSlice(slice);
    if (service !== this.serviceOfKnownSlice.get(sliceKey)) this.endpointSliceDeleted(sliceKey);
    if (service !== null) {
      let slices = this.slices.get(service);
      if (slices === undefined) {
        slices = new Map();
        this.slices.set(service, slices);
      }
      slices.set(sliceKey, slice);
      this.serviceOfKnownSlice.set(sliceKey, service);
      this.pendingEndpoints.add(service);
    }
    return this.pendingEndpoints.size > 0;
  }

  /** `key`: `namespace/name` of the slice. */
  endpointSliceDeleted(key: string): boolean {
    const service = this.serviceOfKnownSlice.get(key);
    if (service !== undefined) {
      this.slices.get(service)?.delete(key);
      this.serviceOfKnownSlice.delete(key);
      this.pendingEndpoints.add(service);
    }
    return this.pendingEndpoints.size > 0;
  }

  /** Takes what has piled up. What did not change stays the same object as in the checkout before. */
  checkout(): Checkout {
    const changedServices = new Set<string>(this.pendingServices.keys());
    const changedServicePorts = new Set<string>();
    if (this.pendingServices.size > 0) this.takeServices(changedServicePorts);
    if (this.pendingEndpoints.size > 0) this.takeEndpoints(changedServices, changedServicePorts);
    return { services: this.services, endpoints: this.endpoints, changedServices, changedServicePorts };
  }

  /** The same of endpoints alone, for a mode that waits for no sync with them. */
  checkoutEndpoints(): EndpointMap {
    if (this.pendingEndpoints.size > 0) this.takeEndpoints(new Set(), new Set());
    return this.endpoints;
  }

  private takeServices(changedServicePorts: Set<string>): void {
    const changes = new Map<string, ServicePortInfo | undefined>();
    for (const [key, ports] of this.pendingServices) {
      const before = (this.portsOfService.get(key) ?? []).map((port) => this.services.get(port)!);
      for (const { key: port } of before) {
        changes.set(port, undefined);
        changedServicePorts.add(port);
      }
      for (const port of ports) {
        const same = before.find((known) => isEqual(known, port));
        if (same === undefined) changedServicePorts.add(port.key);
        else changedServicePorts.delete(port.key);
        changes.set(port.key, same ?? port);
      }
      replaceKeys(
        this.portsOfService,
        key,
        ports.map((port) => port.key),
      );
    }
    this.pendingServices.clear();
    this.services = this.services.with(changes);
  }

  private takeEndpoints(changedServices: Set<string>, changedServicePorts: Set<string>): void {
    const changes = new Map<string, readonly EndpointInfo[] | undefined>();
    for (const service of this.pendingEndpoints) {
      const slices = [...(this.slices.get(service) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      const current = readEndpointSlices(
        service,
        slices.map(([, slice]) => slice),
        this.nodeName,
        this.context,
        this.endpoints,
      );
      const keys = new Set([...(this.endpointKeysOfService.get(service) ?? []), ...current.keys()]);
      for (const key of keys) {
        const after = current.get(key);
        if (isEqual(this.endpoints.get(key), after)) continue;
        changedServices.add(service);
        changedServicePorts.add(key);
        changes.set(key, after);
        this.endpointCount += (after?.length ?? 0) - (this.endpoints.get(key)?.length ?? 0);
      }
      replaceKeys(this.endpointKeysOfService, service, [...current.keys()]);
      if (slices.length === 0) this.slices.delete(service);
    }
    this.pendingEndpoints.clear();
    this.endpoints = this.endpoints.with(changes);
  }
}

function replaceKeys(index: Map<string, readonly string[]>, key: string, values: readonly string[]): void {
  if (values.length === 0) index.delete(key);
  else index.set(key, values);
}
