/**
 * Mode userspace (to 1.25): rules that lead to sockets of kube-proxy, which connects to an endpoint itself.
 *
 * Models: the rules and the sockets after a sync, and the text of the rules. What happens behind a socket is `relay.ts`.
 * Source: pkg/proxy/userspace/proxier.go of the 1.21 to 1.25 eras; nothing in it differs between these versions.
 * Simplified: rules are written as one text, kube-proxy adds them one by one with `iptables -A`; of two service ports that
 *   claim one local address and port the first in the order of names has it, kube-proxy's order is random.
 * Who could tell: someone whose Services share an external IP and port that are the node's own.
 *
 * Policies, source ranges, topology, terminating endpoints, masqueradeAll, detectors and nodePortAddresses do not exist here.
 */
import type { Ip } from '../../netfilter/address.js';
import { formatHostPort } from '../../netfilter/address.js';
import { writeRestore, writeSaved } from '../../netfilter/iptables-save.js';
import type { Chain, IptablesTable, Rule, Ruleset, TableName } from '../../netfilter/rules.js';
import { KUBELET_CANARIES, withCanaries } from '../canary-chains.js';
import { OrderedMap } from '../ordered-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyNode, ProxyView } from '../proxy-node.js';
import type { ServiceMap, ServicePortInfo } from '../service-map.js';
import { baseChainsOf } from '../standing-chains.js';
import type { ProxyMode, ProxyProgram } from './mode.js';
import {
  chainsOfKubelet,
  type ListenAddress,
  PORTAL_CHAINS,
  type PortalChain,
  type PortalRules,
  portalRules,
  portalsOf,
  userspaceJumps,
} from './userspace-rules.js';
import { type ProxySockets, socketsAfter } from './userspace-sockets.js';

export interface UserspaceProgram extends ProxyProgram {
  readonly ruleset: Ruleset<IptablesTable>;
  readonly sockets: ProxySockets;
  /** By the key of the service port. */
  readonly rules: OrderedMap<PortalRules>;
}

const KINDS = Object.keys(PORTAL_CHAINS) as PortalChain[];
const NO_RULES: readonly Rule[] = [];

export const userspaceMode: ProxyMode<UserspaceProgram> = {
  name: 'userspace',
  formats: ['iptables'],
  rulesText({ ruleset, view: { node } }, view) {
    if (view === 'save') return writeSaved(withCanaries(ruleset, node.behaviour, KUBELET_CANARIES));
    return writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
  },
  program(view, previous) {
    const known = previous?.view.node === view.node ? previous : undefined;
    if (known !== undefined && known.view.services === view.services) return { ...known, view };
    const changed = changedServices(known?.view, view);
    const listen = listenAddressOf(view.node);
    const none: ProxySockets = OrderedMap.empty();
    const span = view.node.userspace?.portRange ?? null;
    const sockets = listen === null ? none : socketsAfter(known?.sockets ?? none, changed, span);
    const rules = rulesAfter(view, sockets, changed, listen, known);
    return { view, ruleset: rulesetOf(view.node, rules, known), sockets, rules };
  },
};

/** Endpoints are no business of the rules. */
function changedServices(
  before: ProxyView | undefined,
  { services }: ProxyView,
): Map<string, ServicePortInfo | undefined> {
  const changes = (before?.services ?? OrderedMap.empty<ServicePortInfo>()).differences(services);
  return new Map(changes.map(({ key, after }) => [key, after]));
}

/** Null: kube-proxy cannot listen, as its address is none of the node's. */
function listenAddressOf({ ips, bridgeIPs, primaryIP, userspace }: ProxyNode): ListenAddress | null {
  const bound = userspace?.bindAddress ?? null;
  const own = [...ips, ...bridgeIPs];
  if (bound !== null) return own.some(({ text }) => text === bound.text) ? { ip: bound, any: false } : null;
  const ip = primaryIP ?? own[0];
  return ip === undefined ? null : { ip, any: true };
}

function rulesAfter(
  { node, services }: ProxyView,
  sockets: ProxySockets,
  changed: ReadonlyMap<string, ServicePortInfo | undefined>,
  listen: ListenAddress | null,
  known: UserspaceProgram | undefined,
): OrderedMap<PortalRules> {
  const claims = claimsOf(services, sockets, node);
  const keys = new Set([...changed.keys(), ...claims.contested]);
  const changes = new Map<string, PortalRules | undefined>();
  for (const key of keys) {
    const socket = sockets.get(key);
    if (socket === undefined || listen === null) changes.set(key, undefined);
    else changes.set(key, portalRules(socket.info, socket.port, listen, openPortals(socket.info, node, claims)));
  }
  return (known?.rules ?? OrderedMap.empty<PortalRules>()).with(changes);
}

interface Claims {
  /** Who has a local address and port. */
  readonly owners: ReadonlyMap<string, string>;
  /** Keys of service ports that want what somebody else has wanted or wants, too. */
  readonly contested: ReadonlySet<string>;
}

/** kube-proxy listens on a portal whose address is the node's own; the second service port finds it taken. */
function claimsOf(services: ServiceMap, sockets: ProxySockets, node: ProxyNode): Claims {
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  const isLocal = localAddresses(node);
  services.forEach((info, key) => {
    const { clusterIP, externalIPs, loadBalancerVIPs } = info;
    const claims = isLocal(clusterIP) || externalIPs.some(isLocal) || loadBalancerVIPs.some(isLocal);
    if (!claims || !sockets.has(key)) return;
    for (const { ip } of portalsOf(info)) {
      if (!isLocal(ip)) continue;
      contested.add(key);
      const claim = claimText(ip, info);
      if (owners.has(claim)) continue;
      owners.set(claim, key);
    }
  });
  return { owners, contested };
}

function openPortals(info: ServicePortInfo, node: ProxyNode, { owners }: Claims): number {
  const isLocal = localAddresses(node);
  const portals = portalsOf(info);
  const failed = portals.findIndex(({ ip }) => isLocal(ip) && owners.get(claimText(ip, info)) !== info.key);
  return failed < 0 ? portals.length : failed;
}

function localAddresses({ ips, bridgeIPs }: ProxyNode): (ip: Ip) => boolean {
  const own = new Set([...ips, ...bridgeIPs].map(({ text }) => text));
  return ({ text }) => own.has(text);
}

function claimText({ text }: Ip, { port, protocol }: ServicePortInfo): string {
  return `${formatHostPort(text, port)}/${protocol}`;
}

function rulesetOf(
  node: ProxyNode,
  rules: OrderedMap<PortalRules>,
  known: UserspaceProgram | undefined,
): Ruleset<IptablesTable> {
  if (known !== undefined && known.rules === rules) return known.ruleset;
  const changes = known?.rules.differences(rules) ?? [];
  const isSame = (kind: PortalChain): boolean =>
    changes.every(({ before, after }) => isEqual(before?.[kind] ?? NO_RULES, after?.[kind] ?? NO_RULES));
  const tables = new Map<TableName, IptablesTable>();
  for (const name of ['nat', 'filter'] as const) {
    const before = known?.ruleset.tables.get(name)?.chains;
    const portals = KINDS.filter((kind) => PORTAL_CHAINS[kind][0] === name).map((kind): Chain => {
      const chain = PORTAL_CHAINS[kind][1];
      const same = isSame(kind) ? before?.get(chain) : undefined;
      return same ?? { name: chain, rules: allOf(kind, rules) };
    });
    const standing = (chain: Chain): Chain => before?.get(chain.name) ?? chain;
    const all = [
      ...baseChainsOf(name, userspaceJumps()).map(standing),
      ...portals,
      ...chainsOfKubelet(node, name).map(standing),
    ];
    tables.set(name, { syntax: 'iptables', name, chains: new Map(all.map((chain) => [chain.name, chain])) });
  }
  return { ipFamily: node.ipFamily, tables };
}

function allOf(kind: PortalChain, portals: OrderedMap<PortalRules>): Rule[] {
  const all: Rule[] = [];
  portals.forEach((portal) => {
    for (const rule of portal[kind]) all.push(rule);
  });
  return all;
}
