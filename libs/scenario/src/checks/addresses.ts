/** Addresses: unique, inside their ranges, of the family that their field says. */
import {
  type Cidr,
  contains,
  containsCidr,
  type KubeObject,
  keyOf,
  type NodeObject,
  type PodObject,
  parseCidr,
  parseCidrLenient,
  parseIp,
  type ServiceObject,
} from '#sim';
import type { Draft, Placed } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';
import { checkSpecial } from './special-addresses.js';

/** Addresses that are taken, and by whom. */
class Taken {
  private readonly owners = new Map<string, string>();

  constructor(private readonly issues: IssueList) {}

  /** Reports a second owner of an address. */
  add(ip: string, owner: string, at: Path): void {
    const key = parseIp(ip)?.text ?? ip;
    const before = this.owners.get(key);
    if (before === undefined) this.owners.set(key, owner);
    else if (before !== owner)
      this.issues.add('duplicate-address', at, `${ip} is the address of ${before} and of ${owner}.`);
  }
}

export function checkAddresses(draft: Draft, issues: IssueList): void {
  const taken = new Taken(issues);
  const podCidrs = new Map<string, Cidr[]>();
  for (const placed of of('Node', draft)) podCidrs.set(placed.value.metadata.name, checkNode(placed, taken, issues));
  for (const placed of of('Pod', draft)) checkPod(placed, podCidrs, draft, taken, issues);
  for (const placed of of('Service', draft)) checkService(placed, draft, taken, issues);
  for (const { value, at } of draft.clients) {
    const { name, ips } = value;
    const placeOf = (n: number): Path => (ips.length === 1 ? [...at, 'ip'] : [...at, 'ips', n]);
    for (const [n, ip] of ips.entries()) taken.add(ip, `client ${name}`, placeOf(n));
  }
  checkAllocations(draft, issues);
  checkRanges(draft, podCidrs, issues);
}

export function of<K extends KubeObject['kind']>(kind: K, draft: Draft): Placed<Extract<KubeObject, { kind: K }>>[] {
  return draft.objects.filter(({ value }) => value.kind === kind) as unknown as Placed<
    Extract<KubeObject, { kind: K }>
  >[];
}

/** The node's pod CIDRs. */
function checkNode({ value: node, at }: Placed<NodeObject>, taken: Taken, issues: IssueList): Cidr[] {
  let hasInternal = false;
  for (const [index, { type, address }] of (node.status?.addresses ?? []).entries()) {
    const place = [...at, 'status', 'addresses', index, 'address'];
    if (type !== 'InternalIP' && type !== 'ExternalIP') continue;
    hasInternal ||= type === 'InternalIP';
    if (parseIp(address) === null) issues.add('bad-address', place, `${shown(address)} is not an IP address.`);
    else taken.add(address, `node ${node.metadata.name}`, place);
  }
  if (!hasInternal) issues.add('node-without-address', at, `Node ${node.metadata.name} has no InternalIP.`);
  return checkPodCidrs(node, [...at, 'spec'], issues);
}

function checkPodCidrs(node: NodeObject, at: Path, issues: IssueList): Cidr[] {
  const { podCIDR, podCIDRs = [] } = node.spec ?? {};
  const [field, given] =
    podCIDRs.length > 0
      ? (['podCIDRs', podCIDRs] as const)
      : (['podCIDR', podCIDR === undefined ? [] : [podCIDR]] as const);
  if (podCIDRs.length > 0 && podCIDR !== undefined && podCIDR !== podCIDRs[0]) {
    const message = `podCIDR ${podCIDR} is not the first of podCIDRs, ${podCIDRs[0]}.`;
    issues.add('bad-value', [...at, 'podCIDR'], message, 'Make both the same.');
  }
  const cidrs = given.flatMap((text, index) => {
    const cidr = parseCidr(text);
    const place = field === 'podCIDR' ? [...at, field] : [...at, field, index];
    if (cidr?.hasHostBits) issues.add('cidr-host-bits', place, `${text} is the network ${cidr.text}.`);
    return cidr === null ? [] : [cidr];
  });
  checkFamilies(cidrs, `Node ${node.metadata.name} has`, [...at, field], issues);
  return cidrs;
}

/** One of each family, as everywhere where there may be two. */
function checkFamilies(pair: readonly { family: string }[], who: string, at: Path, issues: IssueList): void {
  const families = new Set(pair.map(({ family }) => family));
  if (families.size === pair.length) return;
  issues.add('duplicate-ip-family', at, `${who} ${pair.length} of them, and not one of each IP family.`);
}

const ENDED = new Set(['Succeeded', 'Failed']);

function checkPod(
  { value: pod, at }: Placed<PodObject>,
  podCidrs: Map<string, Cidr[]>,
  draft: Draft,
  taken: Taken,
  issues: IssueList,
): void {
  // Host-network pods share their node's address; the address of an ended pod may have been given out again.
  if (pod.spec?.hostNetwork || ENDED.has(pod.status?.phase ?? '')) return;
  const { podIP, podIPs = [] } = pod.status ?? {};
  const ips = podIPs.length > 0 ? podIPs.map(({ ip }) => ip) : podIP ? [podIP] : [];
  for (const text of ips) {
    const place = [...at, 'status', 'podIP'];
    if (draft.cluster.admission === 'apply') taken.add(text, `pod ${keyOf(pod)}`, place);
    const ip = parseIp(text);
    const cidrs = podCidrs.get(pod.spec?.nodeName ?? '')?.filter(({ family }) => family === ip?.family) ?? [];
    if (ip === null || cidrs.length === 0 || cidrs.some((cidr) => contains(cidr, ip))) continue;
    const range = cidrs.map((cidr) => cidr.text).join(' and ');
    issues.add(
      'pod-address-outside-range',
      place,
      `${text} of pod ${keyOf(pod)} is outside ${range} of node ${pod.spec!.nodeName}.`,
    );
  }
}

function checkService(
  { value: service, at }: Placed<ServiceObject>,
  draft: Draft,
  taken: Taken,
  issues: IssueList,
): void {
  const { clusterIP, clusterIPs, ipFamilies = [] } = service.spec;
  const place = [...at, 'spec', clusterIPs === undefined ? 'clusterIP' : 'clusterIPs'];
  if (clusterIP && clusterIPs?.[0] && clusterIP !== clusterIPs[0]) {
    issues.add(
      'bad-value',
      [...at, 'spec', 'clusterIP'],
      `clusterIP ${clusterIP} is not the first of clusterIPs, ${clusterIPs[0]}.`,
      'Make both the same.',
    );
  }
  for (const [index, text] of (clusterIPs ?? (clusterIP ? [clusterIP] : [])).entries()) {
    const ip = parseIp(text);
    if (ip === null) continue;
    const here = clusterIPs === undefined ? place : [...place, index];
    const family = ipFamilies[index];
    if (family !== undefined && family !== ip.family) {
      issues.add('ip-family-mismatch', here, `${text} is ${ip.family}, and ipFamilies says ${family}.`);
    }
    if (draft.cluster.admission !== 'apply') continue;
    checkClusterIp(text, here, draft, issues);
    taken.add(text, `service ${keyOf(service)}`, here);
  }
  const families = ipFamilies.map((family) => ({ family }));
  checkFamilies(families, `Service ${keyOf(service)} has`, [...at, 'spec', 'ipFamilies'], issues);
  const ips = (clusterIPs ?? []).map(parseIp).filter((ip) => ip !== null);
  checkFamilies(ips, `Service ${keyOf(service)} has`, [...at, 'spec', 'clusterIPs'], issues);
  for (const [index, text] of (service.spec.externalIPs ?? []).entries()) {
    const ip = parseIp(text);
    if (ip !== null && draft.cluster.admission === 'apply')
      checkSpecial(ip, [...at, 'spec', 'externalIPs', index], issues);
  }
  for (const [index, text] of (service.spec.loadBalancerSourceRanges ?? []).entries()) {
    const here = [...at, 'spec', 'loadBalancerSourceRanges', index];
    // Blanks around it and leading zeros are taken, as an API server does in this field.
    const cidr = text.includes('/') ? parseCidrLenient(text.trim()) : null;
    if (cidr === null) issues.add('bad-cidr', here, `${shown(text)} is not a CIDR.`);
    else if (cidr.hasHostBits) issues.add('cidr-host-bits', here, `${text} is the network ${cidr.text}.`);
  }
}

function checkClusterIp(text: string, at: Path, draft: Draft, issues: IssueList): void {
  const ip = parseIp(text);
  const ranges = draft.cluster.serviceCIDRs;
  if (ip === null || ranges.length === 0 || ranges.some((range) => contains(parseCidr(range)!, ip))) return;
  issues.add('address-outside-range', at, `${text} is outside ${ranges.join(' and ')}.`);
}

function checkAllocations(draft: Draft, issues: IssueList): void {
  const { clusterIP } = draft.cluster.allocations;
  for (const [service, ip] of Object.entries(clusterIP)) {
    checkClusterIp(ip, ['cluster', 'allocations', 'clusterIP', service.replace(/^default\//, '')], draft, issues);
  }
}

function checkRanges(draft: Draft, podCidrs: Map<string, Cidr[]>, issues: IssueList): void {
  const ranges = draft.cluster.serviceCIDRs.map((text) => parseCidr(text)!);
  checkFamilies(ranges, 'The cluster has', ['cluster', 'serviceCIDRs'], issues);
  for (const [index, text] of draft.cluster.serviceCIDRs.entries()) {
    const services = parseCidr(text)!;
    const at = ['cluster', 'serviceCIDRs', index];
    if (services.hasHostBits) issues.add('cidr-host-bits', at, `${text} is the network ${services.text}.`);
    if (draft.cluster.admission !== 'apply') continue;
    for (const [node, cidrs] of podCidrs) {
      const overlapping = cidrs.find((cidr) => containsCidr(services, cidr) || containsCidr(cidr, services));
      if (overlapping === undefined) continue;
      issues.add('overlapping-ranges', at, `${text} overlaps with the pod CIDR ${overlapping.text} of node ${node}.`);
      break;
    }
  }
}
