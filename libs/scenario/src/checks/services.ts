/** What an API server checks of a Service. With `admission: asStored` it has been accepted, so nothing is refused. */
import { keyOf, type ServiceObject } from '#sim';
import type { Draft, Placed } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';
import { isLabelName } from '../schema/scalars.js';
import { of } from './addresses.js';

export function checkServices(draft: Draft, issues: IssueList): void {
  if (draft.cluster.admission !== 'apply') return;
  for (const placed of of('Service', draft)) checkService(placed, issues);
  for (const { value, at } of [...draft.steps, ...draft.timeline]) {
    if (value.do !== 'kubectl' || value.command.verb !== 'apply' || value.command.object.kind !== 'Service') continue;
    const place = 'atNs' in value ? [...at, 'apply'] : [...at, 'kubectl', 'apply'];
    checkService({ value: value.command.object, at: place }, issues);
  }
  checkNodePorts(draft, issues);
}

function checkService({ value: service, at }: Placed<ServiceObject>, issues: IssueList): void {
  const { name } = service.metadata;
  if (!isLabelName(name) || /^\d/.test(name)) {
    const hint = 'Lower-case letters, digits and "-", at most 63, beginning with a letter (RFC 1035).';
    issues.add('bad-name', [...at, 'metadata', 'name'], `${shown(name)} is not a name for a Service.`, hint);
  }
  checkType(service.spec, [...at, 'spec'], issues);
  checkPorts(service.spec, [...at, 'spec'], issues);
}

type Spec = ServiceObject['spec'];

function checkType(spec: Spec, at: Path, issues: IssueList): void {
  const type = spec.type ?? 'ClusterIP';
  const isLoadBalancer = type === 'LoadBalancer';
  const isExternal = isLoadBalancer || type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  const wrong = (field: string) =>
    issues.add('field-on-wrong-type', [...at, field], `A Service of type ${type} has no ${field}.`);

  if (spec.externalTrafficPolicy !== undefined && (!isExternal || type === 'ExternalName')) {
    issues.add(
      'policy-on-wrong-type',
      [...at, 'externalTrafficPolicy'],
      `A Service of type ${type} without externalIPs has no externalTrafficPolicy.`,
    );
  }
  if (spec.internalTrafficPolicy !== undefined && type === 'ExternalName') {
    issues.add(
      'policy-on-wrong-type',
      [...at, 'internalTrafficPolicy'],
      'A Service of type ExternalName has no internalTrafficPolicy.',
      'Remove the field.',
    );
  }
  if (spec.healthCheckNodePort && !(isLoadBalancer && spec.externalTrafficPolicy === 'Local')) {
    issues.add(
      'health-check-node-port-without-local',
      [...at, 'healthCheckNodePort'],
      `healthCheckNodePort ${spec.healthCheckNodePort} is set on type ${type} with externalTrafficPolicy ${spec.externalTrafficPolicy ?? 'Cluster'}.`,
    );
  }
  if (!isLoadBalancer) {
    if ((spec.loadBalancerSourceRanges ?? []).length > 0) wrong('loadBalancerSourceRanges');
    if (spec.loadBalancerClass !== undefined) wrong('loadBalancerClass');
    if (spec.allocateLoadBalancerNodePorts !== undefined) wrong('allocateLoadBalancerNodePorts');
  }
  if (type === 'ExternalName' && !spec.externalName) {
    issues.add('external-name-missing', at, 'A Service of type ExternalName needs externalName.');
  }
  if (spec.sessionAffinityConfig?.clientIP !== undefined && spec.sessionAffinity !== 'ClientIP') {
    issues.add(
      'affinity-config-without-affinity',
      [...at, 'sessionAffinityConfig'],
      `sessionAffinity is ${spec.sessionAffinity ?? 'None'}.`,
    );
  }
}

function checkPorts(spec: Spec, at: Path, issues: IssueList): void {
  const ports = spec.ports ?? [];
  const type = spec.type ?? 'ClusterIP';
  if (ports.length === 0 && type !== 'ExternalName' && spec.clusterIP !== 'None') {
    issues.add('service-without-ports', [...at, 'ports'], `A Service of type ${type} needs ports.`);
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, { name, port, protocol = 'TCP', nodePort }] of ports.entries()) {
    const place = [...at, 'ports', index];
    if (ports.length > 1 && !name)
      issues.add('service-port-names', place, 'A Service with several ports names each of them.');
    else if (name && names.has(name))
      issues.add('service-port-names', [...place, 'name'], `Two ports are called ${shown(name)}.`);
    if (name) names.add(name);
    if (numbers.has(`${port}/${protocol}`))
      issues.add('duplicate-service-port', [...place, 'port'], `Port ${port}/${protocol} is there twice.`);
    numbers.add(`${port}/${protocol}`);
    if (nodePort && (type === 'ClusterIP' || type === 'ExternalName')) {
      issues.add('field-on-wrong-type', [...place, 'nodePort'], `A Service of type ${type} has no nodePort.`);
    }
  }
}

function checkNodePorts(draft: Draft, issues: IssueList): void {
  const owners = new Map<string, string>();
  const { from, to } = draft.cluster.nodePortRange;
  const take = (port: number, protocol: string, owner: string, at: Path) => {
    if (port < from || port > to) issues.add('node-port-outside-range', at, `${port} is outside ${from}-${to}.`);
    const key = `${port}/${protocol}`;
    const before = owners.get(key);
    if (before !== undefined)
      issues.add('duplicate-node-port', at, `${key} is the node port of ${before} and of ${owner}.`);
    else owners.set(key, owner);
  };
  for (const { value: service, at } of of('Service', draft)) {
    const owner = `service ${keyOf(service)}`;
    for (const [index, { nodePort, protocol = 'TCP' }] of (service.spec.ports ?? []).entries()) {
      if (nodePort) take(nodePort, protocol, owner, [...at, 'spec', 'ports', index, 'nodePort']);
    }
    const { healthCheckNodePort } = service.spec;
    if (healthCheckNodePort) take(healthCheckNodePort, 'TCP', owner, [...at, 'spec', 'healthCheckNodePort']);
  }
  const { nodePort, healthCheckNodePort } = draft.cluster.allocations;
  for (const [field, ports] of Object.entries({ nodePort, healthCheckNodePort })) {
    for (const [service, port] of Object.entries(ports)) {
      const at = ['cluster', 'allocations', field, service.replace(/^default\//, '')];
      take(port, 'TCP', `service ${service} (allocations.${field})`, at);
    }
  }
}
