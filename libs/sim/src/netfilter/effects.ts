/**
 * What a rule's verdict does to a packet: where its walk goes on, how it is marked and translated.
 *
 * Models: jumps; marks of packets and connections; DNAT, SNAT, redirects, NETMAP; MASQUERADE by the address of the egress
 *   interface; when conntrack knows DNAT and SNAT as states.
 * Source: net/netfilter/nf_nat_core.c, nf_nat_masquerade.c, nf_nat_redirect.c, xt_conntrack.c, xt_mark.c, xt_connmark.c.
 * Simplified: a packet whose interface is not known came in by the one that leads back to its source. The caller sees to
 *   it that rules are sound; what is not is a defect.
 * Who could tell: someone with asymmetric routes.
 */
import { invariant } from '../kernel/invariant.js';
import { hostCidr, type Ip, parseIp, sameIp } from './address.js';
import type { BaseChain } from './hooks.js';
import { isTracked } from './match.js';
import type { Egress } from './packet.js';
import { type ConntrackState, type Target, titleOf } from './rules.js';
import type { Walk } from './walk.js';

export function baseOf(walk: Walk): BaseChain {
  if (walk.base === null) invariant(false, `no base chain was entered in ${walk.hook}`);
  return walk.base;
}

export function egressOf(walk: Walk): Egress {
  if (walk.egress === null) invariant(false, `no route was looked up before ${walk.hook}`);
  return walk.egress;
}

export function jumpTo(name: string, walk: Walk, kind: 'jump' | 'goto' = 'jump'): void {
  const { table } = baseOf(walk);
  const chain = table.chains.get(name);
  if (chain === undefined) invariant(false, `${jumpText(name, walk)}, which does not exist (node ${walk.node.name})`);
  if (walk.isInside(name)) invariant(false, `${jumpText(name, walk)}, which led to it (node ${walk.node.name})`);
  walk.setting.consulted?.chain(table, chain);
  if (kind === 'jump') walk.jump(chain);
  else walk.goTo(chain);
}

function jumpText(name: string, walk: Walk): string {
  return `${titleOf(baseOf(walk).table)} ${walk.chain?.name} jumps to ${name}`;
}

/** The packet has passed this base chain. */
export function accept(walk: Walk): void {
  if (walk.hook === 'INPUT' && isFilter(baseOf(walk))) walk.acceptedOnInput = true;
  walk.enter(null);
}

/** Chains in which an ACCEPT is the last word on a packet for the node: not those of raw and mangle. */
function isFilter({ type, priority }: BaseChain): boolean {
  return type === 'filter' && priority >= 0;
}

/** No connection is made for the packet, and so nothing is translated. What is tracked already stays so. */
export function leaveUntracked(walk: Walk): void {
  if (walk.loopedBack) return;
  walk.states = new Set<ConntrackState>(['UNTRACKED']);
  walk.destinationSettled = true;
  walk.sourceSettled = true;
}

type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>;

export function setMark(target: TargetOf<'MARK'>, walk: Walk): void {
  if (target.operation === 'set') walk.mark = withBits(walk.mark, target.mask, target.value);
  else walk.mark = withBits(walk.mark, target.operation === 'or' ? target.value : 0, target.value);
}

export function setConnectionMark(target: TargetOf<'CONNMARK'>, walk: Walk): void {
  if (!isTracked(walk)) return;
  if (target.operation === 'set') walk.connectionMark = withBits(walk.connectionMark, target.mask, target.value);
  else if (target.operation === 'save') {
    walk.connectionMark = withBits(walk.connectionMark, target.connectionMask, walk.mark & target.packetMask);
  } else walk.mark = withBits(walk.mark, target.packetMask, walk.connectionMark & target.connectionMask);
}

/** The bits of `mask` cleared, then those of `value` flipped. */
function withBits(mark: number, mask: number, value: number): number {
  return ((mark & ~mask) ^ value) >>> 0;
}

export function becomesDestined(walk: Walk, ip: Ip, port: number): void {
  const hasHook = walk.hook === 'PREROUTING' || walk.hook === 'OUTPUT';
  if (!hasHook) invariant(false, `DNAT in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  const { packet } = walk.setting;
  walk.dnat = true;
  walk.destinationSettled = true;
  walk.destinationIp = ip;
  walk.destinationPort = port;
  // The kernel sets the state only where the translation changes something.
  if (!sameIp(ip, packet.destinationIp) || port !== packet.destinationPort) addState(walk, 'DNAT');
}

/**
 * Where a redirect leads: the loopback for the node's own processes, else the first address of the interface by which the
 * packet came in. Null: it has none, and the packet is dropped.
 */
export function ownAddress(walk: Walk): Ip | null {
  const { family } = walk.destinationIp;
  if (walk.hook === 'OUTPUT') return parseIp(family === 'IPv4' ? '127.0.0.1' : '::1');
  const known = walk.inInterface;
  if (known === null) walk.sourceUsed();
  const name = known ?? walk.node.egress(walk.setting.packet.sourceIp).interface;
  return walk.node.addressesOf(name).find((ip) => ip.family === family) ?? null;
}

export function translateSource(walk: Walk, ip: Ip): void {
  const hasHook = walk.hook === 'POSTROUTING' || walk.hook === 'INPUT';
  if (!hasHook) invariant(false, `SNAT in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  walk.snat = true;
  walk.sourceSettled = true;
  walk.sourceUnknown = false;
  // Whether anything changes, and with it the state, depends on the very address.
  walk.sourceTested(hostCidr(ip));
  if (sameIp(ip, walk.sourceIp)) return;
  walk.sourceIp = ip;
  addState(walk, 'SNAT');
}

export function masquerade(walk: Walk): void {
  if (walk.hook !== 'POSTROUTING') {
    invariant(false, `MASQUERADE in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  }
  const { address } = egressOf(walk);
  if (address !== null) return translateSource(walk, address);
  walk.snat = true;
  walk.sourceSettled = true;
  walk.sourceUnknown = true;
  addState(walk, 'SNAT');
}

function addState(walk: Walk, state: Extract<ConntrackState, 'DNAT' | 'SNAT'>): void {
  walk.states = new Set([...walk.states, state]);
}
