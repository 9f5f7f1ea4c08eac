/**
 * Mode userspace: what is behind kube-proxy's sockets.
 *
 * Models: one loop for each TCP socket, which connects to an endpoint before it accepts the next client; one connected UDP
 *   socket for each client, closed when it has been idle.
 * Source: pkg/proxy/userspace/proxysocket.go (ProxyLoop, TryConnectEndpoints, getBackendConn) of the 1.21 to 1.25 eras.
 * Simplified: copying costs no time, and descriptors do not run out.
 * Who could tell: someone who measures throughput.
 */
import type { Ip } from '../netfilter/address.js';
import type { Protocol } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { EndpointInfo, EndpointMap } from './endpoint-map.js';
import { type ProxySocket, type ProxySockets, socketKey } from './modes/userspace-sockets.js';
import { OrderedMap } from './ordered-map.js';
import { RoundRobin } from './round-robin.js';

/** How long each attempt to connect may take; each goes to the next endpoint. */
export const DIAL_TIMEOUTS_NS: readonly Nanos[] = [250e6, 500e6, 1e9, 2e9];

export const DEFAULT_UDP_IDLE_TIMEOUT_NS = 250e6;

/** Handshakes that the kernel completes before kube-proxy accepts them: net.core.somaxconn since Linux 5.4. */
const BACKLOG = 4096;

/** kube-proxy's own socket towards an endpoint, for one client's datagrams. */
export interface UdpClient {
  readonly endpoint: EndpointInfo;
  /** When a datagram passed, there or back. */
  lastNs: Nanos;
  /** An error came back. */
  closed: boolean;
}

export class RelaySocket {
  closed = false;
  private readonly clients = new Map<number, UdpClient>();
  private dialling = false;
  private freeNs: Nanos = 0;
  /** Those who wait for the loop, in their order. */
  private waiting: number[] = [];

  constructor(
    readonly socket: ProxySocket,
    private readonly roundRobin: RoundRobin,
    readonly udpIdleTimeoutNs: Nanos,
    /** It listens on all addresses. */
    readonly onAnyAddress: boolean,
    private readonly life: { readonly ended: boolean },
  ) {}

  /** Its process has, and the kernel has closed what it had open. */
  get ended(): boolean {
    return this.life.ended;
  }

  /** `namespace/name:port`. */
  get name(): string {
    return this.socket.info.name;
  }

  get endpoints(): readonly EndpointInfo[] {
    return this.roundRobin.endpointsOf(this.socket.info.key);
  }

  /** `again`: the endpoint before did not take the connection. Null: there are none. */
  next(client: number, nowNs: Nanos, again: boolean): EndpointInfo | null {
    return this.roundRobin.next(this.socket.info.key, client, nowNs, again);
  }

  /** The client's datagrams keep to an endpoint as long as they come often enough. Null: there are none. */
  udpClient(address: number, port: number, nowNs: Nanos): UdpClient | null {
    const key = address * 65_536 + port;
    // Port 0 stands for a socket that sends once.
    const known = port === 0 ? undefined : this.clients.get(key);
    if (known !== undefined && this.isOpen(known, nowNs)) {
      known.lastNs = Math.max(known.lastNs, nowNs);
      return known;
    }
    const endpoint = this.next(address, nowNs, false);
    if (endpoint === null) return null;
    const client = { endpoint, lastNs: nowNs, closed: false };
    if (port !== 0) this.clients.set(key, client);
    return client;
  }

  isOpen({ closed, lastNs }: UdpClient, nowNs: Nanos): boolean {
    return !closed && !this.closed && nowNs - lastNs < this.udpIdleTimeoutNs;
  }

  /** No more handshakes are completed. */
  get isFull(): boolean {
    return this.waiting.length >= BACKLOG;
  }

  /**
   * A client's connection is there to be accepted. 0: it is, at once. A time: then. Null: behind those who wait; `free` names
   * it in its turn.
   */
  accept(connection: number, nowNs: Nanos): Nanos | null {
    if (this.dialling) {
      this.waiting.push(connection);
      return null;
    }
    if (nowNs < this.freeNs) return this.freeNs;
    this.dialling = true;
    return 0;
  }

  /** The loop goes on at that time; with the connection that is returned, or -1. */
  free(atNs: Nanos): number {
    this.dialling = false;
    this.freeNs = atNs;
    return this.waiting.shift() ?? -1;
  }
}

export class Relay {
  private readonly roundRobin: RoundRobin;
  /** By `socketKey`. */
  private readonly sockets = new Map<number, RelaySocket>();
  private opened: ProxySockets = OrderedMap.empty();
  private endpoints: EndpointMap = OrderedMap.empty();
  private readonly life = { ended: false };

  constructor(
    seed: number,
    node: string,
    private readonly udpIdleTimeoutNs: Nanos,
    /** Null: all addresses. */
    private readonly bindAddress: Ip | null,
  ) {
    this.roundRobin = new RoundRobin(seed, node);
  }

  /** Heard of: that needs no sync. */
  endpointsChanged(endpoints: EndpointMap): void {
    for (const { key, after } of this.endpoints.differences(endpoints))
      this.roundRobin.endpointsChanged(key, after ?? []);
    this.endpoints = endpoints;
  }

  /** A sync has opened and closed sockets. */
  socketsChanged(now: ProxySockets): void {
    const differences = this.opened.differences(now).filter(({ before, after }) => before?.config !== after?.config);
    this.opened = now;
    for (const { before, after } of differences) if (before !== undefined) this.close(before, after);
    for (const { after } of differences) if (after !== undefined) this.open(after);
  }

  end(): void {
    this.life.ended = true;
    for (const socket of this.sockets.values()) socket.closed = true;
  }

  private close({ port, info }: ProxySocket, next: ProxySocket | undefined): void {
    const key = socketKey(port, info.protocol);
    const relay = this.sockets.get(key);
    if (relay !== undefined) relay.closed = true;
    this.sockets.delete(key);
    if (next === undefined) this.roundRobin.serviceClosed(info.key);
  }

  private open(socket: ProxySocket): void {
    const { info, port } = socket;
    this.roundRobin.serviceOpened(info.key, info.affinitySeconds);
    const relay = new RelaySocket(socket, this.roundRobin, this.udpIdleTimeoutNs, this.bindAddress === null, this.life);
    this.sockets.set(socketKey(port, info.protocol), relay);
  }

  socketAt({ text }: Ip, port: number, protocol: Protocol): RelaySocket | null {
    if (this.bindAddress !== null && this.bindAddress.text !== text) return null;
    return protocol === 'SCTP' ? null : (this.sockets.get(socketKey(port, protocol)) ?? null);
  }
}
