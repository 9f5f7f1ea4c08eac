/**
 * One packet, everything that can become of it: walks the rules of every node on its way and keeps all branches.
 *
 * Models: the same stations as `traffic/connections.ts`, with every outcome of chance and every step.
 * Source: netfilter/evaluate.ts for the rules; design of pass-through and proxying load balancers.
 * Simplified: session affinity has no memory here; the state of load balancers is that of the asked instant.
 * Who could tell: someone who traces the second request of a client.
 */
import { type Host, UPLINK } from './cluster/locations.js';
import { DIAL_TIMEOUTS_NS, type RelaySocket } from './kube-proxy/relay.js';
import type { Balancer, Target } from './load-balancer/balancer.js';
import { formatHostPort, type Ip, parseIp } from './netfilter/address.js';
import type { EvaluateOptions } from './netfilter/evaluate.js';
import { isLoopback } from './netfilter/loopback.js';
import type { Entry, Packet } from './netfilter/packet.js';
import type { WalkOutcome } from './netfilter/walk-outcome.js';
import type { Protocol } from './objects.js';
import type { SourceKind } from './results/result.js';
import type { LoadBalancerProfile } from './scenario.js';
import { type Departure, departures, leavesCluster, ModelError, type QuestionWorld } from './trace-question.js';
import type { PathHop, TraceHealthCheck, TraceOutcome, TracePacket, TraceResult, TraceStep } from './trace-result.js';
import { headerProblem, headerText } from './traffic/app-answers.js';
import { chosenSource } from './traffic/destinations.js';
import { cannotComeBack, comesBack, zoneIsLost } from './traffic/load-balancing.js';
import {
  answerIsLost,
  answersFrom,
  GOES_ROUND,
  inCircles,
  loopbackSource,
  MOST_NODES,
  nodeIsOff,
  nothingListens,
  otherAnswer,
  ownAddress,
  podIsGone,
  portText,
  proxyCloses,
  proxyDiscards,
  refusalBy,
  refusesOwnAddress,
} from './traffic/ways.js';

export type WalkOptions = Pick<EvaluateOptions, 'steps' | 'sourceTested' | 'interfaceTested' | 'connectionState'>;

export interface TraceWorld extends QuestionWorld {
  /** Everything that the node's rules can make of the packet; null: the node is gone. */
  walk(node: number, entry: Entry, packet: Packet, options?: WalkOptions): readonly WalkOutcome[] | null;
  /** Null where pods are not on a bridge. */
  bridgeName: string | null;
  /** What pods send out of the cluster has their node's address. */
  masqueradesOutgoing: boolean;
  balancerAt(ip: string): Balancer | undefined;
  /** Whether a load balancer could send what comes from a pod with this address back to it, which is then lost. */
  meetsItself(ip: string): boolean;
  /** HTTP status of the answer to a health check; null: no answer. */
  probeStatus(balancer: Balancer, target: Target): number | null;
  /** What kube-proxy itself accepts on that port of the node; null: nothing. */
  relayAt(node: number, address: Ip, port: number, protocol: Protocol): RelaySocket | null;
}

/** A packet on its way. */
interface Traveller {
  source: Ip;
  sourceKind: SourceKind;
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
  /** Who set out, and with which address. */
  sender: 'client' | 'pod' | 'node';
  clientAddress: string;
  crossed: number;
  /** The load balancer that it has passed, and the node that its hash chose. */
  balanced: { balancer: Balancer; node: number } | null;
  astray: boolean;
  /** What a load balancer on the way tells of the client. */
  forwardedFor: string | null;
  forwards: LoadBalancerProfile['forwards'];
  /** Sockets of kube-proxy that it has come through. */
  relays: readonly RelaySocket[];
  /** The node that passed it on from elsewhere to elsewhere, and drops what comes after: the answer goes past it. */
  detour: string | null;
  note: string | null;
}

export function tracePacket(world: TraceWorld, packet: TracePacket): Omit<TraceResult, 'atMs'> {
  return new Trace(world, packet.protocol).run(packet);
}

/** The same for a packet that has already set out. */
export function traceDeparture(world: TraceWorld, departure: Departure, protocol: Protocol): TraceOutcome[] {
  return new Trace(world, protocol).follow(departure);
}

/** What an answer holds: each outcome has its path and its rules. */
const MOST_OUTCOMES = 10_000;

class Trace {
  private outcomes: TraceOutcome[] = [];
  private dials = 0;
  private readonly balancers = new Set<Balancer>();

  constructor(
    private readonly world: TraceWorld,
    private readonly protocol: Protocol,
  ) {}

  run(packet: TracePacket): Omit<TraceResult, 'atMs'> {
    const leaving = leavesCluster(this.world, packet);
    if (leaving !== null) return { outcomes: [outsideTheModel(leaving)] };
    const all = departures(this.world, packet);
    if (all.length > MOST_OUTCOMES) throw tooManyOutcomes();
    for (const departure of all) this.start(departure);
    const healthChecks = [...this.balancers].flatMap((balancer) => this.checksOf(balancer));
    return { outcomes: this.outcomes, ...(healthChecks.length === 0 ? {} : { healthChecks }) };
  }

  private checksOf(balancer: Balancer): TraceHealthCheck[] {
    if (balancer.check === null || balancer.check.kind === 'none') return [];
    return balancer.targets.map((target) => ({
      loadBalancer: balancer.service,
      node: this.world.locations.nodes[target.node]?.name ?? '',
      state: target.state,
      status: this.world.probeStatus(balancer, target),
      ...(target.pod === null ? {} : { pod: target.pod.name }),
    }));
  }

  follow(departure: Departure): TraceOutcome[] {
    this.start(departure);
    return this.outcomes;
  }

  private start({ sender, at, ...packet }: Departure): void {
    const { source, destination, port } = packet;
    const first = sender && {
      ...hop(sender.kind, sender.name),
      source: source.text,
      destination: formatHostPort(destination.text, port),
    };
    const traveller: Traveller = {
      ...packet,
      sender: packet.originNode < 0 ? 'client' : sender === null ? 'node' : 'pod',
      clientAddress: source.text,
      protocol: this.protocol,
      masquerade: false,
      dnat: false,
      steps: [],
      path: first === null ? [] : [first],
      crossed: 0,
      balanced: null,
      astray: false,
      forwardedFor: null,
      forwards: 'nothing',
      relays: [],
      detour: null,
    };
    if (at === null) this.outside(traveller);
    else this.atNode(at.node, at.entry, at.inInterface, traveller);
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
    const nodePort = balancer.nodePortFor(t.port, t.protocol);
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
      return this.end(
        stuck,
        'dropped',
        null,
        `load balancer of ${name}: it forwards no ${portText(t.protocol, t.port)}`,
      );
    const { targets, lost } = balancer.shares();
    const proxied = balancer.profile.kind === 'proxy';
    if (targets.length === 0 && lost === 0)
      return this.end(stuck, proxied ? 'rejected' : 'dropped', null, `load balancer of ${name}: no target is in use`);
    const keepsSource = balancer.keepsSource(t.protocol);
    if (t.balanced?.balancer === balancer)
      return this.end(stuck, lostUntaken(t), null, inCircles(this.nodeNameOf(t.balanced.node)));
    if (lost > 0) this.end({ ...stuck, probability: t.probability * lost }, 'dropped', null, zoneIsLost(name));
    for (const { target, share } of targets) {
      const { node, pod } = target;
      const probability = t.probability * share;
      const place = this.world.locations.nodes[node];
      const sender = { origin: t.sender, node: t.originNode };
      if (keepsSource && comesBack(balancer, target, sender, t.clientAddress)) {
        this.end({ ...stuck, probability }, 'dropped', null, cannotComeBack(this.nodeNameOf(node)));
        continue;
      }
      if (keepsSource && place !== undefined && this.refuses(node, t.source)) {
        this.martian(node, { ...stuck, probability });
        continue;
      }
      const own = pod === null ? t.destination : (parseIp(pod.ip) as Ip);
      const sources = keepsSource ? [t.source] : balancer.sources[own.family].map((ip) => parseIp(ip) as Ip);
      for (const source of sources) {
        const byPort = balancer.profile.destination === 'nodePort';
        const destination = byPort
          ? (place?.addresses.find(({ family }) => family === t.destination.family) ?? t.destination)
          : own;
        const next: Traveller = {
          ...t,
          source,
          sourceKind: keepsSource ? t.sourceKind : 'lb',
          destination,
          port: byPort ? nodePort : pod === null ? t.port : balancer.podPortFor(target, t.port, t.protocol),
          probability: probability / sources.length,
          balanced: { balancer, node },
          forwards: balancer.profile.forwards,
          forwardedFor: balancer.profile.forwards === 'nothing' ? null : t.source.text,
        };
        if (!keepsSource) next.originNode = -1;
        const rewrites: PathHop['rewrites'] = [
          ...(byPort || pod !== null ? (['DNAT'] as const) : []),
          ...(keepsSource ? [] : (['SNAT'] as const)),
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
    const packet = {
      sourceIp: t.source,
      sourcePort: null,
      destinationIp: t.destination,
      destinationPort: t.port,
      protocol: t.protocol,
      inInterface,
    };
    const outcomes = this.world.walk(index, entry, packet);
    if (outcomes === null) return this.end(t, 'dropped', null, nodeIsOff(this.nodeNameOf(index)));
    if (this.outcomes.length + outcomes.length > MOST_OUTCOMES) throw tooManyOutcomes();
    for (const outcome of outcomes) this.afterNode(index, packet, outcome, t);
  }

  private afterNode(index: number, packet: Packet, outcome: WalkOutcome, t: Traveller): void {
    const place = this.world.locations.nodes[index]!;
    const rewrites: PathHop['rewrites'] = [
      ...(outcome.dnat ? (['DNAT'] as const) : []),
      ...(outcome.snat ? (['SNAT'] as const) : []),
    ];
    const source = outcome.sourceIp ?? t.source;
    const next: Traveller = {
      ...t,
      source,
      sourceKind: outcome.snat ? this.egressKind(outcome) : t.sourceKind,
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
    const leavesUnmarked = outcome.dnat && !outcome.snat && endpointNode >= 0 && endpointNode !== index;
    if (leavesUnmarked && (t.originNode !== index || this.has(endpointNode, t.source))) next.astray = true;
    const passesOn = !outcome.dnat && !outcome.snat && endpointNode !== index && t.originNode !== index;
    if (passesOn && this.dropsTheRest(index, packet)) next.detour = place.name;
    if (host !== undefined) return this.atHost(index, outcome, next, host);
    if (next.crossed >= MOST_NODES) return this.end(next, lostUntaken(next), place.name, GOES_ROUND);
    if (endpointNode >= 0) return this.atOtherNode(endpointNode, next);
    if (this.world.balancerAt(outcome.destinationIp.text) !== undefined)
      return this.outside(this.asItLeaves(index, next));
    const leaves = outcome.dnat ? 'nobody is known to have the address: it' : 'no rule took it: it';
    this.end(next, 'passthrough', place.name, `${leaves} leaves by the default route`);
  }

  /** CNIs masquerade what pods send out of the cluster, where they do. */
  private asItLeaves(node: number, t: Traveller): Traveller {
    const own = this.world.locations.nodes[node]?.addresses.find(({ family }) => family === t.source.family);
    if (!this.world.masqueradesOutgoing || t.sourceKind !== 'pod' || own === undefined) return t;
    const path = t.path.with(-1, {
      ...(t.path.at(-1) as PathHop),
      source: own.text,
      rewrites: [...(t.path.at(-1)?.rewrites ?? []), 'SNAT'],
    });
    return { ...t, source: own, sourceKind: 'node', path };
  }

  /** To conntrack, what follows a SYN whose answer it has not seen is INVALID; rules may drop that. */
  private dropsTheRest(node: number, packet: Packet): boolean {
    if (this.protocol !== 'TCP') return false;
    const rest = this.world.walk(node, 'arriving', packet, { connectionState: 'INVALID', steps: false });
    return rest?.every(({ verdict }) => verdict === 'drop') ?? false;
  }

  /** Whose address the masqueraded packet has. */
  private egressKind({ egress }: WalkOutcome): SourceKind {
    return egress !== null && egress.interface === this.world.bridgeName ? 'bridge' : 'node';
  }

  private atOtherNode(index: number, t: Traveller): void {
    if (this.refuses(index, t.source)) return this.martian(index, t);
    this.atNode(index, 'arriving', UPLINK, t);
  }

  private has(node: number, address: Ip): boolean {
    return this.world.context(node, address.family).isLocalAddress(address);
  }

  private refuses(node: number, source: Ip): boolean {
    return refusesOwnAddress(this.world.context(node, source.family), source);
  }

  private martian(node: number, t: Traveller): void {
    const name = this.nodeNameOf(node);
    this.end(t, 'dropped', name, ownAddress(name));
  }

  private atHost(index: number, outcome: WalkOutcome, t: Traveller, host: Host): void {
    const node = this.nodeNameOf(index);
    if (!this.world.locations.hasPower(host.node))
      return this.end(t, 'dropped', node, nodeIsOff(this.nodeNameOf(host.node)));
    if (host.state === 'gone') return this.end(t, 'dropped', node, podIsGone(host.name));
    // Masqueraded by an address that is not known, it is none of the loopback's any more.
    const keepsSource = outcome.sourceIp !== null;
    if (t.dnat && keepsSource && t.source.family === 'IPv4' && t.source.text === host.ip)
      return this.end(t, 'dropped', node, ownAddress(host.name));
    if (keepsSource && isLoopback(t.source)) return this.end(t, 'dropped', node, loopbackSource(host.name));
    if (keepsSource && host.node >= 0 && host.node !== index && this.refuses(host.node, t.source))
      return this.martian(host.node, t);
    const refusal = refusalBy(host);
    if (refusal !== null) return this.refused(t, node, host.name, refusal);
    this.deliver(t, node, outcome, host);
  }

  /** The node's own sockets: a host-network pod, or the node itself. */
  private atSocket(index: number, outcome: WalkOutcome, t: Traveller): void {
    const name = this.world.locations.nodes[index]?.name ?? '';
    const relay = this.world.relayAt(index, t.destination, t.port, t.protocol);
    if (relay !== null) return this.atRelay(index, relay, t);
    const listener = this.world.locations.listenerOn(index, t.protocol, t.port, t.dnat);
    if (listener !== undefined) return this.deliver(t, name, outcome, listener);
    if (t.dnat) return this.refused(t, name, name, nothingListens(t.protocol, t.port, name));
    this.end(t, 'passthrough', name, 'no rule took it: it is for the node itself', outcome.acceptedOnInput);
  }

  /**
   * Mode userspace: kube-proxy has accepted the connection. Which endpoint's turn it is, nobody outside knows; one that does not
   * take kube-proxy's own connection hands the turn to the next, of datagrams it is never known.
   */
  private atRelay(index: number, relay: RelaySocket, t: Traveller): void {
    const name = this.nodeNameOf(index);
    const here: PathHop = { ...hop('proxy', `kube-proxy on ${name}`), source: t.source.text, destination: '' };
    const stuck = { ...t, path: [...t.path, { ...here, destination: formatHostPort(t.destination.text, t.port) }] };
    if (t.astray) return this.end(stuck, 'dropped', name, answerIsLost(name));
    if (t.crossed >= MOST_NODES || t.relays.includes(relay)) return this.end(stuck, 'dropped', name, GOES_ROUND);
    const endpoints = [...relay.endpoints].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
    this.dials += endpoints.length;
    if (this.dials > MOST_OUTCOMES) throw tooManyOutcomes();
    const through = { ...t, relays: [...t.relays, relay] };
    const dials = endpoints.map((endpoint) => this.dial(index, here, endpoint, through));
    if (t.protocol === 'UDP') {
      const context = this.world.context(index, t.source.family);
      const other = relay.onAnyAddress ? answersFrom(context, t.source, t.destination) : null;
      const lost = other === null ? null : otherAnswer(name, other.text, t.destination.text);
      for (const outcome of dials.flat()) this.add(ofDatagram(outcome, lost, name, relay.name), 1 / dials.length);
      if (dials.length === 0) this.end(stuck, 'dropped', name, proxyDiscards(name, relay.name, null));
      return;
    }
    const taken = dials.filter((outcomes) => outcomes.some(({ verdict }) => verdict === 'delivered'));
    const closed = taken.length === 0 ? 1 : chanceOfNone(dials.length, dials.length - taken.length);
    for (const outcome of taken.flat()) this.add(outcome, (1 - closed) / taken.length);
    if (closed === 0) return;
    const why = dials.find((outcomes) => !taken.includes(outcomes))?.[0]?.reason ?? null;
    const reason = proxyCloses(name, relay.name, why);
    this.end({ ...stuck, probability: t.probability * closed }, 'rejected', name, reason);
  }

  /** What becomes of the connection that kube-proxy opens; probabilities of all sum to `t`'s. */
  private dial(index: number, here: PathHop, { ip, port }: { ip: Ip; port: number }, t: Traveller): TraceOutcome[] {
    const context = this.world.context(index, ip.family);
    const source = chosenSource(context, ip);
    const others = this.outcomes;
    this.outcomes = [];
    const destination = formatHostPort(ip.text, port);
    const rewrites: PathHop['rewrites'] = ['DNAT', 'SNAT'];
    const next: Traveller = {
      ...t,
      source: source ?? t.destination,
      sourceKind: context.egress(ip).interface === this.world.bridgeName ? 'bridge' : 'node',
      destination: ip,
      port,
      masquerade: false,
      dnat: false,
      path: [...t.path, { ...here, source: (source ?? t.destination).text, destination, rewrites }],
      originNode: index,
      balanced: null,
      astray: false,
      detour: null,
    };
    this.atNode(index, 'local', null, next);
    const outcomes = this.outcomes;
    this.outcomes = others;
    return outcomes;
  }

  private add(outcome: TraceOutcome, share: number): void {
    this.outcomes.push({ ...outcome, probability: outcome.probability * share });
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
    const problem = t.protocol === 'TCP' ? headerProblem(host, t.forwards) : null;
    const reason =
      problem !== null
        ? headerText(host, problem)
        : outcome.sourceIp === null
          ? (outcome.reason ?? undefined)
          : t.astray
            ? `the answer goes past ${node}, which would have to undo the translation: the client never gets it`
            : t.detour !== null
              ? `the answer goes past ${t.detour}, which then drops what the client sends as INVALID`
              : (t.note ?? undefined);
    this.outcomes.push({
      verdict: 'delivered',
      probability: t.probability,
      endpoint,
      sourceIp: outcome.sourceIp === null ? null : t.source.text,
      sourceKind: outcome.sourceIp === null ? null : t.sourceKind,
      masquerade: t.masquerade,
      ...(t.forwardedFor === null ? {} : { forwardedFor: t.forwardedFor }),
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
      sourceKind: null,
      masquerade: t.masquerade,
      ...(accepted ? { accepted: true as const } : {}),
      reason,
      node,
      path: t.path,
      steps: t.steps,
      returnPath: [],
    });
  }

  private nodeNameOf(index: number): string {
    return this.world.locations.nodes[index]?.name ?? '';
  }
}

function tooManyOutcomes(): ModelError {
  return new ModelError(
    'too-many-outcomes',
    '/packet/to',
    `more than ${MOST_OUTCOMES} things can become of this packet`,
    'ask for a service with fewer endpoints, or run a simulation',
  );
}

/** A name has led out of the cluster: nobody here knows what answers there. */
function outsideTheModel({ sender, source, name, port }: NonNullable<ReturnType<typeof leavesCluster>>): TraceOutcome {
  const destination = port === null ? name : formatHostPort(name, port);
  const there: PathHop = { ...hop('outside', name), source: source.text, destination };
  return {
    verdict: 'passthrough',
    probability: 1,
    endpoint: null,
    sourceIp: null,
    sourceKind: null,
    masquerade: false,
    reason: `the name stands for ${name}, which is outside the cluster: the model does not know what is there`,
    node: null,
    path: sender === null ? [there] : [{ ...hop(sender.kind, sender.name), source: source.text, destination }, there],
    steps: [],
    returnPath: [],
  };
}

/** That none of the first endpoints that are tried in turn takes the connection, of which so many do not. */
function chanceOfNone(all: number, refusing: number): number {
  let chance = 1;
  for (let n = 0; n < DIAL_TIMEOUTS_NS.length; n++) chance *= Math.max(0, refusing - n) / Math.max(1, all - n);
  return chance;
}

/** kube-proxy hears of an error, and tells its client nothing. `lost`: why its client gets no answer. */
function ofDatagram(outcome: TraceOutcome, lost: string | null, node: string, service: string): TraceOutcome {
  if (outcome.verdict !== 'delivered')
    return { ...outcome, verdict: 'dropped', reason: proxyDiscards(node, service, outcome.reason ?? null) };
  if (lost === null) return outcome;
  const back = outcome.returnPath;
  return { ...outcome, reason: lost, returnPath: back.slice(0, back.findIndex(({ kind }) => kind === 'proxy') + 1) };
}

/** What goes in circles ends with its TTL: no rule took it, or a rule has sent it there. */
function lostUntaken({ dnat }: Traveller): 'passthrough' | 'dropped' {
  return dnat ? 'dropped' : 'passthrough';
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
