/**
 * The EndpointSlice controller: from a Service's selector and the pods to its slices.
 *
 * Models: conditions (ready, serving, terminating), named target ports, node and zone, publishNotReadyAddresses, slices of at
 *   most a hundred endpoints for each family and set of ports, hints; pods without an address or on their way out of
 *   Succeeded/Failed are left out.
 * Source: k8s.io/endpointslice reconciler.go and utils.go; KEP-1672 for the conditions.
 * Simplified: a service without endpoints has no slice (a real one has an empty one); slices that the scenario gives count
 *   as the controller's own, unless another one manages them, and stay as they are until a pod of the service changes.
 * Who could tell: someone who counts slices.
 */
import { parseIp } from '../netfilter/address.js';
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
import { isReady, podAddresses } from './pod-objects.js';
import { endpointKey, fitSlices, type SliceDraft } from './slice-draft.js';
import type { SliceHints } from './slice-hints.js';
import { ZONE_LABEL } from './zone-allocation.js';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const CONTROLLER = 'endpointslice-controller.k8s.io';

type SlicePorts = NonNullable<EndpointSliceObject['ports']>;

/** Endpoints of one family that have the same ports, by `endpointKey`. */
interface Group {
  readonly family: IpFamily;
  readonly ports: SlicePorts;
  readonly endpoints: Map<string, EndpointObject>;
}

export class SliceController {
  /** Why a Service that asks for hints has none, by `namespace/name`. */
  readonly withoutHints = new Map<string, string>();
  /** Services that have had pods: what becomes of their slices is the controller's business. */
  private readonly known = new Set<string>();

  constructor(
    private readonly api: ApiServer,
    readonly hints: SliceHints,
  ) {}

  /** What the scenario starts with: slices that it gives are kept, the others are made. */
  start(): void {
    for (const service of this.api.list<ServiceObject>('Service')) {
      if (!hasSelector(service)) continue;
      const key = keyOf(service);
      if (slicesOf(this.api, key).length === 0) this.reconcile(key);
      else if (this.podsOf(service).length > 0) this.known.add(key);
    }
  }

  /** Brings the slices of one service up to date; does nothing for a service without a selector. Answers whether it wrote. */
  reconcile(key: string): boolean {
    const { api } = this;
    const service = api.get<ServiceObject>('Service', key);
    const existing = slicesOf(api, key);
    if (service === undefined) {
      for (const slice of existing) api.delete('EndpointSlice', keyOf(slice));
      this.known.delete(key);
      this.withoutHints.delete(key);
      return existing.length > 0;
    }
    if (!hasSelector(service)) return false;
    const pods = this.podsOf(service);
    if (pods.length === 0 && !this.known.has(key)) return false;
    this.known.add(key);
    return this.update(service, pods, existing.filter(isOwn));
  }

  private podsOf({ metadata, spec }: ServiceObject): PodObject[] {
    return this.api.select<PodObject>('Pod', metadata.namespace, spec.selector ?? {});
  }

  private update(
    service: ServiceObject,
    pods: readonly PodObject[],
    existing: readonly EndpointSliceObject[],
  ): boolean {
    const groups = groupsOf(this.api, service, pods);
    const drafts = new Map(groups.map((group) => [group, fitSlices(existing.filter(isOf(group)), group.endpoints)]));
    const problems = (['IPv4', 'IPv6'] as const).map((family) => {
      const ofFamily = groups.filter((group) => group.family === family).flatMap((group) => drafts.get(group)!);
      return ofFamily.length === 0 ? null : this.hints.write(service, ofFamily);
    });
    const problem = problems.find((each) => each !== null);
    if (problem === undefined) this.withoutHints.delete(keyOf(service));
    else this.withoutHints.set(keyOf(service), problem!);
    const kept = new Set([...drafts.values()].flat().map(({ before }) => before));
    const dropped = existing.filter((slice) => !kept.has(slice));
    for (const slice of dropped) this.api.delete('EndpointSlice', keyOf(slice));
    let wrote = dropped.length > 0;
    for (const [group, ofGroup] of drafts)
      for (const draft of ofGroup) wrote = this.put(service, group, draft) || wrote;
    return wrote;
  }

  private put(service: ServiceObject, { family, ports }: Group, { before, endpoints, state }: SliceDraft): boolean {
    if (state === 'same' || (before !== null && isSame(before.endpoints, endpoints))) return false;
    const slice = before ?? newSlice(service, family, ports, this.freeName(service, family, ports));
    this.api.replace({ ...slice, endpoints });
    return true;
  }

  /** Real names are drawn by lot; these say the family and the ports. */
  private freeName({ metadata }: ServiceObject, family: IpFamily, ports: SlicePorts): string {
    const name = `${metadata.name}-${family.toLowerCase()}-${portsTag(ports)}`;
    const isTaken = (text: string) => this.api.get('EndpointSlice', `${metadata.namespace}/${text}`) !== undefined;
    if (!isTaken(name)) return name;
    let n = 2;
    while (isTaken(`${name}-${n}`)) n++;
    return `${name}-${n}`;
  }
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

/** Of a service that selects pods every slice is the controller's, unless it says that somebody else manages it. */
function isOwn({ metadata }: EndpointSliceObject): boolean {
  return (metadata.labels?.[MANAGED_BY_LABEL] ?? CONTROLLER) === CONTROLLER;
}

function isOf({ family, ports }: Group): (slice: EndpointSliceObject) => boolean {
  const key = portsKey(ports);
  return (slice) => slice.addressType === family && portsKey(slice.ports ?? []) === key;
}

function newSlice(service: ServiceObject, family: IpFamily, ports: SlicePorts, name: string): EndpointSliceObject {
  const { namespace = 'default', name: serviceName } = service.metadata;
  const headless = service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {};
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: { [MANAGED_BY_LABEL]: CONTROLLER, [SERVICE_NAME_LABEL]: serviceName, ...headless },
      ownerReferences: [{ kind: 'Service', name: serviceName }],
    },
    addressType: family,
    endpoints: [],
    ports,
  };
}

function groupsOf(api: ApiServer, service: ServiceObject, pods: readonly PodObject[]): Group[] {
  const groups = new Map<string, Group>();
  const families = familiesOf(service);
  // Where no port is named, all pods have the same.
  const shared = (service.spec.ports ?? []).every(({ targetPort }) => typeof targetPort !== 'string');
  let ports: SlicePorts | null = null;
  let key = '';
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    const addresses = podAddresses(pod);
    if (ports === null || !shared) {
      ports = resolvePorts(service, pod);
      key = portsKey(ports ?? []);
    }
    for (const family of families) {
      const ip = addresses.find((address) => address.family === family)?.text;
      if (ip === undefined || ports === null) continue;
      let group = groups.get(`${family} ${key}`);
      if (group === undefined) {
        group = { family, ports, endpoints: new Map() };
        groups.set(`${family} ${key}`, group);
      }
      const endpoint = endpointOf(api, service, pod, ip);
      group.endpoints.set(endpointKey(endpoint), endpoint);
    }
  }
  return [...groups.values()];
}

/** What a Service says, else the family of its address; a headless one that says nothing may have both. */
function familiesOf({ spec }: ServiceObject): readonly IpFamily[] {
  if ((spec.ipFamilies ?? []).length > 0) return spec.ipFamilies!;
  const family = parseIp(spec.clusterIP ?? '')?.family;
  return family === undefined ? ['IPv4', 'IPv6'] : [family];
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

function portsKey(ports: SlicePorts): string {
  const texts = ports.map(({ name = '', protocol = 'TCP', port = 0 }) => `${name}/${protocol}/${port}`);
  return texts.sort().join();
}

function isSame(a: readonly EndpointObject[], b: readonly EndpointObject[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
