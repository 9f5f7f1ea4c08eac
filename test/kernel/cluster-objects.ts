/** A cluster case as the objects that an API server would hold. */
import type { EndpointSliceObject, NodeObject, PodObject, ServiceObject, ServicePort } from '#sim';
import type { ClusterCase, EndpointState, PodRow, ServiceRow } from './cluster-case.js';
import { type Family, familyOf, inFamily } from './links.js';

export function objectsOf(cluster: ClusterCase): (NodeObject | PodObject | ServiceObject | EndpointSliceObject)[] {
  return [
    ...cluster.nodes.map(nodeObject),
    ...cluster.pods.map(podObject),
    ...cluster.services.flatMap((row) => [row.service, ...endpointSlices(row, cluster.pods)]),
  ];
}

function nodeObject({ name, ips, podCIDRs, labels }: ClusterCase['nodes'][number]): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: podCIDRs.length === 0 ? {} : { podCIDR: podCIDRs[0]!, podCIDRs },
    status: { addresses: ips.map((address) => ({ type: 'InternalIP', address })) },
  };
}

function podObject(row: PodRow): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: row.name, namespace: 'default' },
    spec: {
      nodeName: row.node,
      hostNetwork: row.hostNetwork,
      containers: [{ name: 'main', ports: containerPorts(row) }],
    },
    status: {
      phase: 'Running',
      podIP: row.ips[0]!,
      podIPs: row.ips.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function containerPorts(row: PodRow): { name?: string; containerPort: number; protocol: 'TCP' | 'UDP' }[] {
  return row.listens.map(({ transport, port, name }) => ({
    ...(name === undefined ? {} : { name }),
    containerPort: port,
    protocol: transport === 'udp' ? 'UDP' : 'TCP',
  }));
}

/** One slice for each family and set of port numbers, as the controller makes them where a named port differs between pods. */
function endpointSlices(row: ServiceRow, pods: PodRow[]): EndpointSliceObject[] {
  const { spec } = row.service;
  const clusterIPs = spec.clusterIPs ?? [spec.clusterIP ?? ''];
  const slices = new Map<string, EndpointSliceObject>();
  for (const family of new Set(clusterIPs.map(familyOf))) {
    for (const [name, state] of Object.entries(row.endpoints)) {
      const backend = pods.find((candidate) => candidate.name === name);
      if (backend === undefined)
        throw new Error(`${row.service.metadata.name} has an endpoint ${name}, which is no pod`);
      const ports = spec.ports!.map((port) => slicePort(port, backend));
      const key = `${family} ${JSON.stringify(ports)}`;
      const slice = slices.get(key) ?? emptySlice(row.service, slices.size, family, ports);
      slices.set(key, slice);
      slice.endpoints.push(endpointOf(backend, family, state, row.hints?.[name]));
    }
  }
  return [...slices.values()];
}

function endpointOf(backend: PodRow, family: Family, state: EndpointState, zones: string[] | undefined) {
  return {
    addresses: inFamily(backend.ips, family),
    conditions: {
      ready: state === 'ready',
      serving: state === 'ready' || state === 'terminating',
      terminating: state === 'terminating' || state === 'stopping',
    },
    nodeName: backend.node,
    targetRef: { kind: 'Pod', namespace: 'default', name: backend.name },
    ...(zones === undefined ? {} : { hints: { forZones: zones.map((name) => ({ name })) } }),
  };
}

function emptySlice(
  service: ServiceObject,
  number: number,
  addressType: Family,
  ports: EndpointSliceObject['ports'],
): EndpointSliceObject {
  const { name } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${number}`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType,
    endpoints: [],
    ports: ports ?? [],
  };
}

function slicePort(port: ServicePort, backend: PodRow): { name: string; protocol: 'TCP' | 'UDP'; port: number } {
  const target = port.targetPort ?? port.port;
  const number = typeof target === 'number' ? target : backend.listens.find(({ name }) => name === target)?.port;
  if (number === undefined) throw new Error(`${backend.name} has no port named ${target}`);
  return { name: port.name ?? '', protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP', port: number };
}
