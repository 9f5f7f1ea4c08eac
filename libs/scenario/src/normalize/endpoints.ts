/** Endpoints (core/v1) → EndpointSlices, as the mirroring controller does it, for services that have no slice of their own. */
import type { EndpointObject, EndpointSliceObject, IpFamily, KubeObject } from '#sim';
import { parseIp } from '#sim';
import type { Placed } from '../draft.js';
import type { EndpointsInput } from '../schema/objects.js';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** What one slice holds. */
const MOST_ENDPOINTS = 1000;

type Subset = NonNullable<EndpointsInput['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

export function slicesOfEndpoints(
  endpoints: Placed<EndpointsInput>[],
  read: Placed<KubeObject>[],
): Placed<KubeObject>[] {
  const sliced = new Set<string>();
  for (const { value } of read) {
    const service = value.kind === 'EndpointSlice' ? value.metadata.labels?.[SERVICE_NAME_LABEL] : undefined;
    if (service !== undefined) sliced.add(`${value.metadata.namespace}/${service}`);
  }
  return endpoints
    .filter(({ value }) => !sliced.has(`${value.metadata.namespace}/${value.metadata.name}`))
    .flatMap(({ value, at }) => slicesOf(value).map((slice) => ({ value: slice, at })));
}

function slicesOf({ metadata, subsets }: EndpointsInput): EndpointSliceObject[] {
  const { name, namespace = 'default' } = metadata;
  return (subsets ?? []).flatMap((subset, index) =>
    (['IPv4', 'IPv6'] as const).flatMap((family) => {
      const endpoints = endpointsOf(subset, family);
      const parts = Array.from({ length: Math.ceil(endpoints.length / MOST_ENDPOINTS) }, (_, part) =>
        endpoints.slice(part * MOST_ENDPOINTS, (part + 1) * MOST_ENDPOINTS),
      );
      const ports = (subset.ports ?? []).map((port) => ({ ...port, name: port.name ?? '' }));
      return parts.map((part, n): EndpointSliceObject => {
        const stem = `${name}-${family.toLowerCase()}-${index}`;
        return {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: n === 0 ? stem : `${stem}-${n}`, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
          addressType: family,
          endpoints: part,
          ports: ports as NonNullable<EndpointSliceObject['ports']>,
        };
      });
    }),
  );
}

function endpointsOf(subset: Subset, family: IpFamily): EndpointObject[] {
  const of = (addresses: Address[] | undefined, ready: boolean) =>
    (addresses ?? []).filter(({ ip }) => parseIp(ip)?.family === family).map((address) => endpoint(address, ready));
  return [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)];
}

function endpoint({ ip, nodeName, targetRef }: Address, ready: boolean): EndpointObject {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef: targetRef as NonNullable<EndpointObject['targetRef']> }),
  };
}
