/** What a matrix is about: who sends, and every address of every service. */
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, ServiceObject, ServicePort } from '../objects.js';
import { keyOf } from '../objects.js';
import { ModelError, type QuestionWorld, unknown } from '../trace-question.js';
import type { TraceFrom } from '../trace-result.js';
import { ingressAddresses } from '../traffic/destinations.js';
import type { MatrixDestination, MatrixFrom, MatrixQuestion, MatrixSource, MatrixTable, MatrixVia } from './result.js';

export interface Sender extends MatrixSource {
  from: TraceFrom;
}

/** A table without what is still to be found out. */
export type Frame = Omit<MatrixTable, 'endpoints' | 'answers' | 'rows'>;

/** Everybody that is asked for, once: pods by name, nodes and clients in the cluster's order. */
export function sendersOf(world: QuestionWorld, asked: readonly MatrixFrom[]): Sender[] {
  const all = everybody(world);
  return asked.length === 0 ? all : all.filter((sender) => asked.some((from) => isMeant(sender, from)));
}

const everybody = (world: QuestionWorld): Sender[] => [...podsOf(world), ...nodesOf(world), ...clientsOf(world)];

/** The refusals of all names that nobody and no service has. */
export function unknownNames(world: QuestionWorld, { sources, services }: MatrixQuestion): ModelError[] {
  const all = everybody(world);
  const names = [...world.services()].sort();
  return [
    ...sources.flatMap((from, index) =>
      all.some((sender) => isMeant(sender, from)) ? [] : unknownSource(from, `/sources/${index}`, all),
    ),
    ...services.flatMap((name, index) =>
      names.includes(name) ? [] : unknown('service', name, `/services/${index}`, names),
    ),
  ];
}

function podsOf({ locations }: QuestionWorld): Sender[] {
  const alive = locations.hosts.filter(({ state, name, ip }) => state !== 'gone' && name !== ip);
  const names = [...new Set(alive.map(({ name }) => name))];
  return names.map((name) => {
    const hosts = locations.hostsNamed(name);
    const place = locations.nodes[hosts[0]?.node ?? -1];
    return {
      kind: 'pod',
      name,
      node: place?.alive ? place.name : null,
      ips: hosts.map(({ ip }) => ip),
      ...(hosts.some(({ hostNetwork }) => hostNetwork) ? { hostNetwork: true as const } : {}),
      from: { kind: 'pod', pod: name },
    };
  });
}

function nodesOf({ locations }: QuestionWorld): Sender[] {
  const alive = locations.nodes.filter((node) => node.alive);
  return alive.map(({ name, addresses }) => ({
    kind: 'node',
    name,
    node: name,
    ips: addresses.map(({ text }) => text),
    from: { kind: 'node', node: name, ip: null },
  }));
}

function clientsOf({ clients }: QuestionWorld): Sender[] {
  return clients.map(({ name, ips }) => ({
    kind: 'client',
    name,
    node: null,
    ips: ips.map((ip) => parseIp(ip)?.text ?? ip),
    from: { kind: 'client', client: name },
  }));
}

function isMeant({ kind, name, node }: Sender, from: MatrixFrom): boolean {
  switch (from.kind) {
    case 'pods':
    case 'nodes':
    case 'clients':
      return from.kind === `${kind}s`;
    case 'pod':
      return kind === 'pod' && name === from.pod;
    case 'podsOn':
      return kind === 'pod' && node === from.node;
    case 'podsIn':
      return kind === 'pod' && name.startsWith(`${from.namespace}/`);
    case 'node':
      return kind === 'node' && name === from.node;
    case 'client':
      return kind === 'client' && name === from.client;
  }
}

/** Somebody who is named must be there; a cluster without clients is no mistake. */
function unknownSource(from: MatrixFrom, path: string, all: readonly Sender[]): ModelError[] {
  const known = (kind: Sender['kind']) => all.filter((sender) => sender.kind === kind).map(({ name }) => name);
  switch (from.kind) {
    case 'pod':
      return [unknown('pod', from.pod, `${path}/pod`, known('pod'))];
    case 'podsOn':
      return known('node').includes(from.node) ? [] : [unknown('node', from.node, `${path}/podsOn`, known('node'))];
    case 'node':
      return [unknown('node', from.node, `${path}/node`, known('node'))];
    case 'client':
      return [unknown('client', from.client, `${path}/client`, known('client'))];
    case 'podsIn': {
      const namespaces = known('pod').map((name) => name.slice(0, name.indexOf('/')));
      return [unknown('namespace with pods', from.namespace, `${path}/podsIn`, namespaces)];
    }
    default:
      return [];
  }
}

/**
 * A table for each port and IP family that a service can be met at, in the order of names. `now`: whose policies are told.
 */
export function framesOf(
  now: QuestionWorld,
  world: QuestionWorld,
  question: MatrixQuestion,
): { frames: Frame[]; withoutAddress: string[] } {
  const names = [...world.services()].sort();
  const chosen = names.filter((name) => question.services.length === 0 || question.services.includes(name));
  const services = chosen.map((name) => world.service(name) as ServiceObject);
  const framed = services.map((service) => ({ service, frames: serviceFrames(now, world, service, question) }));
  return {
    frames: framed.flatMap(({ frames }) => frames),
    withoutAddress: framed.filter(({ frames }) => frames.length === 0).map(({ service }) => keyOf(service)),
  };
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

function serviceFrames(
  now: QuestionWorld,
  world: QuestionWorld,
  service: ServiceObject,
  question: MatrixQuestion,
): Frame[] {
  const { spec } = service;
  const { externalTrafficPolicy = null, internalTrafficPolicy = null } = now.service(keyOf(service))?.spec ?? spec;
  if (spec.type === 'ExternalName') return [];
  const families = FAMILIES.filter((family) => question.families.length === 0 || question.families.includes(family));
  const frames = (spec.ports ?? []).flatMap((port) =>
    families.map((ipFamily) => ({
      service: keyOf(service),
      type: spec.type ?? 'ClusterIP',
      externalTrafficPolicy,
      internalTrafficPolicy,
      port: port.port,
      portName: port.name ?? null,
      protocol: port.protocol ?? 'TCP',
      ipFamily,
      destinations: destinationsOf(world, service, port, ipFamily, question.via),
    })),
  );
  return frames.filter(({ destinations }) => destinations.length > 0) as Frame[];
}

function destinationsOf(
  { locations }: QuestionWorld,
  service: ServiceObject,
  { port, nodePort }: ServicePort,
  family: IpFamily,
  asked: readonly MatrixVia[],
): MatrixDestination[] {
  const at = (via: MatrixVia, ips: readonly string[]): MatrixDestination[] => {
    const known = ips.map(parseIp).filter((ip) => ip?.family === family);
    return [...new Set(known.map((ip) => ip?.text ?? ''))].map((ip) => ({ via, ip, port, node: null }));
  };
  const { spec } = service;
  const clusterIPs = spec.clusterIPs ?? [spec.clusterIP ?? ''];
  const given = spec.ipFamilies ?? clusterIPs.flatMap((ip) => parseIp(ip)?.family ?? []);
  const families = given.length === 0 ? ['IPv4'] : given;
  const alive = locations.nodes.filter((node) => node.alive && nodePort && families.includes(family));
  const all = [
    ...at('clusterIP', clusterIPs),
    ...at('externalIP', spec.externalIPs ?? []),
    ...at('loadBalancer', ingressAddresses(service, locations)),
    ...alive.flatMap(({ name, addresses }): MatrixDestination[] => {
      const ip = addresses.find((address) => address.family === family)?.text;
      return ip === undefined ? [] : [{ via: 'nodePort', ip, port: nodePort as number, node: name }];
    }),
  ];
  return all.filter(({ via }) => asked.length === 0 || asked.includes(via));
}

export function tooLarge(what: string): ModelError {
  return new ModelError(
    'matrix-too-large',
    '',
    `the matrix is too large to answer at once: ${what}`,
    'name some `services` or `sources`, one of `families`, or ways in with `via`; node ports count once for each node',
  );
}
