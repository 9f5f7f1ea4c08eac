/**
 * What a rule's verdict does to a packet: where its walk goes on, and how it is translated.
 *
 * Models: jumps; DNAT, SNAT and redirects; MASQUERADE by the address of the egress interface; when conntrack knows DNAT
 *   and SNAT as states.
 * Source: net/netfilter/nf_nat_core.c, nf_nat_masquerade.c, xt_conntrack.c.
 * Simplified: a packet that is redirected came in by the interface that leads back to its source. The caller sees to it
 *   that rules are sound; what is not is a defect.
 * Who could tell: someone with asymmetric routes.
 */
import { invariant } from '../kernel/invariant.js';
import { type Ip, nthAddress, parseCidr, parseIp, sameIp } from './address.js';
import type { BaseChain } from './hooks.js';
import { LOOPBACK_CIDRS } from './loopback.js';
import type { Egress } from './packet.js';
import { titleOf } from './rules.js';
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

/** No connection is made for the packet, and so nothing is translated. */
export function leaveUntracked(walk: Walk): void {
  walk.connection = new Set();
  walk.destinationSettled = true;
  walk.sourceSettled = true;
}

export function translateDestination(walk: Walk, address: string, port: number): void {
  const ip = parseIp(address);
  if (ip === null) invariant(false, `DNAT to "${address}", which is no address (node ${walk.node.name})`);
  becomesDestined(walk, ip, port);
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

/** To the node itself: to the loopback from its own processes, else to the interface by which the packet came in. */
export function redirect(walk: Walk, port: number | null): void {
  const { packet } = walk.setting;
  const loopback = LOOPBACK_CIDRS[walk.destinationIp.family];
  let address: Ip | null = walk.destinationIp.family === 'IPv4' ? nthAddress(loopback, 1) : loopback.address;
  if (walk.hook === 'PREROUTING') {
    tellSource(walk, packet.sourceIp);
    address = walk.node.egress(packet.sourceIp).address;
  }
  // Without an address of the interface's own the kernel drops; the packet then ends at what nobody has.
  becomesDestined(walk, address ?? packet.destinationIp, port ?? walk.destinationPort);
}

export function translateSource(walk: Walk, ip: Ip): void {
  const hasHook = walk.hook === 'POSTROUTING' || walk.hook === 'INPUT';
  if (!hasHook) invariant(false, `SNAT in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  walk.snat = true;
  walk.sourceSettled = true;
  walk.sourceUnknown = false;
  tellSource(walk, ip);
  if (sameIp(ip, walk.sourceIp)) return;
  walk.sourceIp = ip;
  addState(walk, 'SNAT');
}

/** Whether anything changes, and with it the state, depends on the very address. */
function tellSource(walk: Walk, ip: Ip): void {
  const exact = parseCidr(ip.text);
  if (exact !== null) walk.sourceTested(exact);
}

export function masquerade(walk: Walk): void {
  if (walk.hook !== 'POSTROUTING') {
    invariant(false, `MASQUERADE in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  }
  const { address } = egressOf(walk);
  walk.snat = true;
  walk.sourceSettled = true;
  walk.sourceUnknown = address === null;
  if (address !== null) {
    tellSource(walk, address);
    if (sameIp(address, walk.sourceIp)) return;
    walk.sourceIp = address;
  }
  addState(walk, 'SNAT');
}

function addState(walk: Walk, state: 'DNAT' | 'SNAT'): void {
  walk.connection = new Set([...walk.connection, state]);
}
