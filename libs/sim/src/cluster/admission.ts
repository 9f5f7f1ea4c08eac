/**
 * Admission: defaults, validation and allocation as the API server does them on create and update.
 *
 * Models: clusterIP(s), node ports, healthCheckNodePort (given out for LoadBalancer + Local, taken back otherwise), what a
 *   service loses when its type changes.
 * Source: k8s.io/kubernetes pkg/registry/core/service (strategy.go: patchAllocatedValues, dropTypeDependentFields; storage),
 *   pkg/apis/core/v1/defaults.go.
 * Simplified: of other kinds only what would end a run is refused; with `admission: asStored` everything that the scenario
 *   starts with is taken as it is.
 * Who could tell: someone who tests validation of other kinds.
 */
import type { KubeObject, ServiceObject, ServicePort, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import { type Allocators, clusterIPsOf } from './allocators.js';
import { withFamilies } from './ip-families.js';
import { missingHandler, probeProblem } from './probe-validation.js';
import {
  isExternal,
  NEWEST_FEATURES,
  needsHealthCheckNodePort,
  needsNodePorts,
  type ServiceFeatures,
  serviceProblem,
} from './service-validation.js';
import { missingPart, workloadProblem } from './workload-validation.js';

/** `error` is what kubectl prints. */
export type Written = { object: KubeObject } | { error: string };

type Spec = ServiceObject['spec'];

/** The object as it is stored, or the text with which it is refused. Nothing stays allocated after a refusal. */
export function admit(
  object: KubeObject,
  previous: KubeObject | null,
  allocators: Allocators,
  features: ServiceFeatures = NEWEST_FEATURES,
): Written {
  if (object.kind !== 'Service') return admitOther(object, previous);
  const before = previous?.kind === 'Service' ? previous : null;
  const refused = (problem: string): Written => ({
    error: `The Service "${object.metadata.name}" is invalid: ${problem}`,
  });
  const known = withoutDisabledFields(object, before, features);
  const service = withDefaults(before === null ? known : carriedOver(known, before));
  const problem = serviceProblem(service, before, features);
  if (problem !== null) return refused(problem);
  if (before !== null) allocators.releaseSpec(before);
  const result = allocate(service, before, allocators);
  if (typeof result !== 'string') return { object: result };
  if (before !== null) reserve(before, allocators);
  return refused(result);
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

function admitOther(object: KubeObject, previous: KubeObject | null): Written {
  if (object.kind === 'Pod') {
    const problem = probeProblem(object.spec, 'spec');
    return problem === null ? { object } : { error: invalid(object, problem) };
  }
  if (!isWorkload(object)) return { object };
  const problem = workloadProblem(object, previous !== null && isWorkload(previous) ? previous : null);
  return problem === null ? { object } : { error: invalid(object, problem) };
}

const WORKLOADS = new Set(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']);
const isWorkload = (object: KubeObject): object is WorkloadObject => WORKLOADS.has(object.kind);

/** Why an API server would not create it, though a scenario may start with it. */
export function notCreatable(object: KubeObject): string | null {
  const pods = object.kind === 'Pod' ? missingHandler(object.spec, 'spec') : null;
  const problem = isWorkload(object) ? missingPart(object) : pods;
  return problem === null ? null : invalid(object, problem);
}

const invalid = ({ kind, metadata }: KubeObject, problem: string): string =>
  `The ${kind} "${metadata.name}" is invalid: ${problem}`;

/** Fields whose gate is off, unless they are there already (dropServiceDisabledFields). */
function withoutDisabledFields(
  service: ServiceObject,
  before: ServiceObject | null,
  { distributions, topologyKeys }: ServiceFeatures,
): ServiceObject {
  const spec: Spec = { ...service.spec };
  if (distributions.length === 0 && before?.spec.trafficDistribution === undefined) delete spec.trafficDistribution;
  if (!topologyKeys && (before?.spec.topologyKeys ?? []).length === 0) delete spec.topologyKeys;
  return { ...service, spec };
}

/** What an update leaves unsaid stays; what the new type has no place for goes, unless the update itself asks for it. */
function carriedOver(service: ServiceObject, before: ServiceObject): ServiceObject {
  const spec: Spec = { ...service.spec };
  const was = before.spec;
  if (spec.type === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[field];
  }
  if (spec.externalTrafficPolicy === was.externalTrafficPolicy && !isExternal(spec)) delete spec.externalTrafficPolicy;
  if (needsHealthCheckNodePort(spec)) {
    if (!spec.healthCheckNodePort && was.healthCheckNodePort) spec.healthCheckNodePort = was.healthCheckNodePort;
  } else if (spec.healthCheckNodePort === was.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (spec.ports !== undefined) spec.ports = spec.ports.map((port) => portCarriedOver(port, spec, was));
  return { ...service, spec };
}

/** Node ports follow the name of the port, as patchAllocatedValues has it. */
function portCarriedOver(port: ServicePort, spec: Spec, was: Spec): ServicePort {
  const { nodePort, ...bare } = port;
  if (!needsNodePorts(spec)) {
    const isOld = was.ports?.some((old) => old.nodePort === nodePort);
    return isOld ? bare : port;
  }
  const kept = nodePort || was.ports?.find(({ name = '' }) => name === (port.name ?? ''))?.nodePort;
  return kept ? { ...bare, nodePort: kept } : bare;
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
  if (needsNodePorts(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.sessionAffinity === 'ClientIP') spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10800 } };
  return { ...service, spec };
}

/** The service with everything it needs, or why not. All or nothing. What it asks for by name comes first. */
function allocate(asked: ServiceObject, before: ServiceObject | null, allocators: Allocators): ServiceObject | string {
  const spec = withFamilies(asked.spec, before?.spec ?? null, allocators.serviceFamilies());
  if (typeof spec === 'string') return spec;
  const service: ServiceObject = { ...asked, spec: { ...spec } };
  const claim = new Claim(allocators);
  const problem =
    takeAsked(service, before, claim, allocators) ??
    giveClusterIPs(service, claim) ??
    giveNodePorts(service, service.spec, claim) ??
    giveHealthCheckNodePort(service, service.spec, claim);
  if (problem === null) return service;
  claim.undo();
  return problem;
}

function takeAsked(
  service: ServiceObject,
  before: ServiceObject | null,
  claim: Claim,
  allocators: Allocators,
): string | null {
  const { spec } = service;
  for (const [n, ip] of (isHeadlessOrExternal(spec) ? [] : clusterIPsOf(service)).entries()) {
    const field = `spec.clusterIPs[${n}]: Invalid value: "${ip}"`;
    const isOld = before !== null && clusterIPsOf(before).includes(ip);
    if (!isOld && !allocators.inServiceRange(ip)) return `${field}: not in the cluster's service ranges`;
    if (!claim.clusterIP(ip)) return `${field}: provided IP is already allocated`;
  }
  for (const [n, { nodePort, protocol = 'TCP' }] of (spec.ports ?? []).entries()) {
    if (!nodePort) continue;
    const field = `spec.ports[${n}].nodePort: Invalid value: ${nodePort}`;
    const isOld = before?.spec.ports?.some((port) => port.nodePort === nodePort) ?? false;
    if (!isOld && !allocators.inNodePortRange(nodePort))
      return `${field}: provided port is not in the valid range. The range of valid ports is ${allocators.nodePortRange}`;
    if (!claim.port(nodePort, protocol)) return `${field}: provided port is already allocated`;
  }
  const asked = spec.healthCheckNodePort;
  if (!asked || claim.port(asked, 'TCP')) return null;
  return `spec.healthCheckNodePort: Invalid value: ${asked}: provided port is already allocated`;
}

/** One of each family, in the order of the families. */
function giveClusterIPs(service: ServiceObject, claim: Claim): string | null {
  const { spec } = service;
  if (spec.type === 'ExternalName') return null;
  const ips = [...(spec.clusterIPs ?? [])];
  for (const [n, family] of (isHeadlessOrExternal(spec) ? [] : (spec.ipFamilies ?? [])).entries()) {
    if (ips[n] !== undefined) continue;
    const ip = claim.allocators.clusterIP(keyOf(service), family);
    if (ip === null) return `spec.clusterIPs[${n}]: Internal error: no ${family} address is left in the service ranges`;
    claim.holdsClusterIP(ip);
    ips.push(ip);
  }
  spec.clusterIPs = ips;
  spec.clusterIP = ips[0] as string;
  return null;
}

function giveNodePorts(service: ServiceObject, spec: Spec, claim: Claim): string | null {
  const needed =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  if (!needed) return null;
  const key = keyOf(service);
  const ports: ServicePort[] = [];
  for (const [n, port] of (spec.ports ?? []).entries()) {
    const protocol = port.protocol ?? 'TCP';
    const names = n === 0 ? [`${key}:${port.port}`, key] : [`${key}:${port.port}`];
    const nodePort = port.nodePort || claim.allocators.nodePort(names, protocol);
    if (nodePort === null) return `spec.ports[${n}].nodePort: Internal error: range is full`;
    if (!port.nodePort) claim.holdsPort(nodePort, protocol);
    ports.push({ ...port, nodePort });
  }
  spec.ports = ports;
  return null;
}

function giveHealthCheckNodePort(service: ServiceObject, spec: Spec, claim: Claim): string | null {
  if (!needsHealthCheckNodePort(spec) || spec.healthCheckNodePort) return null;
  const port = claim.allocators.healthCheckNodePort(keyOf(service));
  if (port === null) return 'spec.healthCheckNodePort: Internal error: range is full';
  claim.holdsPort(port, 'TCP');
  spec.healthCheckNodePort = port;
  return null;
}

function isHeadlessOrExternal(spec: Spec): boolean {
  return spec.type === 'ExternalName' || spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
}

/** What one admission has taken so far. */
class Claim {
  private readonly held: (() => void)[] = [];

  constructor(readonly allocators: Allocators) {}

  clusterIP(ip: string): boolean {
    if (!this.allocators.takeClusterIP(ip)) return false;
    this.holdsClusterIP(ip);
    return true;
  }

  port(port: number, protocol: string): boolean {
    if (!this.allocators.takeNodePort(port, protocol)) return false;
    this.holdsPort(port, protocol);
    return true;
  }

  holdsClusterIP(ip: string): void {
    this.held.push(() => this.allocators.releaseClusterIP(ip));
  }

  holdsPort(port: number, protocol: string): void {
    this.held.push(() => this.allocators.releasePort(port, protocol));
  }

  undo(): void {
    for (const release of this.held) release();
  }
}
