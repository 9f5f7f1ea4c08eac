/** Service ports with their endpoints, as modes go through them: all of them at first, then those that differ. */
import type { EndpointInfo } from './endpoint-map.js';
import type { ProxyView } from './proxy-node.js';
import type { ServicePortInfo } from './service-map.js';

/** What has been read of the cluster's objects. */
export type Objects = Pick<ProxyView, 'services' | 'endpoints'>;

export interface ServicePort {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
}

/** By key; undefined where one is gone. */
export type ServicePorts = ReadonlyMap<string, ServicePort | undefined>;

const NO_ENDPOINTS: readonly EndpointInfo[] = [];

/**
 * The service ports of `view` that are others than in the view before, or have other endpoints. All of them where there was no
 * view before.
 */
export function changedServicePorts(before: Objects | undefined, view: Objects): ServicePorts {
  const changed = new Map<string, ServicePort | undefined>();
  const note = (key: string): void => {
    const info = view.services.get(key);
    changed.set(key, info && { info, endpoints: view.endpoints.get(key) ?? NO_ENDPOINTS });
  };
  if (before === undefined) for (const key of view.services.keys()) note(key);
  else {
    for (const { key } of before.services.differences(view.services)) note(key);
    for (const { key } of before.endpoints.differences(view.endpoints)) note(key);
  }
  return changed;
}
