/** The virtual servers of IPVS: one address, port and protocol each, with the real servers behind it. */
import type { Protocol } from '../objects.js';
import { formatHostPort, type Ip } from './address.js';
import type { Refusal } from './refusal.js';

export interface RealServer {
  readonly ip: Ip;
  readonly port: number;
}

export interface VirtualServer {
  readonly ip: Ip;
  readonly port: number;
  readonly protocol: Protocol;
  /** `rr`, `sh`, … */
  readonly scheduler: string;
  /** Of the scheduler mh: the source port counts as well as the address. */
  readonly hashesPorts: boolean;
  /** A client keeps to its real server for that long; null: each connection is scheduled. */
  readonly persistenceSeconds: number | null;
  /** Each with weight 1. */
  readonly realServers: readonly RealServer[];
  /** Without a real server: what it means that there is none. */
  readonly refusal?: Refusal;
}

export interface VirtualServers extends Iterable<VirtualServer> {
  get(key: string): VirtualServer | undefined;
}

/** `10.0.0.1:80/TCP`; unique on a node. */
export function virtualServerKey(ip: Ip, port: number, protocol: Protocol): string {
  return `${formatHostPort(ip.text, port)}/${protocol}`;
}

/** The list that holds who keeps to a real server: as long as the virtual server has it. */
export function persistenceName(key: string, { ip, port }: RealServer): string {
  return `${key} -> ${formatHostPort(ip.text, port)}`;
}

/** Whether the virtual server that the list is named after still has that real server. */
export function isPersistenceName(name: string, servers: VirtualServers): boolean {
  const server = servers.get(name.slice(0, name.indexOf(' ')));
  return server?.realServers.some((real) => persistenceName(keyOf(server), real) === name) ?? false;
}

export function keyOf({ ip, port, protocol }: VirtualServer): string {
  return virtualServerKey(ip, port, protocol);
}
