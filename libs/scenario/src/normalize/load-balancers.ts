/** `loadBalancer` and `loadBalancers` → profiles: a family with what the document changes in it. */
import {
  LOAD_BALANCER_FAMILIES,
  type LoadBalancerFamily,
  type LoadBalancerProfile,
  loadBalancerProfile,
  nearestName,
} from '#sim';
import { type IssueList, shown } from '../issues.js';
import { refusesFamily } from '../not-modelled.js';
import { type Path, valueAt } from '../pointer.js';
import { type LoadBalancerInput, zLoadBalancer } from '../schema/cluster.js';
import { namespaced } from '../schema/scalars.js';
import { validateFields } from '../schema/validate.js';

export interface ReadLoadBalancers {
  default: LoadBalancerProfile;
  byService: Record<string, LoadBalancerProfile>;
}

export function readLoadBalancers(common: unknown, byService: unknown, issues: IssueList): ReadLoadBalancers {
  const family = readProfile(common ?? {}, ['loadBalancer'], issues);
  const own: [string, LoadBalancerProfile][] = [];
  if (typeof byService === 'object' && byService !== null && !Array.isArray(byService)) {
    for (const [name, value] of Object.entries(byService)) {
      const at: Path = ['loadBalancers', name];
      const key = namespaced(name);
      if (key === null) issues.add('bad-name', at, `${shown(name)} is not NAME or NAMESPACE/NAME.`);
      else own.push([key, readProfile(value, at, issues)]);
    }
  } else if (byService !== undefined && byService !== null) {
    issues.add('wrong-type', ['loadBalancers'], '"loadBalancers" takes a map of services.');
  }
  return { default: family, byService: Object.fromEntries(own) };
}

/** Whether the document says the family of a Service's load balancer; by `namespace/name`. */
export function familySaid(common: unknown, byService: unknown): (service: string) => boolean {
  const says = (value: unknown) => typeof valueAt(value, ['family']) === 'string';
  const own = new Map(Object.entries(byService ?? {}).map(([name, value]) => [namespaced(name), says(value)]));
  return (service) => own.get(service) ?? says(common);
}

function readProfile(value: unknown, at: Path, issues: IssueList): LoadBalancerProfile {
  const { fields: input } = validateFields(zLoadBalancer, value, at, issues);
  const family = readFamily(input.family ?? 'generic', [...at, 'family'], issues);
  const profile = withChanges(loadBalancerProfile(family), input);
  for (const { intervalNs, timeoutNs } of [profile.clusterHealthCheck, profile.localHealthCheck]) {
    if (input.healthCheck === undefined || timeoutNs <= intervalNs) continue;
    issues.add(
      'health-check-timeout',
      [...at, 'healthCheck'],
      `The timeout of ${timeoutNs / 1e9} s is longer than the interval of ${intervalNs / 1e9} s.`,
    );
    break;
  }
  return profile;
}

/** What the provider's controller is told anew: a family from scratch, or changes in what it had. */
export function upgradedProfile(
  input: Partial<LoadBalancerInput>,
  current: LoadBalancerProfile,
  at: Path,
  issues: IssueList,
): LoadBalancerProfile {
  const { family } = input;
  return withChanges(
    family === undefined ? current : loadBalancerProfile(readFamily(family, [...at, 'family'], issues)),
    input,
  );
}

function readFamily(name: string, at: Path, issues: IssueList): LoadBalancerFamily {
  const known = LOAD_BALANCER_FAMILIES.find((family) => family === name);
  if (known !== undefined) return known;
  const there = LOAD_BALANCER_FAMILIES.join(', ');
  if (refusesFamily(name, at, there, issues)) return 'generic';
  const nearest = nearestName(name, LOAD_BALANCER_FAMILIES);
  const hint = nearest === null ? `Use one of ${there}.` : `Write "${nearest}".`;
  issues.add('unknown-family', at, `There is no load balancer family ${shown(name)}; there are ${there}.`, hint);
  return 'generic';
}

function withChanges(profile: LoadBalancerProfile, input: Partial<LoadBalancerInput>): LoadBalancerProfile {
  const { interval, timeout, healthyThreshold, unhealthyThreshold } = input.healthCheck ?? {};
  const numbers = (check: LoadBalancerProfile['clusterHealthCheck']) => ({
    intervalNs: interval ?? check.intervalNs,
    timeoutNs: timeout ?? check.timeoutNs,
    healthyThreshold: healthyThreshold ?? check.healthyThreshold,
    unhealthyThreshold: unhealthyThreshold ?? check.unhealthyThreshold,
  });
  const kind = input.kind ?? profile.kind;
  const preserveClientIP = input.preserveClientIP ?? profile.preserveClientIP;
  const hidesClients = kind === 'proxy' || !preserveClientIP;
  const addresses = hidesClients ? loadBalancerProfile('generic-proxy').addresses : [];
  const { unhealthy, removed } = input.draining ?? {};
  return {
    family: profile.family,
    kind,
    destination: input.destination ?? profile.destination,
    announcement: profile.announcement,
    failoverNs: input.failover ?? profile.failoverNs,
    clusterCheck: input.clusterCheck ?? profile.clusterCheck,
    localCheck: input.localCheck ?? profile.localCheck,
    clusterHealthCheck: numbers(profile.clusterHealthCheck),
    localHealthCheck: numbers(profile.localHealthCheck),
    checkPath: input.healthCheck?.path ?? profile.checkPath,
    checkByAppProtocol: input.checkByAppProtocol ?? profile.checkByAppProtocol,
    checkSendsProxyHeader: input.checkSendsProxyHeader ?? profile.checkSendsProxyHeader,
    initialState: input.initialState ?? profile.initialState,
    probers: input.probers ?? profile.probers,
    zones: input.zones ?? profile.zones,
    crossZone: input.crossZone ?? profile.crossZone,
    zoneFailoverNs: input.zoneFailover ?? profile.zoneFailoverNs,
    allDown: input.allDown ?? profile.allDown,
    draining: {
      unhealthy: unhealthy ?? profile.draining.unhealthy,
      removedNs: removed === 'never' ? null : (removed ?? profile.draining.removedNs),
    },
    updateNs: input.updateLatency ?? profile.updateNs,
    publishes: input.publishes ?? profile.publishes,
    ipMode: input.ipMode ?? profile.ipMode,
    preserveClientIP,
    hairpin: input.hairpin ?? profile.hairpin,
    addresses: input.addresses ?? (profile.addresses.length > 0 ? profile.addresses : addresses),
    forwards: input.forwards ?? profile.forwards,
  };
}
