/** What an API server checks of a Service. With `admission: asStored` it has been accepted, so nothing is refused. */
import { keyOf, type ServiceObject } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueCode, type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';
import { isLabelName, isSubdomainName } from '../schema/scalars.js';
import { of } from './addresses.js';
import { isSaidHere, type ServiceVersion } from './service-history.js';

export function checkServices(draft: Draft, versions: ServiceVersion[], issues: IssueList): void {
  if (draft.cluster.admission !== 'apply') return;
  for (const version of versions) if (version.isWhole) checkService(version, issues);
  checkNodePorts(draft, issues);
}

/** Of a patched Service, the problems that the patch makes by what it says. */
function checkService(version: ServiceVersion, issues: IssueList): void {
  const { service, at } = version;
  const report: Report = (code, path, message, hint) => {
    if (isSaidHere(version, path)) issues.add(code, [...at, ...path], message, hint);
  };
  const { name } = service.metadata;
  if (!isLabelName(name) || /^\d/.test(name)) {
    const hint = 'Lower-case letters, digits and "-", at most 63, beginning with a letter (RFC 1035).';
    report('bad-name', ['metadata', 'name'], `${shown(name)} is not a name for a Service.`, hint);
  }
  checkType(service.spec, report);
  checkPorts(service.spec, report);
}

type Spec = ServiceObject['spec'];
/** The path leads on from where the Service stands. */
type Report = (code: IssueCode, path: Path, message: string, hint?: string) => void;

function checkType(spec: Spec, report: Report): void {
  const type = spec.type ?? 'ClusterIP';
  const isLoadBalancer = type === 'LoadBalancer';
  const isExternal = isLoadBalancer || type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  const wrong = (field: string) =>
    report('field-on-wrong-type', ['spec', field], `A Service of type ${type} has no ${field}.`);

  if (spec.externalTrafficPolicy !== undefined && (!isExternal || type === 'ExternalName')) {
    report(
      'policy-on-wrong-type',
      ['spec', 'externalTrafficPolicy'],
      `A Service of type ${type} without externalIPs has no externalTrafficPolicy.`,
    );
  }
  if (spec.internalTrafficPolicy !== undefined && type === 'ExternalName') {
    report(
      'policy-on-wrong-type',
      ['spec', 'internalTrafficPolicy'],
      'A Service of type ExternalName has no internalTrafficPolicy.',
      'Remove the field.',
    );
  }
  if (spec.healthCheckNodePort && !(isLoadBalancer && spec.externalTrafficPolicy === 'Local')) {
    report(
      'health-check-node-port-without-local',
      ['spec', 'healthCheckNodePort'],
      `healthCheckNodePort ${spec.healthCheckNodePort} is set on type ${type} with externalTrafficPolicy ${spec.externalTrafficPolicy ?? 'Cluster'}.`,
    );
  }
  if (!isLoadBalancer) {
    if ((spec.loadBalancerSourceRanges ?? []).length > 0) wrong('loadBalancerSourceRanges');
    if (spec.loadBalancerClass !== undefined) wrong('loadBalancerClass');
    if (spec.allocateLoadBalancerNodePorts !== undefined) wrong('allocateLoadBalancerNodePorts');
  }
  if (type === 'ExternalName' && !spec.externalName) {
    report('external-name-missing', ['spec'], 'A Service of type ExternalName needs externalName.');
  } else if (type === 'ExternalName' && !isSubdomainName(spec.externalName!.replace(/\.$/, ''))) {
    const message = `${shown(spec.externalName)} is not a DNS name.`;
    report('bad-name', ['spec', 'externalName'], message, 'Write a name such as db.example.com, in lower case.');
  }
  if (spec.sessionAffinityConfig?.clientIP !== undefined && spec.sessionAffinity !== 'ClientIP') {
    report(
      'affinity-config-without-affinity',
      ['spec', 'sessionAffinityConfig'],
      `sessionAffinity is ${spec.sessionAffinity ?? 'None'}.`,
    );
  }
}

function checkPorts(spec: Spec, report: Report): void {
  const ports = spec.ports ?? [];
  const type = spec.type ?? 'ClusterIP';
  if (ports.length === 0 && type !== 'ExternalName' && spec.clusterIP !== 'None') {
    report('service-without-ports', ['spec', 'ports'], `A Service of type ${type} needs ports.`);
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, { name, port, protocol = 'TCP', nodePort }] of ports.entries()) {
    const place: Path = ['spec', 'ports', index];
    if (ports.length > 1 && !name)
      report('service-port-names', place, 'A Service with several ports names each of them.');
    else if (name && names.has(name))
      report('service-port-names', [...place, 'name'], `Two ports are called ${shown(name)}.`);
    if (name) names.add(name);
    if (numbers.has(`${port}/${protocol}`))
      report('duplicate-service-port', [...place, 'port'], `Port ${port}/${protocol} is there twice.`);
    numbers.add(`${port}/${protocol}`);
    if (nodePort && (type === 'ClusterIP' || type === 'ExternalName')) {
      report('field-on-wrong-type', [...place, 'nodePort'], `A Service of type ${type} has no nodePort.`);
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
