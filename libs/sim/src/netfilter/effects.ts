/**
 * What a rule's verdict does to a packet: where its walk goes on, and how it is translated.
 *
 * Models: jumps; DNAT; MASQUERADE by the address of the egress interface; when conntrack knows DNAT and SNAT as states.
 * Source: net/netfilter/nf_nat_core.c, nf_nat_masquerade.c, xt_conntrack.c.
 * Simplified: nothing; the caller sees to it that rules are sound, what is not is a defect.
 * Who could tell: nobody.
 */
import { invariant } from '../kernel/invariant.js';
import { parseCidr, parseIp, sameIp } from './address.js';
import type { BaseChain } from './hooks.js';
import type { Egress } from './packet.js';
import type { Walk } from './walk.js';

export function baseOf(walk: Walk): BaseChain {
  if (walk.base === null) invariant(false, `no base chain was entered in ${walk.hook}`);
  return walk.base;
}

export function egressOf(walk: Walk): Egress {
  if (walk.egress === null) invariant(false, `no route was looked up before ${walk.hook}`);
  return walk.egress;
}

export function jumpTo(name: string, walk: Walk): void {
  const { table } = baseOf(walk);
  const chain = table.chains.get(name);
  if (chain === undefined) invariant(false, `${jumpText(name, walk)}, which does not exist (node ${walk.node.name})`);
  if (walk.isInside(name)) invariant(false, `${jumpText(name, walk)}, which led to it (node ${walk.node.name})`);
  walk.setting.consulted?.chain(table, chain);
  walk.jump(chain);
}

function jumpText(name: string, walk: Walk): string {
  return `${baseOf(walk).table.name} ${walk.chain?.name} jumps to ${name}`;
}

export function translateDestination(walk: Walk, address: string, port: number): void {
  const ip = parseIp(address);
  if (ip === null) invariant(false, `DNAT to "${address}", which is no address (node ${walk.node.name})`);
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

export function masquerade(walk: Walk): void {
  if (walk.hook !== 'POSTROUTING') {
    invariant(false, `MASQUERADE in ${walk.hook} (node ${walk.node.name}); the kernel refuses such a rule`);
  }
  const { address } = egressOf(walk);
  walk.snat = true;
  walk.sourceSettled = true;
  walk.sourceUnknown = address === null;
  if (address !== null) {
    // Whether anything changes, and with it the SNAT state, depends on the very address.
    const exact = parseCidr(address.text);
    if (exact !== null) walk.sourceTested(exact);
    if (sameIp(address, walk.sourceIp)) return;
    walk.sourceIp = address;
  }
  addState(walk, 'SNAT');
}

function addState(walk: Walk, state: 'DNAT' | 'SNAT'): void {
  walk.connection = new Set([...walk.connection, state]);
}
