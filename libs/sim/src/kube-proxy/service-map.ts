/**
 * Services as kube-proxy reads them: one entry per service port and IP family.
 *
 * Models: which Services are ignored, which addresses count for a family, what the traffic policies come to.
 * Source: pkg/proxy/serviceport.go and servicechangetracker.go (service.go before 1.29); pkg/proxy/util.
 * Simplified: addresses and ranges that cannot be parsed are left out silently; kube-proxy writes an event.
 *   Addresses are always canonical; up to 1.22 kube-proxy wrote ranges as they came.
 * Who could tell: someone who looks for the event.
 */
import { type Cidr, formatHostPort, type Ip, parseCidrLenient, parseIpLenient } from '../netfilter/address.js';
import type { IpFamily, LoadBalancerIngress, Protocol, ServiceObject, ServicePort } from '../objects.js';
import type { FeatureGates } from './feature-gates.js';
import type { OrderedMap } from './ordered-map.js';
import { Remembered } from './remembered.js';
import type { ProxyBehaviour } from './versions.js';

/** Labels that take a Service or EndpointSlice out of kube-proxy's sight, whatever their value. */
const HIDING_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

const DEFAULT_AFFINITY_SECONDS = 10_800;

export interface ServicePortInfo {
  /** `namespace/name:port/protocol`; unique within a family. */
  readonly key: string;
  /** `namespace/name`. */
  readonly service: string;
  /** `namespace/name:port`, without the colon where the port has no name: what the rules' comments say. */
  readonly name: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly clusterIP: Ip;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly Ip[];
  /** Addresses that kube-proxy captures on the node (ipMode VIP). */
  readonly loadBalancerVIPs: readonly Ip[];
  readonly loadBalancerSourceRanges: readonly Cidr[];
  /** Null: no session affinity. */
  readonly affinitySeconds: number | null;
  readonly internalPolicyLocal: boolean;
  readonly externalPolicyLocal: boolean;
  /** 0: none. */
  readonly healthCheckNodePort: number;
  /** Value of the annotation about topology; empty: none. */
  readonly hintsAnnotation: string;
  /** Empty: none, or gate ServiceTopology is off. */
  readonly topologyKeys: readonly string[];
}

/** By `ServicePortInfo.key`. */
export type ServiceMap = OrderedMap<ServicePortInfo>;

/** What decides how objects are read. */
export interface ReadingContext {
  readonly ipFamily: IpFamily;
  readonly behaviour: ProxyBehaviour;
  readonly gates: FeatureGates;
  /** kube-proxy of mode userspace knows one family: `spec.clusterIP`'s has to be the one, and it stops at an address of the other. */
  readonly singleFamily?: boolean;
}

const texts = new WeakMap<ReadingContext, string>();

/** Equal where objects are read in the same way. */
export function settingsText(context: ReadingContext): string {
  let text = texts.get(context);
  if (text === undefined) {
    const { ipFamily, behaviour, gates, singleFamily = false } = context;
    text = JSON.stringify([ipFamily, behaviour, gates, singleFamily]);
    texts.set(context, text);
  }
  return text;
}

/** Whether kube-proxy's watch hides this object from it. */
export function isHiddenFromProxy(labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels !== undefined && HIDING_LABELS.some((label) => Object.hasOwn(labels, label));
}

/** Whether the port can be reached from outside: then it has rules for "external" traffic. */
export function isExternallyAccessible(
  info: Pick<ServicePortInfo, 'nodePort' | 'loadBalancerVIPs' | 'externalIPs'>,
): boolean {
  return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0;
}

const readings = new Remembered<readonly ServicePortInfo[]>();

/** The service ports of one Service in one family; empty where kube-proxy ignores it. */
export function readService(service: ServiceObject, context: ReadingContext): readonly ServicePortInfo[] {
  return readings.get(service, [settingsText(context)], () => servicePortsOf(service, context));
}

function servicePortsOf(service: ServiceObject, context: ReadingContext): ServicePortInfo[] {
  const { spec } = service;
  if (isHiddenFromProxy(service.metadata.labels) || spec.type === 'ExternalName' || spec.clusterIP === 'None')
    return [];
  const { singleFamily = false } = context;
  const own = [spec.clusterIP ?? ''];
  const clusterIP = addressesOf(context, singleFamily ? own : (spec.clusterIPs ?? own))[0];
  if (clusterIP === undefined) return [];
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const reach = singleFamily ? firstFamilyOnly(spec.externalIPs ?? [], ingress, context) : null;

  const key = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`;
  const shared = {
    service: key,
    clusterIP,
    externalIPs: addressesOf(context, reach?.externalIPs ?? spec.externalIPs ?? []),
    loadBalancerVIPs: virtualIPsOf(context, reach?.ingress ?? ingress),
    loadBalancerSourceRanges: sourceRangesOf(context, spec.loadBalancerSourceRanges ?? []),
    affinitySeconds: affinitySecondsOf(service),
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local' && context.gates.ServiceInternalTrafficPolicy,
    externalPolicyLocal: isExternalPolicyLocal(service, context.behaviour),
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0,
    hintsAnnotation: hintsAnnotationOf(service, context.behaviour),
    topologyKeys: context.gates.ServiceTopology ? (spec.topologyKeys ?? []) : [],
  };
  const hasNodePorts = reach?.nodePorts ?? true;
  return (spec.ports ?? []).map((port) => ({
    ...shared,
    ...readPort(key, port),
    ...(hasNodePorts ? {} : { nodePort: 0 }),
  }));
}

/** In mode userspace the first address for which iptables takes no rule ends the list: what would come after it stays shut. */
function firstFamilyOnly(
  externalIPs: readonly string[],
  ingress: readonly LoadBalancerIngress[],
  { ipFamily }: ReadingContext,
): { externalIPs: readonly string[]; ingress: readonly LoadBalancerIngress[]; nodePorts: boolean } {
  const isForeign = (text: string): boolean => (parseIpLenient(text)?.family ?? ipFamily) !== ipFamily;
  const external = externalIPs.findIndex(isForeign);
  if (external >= 0) return { externalIPs: externalIPs.slice(0, external), ingress: [], nodePorts: false };
  const balancer = ingress.findIndex(({ ip = '' }) => isForeign(ip));
  if (balancer >= 0) return { externalIPs, ingress: ingress.slice(0, balancer), nodePorts: false };
  return { externalIPs, ingress, nodePorts: true };
}

function readPort(service: string, port: ServicePort) {
  const portName = port.name ?? '';
  const protocol = port.protocol ?? 'TCP';
  return {
    key: servicePortKey(service, portName, protocol),
    name: portName === '' ? service : `${service}:${portName}`,
    portName,
    protocol,
    port: port.port,
    nodePort: port.nodePort ?? 0,
  };
}

/** What a service port and its endpoints have in common. */
export function servicePortKey(service: string, portName: string, protocol: Protocol): string {
  return `${service}:${portName}/${protocol}`;
}

/** `namespace/name` */
export function serviceOfPortKey(key: string): string {
  return key.slice(0, key.indexOf(':'));
}

function addressesOf({ ipFamily }: ReadingContext, texts: readonly string[]): Ip[] {
  return texts.map((text) => parseIpLenient(text)).filter((ip) => ip !== null && ip.family === ipFamily) as Ip[];
}

function virtualIPsOf(context: ReadingContext, ingress: readonly LoadBalancerIngress[]): Ip[] {
  const captured = ingress.filter((entry) => !(context.gates.LoadBalancerIPMode && entry.ipMode === 'Proxy'));
  return addressesOf(
    context,
    captured.map((entry) => entry.ip ?? ''),
  );
}

function sourceRangesOf({ ipFamily, behaviour }: ReadingContext, texts: readonly string[]): Cidr[] {
  const ranges = texts.map((text) => parseCidrLenient(text.trim()));
  const ofFamily = ranges.filter((range) => range !== null && range.family === ipFamily) as Cidr[];
  const allowsAll = behaviour.zeroSourceRangeAllowsAll && ofFamily.some((range) => range.prefixLength === 0);
  return allowsAll ? [] : ofFamily;
}

function affinitySecondsOf({ spec }: ServiceObject): number | null {
  if (spec.sessionAffinity !== 'ClientIP') return null;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
}

function isExternalPolicyLocal({ spec }: ServiceObject, behaviour: ProxyBehaviour): boolean {
  if (spec.externalTrafficPolicy !== 'Local') return false;
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') return true;
  return behaviour.localPolicyOnExternalIPs && (spec.externalIPs ?? []).length > 0;
}

/** Since 1.27 the annotation has a new name, which wins over the old one. */
function hintsAnnotationOf(service: ServiceObject, behaviour: ProxyBehaviour): string {
  const annotations = service.metadata.annotations ?? {};
  const old = annotations['service.kubernetes.io/topology-aware-hints'] ?? '';
  if (behaviour.hintsCondition === 'annotationAuto') return old;
  return annotations['service.kubernetes.io/topology-mode'] ?? old;
}

/** `ip:port` of an endpoint or a service port. */
export function hostPort(ip: Ip, port: number): string {
  return formatHostPort(ip.text, port);
}
