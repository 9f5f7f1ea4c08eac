/**
 * curl and wget as steps: one request, its name resolved, its answer as the tool gets it.
 *
 * Models: names that resolve (localhost, nodes, services from pods), the answers of kube-proxy's sockets and of pods.
 * Source: cluster DNS' names of services; `traffic/echo-server.ts`, `kube-proxy/node-answers.ts`.
 * Simplified: nothing but nodes and services has a name.
 * Who could tell: someone who curls a host name of their own.
 */
import type { Locations } from '../cluster/locations.js';
import { hashName } from '../kernel/index.js';
import type { NodeProxy } from '../kube-proxy/proxy.js';
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, PodObject } from '../objects.js';
import { type HttpExchange, OUTCOMES } from '../results/result.js';
import type { Nanos, Origin } from '../scenario.js';
import { asksClusterDns, lookedUp, serviceNamed } from './cluster-names.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import { familiesOf } from './destinations.js';
import { ECHO_HEADERS, echoBody } from './echo-server.js';
import { type FlowWorld, flowTo, outsideTheModel, type Resolved } from './flows.js';
import type { HttpRequest } from './script.js';
import { parseUrl, type Target } from './url.js';

export interface CommandWorld extends FlowWorld {
  readonly connections: Connections;
  now(): Nanos;
  proxy(node: number): NodeProxy | null;
  pod(key: string): PodObject | undefined;
  /** The first SYN is at its first decision after `delayNs`. */
  scheduleSend(delayNs: Nanos, connection: Connection): void;
}

const METHOD = 'GET';

export class Commands {
  /** How often a command was given, for its place in the random numbers. */
  private readonly given = new Map<string, number>();

  constructor(private readonly world: CommandWorld) {}

  request(request: HttpRequest, done: (exchange: HttpExchange | string) => void): void {
    const target = parseUrl(request.url);
    if (target === null) return done(`curl: (3) URL using bad/illegal format or missing URL`);
    const found = this.resolve(target, request.on);
    if (found === null) return done(couldNotResolve(request.tool, target.host));
    if (typeof found === 'string') return done(`error: ${found}`);
    const name = JSON.stringify([request.on, request.url]);
    const ordinal = this.given.get(name) ?? 0;
    this.given.set(name, ordinal + 1);
    const { connectTimeoutNs, maxTimeNs } = request;
    const flow = flowTo(this.world, hashName(name), request.on, found, {
      protocol: 'TCP',
      path: target.path,
      connectTimeoutNs,
      requestTimeoutNs: maxTimeNs,
      reuseSocket: false,
    });
    if (flow.problem !== null) return done(`error: ${flow.problem}`);
    flow.unrecorded = 'ip' in found && this.staysOnNode(request.on, found.ip, target);
    flow.done = (c) => done(this.exchange(c, request, target));
    const connection = this.world.connections.open(flow, ordinal, this.world.now());
    this.world.scheduleSend(this.world.connections.firstHopNs(flow), connection);
  }

  private exchange(c: Connection, request: HttpRequest, target: Target): HttpExchange {
    const answered = c.status > 0;
    const own =
      answered && c.socketNode >= 0
        ? this.world.proxy(c.socketNode)?.answer(this.world.addresses.at(c.destination), c.port, target.path, c.endNs)
        : null;
    const clientAddress = c.source >= 0 ? this.world.addresses.at(c.source).text : 'unknown';
    const forwards = this.world.dictionaries.dictionaries.loadBalancers[c.lb]?.forwards ?? 'nothing';
    const isHeader = forwards === 'x-forwarded-for' || forwards === 'forwarded';
    const client = c.proxied && isHeader ? this.world.addresses.at(c.balancedFrom).text : null;
    const echo = {
      clientAddress,
      method: METHOD,
      path: target.path,
      query: target.query,
      host: target.authority,
      tool: request.tool,
      forwardedFor: client === null ? null : { header: forwards, client },
    };
    return {
      node: request.node,
      url: request.url,
      method: METHOD,
      request: c.request >= 0 ? c.request : null,
      outcome: OUTCOMES[c.outcome] as HttpExchange['outcome'],
      status: own?.status ?? (answered ? c.status : null),
      headers: { ...(own?.headers ?? (answered ? ECHO_HEADERS : {})) },
      body: own?.body ?? (answered ? echoBody(echo) : ''),
      elapsedNs: c.endNs - c.startNs,
    };
  }

  /** kube-proxy's own sockets on localhost: no packet that a rule could decide. */
  private staysOnNode(on: Origin, ip: string, target: Target): boolean {
    if (!('node' in on) || !(ip.startsWith('127.') || ip === '::1')) return false;
    const proxy = this.world.proxy(this.world.locations.nodeIndex(on.node));
    const address = parseIp(ip);
    return address !== null && proxy?.answer(address, target.port, target.path, this.world.now()) != null;
  }

  /** Null: the name means nothing to whoever asks; a text: it means what cannot be asked. */
  private resolve({ host, port }: Target, on: Origin): { ip: string; port: number } | Resolved | string | null {
    const literal = parseIp(host);
    if (literal !== null) return { ip: literal.text, port };
    if (host === 'localhost') return { ip: '127.0.0.1', port };
    const { locations, scenario } = this.world;
    const families = familiesOf(on, scenario.clients, locations);
    const node = nodeAddress(locations, host, families);
    if (node !== null) return { ip: node, port };
    if (!('pod' in on)) return null;
    const pod = this.world.pod(on.pod);
    if (pod !== undefined && !asksClusterDns(pod)) return null;
    const key = serviceNamed(host, on.pod.slice(0, on.pod.indexOf('/')));
    const found = key === null ? null : lookedUp(this.world, key, families);
    if (found === null) return null;
    if ('outside' in found) return outsideTheModel(host, found.outside);
    return { service: found.service, places: found.addresses.map(({ text: ip }) => ({ ip, port })) };
  }
}

/** The first that can be sent to, or the first at all. */
function nodeAddress(locations: Locations, name: string, families: readonly IpFamily[]): string | null {
  const addresses = locations.nodes[locations.nodeIndex(name)]?.addresses ?? [];
  return (addresses.find(({ family }) => families.includes(family)) ?? addresses[0])?.text ?? null;
}

function couldNotResolve(tool: 'curl' | 'wget', host: string): string {
  return tool === 'curl' ? `curl: (6) Could not resolve host: ${host}` : `wget: bad address '${host}'`;
}
