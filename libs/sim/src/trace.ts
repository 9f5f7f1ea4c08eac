/**
 * One packet, everything that can become of it: walks the rules of every node on its way and keeps all branches.
 *
 * Models: the same stations as `traffic/connections.ts`, with every outcome of chance and every step.
 * Source: netfilter/evaluate.ts for the rules; design of pass-through and proxying load balancers.
 * Simplified: session affinity has no memory here; the state of load balancers is that of the asked instant.
 * Who could tell: someone who traces the second request of a client.
 */
import { type Host, type Locations, UPLINK } from './cluster/locations.js';
import type { Balancer } from './load-balancer/balancer.js';
import { formatHostPort, type Ip, parseIp } from './netfilter/address.js';
import { evaluate, type WalkOutcome } from './netfilter/evaluate.js';
import type { Entry } from './netfilter/packet.js';
import type { Ruleset } from './netfilter/rules.js';
import type { IpFamily, Protocol, ServiceObject } from './objects.js';
import type { Client } from './scenario.js';
import type {
  PathHop,
  TraceFrom,
  TraceHealthCheck,
  TraceOutcome,
  TracePacket,
  TraceResult,
  TraceStep,
  TraceTo,
} from './trace-result.js';
import { chosenSource, serviceAddresses } from './traffic/destinations.js';
import {
  answerIsLost,
  GOES_ROUND,
  inCircles,
  MOST_NODES,
  nothingListens,
  ownAddress,
  podIsGone,
  refusalBy,
} from './traffic/ways.js';

/** Something the caller named does not exist, or makes no sense here. */
export class ModelError extends Error {
  constructor(
    readonly code: string,
    /** JSON pointer into the question. */
    readonly path: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export interface TraceWorld {
  readonly locations: Locations;
  readonly clients: readonly Client[];
  service(key: string): ServiceObject | undefined;
  /** Names of all. */
  services(): string[];
  ruleset(node: number, family: IpFamily): Ruleset | null;
  masqueradeMark(node: number): number;
  balancerAt(ip: string): Balancer | undefined;
  /** HTTP status of the answer to a health check; null: no answer. */
  probeStatus(balancer: Balancer, node: number): number | null;
}

/** A packet on its way. */
interface Traveller {
  source: Ip;
  destination: Ip;
  port: number;
  protocol: Protocol;
  probability: number;
  masquerade: boolean;
  /** The DNAT that took it, if one did. */
  dnat: boolean;
  steps: TraceStep[];
  path: PathHop[];
  /** Node of the origin; -1: outside. */
  originNode: number;
  crossed: number;
  /** The load balancer that it has passed, and the node that its hash chose. */
  balanced: { balancer: Balancer; node: number } | null;
  astray: boolean;
  /** The node that took it from elsewhere and passed it on to a load balancer. */
  detour: string | null;
}

export function tracePacket(world: TraceWorld, packet: TracePacket): Omit<TraceResult, 'atMs'> {
  return new Trace(world, packet.protocol).run(packet);
}

class Trace {
  private readonly outcomes: TraceOutcome[] = [];
  private readonly balancers = new Set<Balancer>();

  constructor(
    private readonly world: TraceWorld,
    private readonly protocol: Protocol,
  ) {}

  run(packet: TracePacket): Omit<TraceResult, 'atMs'> {
    const destinations = this.destinations(packet.to, packet.from.kind === 'client');
    for (const { ip, port } of destinations) this.start(packet.from, ip, port, 1 / destinations.length);
    const healthChecks = [...this.balancers].flatMap((balancer) => this.checksOf(balancer));
    return { outcomes: this.outcomes, ...(healthChecks.length === 0 ? {} : { healthChecks }) };
  }

  private checksOf(balancer: Balancer): TraceHealthCheck[] {
    if (balancer.check === null || balancer.check.kind === 'none') return [];
    const isHttp = balancer.check.kind !== 'tcp-node-port';
    return balancer.targets.map(({ node, state }) => ({
      loadBalancer: balancer.service,
      node: this.world.locations.nodes[node]?.name ?? '',
      state,
      status: isHttp ? this.world.probeStatus(balancer, node) : null,
    }));
  }

  private start(from: TraceFrom, destination: Ip, port: number, probability: number): void {
    const at = (source: Ip, hop: PathHop | null, originNode: number): Traveller => ({
      source,
      destination,
      port,
      protocol: this.protocol,
      probability,
      masquerade: false,
      dnat: false,
      steps: [],
      path: hop === null ? [] : [{ ...hop, source: source.text, destination: formatHostPort(destination.text, port) }],
      originNode,
      crossed: 0,
      balanced: null,
      astray: false,
      detour: null,
    });
    const { locations } = this.world;
    switch (from.kind) {
      case 'client': {
        const client = this.world.clients.find(({ name }) => name === from.client);
        if (client === undefined)
          throw unknown(
            'client',
            from.client,
            '/packet/from/client',
            this.world.clients.map(({ name }) => name),
          );
        const source = sameFamily(address(client.ip, '/packet/from/client'), destination, '/packet/from/client');
        return this.outside(at(source, hop('client', client.name), -1));
      }
      case 'pod': {
        const host = this.hostOf(from.pod, destination);
        const own = address(host.ip, '/packet/from/pod');
        const { context } = locations.nodes[host.node]!;
        const source = host.hostNetwork ? (chosenSource(context, destination) ?? own) : own;
        const traveller = at(source, hop('pod', host.name), host.node);
        if (host.hostNetwork) return this.atNode(host.node, 'local', null, traveller);
        return this.atNode(host.node, 'arriving', locations.podInterface(host), traveller);
      }
      case 'node': {
        const node = this.node(from.node, '/packet/from/node');
        const source = from.ip === null ? this.sourceOf(node, destination) : this.ownSource(node, from.ip, destination);
        return this.atNode(node, 'local', null, at(source, null, node));
      }
      case 'packet': {
        const node = this.node(from.enters, '/packet/from/enters');
        const source = sameFamily(address(from.ip, '/packet/from/ip'), destination, '/packet/from/ip');
        const originNode = locations.nodes[node]?.context.isLocalAddress(source)
          ? node
          : (locations.hostAt(source.text)?.node ?? locations.nodeAt(source.text));
        return this.atNode(node, 'arriving', from.interface, at(source, hop('client', source.text), originNode));
      }
    }
  }

  /** The packet is outside the cluster's nodes: a load balancer or a node may take it. */
  private outside(t: Traveller): void {
    const balancer = this.world.balancerAt(t.destination.text);
    if (balancer !== undefined) return this.atBalancer(balancer, t);
    const node = this.world.locations.nodeAt(t.destination.text);
    if (node >= 0) return this.atNode(node, 'arriving', UPLINK, t);
    this.end(t, 'passthrough', null, 'nothing outside the cluster routes this address into it');
  }

  private atBalancer(balancer: Balancer, t: Traveller): void {
    const nodePort = balancer.nodePortFor(t.port);
    const name = balancer.service;
    this.balancers.add(balancer);
    const stuck: Traveller = {
      ...t,
      path: [
        ...t.path,
        {
          ...hop('loadBalancer', name),
          source: t.source.text,
          destination: formatHostPort(t.destination.text, t.port),
        },
      ],
    };
    if (nodePort < 0)
      return this.end(stuck, 'dropped', null, `load balancer of ${name}: it forwards no port ${t.port}`);
    const nodes = balancer.nodesInUse;
    const proxied = balancer.profile.kind === 'proxy';
    if (nodes.length === 0)
      return this.end(stuck, proxied ? 'rejected' : 'dropped', null, `load balancer of ${name}: no target is in use`);
    const sources = proxied ? balancer.profile.addresses.map((text) => address(text, '')) : [t.source];
    if (t.balanced?.balancer === balancer)
      return this.end(stuck, 'dropped', null, inCircles(this.nodeNameOf(t.balanced.node)));
    for (const node of nodes) {
      const place = this.world.locations.nodes[node];
      if (!proxied && place?.context.isLocalAddress(t.source)) {
        this.end(
          { ...stuck, probability: t.probability / nodes.length },
          'dropped',
          place.name,
          ownAddress(place.name),
        );
        continue;
      }
      for (const source of sources) {
        const byPort = balancer.profile.destination === 'nodePort';
        const destination = byPort
          ? (place?.addresses.find(({ family }) => family === t.destination.family) ?? t.destination)
          : t.destination;
        const next: Traveller = {
          ...t,
          source,
          destination,
          port: byPort ? nodePort : t.port,
          probability: t.probability / nodes.length / sources.length,
          balanced: { balancer, node },
        };
        if (proxied) next.originNode = -1;
        const rewrites: PathHop['rewrites'] = [
          ...(byPort ? (['DNAT'] as const) : []),
          ...(proxied ? (['SNAT'] as const) : []),
        ];
        next.path = [
          ...t.path,
          {
            kind: 'loadBalancer',
            name,
            source: source.text,
            destination: formatHostPort(destination.text, next.port),
            rewrites,
          },
        ];
        this.atNode(node, 'arriving', UPLINK, next);
      }
    }
  }

  private atNode(index: number, entry: Entry, inInterface: string | null, t: Traveller): void {
    const place = this.world.locations.nodes[index];
    const ruleset = this.world.ruleset(index, t.destination.family);
    if (place === undefined || ruleset === null) return this.end(t, 'dropped', null, 'the node is gone');
    const packet = {
      sourceIp: t.source,
      sourcePort: null,
      destinationIp: t.destination,
      destinationPort: t.port,
      protocol: t.protocol,
      inInterface,
    };
    const outcomes = evaluate(entry, ruleset, place.context, packet, {
      masqueradeMark: this.world.masqueradeMark(index),
    });
    for (const outcome of outcomes) this.afterNode(index, outcome, t);
  }

  private afterNode(index: number, outcome: WalkOutcome, t: Traveller): void {
    const place = this.world.locations.nodes[index]!;
    const rewrites: PathHop['rewrites'] = [
      ...(outcome.dnat ? (['DNAT'] as const) : []),
      ...(outcome.snat ? (['SNAT'] as const) : []),
    ];
    const source = outcome.sourceIp ?? t.source;
    const next: Traveller = {
      ...t,
      source,
      destination: outcome.destinationIp,
      port: outcome.destinationPort,
      probability: t.probability * outcome.probability,
      masquerade: t.masquerade || outcome.masqueradeMarked,
      dnat: t.dnat || outcome.dnat,
      steps: [...t.steps, ...outcome.steps],
      path: [
        ...t.path,
        {
          kind: 'node',
          name: place.name,
          source: source.text,
          destination: formatHostPort(outcome.destinationIp.text, outcome.destinationPort),
          rewrites,
        },
      ],
      crossed: t.crossed + 1,
    };
    if (outcome.verdict === 'drop' || outcome.verdict === 'reject') {
      return this.end(next, outcome.verdict === 'drop' ? 'dropped' : 'rejected', place.name, outcome.reason ?? '');
    }
    if (outcome.verdict === 'local') return this.atSocket(index, outcome, next);
    const host = this.world.locations.hostAt(outcome.destinationIp.text);
    const endpointNode = host?.node ?? this.world.locations.nodeAt(outcome.destinationIp.text);
    if (outcome.dnat && !outcome.snat && endpointNode >= 0 && endpointNode !== index && t.originNode !== index)
      next.astray = true;
    if (host !== undefined) return this.atHost(next, place.name, outcome, host);
    if (next.crossed >= MOST_NODES) return this.end(next, 'dropped', place.name, GOES_ROUND);
    if (endpointNode >= 0) return this.atOtherNode(endpointNode, next);
    if (this.world.balancerAt(outcome.destinationIp.text) !== undefined) {
      if (this.protocol === 'TCP' && t.originNode !== index) next.detour = place.name;
      return this.outside(next);
    }
    const leaves = outcome.dnat ? 'nobody is known to have the address: it' : 'no rule took it: it';
    this.end(next, 'passthrough', place.name, `${leaves} leaves by the default route`);
  }

  private atOtherNode(index: number, t: Traveller): void {
    const place = this.world.locations.nodes[index];
    if (place?.context.isLocalAddress(t.source)) return this.end(t, 'dropped', place.name, ownAddress(place.name));
    this.atNode(index, 'arriving', UPLINK, t);
  }

  private atHost(t: Traveller, node: string, outcome: WalkOutcome, host: Host): void {
    if (host.state === 'gone') return this.end(t, 'dropped', node, podIsGone(host.name));
    const refusal = refusalBy(host);
    if (refusal !== null) return this.refused(t, node, host.name, refusal);
    this.deliver(t, node, outcome, host);
  }

  /** The node's own sockets: a host-network pod, or the node itself. */
  private atSocket(index: number, outcome: WalkOutcome, t: Traveller): void {
    const name = this.world.locations.nodes[index]?.name ?? '';
    const listener = this.world.locations.listenerOn(index, t.port, t.dnat);
    if (listener !== undefined) return this.deliver(t, name, outcome, listener);
    if (t.dnat) return this.refused(t, name, name, nothingListens(t.port, name));
    this.end(t, 'passthrough', name, 'no rule took it: it is for the node itself', outcome.acceptedOnInput);
  }

  /** The refusal, too, may go past the node that would have to translate it back. */
  private refused(t: Traveller, node: string, endpoint: string, why: string): void {
    if (t.astray) this.end(t, 'dropped', node, answerIsLost(endpoint));
    else this.end(t, 'rejected', node, why);
  }

  private deliver(t: Traveller, node: string, outcome: WalkOutcome, host: Host): void {
    const endpoint: NonNullable<TraceOutcome['endpoint']> = { ip: t.destination.text, port: t.port };
    const at = this.world.locations.nodes[host.node]?.name;
    if (host.name !== host.ip) endpoint.pod = host.name;
    if (at !== undefined) endpoint.node = at;
    const arrived = [...t.path];
    if (at !== undefined && arrived.at(-1)?.name !== at)
      arrived.push({
        kind: 'node',
        name: at,
        source: t.source.text,
        destination: formatHostPort(endpoint.ip, endpoint.port),
        rewrites: [],
      });
    arrived.push({
      kind: 'endpoint',
      name: endpoint.pod ?? formatHostPort(endpoint.ip, endpoint.port),
      source: t.source.text,
      destination: formatHostPort(endpoint.ip, endpoint.port),
      rewrites: [],
    });
    const reason =
      outcome.sourceIp === null
        ? (outcome.reason ?? undefined)
        : t.astray
          ? `the answer goes past ${node}, which would have to undo the translation: the client never gets it`
          : t.detour !== null
            ? `the answer goes past ${t.detour}, which then drops what the client sends as INVALID`
            : undefined;
    this.outcomes.push({
      verdict: 'delivered',
      probability: t.probability,
      endpoint,
      sourceIp: outcome.sourceIp === null ? null : t.source.text,
      masquerade: t.masquerade,
      ...(reason === undefined ? {} : { reason }),
      node,
      path: arrived,
      steps: t.steps,
      returnPath: wayBack(
        arrived.filter(({ kind, name }) => kind !== 'node' || name !== t.detour),
        t.astray,
      ),
    });
  }

  private end(
    t: Traveller,
    verdict: TraceOutcome['verdict'],
    node: string | null,
    reason: string,
    accepted = false,
  ): void {
    this.outcomes.push({
      verdict,
      probability: t.probability,
      endpoint: null,
      sourceIp: null,
      masquerade: t.masquerade,
      ...(accepted ? { accepted: true as const } : {}),
      reason,
      node,
      path: t.path,
      steps: t.steps,
      returnPath: [],
    });
  }

  private destinations(to: TraceTo, outside: boolean): { ip: Ip; port: number }[] {
    if (to.kind === 'address') return [{ ip: address(to.ip, '/packet/to/ip'), port: to.port }];
    const service = this.world.service(to.service);
    if (service === undefined) throw unknown('service', to.service, '/packet/to/service', this.world.services());
    const places = serviceAddresses(service, to, outside, this.world.locations);
    if (typeof places === 'string')
      throw new ModelError(
        'no-such-address',
        '/packet/to',
        `service ${to.service}: ${places}`,
        'ask for another `via`, or for an address that the service has',
      );
    return places.map(({ ip, port }) => ({ ip: address(ip, '/packet/to'), port }));
  }

  private hostOf(pod: string, destination: Ip): Host {
    const { locations } = this.world;
    const hosts = locations.hostsNamed(pod);
    if (hosts.length === 0) {
      const known = locations.hosts.filter(({ state, name, ip }) => state !== 'gone' && name !== ip);
      throw unknown(
        'pod',
        pod,
        '/packet/from/pod',
        known.map(({ name }) => name),
      );
    }
    const host = hosts.find(({ ip }) => parseIp(ip)?.family === destination.family);
    if (host === undefined)
      throw new ModelError(
        'no-source-address',
        '/packet/from/pod',
        `pod ${pod} has no ${destination.family} address`,
        'ask for an address of the other family',
      );
    if (!locations.nodes[host.node]?.alive)
      throw new ModelError(
        'pod-without-node',
        '/packet/from/pod',
        `pod ${pod} is on no node of the scenario`,
        'give spec.nodeName',
      );
    return host;
  }

  private sourceOf(node: number, destination: Ip): Ip {
    const { context } = this.world.locations.nodes[node]!;
    const source = chosenSource(context, destination);
    if (source === null)
      throw new ModelError(
        'no-source-address',
        '/packet/from/node',
        `node ${context.name} has no ${destination.family} address`,
        'give the node an InternalIP of that family, or `ip`',
      );
    return source;
  }

  private nodeNameOf(index: number): string {
    return this.world.locations.nodes[index]?.name ?? '';
  }

  /** A process can only send from an address of its node. */
  private ownSource(node: number, text: string, destination: Ip): Ip {
    const source = sameFamily(address(text, '/packet/from/ip'), destination, '/packet/from/ip');
    const { context } = this.world.locations.nodes[node]!;
    if (context.isLocalAddress(source)) return source;
    throw new ModelError(
      'not-an-own-address',
      '/packet/from/ip',
      `${text} is no address of node ${context.name}`,
      'give one of its addresses, or leave `ip` out; `{"ip": …, "enters": …}` puts any packet on a node',
    );
  }

  private node(name: string, path: string): number {
    const index = this.world.locations.nodeIndex(name);
    if (index < 0)
      throw unknown(
        'node',
        name,
        path,
        this.world.locations.nodes.filter(({ alive }) => alive).map((node) => node.name),
      );
    return index;
  }
}

/** Each station sends the answer on, and undoes what it had rewritten. */
function wayBack(path: PathHop[], astray: boolean): PathHop[] {
  const back: PathHop[] = [];
  for (let n = path.length - 1; n >= 0; n--) {
    const here = path[n] as PathHop;
    if (astray && here.rewrites.includes('DNAT') && here.kind === 'node') continue;
    const before = path[n - 1];
    back.push({ ...here, source: before?.destination ?? here.destination, destination: before?.source ?? here.source });
  }
  return back;
}

function hop(kind: PathHop['kind'], name: string): PathHop {
  return { kind, name, source: '', destination: '', rewrites: [] };
}

function address(text: string, path: string): Ip {
  const ip = parseIp(text);
  if (ip === null)
    throw new ModelError('bad-address', path, `"${text}" is no IP address`, 'write it like 10.0.0.1 or fd00::1');
  return ip;
}

function sameFamily(source: Ip, destination: Ip, path: string): Ip {
  if (source.family === destination.family) return source;
  throw new ModelError(
    'ip-family-mismatch',
    path,
    `${source.text} is ${source.family}, ${destination.text} is ${destination.family}`,
    'a packet has two addresses of one family: ask for the other `ipFamily`, or for another source',
  );
}

function unknown(kind: string, name: string, path: string, known: string[]): ModelError {
  const some = [...new Set(known)].slice(0, 5).join(', ');
  return new ModelError(
    `unknown-${kind}`,
    path,
    `there is no ${kind} "${name}" at that time`,
    some === '' ? 'name one of the scenario' : `there are: ${some}`,
  );
}
