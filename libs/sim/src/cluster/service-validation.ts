/**
 * What an API server refuses of a Service, with the texts that kubectl shows.
 *
 * Models: ports, policies and numbers on types that have none, fields that may not change, addresses that are none.
 * Source: k8s.io/kubernetes pkg/apis/core/validation (ValidateService, ValidateServiceUpdate).
 * Simplified: the first problem only; the texts of 1.3x in every version.
 * Who could tell: someone who compares error messages.
 */
import { parseCidrLenient, parseIp } from '../netfilter/address.js';
import type { ServiceObject } from '../objects.js';

type Spec = ServiceObject['spec'];

/** What gates of the API server decide. */
export interface ServiceFeatures {
  /** Values of `trafficDistribution` that it takes; none: it does not know the field. */
  readonly distributions: readonly string[];
  /** Gate ServiceTopology. */
  readonly topologyKeys: boolean;
}

export const NEWEST_FEATURES: ServiceFeatures = {
  distributions: ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
  topologyKeys: false,
};

const MOST_TOPOLOGY_KEYS = 16;

/** Null where nothing is wrong; otherwise the text behind `The Service "…" is invalid: `. `before`: with an update. */
export function serviceProblem(
  { spec, metadata }: ServiceObject,
  before: ServiceObject | null,
  features: ServiceFeatures = NEWEST_FEATURES,
): string | null {
  return (
    unsupportedValue(spec) ??
    typeProblem(spec) ??
    portsProblem(spec) ??
    policyProblem(spec) ??
    addressProblem(spec) ??
    topologyProblem(spec, metadata.annotations ?? {}, features) ??
    (before === null ? null : updateProblem(spec, before.spec))
  );
}

/** Policy Local and node ports of health checks belong together on a LoadBalancer. */
export function needsHealthCheckNodePort(spec: Spec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

export function needsNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

export function isExternal(spec: Spec): boolean {
  return needsNodePorts(spec) || (spec.type !== 'ExternalName' && (spec.externalIPs ?? []).length > 0);
}

const VALUES = {
  type: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
  externalTrafficPolicy: ['Cluster', 'Local'],
  internalTrafficPolicy: ['Cluster', 'Local'],
  sessionAffinity: ['ClientIP', 'None'],
  ipFamilyPolicy: ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
} as const;

function unsupportedValue(spec: Spec): string | null {
  for (const [field, values] of Object.entries(VALUES)) {
    const value = spec[field as keyof typeof VALUES];
    if (value === undefined || (values as readonly string[]).includes(value)) continue;
    return `spec.${field}: Unsupported value: "${value}": supported values: ${values.map((known) => `"${known}"`).join(', ')}`;
  }
  return null;
}

function typeProblem(spec: Spec): string | null {
  if (spec.type === 'ExternalName') {
    const field = (['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).find(
      (name) => (spec[name] ?? '').length > 0,
    );
    if (field !== undefined) return `spec.${field}: Forbidden: may not be set for ExternalName services`;
    return externalNameProblem(spec.externalName ?? '');
  }
  if (needsNodePorts(spec) && spec.clusterIP === 'None') {
    return `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for ${spec.type} services`;
  }
  if ((spec.ports ?? []).length === 0 && spec.clusterIP !== 'None') return 'spec.ports: Required value';
  return null;
}

const DNS_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

function externalNameProblem(name: string): string | null {
  if (name === '') return 'spec.externalName: Required value';
  const bare = name.replace(/\.$/, '');
  if (bare.length <= 253 && DNS_NAME.test(bare)) return null;
  return `spec.externalName: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`;
}

function portsProblem(spec: Spec): string | null {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [n, { name = '', port, protocol = 'TCP', nodePort }] of ports.entries()) {
    const field = `spec.ports[${n}]`;
    if (!['TCP', 'UDP', 'SCTP'].includes(protocol)) {
      return `${field}.protocol: Unsupported value: "${protocol}": supported values: "SCTP", "TCP", "UDP"`;
    }
    if (!isPort(port)) return `${field}.port: Invalid value: ${port}: must be between 1 and 65535, inclusive`;
    if (name === '' && ports.length > 1) return `${field}.name: Required value`;
    if (name !== '' && names.has(name)) return `${field}.name: Duplicate value: "${name}"`;
    if (numbers.has(`${port}/${protocol}`))
      return `${field}: Duplicate value: {"protocol":"${protocol}","port":${port}}`;
    if (nodePort && !needsNodePorts(spec)) {
      return `${field}.nodePort: Forbidden: may not be used when \`type\` is '${spec.type ?? 'ClusterIP'}'`;
    }
    names.add(name);
    numbers.add(`${port}/${protocol}`);
  }
  return null;
}

function policyProblem(spec: Spec): string | null {
  if (spec.externalTrafficPolicy !== undefined && !isExternal(spec)) {
    return `spec.externalTrafficPolicy: Invalid value: "${spec.externalTrafficPolicy}": may only be set for externally-accessible services`;
  }
  if (spec.healthCheckNodePort && !needsHealthCheckNodePort(spec)) {
    return `spec.healthCheckNodePort: Invalid value: ${spec.healthCheckNodePort}: may only be set when \`type\` is 'LoadBalancer' and \`externalTrafficPolicy\` is 'Local'`;
  }
  if (spec.type !== 'LoadBalancer' && (spec.loadBalancerSourceRanges ?? []).length > 0) {
    return "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'";
  }
  return null;
}

function addressProblem(spec: Spec): string | null {
  for (const [n, ip] of (spec.externalIPs ?? []).entries()) {
    if (parseIp(ip) === null) return `spec.externalIPs[${n}]: Invalid value: "${ip}": must be a valid IP address`;
  }
  for (const [n, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    if (parseCidrLenient(range.trim()) !== null && range.includes('/')) continue;
    return `spec.LoadBalancerSourceRanges[${n}]: Invalid value: "${range}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`;
  }
  return null;
}

function topologyProblem(
  spec: Spec,
  annotations: Readonly<Record<string, string>>,
  { distributions }: ServiceFeatures,
): string | null {
  const { trafficDistribution: value = '' } = spec;
  if (value !== '' && distributions.length > 0 && !distributions.includes(value)) {
    const supported = distributions.map((known) => `"${known}"`).join(', ');
    return `spec.trafficDistribution: Unsupported value: "${value}": supported values: ${supported}`;
  }
  const mode = annotations['service.kubernetes.io/topology-mode'];
  const old = annotations['service.kubernetes.io/topology-aware-hints'];
  if (mode !== undefined && old !== undefined && mode !== old) {
    return `metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "${mode}": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified`;
  }
  return topologyKeysProblem(spec);
}

function topologyKeysProblem({ topologyKeys: keys = [], externalTrafficPolicy }: Spec): string | null {
  if (keys.length === 0) return null;
  if (externalTrafficPolicy === 'Local')
    return 'spec.topologyKeys: Forbidden: may not be specified when `externalTrafficPolicy=Local`';
  if (keys.length > MOST_TOPOLOGY_KEYS)
    return `spec.topologyKeys: Too many: ${keys.length}: must have at most ${MOST_TOPOLOGY_KEYS} items`;
  for (const [n, key] of keys.entries()) {
    const field = `spec.topologyKeys[${n}]`;
    if (keys.indexOf(key) < n) return `${field}: Duplicate value: "${key}"`;
    if (key === '*' && n < keys.length - 1) return `${field}: Invalid value: "*": "*" must be the last value specified`;
  }
  return null;
}

function updateProblem(spec: Spec, before: Spec): string | null {
  const was = before.clusterIP ?? before.clusterIPs?.[0];
  // A patch may name either field; the one that differs is meant.
  const is = [spec.clusterIP, spec.clusterIPs?.[0]].find((ip) => ip && ip !== was) ?? was;
  const stays = spec.type !== 'ExternalName' && before.type !== 'ExternalName';
  if (stays && was && is && is !== was) return `spec.clusterIPs[0]: Invalid value: ["${is}"]: may not change once set`;
  const asked = spec.healthCheckNodePort;
  if (asked && before.healthCheckNodePort && asked !== before.healthCheckNodePort) {
    return `spec.healthCheckNodePort: Invalid value: ${asked}: field is immutable`;
  }
  return null;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
