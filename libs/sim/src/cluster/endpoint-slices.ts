/**
 * The EndpointSlice controller: from a Service's selector and the pods to its slices.
 *
 * Models: conditions (ready, serving, terminating), named target ports, node and zone, publishNotReadyAddresses, one set of
 *   slices per family; pods without an address or on their way out of Succeeded/Failed are left out.
 * Source: k8s.io/endpointslice reconciler.go and utils.go; KEP-1672 for the conditions.
 * Simplified: one slice per family and set of ports whatever their number (a real one holds 100 endpoints); no hints;
 *   slices that the scenario gives for a service without pods stay as they are.
 * Who could tell: someone who counts slices.
 */
import type {
  EndpointObject,
  EndpointSliceObject,
  IpFamily,
  NodeObject,
  PodObject,
  ServiceObject,
} from '../objects.js';
import { keyOf } from '../objects.js';
import type { ApiServer } from './api-server.js';
import { isReady, podAddresses } from './pods.js';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLER = 'endpointslice-controller.k8s.io';
const ZONE_LABEL = 'topology.kubernetes.io/zone';

type SlicePorts = NonNullable<EndpointSliceObject['ports']>;

/** Brings the slices of one service up to date; does nothing for a service without a selector. Answers whether it wrote. */
export function reconcileSlices(api: ApiServer, key: string): boolean {
  const service = api.get<ServiceObject>('Service', key);
  const existing = slicesOf(api, key);
  if (service === undefined) {
    for (const slice of existing) api.delete('EndpointSlice', keyOf(slice));
    return existing.length > 0;
  }
  if (!hasSelector(service)) return false;
  const pods = api.select<PodObject>('Pod', service.metadata.namespace, service.spec.selector ?? {});
  if (pods.length === 0 && !existing.some((slice) => isOurs(slice, service))) return false;
  const wanted = desiredSlices(api, service, pods);
  let wrote = false;
  for (const slice of existing) {
    if (wanted.has(slice.metadata.name)) continue;
    api.delete('EndpointSlice', keyOf(slice));
    wrote = true;
  }
  for (const slice of wanted.values()) {
    const before = existing.find((other) => other.metadata.name === slice.metadata.name);
    if (before !== undefined && sameContent(before, slice)) continue;
    api.replace(slice);
    wrote = true;
  }
  return wrote;
}

export function hasSelector(service: ServiceObject): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0 && service.spec.type !== 'ExternalName';
}

export function slicesOf(api: ApiServer, serviceKey: string): EndpointSliceObject[] {
  const slash = serviceKey.indexOf('/');
  const selector = { [SERVICE_NAME_LABEL]: serviceKey.slice(slash + 1) };
  return api.select<EndpointSliceObject>('EndpointSlice', serviceKey.slice(0, slash), selector);
}

/** Keys of the services whose selector matches the pod. */
export function servicesOf(api: ApiServer, { metadata }: PodObject): string[] {
  return api.selecting(metadata.namespace, metadata.labels).filter(hasSelector).map(keyOf);
}

/** Written by this controller: its names say the family and the ports, where a real one draws lots. */
function isOurs({ metadata }: EndpointSliceObject, service: ServiceObject): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER && metadata.name.startsWith(`${service.metadata.name}-ipv`);
}

function desiredSlices(
  api: ApiServer,
  service: ServiceObject,
  pods: readonly PodObject[],
): Map<string, EndpointSliceObject> {
  const { namespace = 'default', name } = service.metadata;
  const slices = new Map<string, EndpointSliceObject>();
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    for (const family of service.spec.ipFamilies ?? (['IPv4'] as IpFamily[])) {
      const ip = podAddresses(pod).find((address) => address.family === family)?.text;
      const ports = ip === undefined ? null : resolvePorts(service, pod);
      if (ip === undefined || ports === null) continue;
      const sliceName = `${name}-${family.toLowerCase()}-${portsTag(ports)}`;
      const slice = slices.get(sliceName) ?? {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice' as const,
        metadata: {
          name: sliceName,
          namespace,
          labels: {
            [MANAGED_BY_LABEL]: CONTROLLER,
            [SERVICE_NAME_LABEL]: name,
          },
          ownerReferences: [{ kind: 'Service', name }],
        },
        addressType: family,
        endpoints: [],
        ports,
      };
      slice.endpoints.push(endpointOf(api, service, pod, ip));
      slices.set(sliceName, slice);
    }
  }
  return slices;
}

/** Null where a named target port is not found in the pod: such a pod is no endpoint of that port. */
function resolvePorts(service: ServiceObject, pod: PodObject): SlicePorts | null {
  const ports: SlicePorts = [];
  for (const port of service.spec.ports ?? []) {
    const target = port.targetPort ?? port.port;
    const number = typeof target === 'number' ? target : namedPort(pod, target, port.protocol ?? 'TCP');
    if (number !== undefined) ports.push({ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: number });
  }
  return ports.length === 0 && (service.spec.ports ?? []).length > 0 ? null : ports;
}

function namedPort(pod: PodObject, name: string, protocol: string): number | undefined {
  for (const container of pod.spec?.containers ?? []) {
    for (const port of container.ports ?? []) {
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

function endpointOf(api: ApiServer, service: ServiceObject, pod: PodObject, ip: string): EndpointObject {
  const terminating = pod.metadata.deletionTimestampNs !== undefined;
  const serving = isReady(pod);
  const publish = service.spec.publishNotReadyAddresses === true;
  const nodeName = pod.spec?.nodeName;
  const zone =
    nodeName === undefined ? undefined : api.get<NodeObject>('Node', nodeName)?.metadata.labels?.[ZONE_LABEL];
  return {
    addresses: [ip],
    conditions: { ready: publish || (serving && !terminating), serving, terminating },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: { kind: 'Pod', namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name },
  };
}

function portsTag(ports: SlicePorts): string {
  return ports.map(({ port, protocol }) => `${protocol === 'TCP' ? '' : protocol?.toLowerCase()}${port}`).join('-');
}

function sameContent(a: EndpointSliceObject, b: EndpointSliceObject): boolean {
  return JSON.stringify([a.endpoints, a.ports]) === JSON.stringify([b.endpoints, b.ports]);
}
