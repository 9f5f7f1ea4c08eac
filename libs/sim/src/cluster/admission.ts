/**
 * Admission of Services: defaults, validation and allocation as the API server does them on create and update.
 *
 * Models: clusterIP(s), node ports, healthCheckNodePort (given out for LoadBalancer + Local, taken back otherwise),
 *   policies on the wrong type, immutable clusterIP, duplicate allocations.
 * Source: k8s.io/kubernetes pkg/registry/core/service, pkg/apis/core/validation (ValidateService), pkg/apis/core/v1/defaults.go.
 * Simplified: other kinds are stored as they are; with `admission: asStored` everything that the scenario starts with is.
 * Who could tell: someone who tests validation of other kinds.
 */
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, KubeObject, ServiceObject, ServicePort } from '../objects.js';
import { keyOf } from '../objects.js';
import { type Allocators, clusterIPsOf } from './allocators.js';
import type { Written } from './api-server.js';

/** The object as it is stored, or the text with which it is refused. Nothing stays allocated after a refusal. */
export function admit(object: KubeObject, previous: KubeObject | null, allocators: Allocators): Written {
  if (object.kind !== 'Service') return { object };
  const before = previous?.kind === 'Service' ? previous : null;
  const problem = validate(object, before);
  if (problem !== null) return { error: `The Service "${object.metadata.name}" is invalid: ${problem}` };
  if (before !== null) allocators.releaseSpec(before);
  const result = allocate(withDefaults(object), before, allocators);
  if (typeof result === 'string') {
    if (before !== null) reserve(before, allocators);
    return { error: `The Service "${object.metadata.name}" is invalid: ${result}` };
  }
  return { object: result };
}

/** Takes what a stored service holds; used for what a scenario starts with. */
export function reserve(service: ServiceObject, allocators: Allocators): void {
  for (const ip of clusterIPsOf(service)) allocators.takeClusterIP(ip);
  for (const port of service.spec.ports ?? []) {
    if (port.nodePort) allocators.takeNodePort(port.nodePort, port.protocol ?? 'TCP');
  }
  if (service.spec.healthCheckNodePort) allocators.takeNodePort(service.spec.healthCheckNodePort, 'TCP');
  for (const { ip } of service.status?.loadBalancer?.ingress ?? []) if (ip) allocators.takeLoadBalancerIP(ip);
}

function validate(service: ServiceObject, before: ServiceObject | null): string | null {
  const { spec } = service;
  const type = spec.type ?? 'ClusterIP';
  if (type !== 'ExternalName' && (spec.ports ?? []).length === 0 && spec.clusterIP !== 'None') {
    return 'spec.ports: Required value';
  }
  const policy = spec.externalTrafficPolicy;
  if (policy !== undefined && policy !== 'Cluster' && policy !== 'Local') {
    return `spec.externalTrafficPolicy: Unsupported value: "${String(policy)}": supported values: "Cluster", "Local"`;
  }
  const external = type === 'NodePort' || type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  if (policy === 'Local' && !external) {
    return 'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services';
  }
  const was = before?.spec.clusterIP;
  if (
    was !== undefined &&
    was !== '' &&
    spec.clusterIP !== undefined &&
    spec.clusterIP !== '' &&
    spec.clusterIP !== was
  ) {
    return `spec.clusterIPs[0]: Invalid value: ["${spec.clusterIP}"]: may not change once set`;
  }
  return null;
}

function withDefaults(service: ServiceObject): ServiceObject {
  const spec = { ...service.spec };
  spec.type ??= 'ClusterIP';
  spec.sessionAffinity ??= 'None';
  if (spec.type !== 'ExternalName') {
    spec.internalTrafficPolicy ??= 'Cluster';
    spec.ports = (spec.ports ?? []).map((port) => ({
      ...port,
      protocol: port.protocol ?? 'TCP',
      targetPort: port.targetPort ?? port.port,
    }));
  }
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster';
  else if ((spec.externalIPs ?? []).length === 0) delete spec.externalTrafficPolicy;
  if (spec.sessionAffinity === 'ClientIP') spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10800 } };
  return { ...service, spec };
}

/** The service with everything it needs, or why not. All or nothing. */
function allocate(
  service: ServiceObject,
  before: ServiceObject | null,
  allocators: Allocators,
): ServiceObject | string {
  const taken: (() => void)[] = [];
  const undo = (why: string): string => {
    for (const release of taken.reverse()) release();
    return why;
  };
  const spec = { ...service.spec };
  const key = keyOf(service);

  if (spec.type !== 'ExternalName' && spec.clusterIP !== 'None') {
    const ips = clusterIPs(service, key, allocators);
    if (typeof ips === 'string') return undo(ips);
    taken.push(() => allocators.releaseSpec({ ...service, spec: { clusterIPs: ips } }));
    spec.clusterIPs = ips;
    spec.clusterIP = ips[0] as string;
    spec.ipFamilies = ips.map((ip) => (parseIp(ip)?.family ?? 'IPv4') as IpFamily);
    spec.ipFamilyPolicy ??= ips.length > 1 ? 'RequireDualStack' : 'SingleStack';
  }
  const ports = nodePorts(spec, before, key, allocators, taken);
  if (typeof ports === 'string') return undo(ports);
  spec.ports = ports;

  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    const asked = spec.healthCheckNodePort || before?.spec.healthCheckNodePort;
    if (asked) {
      if (!allocators.takeNodePort(asked, 'TCP')) return undo(portTaken('spec.healthCheckNodePort', asked));
      spec.healthCheckNodePort = asked;
    } else {
      const port = allocators.healthCheckNodePort(key);
      if (port === null) return undo('spec.healthCheckNodePort: Internal error: range is full');
      spec.healthCheckNodePort = port;
    }
  } else {
    delete spec.healthCheckNodePort;
  }
  return { ...service, spec };
}

function clusterIPs(service: ServiceObject, key: string, allocators: Allocators): string[] | string {
  const given = clusterIPsOf(service);
  if (given.length > 0) {
    for (const [n, ip] of given.entries()) {
      if (!allocators.inServiceRange(ip))
        return `spec.clusterIPs[${n}]: Invalid value: "${ip}": not in the cluster's service ranges`;
      if (!allocators.takeClusterIP(ip))
        return `spec.clusterIPs[${n}]: Invalid value: "${ip}": provided IP is already allocated`;
    }
    return given;
  }
  const ips: string[] = [];
  for (const family of wantedFamilies(service, allocators)) {
    const ip = allocators.clusterIP(key, family);
    if (ip === null)
      return `spec.clusterIPs[${ips.length}]: Internal error: no ${family} address is left in the service ranges`;
    ips.push(ip);
  }
  return ips;
}

function wantedFamilies(service: ServiceObject, allocators: Allocators): IpFamily[] {
  const { ipFamilies, ipFamilyPolicy } = service.spec;
  const offered = allocators.serviceFamilies();
  const first = ipFamilies?.[0] ?? (offered[0] as IpFamily);
  if (ipFamilyPolicy === undefined || ipFamilyPolicy === 'SingleStack') return ipFamilies ?? [first];
  return [first, ...offered.filter((family) => family !== first)];
}

/** The ports with their node ports; ports that lose their need lose their number. */
function nodePorts(
  spec: ServiceObject['spec'],
  before: ServiceObject | null,
  key: string,
  allocators: Allocators,
  taken: (() => void)[],
): ServicePort[] | string {
  const needs =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const ports: ServicePort[] = [];
  for (const [n, port] of (spec.ports ?? []).entries()) {
    const protocol = port.protocol ?? 'TCP';
    const { nodePort: asked, ...bare } = port;
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
      ports.push(bare);
      continue;
    }
    const kept =
      asked ||
      before?.spec.ports?.find((old) => old.port === port.port && (old.protocol ?? 'TCP') === protocol)?.nodePort;
    if (!kept && !needs) {
      ports.push(bare);
      continue;
    }
    const number =
      kept || allocators.nodePort(n === 0 ? [`${key}:${port.port}`, key] : [`${key}:${port.port}`], protocol);
    if (number === null) return `spec.ports[${n}].nodePort: Internal error: range is full`;
    if (kept && !allocators.inNodePortRange(kept))
      return `spec.ports[${n}].nodePort: Invalid value: ${kept}: not in the valid range`;
    if (kept && !allocators.takeNodePort(kept, protocol)) return portTaken(`spec.ports[${n}].nodePort`, kept);
    taken.push(() => allocators.releasePort(number, protocol));
    ports.push({ ...bare, nodePort: number });
  }
  return ports;
}

function portTaken(field: string, port: number): string {
  return `${field}: Invalid value: ${port}: provided port is already allocated`;
}
