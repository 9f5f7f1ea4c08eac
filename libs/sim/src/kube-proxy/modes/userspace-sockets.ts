/**
 * The sockets on which mode userspace accepts what its rules send it: one for each service port.
 *
 * Models: a port for each service port as long as its Service says the same; another one when it does not.
 * Source: pkg/proxy/userspace/proxier.go (mergeService, sameConfig), port_allocator.go, of the 1.21 to 1.25 eras.
 * Simplified: the kernel, or kube-proxy within --port-range, picks at random; here a port hangs on what the service port
 *   says, so that it is the same on every node. TCP and UDP share the ports.
 * Who could tell: someone who looks for the very number.
 */
import { hashName } from '../../kernel/hash-name.js';
import type { Protocol } from '../../objects.js';
import type { OrderedMap } from '../ordered-map.js';
import { Remembered } from '../remembered.js';
import type { ServicePortInfo } from '../service-map.js';

export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

export interface ProxySocket {
  readonly info: ServicePortInfo;
  readonly port: number;
  /** What the service port says, as far as a change of it opens another socket. */
  readonly config: string;
}

/** By the key of the service port. */
export type ProxySockets = OrderedMap<ProxySocket>;

/** What the kernel has for sockets that name no port: net.ipv4.ip_local_port_range. */
const EPHEMERAL: PortSpan = { first: 32_768, last: 60_999 };

export function socketKey(port: number, protocol: Protocol): number {
  return 2 * port + (protocol === 'UDP' ? 1 : 0);
}

const configs = new Remembered<string>();

function configOf(info: ServicePortInfo): string {
  return configs.get(info, [], () => {
    const { key, clusterIP, port, nodePort, externalIPs, loadBalancerVIPs, affinitySeconds } = info;
    const external = externalIPs.map(({ text }) => text).join(',');
    const vips = loadBalancerVIPs.map(({ text }) => text).join(',');
    return `${key} ${clusterIP.text} ${port} ${nodePort} ${external} ${vips} ${affinitySeconds === null ? '' : 'ClientIP'}`;
  });
}

/** SCTP is refused: no socket, and then no rules. */
export function isProxied({ protocol }: Pick<ServicePortInfo, 'protocol'>): boolean {
  return protocol !== 'SCTP';
}

/**
 * The sockets after a sync. What says the same keeps its own; where `span` is used up, a service port gets none.
 * `changed`: by key of the service port; undefined where one is gone.
 */
export function socketsAfter(
  before: ProxySockets,
  changed: ReadonlyMap<string, ServicePortInfo | undefined>,
  span: PortSpan | null,
): ProxySockets {
  const changes = new Map<string, ProxySocket | undefined>();
  const opened: ServicePortInfo[] = [];
  for (const [key, info] of changed) {
    const known = before.get(key);
    if (info !== undefined && known?.config === configOf(info)) {
      changes.set(key, known.info === info ? known : { ...known, info });
      continue;
    }
    changes.set(key, undefined);
    if (info !== undefined && isProxied(info)) opened.push(info);
  }
  const kept = before.with(changes);
  if (opened.length === 0) return kept;
  const used = new Set<number>();
  kept.forEach(({ port }) => {
    used.add(port);
  });
  opened.sort((a, b) => (a.key < b.key ? -1 : 1));
  const added = new Map<string, ProxySocket>();
  for (const info of opened) {
    const config = configOf(info);
    const port = freePort(hashName(config), used, span ?? EPHEMERAL);
    if (port === null) continue;
    used.add(port);
    added.set(info.key, { info, port, config });
  }
  return kept.with(added);
}

/** From a place in the span upwards and around it; null: all are used. */
function freePort(place: number, used: ReadonlySet<number>, { first, last }: PortSpan): number | null {
  const size = last - first + 1;
  const start = (place >>> 0) % size;
  for (let n = 0; n < size; n++) {
    const port = first + ((start + n) % size);
    if (!used.has(port)) return port;
  }
  return null;
}
