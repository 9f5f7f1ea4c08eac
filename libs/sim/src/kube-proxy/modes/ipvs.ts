/**
 * Mode ipvs: a node's Services as virtual servers of IPVS, with a fixed handful of iptables rules that hang on sets.
 *
 * Models: virtual servers, sets, rules and the addresses of the dummy device after a sync.
 * Source: pkg/proxy/ipvs/proxier.go of 1.21 to 1.34 (copies of 1.21 to 1.23, 1.25, 1.27, 1.28 and the 1.34 era).
 * Simplified: of two service ports that claim one address and port the later in the order of names has it, where
 *   kube-proxy's order is random; nodePortAddresses never cover addresses of the dummy device.
 * Who could tell: someone whose Services share an external IP and port, or whose nodePortAddresses hold the service CIDR.
 */
import type { Ip } from '../../netfilter/address.js';
import { writeSets } from '../../netfilter/ipset-save.js';
import { writeRestore, writeSaved } from '../../netfilter/iptables-save.js';
import { writeVirtualServers } from '../../netfilter/ipvsadm-save.js';
import { isLoopback } from '../../netfilter/loopback.js';
import type { IptablesTable, Ruleset, TableName } from '../../netfilter/rules.js';
import type { VirtualServer, VirtualServers } from '../../netfilter/virtual-servers.js';
import { KUBELET_CANARIES, withCanaries } from '../canary-chains.js';
import { nodePortAddressesOf } from '../node-port-addresses.js';
import { OrderedMap } from '../ordered-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyNode, ProxyView } from '../proxy-node.js';
import { changedServicePorts } from '../service-ports.js';
import { baseChainsOf, kubeletChains } from '../standing-chains.js';
import { type ClosedPort, ipvsChains, ipvsJumps, type RuleSetting } from './ipvs-rules.js';
import { type IpvsContext, type IpvsService, ipvsService } from './ipvs-service.js';
import { type Entries, type IpSets, NO_SETS, type SetKey, setsOf } from './ipvs-sets.js';
import type { ProxyMode, ProxyProgram } from './mode.js';

export interface IpvsProgram extends ProxyProgram {
  readonly ruleset: Ruleset<IptablesTable> & Required<Pick<Ruleset, 'sets' | 'virtualServers' | 'boundAddresses'>>;
  /** By the key of the service port. */
  readonly services: OrderedMap<IpvsService>;
  readonly owners: ServerOwners;
  /** Addresses on which node ports work. */
  readonly nodePortIPs: readonly Ip[];
  readonly ruleSetting: RuleSetting;
}

/** Key of a virtual server → key of the service port that has it. */
type ServerOwners = ReadonlyMap<string, string>;

/** By the key of the service port; undefined where it is gone. */
type Changes = ReadonlyMap<string, IpvsService | undefined>;

export const ipvsMode: ProxyMode<IpvsProgram> = {
  name: 'ipvs',
  formats: ['ipvs', 'ipset', 'iptables'],
  rulesText({ ruleset, view: { node } }, view, format = 'ipvs') {
    if (format === 'ipvs') return writeVirtualServers(ruleset.virtualServers);
    if (format === 'ipset') return writeSets(ruleset.sets.values());
    if (view === 'save') return writeSaved(withCanaries(ruleset, node.behaviour, KUBELET_CANARIES));
    return writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
  },
  program(view, previous) {
    const { node } = view;
    const nodePortIPs = nodePortIPsOf(view, previous);
    const known = previous && canReuse(previous, view, nodePortIPs) ? previous : undefined;
    const context = contextOf(view, nodePortIPs);
    const changes = new Map<string, IpvsService | undefined>();
    for (const [key, port] of changedServicePorts(known?.view, view))
      changes.set(key, port && ipvsService(context, port, known?.services.get(key)));
    const services = (known?.services ?? OrderedMap.empty<IpvsService>()).with(changes);
    const sameServices = known?.view.services === view.services ? known : undefined;
    const owners = sameServices?.owners ?? ownersOf(services);
    const ruleSetting = ruleSettingOf(services, changes, known);
    const ruleset = {
      ipFamily: node.ipFamily,
      tables: ruleSetting === known?.ruleSetting ? known.ruleset.tables : tablesOf(node, ruleSetting),
      sets: setsAfter(node, services, changes, known),
      virtualServers: new ServerTable(services, owners),
      boundAddresses: sameServices?.ruleset.boundAddresses ?? boundBy(services),
    };
    return { view, ruleset, nodePortIPs, services, owners, ruleSetting };
  },
};

function canReuse({ view, nodePortIPs }: IpvsProgram, { node, nodeLabels }: ProxyView, ips: readonly Ip[]): boolean {
  return view.node === node && view.nodeLabels === nodeLabels && nodePortIPs === ips;
}

function contextOf({ node, nodeLabels }: ProxyView, nodePortIPs: readonly Ip[]): IpvsContext {
  const topology = { nodeName: node.name, nodeLabels, behaviour: node.behaviour, gates: node.gates };
  return { node, topology, nodePortIPs };
}

/** Those of before where they say the same. */
function nodePortIPsOf(view: ProxyView, previous: IpvsProgram | undefined): readonly Ip[] {
  const { node, services } = view;
  if (previous?.view.node === node && previous.view.services === services) return previous.nodePortIPs;
  const ips = chooseNodePortIPs(view);
  return previous !== undefined && isEqual(previous.nodePortIPs, ips) ? previous.nodePortIPs : ips;
}

/** Up to 1.26 what is bound to the dummy device as well is taken for none of the node's addresses. */
function chooseNodePortIPs({ node, services }: ProxyView): readonly Ip[] {
  const { behaviour, bridgeIPs, ipFamily, ips, nodePortAddresses, primaryIP } = node;
  const own = [...ips, ...bridgeIPs];
  const chosen = nodePortAddressesOf(nodePortAddresses, ipFamily, own, primaryIP).ips;
  if (chosen !== null) return chosen.filter((ip) => !isLoopback(ip));
  if (!behaviour.ipvsBindsOwnAddresses) return own;
  const bound = new Set<string>();
  services.forEach(({ externalIPs, loadBalancerVIPs }) => {
    for (const { text } of externalIPs) bound.add(text);
    for (const { text } of loadBalancerVIPs) bound.add(text);
  });
  return own.filter(({ text }) => !bound.has(text));
}

function ownersOf(services: OrderedMap<IpvsService>): ServerOwners {
  const owners = new Map<string, string>();
  services.forEach(({ servers }, key) => {
    for (const server of servers.keys()) owners.set(server, key);
  });
  return owners;
}

function boundBy(services: OrderedMap<IpvsService>): Set<string> {
  const bound = new Set<string>();
  services.forEach((service) => {
    for (const ip of service.bound) bound.add(ip);
  });
  return bound;
}

function ruleSettingOf(
  services: OrderedMap<IpvsService>,
  changes: Changes,
  known: IpvsProgram | undefined,
): RuleSetting {
  const before = known?.ruleSetting;
  if (before !== undefined && changes.size === 0) return before;
  const filled = new Set<SetKey>();
  const closed: ClosedPort[] = [];
  services.forEach(({ entries, closedToNode, info }) => {
    for (const set in entries) filled.add(set as SetKey);
    for (const ip of closedToNode) closed.push({ ip, protocol: info.protocol, port: info.port });
  });
  const sameSets = before?.filled.size === filled.size && [...filled].every((set) => before.filled.has(set));
  return sameSets && isEqual(before.closed, closed) ? before : { filled, closed };
}

/** A set is gathered anew where a service port has changed what it puts into it. */
function setsAfter(
  { behaviour, ipFamily }: ProxyNode,
  services: OrderedMap<IpvsService>,
  changes: Changes,
  known: IpvsProgram | undefined,
): IpSets {
  const isChanged = (set: SetKey): boolean =>
    [...changes].some(([key, after]) => {
      const before = known?.services.get(key)?.entries[set];
      return !isEqual(before, after?.entries[set]);
    });
  const all = (): Entries[] => [...services.values()].map(({ entries }) => entries);
  const without: SetKey[] = behaviour.ipvsFilter === 'absent' ? ['dummyDevice'] : [];
  return setsOf(all, ipFamily, without, known?.ruleset.sets ?? NO_SETS, isChanged);
}

function tablesOf(node: ProxyNode, setting: RuleSetting): Map<TableName, IptablesTable> {
  const jumps = ipvsJumps(node);
  const tables = new Map<TableName, IptablesTable>();
  for (const [name, chains] of ipvsChains(node, setting)) {
    const all = [...baseChainsOf(name, jumps), ...chains, ...kubeletChains(node, name)];
    tables.set(name, { syntax: 'iptables', name, chains: new Map(all.map((chain) => [chain.name, chain])) });
  }
  return tables;
}

/** All virtual servers of a node: a view of the service ports', so that a sync does not gather thousands of them. */
class ServerTable implements VirtualServers {
  constructor(
    private readonly services: ReadonlyMap<string, IpvsService>,
    private readonly owners: ServerOwners,
  ) {}

  get(key: string): VirtualServer | undefined {
    const owner = this.owners.get(key);
    return owner === undefined ? undefined : this.services.get(owner)?.servers.get(key);
  }

  *[Symbol.iterator](): Iterator<VirtualServer> {
    for (const key of this.owners.keys()) {
      const server = this.get(key);
      if (server !== undefined) yield server;
    }
  }
}
