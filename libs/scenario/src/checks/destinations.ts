/** Traffic goes to an address and a port that its Service has, in an IP family that its client has. */
import {
  behindNames,
  type Destination,
  isHeadless,
  keyOf,
  type Protocol,
  parseIp,
  type ServiceObject,
  type Traffic,
} from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { refuseDestination } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import { of } from './addresses.js';

export function checkDestinations(draft: Draft, issues: IssueList): void {
  const changing = changedServices(draft);
  const services = new Map(of('Service', draft).map(({ value }) => [keyOf(value), value]));
  for (const { value, at } of draft.traffic) {
    checkFamily(value, draft, at, issues);
    if (!('service' in value.to) || changing.has(value.to.service)) continue;
    const service = services.get(value.to.service);
    if (service === undefined) continue;
    const place = [...at, 'to'];
    if (value.to.via === null && (isHeadless(service) || service.spec.type === 'ExternalName'))
      checkName(value, service, services, place, issues);
    else checkDestination(value.to, value.protocol, service, place, issues);
  }
}

/** Names that have no address of their own: only the cluster can look them up. */
function checkName(
  { from }: Traffic,
  service: ServiceObject,
  services: ReadonlyMap<string, ServiceObject>,
  at: Path,
  issues: IssueList,
): void {
  const key = keyOf(service);
  if ('client' in from) {
    const message = `Service ${key} is a name that nobody outside the cluster can look up.`;
    issues.add('destination-not-offered', at, message, 'Send from a pod, or give an address with "ip" and "port".');
  }
  const end = behindNames({ service: (name) => services.get(name), endpointSlices: () => [] }, key);
  if (end.kind === 'outside') refuseDestination(`What answers at ${end.name}, outside the cluster`, at, issues);
}

/** A service that a command changes may get another type or port in time. */
function changedServices(draft: Draft): Set<string> {
  const changed = new Set<string>();
  for (const { value } of [...draft.steps, ...draft.timeline]) {
    if (value.do !== 'kubectl') continue;
    const { command } = value;
    if (command.verb === 'patch' && command.kind === 'Service') changed.add(command.name);
    if (command.verb === 'apply') changed.add(keyOf(command.object));
  }
  return changed;
}

/** A client that has no address to send from. */
function checkFamily({ from, to }: Traffic, draft: Draft, at: Path, issues: IssueList): void {
  if (!('client' in from)) return;
  const client = draft.clients.find(({ value }) => value.name === from.client)?.value;
  const asked = ('ipFamily' in to ? to.ipFamily : null) ?? (to.ip === null ? undefined : parseIp(to.ip)?.family);
  if (client === undefined || !asked || client.ips.some((ip) => parseIp(ip)?.family === asked)) return;
  const field = 'ipFamily' in to && to.ipFamily !== null ? 'ipFamily' : 'ip';
  issues.add('ip-family-mismatch', [...at, 'to', field], `Client ${client.name} has no ${asked} address.`);
}

function checkDestination(
  to: Extract<Destination, { service: string }>,
  protocol: Protocol,
  { spec }: ServiceObject,
  at: Path,
  issues: IssueList,
): void {
  const type = spec.type ?? 'ClusterIP';
  const ports = spec.ports ?? [];
  const named = ports.filter(({ port, name }) => to.port === null || port === to.port || name === to.port);
  if (!named.some((port) => (port.protocol ?? 'TCP') === protocol) && (ports.length > 0 || to.port !== null)) {
    const there = ports.map((port) => `${port.name ? `${port.name} ` : ''}${port.port}/${port.protocol ?? 'TCP'}`);
    const wanted = to.port === null ? '' : ` ${shown(to.port)}`;
    const [first] = named;
    issues.add(
      'unknown-service-port',
      to.port === null ? at : [...at, 'port'],
      `Service ${to.service} has no ${protocol} port${wanted}; it has ${there.join(', ') || 'none'}.`,
      first === undefined ? undefined : `Say protocol: ${first.protocol ?? 'TCP'}, or ask for another port.`,
    );
  }
  const offered: Record<NonNullable<typeof to.via>, boolean> = {
    clusterIP: spec.clusterIP !== 'None' && type !== 'ExternalName',
    nodePort: type === 'NodePort' || (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false),
    loadBalancer: type === 'LoadBalancer',
    externalIP: (spec.externalIPs ?? []).length > 0,
    endpoint: type !== 'ExternalName',
  };
  if (to.via === null || offered[to.via]) return;
  issues.add('destination-not-offered', [...at, 'via'], `Service ${to.service} of type ${type} has no ${to.via}.`);
}
