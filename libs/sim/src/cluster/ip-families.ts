/**
 * Which IP families a Service has: what it says, what its addresses say, what its policy asks for, and what the cluster offers.
 *
 * Models: defaults of ipFamilyPolicy and ipFamilies, going to two families and back, headless services without a selector.
 * Source: pkg/registry/core/service/storage (initIPFamilyFields), strategy.go (NormalizeClusterIPs); pkg/apis/core/validation
 *   (ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngradeIPFamilies).
 * Simplified: `clusterIPs` without `clusterIP` is taken, where an API server wants both; the first problem only.
 * Who could tell: someone who tests validation.
 */
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, ServiceObject } from '../objects.js';

type Spec = ServiceObject['spec'];

const PAIR: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** The spec with policy, families and the addresses that it keeps; a text says what is wrong. `offered`: the first is the default. */
export function withFamilies(spec: Spec, before: Spec | null, offered: readonly IpFamily[]): Spec | string {
  if (spec.type === 'ExternalName') return spec;
  const was = before === null || before.type === 'ExternalName' ? null : asRead(before);
  const clusterIPs = was === null ? addressesOf(spec) : addressesAfter(spec, addressesOf(was));
  const ipFamilies = [...(spec.ipFamilies ?? [])];
  const asked: Spec = { ...spec, clusterIPs, clusterIP: clusterIPs[0] ?? '', ipFamilies };
  if (was !== null && staysPreferred(asked, was)) return asked;
  const headless = asked.clusterIPs?.[0] === 'None';
  const selectsNothing = Object.keys(spec.selector ?? {}).length === 0;
  asked.ipFamilyPolicy ??= was?.ipFamilyPolicy ?? (headless && selectsNothing ? 'RequireDualStack' : 'SingleStack');
  const problem = fieldsProblem(asked) ?? (was === null ? null : changeProblem(asked, was)) ?? policyProblem(asked);
  if (problem !== null) return problem;
  return headless && selectsNothing ? anywhere(asked, offered) : onCluster(asked, offered);
}

/** What a stored Service leaves out, its addresses say. */
function asRead(stored: Spec): Spec {
  const families = addressesOf(stored).flatMap((ip) => parseIp(ip)?.family ?? []);
  const ipFamilies = stored.ipFamilies ?? families;
  return { ...stored, ipFamilies, ipFamilyPolicy: stored.ipFamilyPolicy ?? policyOf(ipFamilies) };
}

function policyOf(families: readonly IpFamily[]): NonNullable<Spec['ipFamilyPolicy']> {
  return families.length > 1 ? 'RequireDualStack' : 'SingleStack';
}

/** Without empty ones; `clusterIP` alone stands for the list. */
function addressesOf({ clusterIP = '', clusterIPs = [] }: Spec): string[] {
  const all = clusterIPs.length > 0 ? clusterIPs : [clusterIP];
  return all.filter((ip) => ip !== '');
}

/** A Service that prefers two families is left alone when the cluster gets another one. */
function staysPreferred(spec: Spec, was: Spec): boolean {
  const prefers = spec.ipFamilyPolicy === 'PreferDualStack' && was.ipFamilyPolicy === 'PreferDualStack';
  return prefers && isSame(spec.clusterIPs, addressesOf(was)) && isSame(spec.ipFamilies, was.ipFamilies);
}

/** `clusterIP` or `clusterIPs` changes, and the other follows; a Service that says none keeps its own. */
function addressesAfter({ clusterIP = '', clusterIPs = [] }: Spec, were: readonly string[]): string[] {
  const isFirst = clusterIP === '' || clusterIP === were[0];
  if (clusterIPs.length === 0) return isFirst ? [...were] : [clusterIP];
  return isFirst || !isSame(clusterIPs, were) ? clusterIPs.filter((ip) => ip !== '') : [clusterIP];
}

function fieldsProblem({ clusterIPs = [], ipFamilies = [] }: Spec): string | null {
  const again = ipFamilies.findIndex((family, n) => ipFamilies.indexOf(family) < n);
  if (again >= 0) return `spec.ipFamilies[${again}]: Duplicate value: "${ipFamilies[again]}"`;
  const shown = JSON.stringify(clusterIPs);
  if (clusterIPs.length > 1 && clusterIPs.includes('None'))
    return `spec.clusterIPs: Invalid value: ${shown}: 'None' must be the first and only value`;
  const families = clusterIPs.map((ip) => parseIp(ip)?.family);
  for (const [n, ip] of clusterIPs.entries()) {
    const field = `spec.clusterIPs[${n}]: Invalid value: "${ip}"`;
    if (families[n] === undefined && ip !== 'None') return `${field}: must be a valid IP address`;
    const wanted = ipFamilies[n];
    if (ip !== 'None' && wanted !== undefined && wanted !== families[n])
      return `${field}: expected an ${wanted} value as indicated by \`ipFamilies[${n}]\``;
  }
  if (new Set(families).size < families.length)
    return `spec.clusterIPs: Invalid value: ${shown}: may specify no more than one IP for each IP family`;
  return null;
}

/** Takes the second family away where the policy says so; otherwise nothing may go, and the first stays. */
function changeProblem(spec: Spec, was: Spec): string | null {
  const [ips, families] = [addressesOf(was), was.ipFamilies ?? []];
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (isSame(spec.clusterIPs, ips)) spec.clusterIPs = ips.slice(0, 1);
    if (isSame(spec.ipFamilies, families)) spec.ipFamilies = families.slice(0, 1);
  } else {
    const must = `spec.ipFamilyPolicy: Invalid value: "${spec.ipFamilyPolicy}": must be 'SingleStack' to release the secondary`;
    if (ips.length > 1 && spec.clusterIPs?.length === 1) return `${must} cluster IP`;
    if (families.length > 1 && spec.ipFamilies?.length === 1) return `${must} IP family`;
  }
  const place = ips.findIndex((ip, n) => ip !== (spec.clusterIPs?.[n] ?? (n === 0 ? '' : ip)));
  if (place >= 0)
    return `spec.clusterIPs[${place}]: Invalid value: ${JSON.stringify(spec.clusterIPs)}: may not change once set`;
  const [first, before] = [spec.ipFamilies?.[0], families[0]];
  const isHeadful = spec.clusterIPs?.[0] !== 'None' && ips[0] !== 'None';
  if (isHeadful && first !== undefined && before !== undefined && first !== before)
    return `spec.ipFamilies[0]: Invalid value: ${JSON.stringify(spec.ipFamilies)}: may not change once set`;
  return null;
}

function policyProblem({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: Spec): string | null {
  if (ipFamilyPolicy !== 'SingleStack') return null;
  const field = `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple`;
  if (clusterIPs.length > 1) return `${field} cluster IPs are specified`;
  return ipFamilies.length > 1 ? `${field} IP families are specified` : null;
}

/** A headless service without a selector may have any families: others make its endpoints. */
function anywhere(spec: Spec, offered: readonly IpFamily[]): Spec {
  const families = spec.ipFamilies?.length ? spec.ipFamilies : offered.slice(0, 1);
  return { ...spec, ipFamilies: spec.ipFamilyPolicy === 'SingleStack' ? families : both(families) };
}

function onCluster(spec: Spec, offered: readonly IpFamily[]): Spec | string {
  const { ipFamilyPolicy, clusterIPs = [] } = spec;
  const families = [...(spec.ipFamilies ?? [])];
  for (const [n, ip] of clusterIPs.entries()) {
    const family = parseIp(ip)?.family;
    if (family === undefined || n < families.length) continue;
    if (!offered.includes(family))
      return `spec.clusterIPs[${n}]: Invalid value: ${JSON.stringify(clusterIPs)}: ${family} is not configured on this cluster`;
    families.push(family);
  }
  if (ipFamilyPolicy === 'RequireDualStack' && offered.length < 2)
    return 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services';
  const missing = families.findIndex((family) => !offered.includes(family));
  if (missing >= 0)
    return `spec.ipFamilies[${missing}]: Invalid value: "${families[missing]}": not configured on this cluster`;
  const some = families.length > 0 ? families : offered.slice(0, 1);
  const wantsBoth = ipFamilyPolicy !== 'SingleStack' && offered.length > 1;
  return { ...spec, ipFamilies: wantsBoth ? both(some) : some };
}

function both(families: readonly IpFamily[]): IpFamily[] {
  return [...families, ...PAIR.filter((family) => !families.includes(family))];
}

function isSame(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((value, n) => value === b[n]);
}
