/**
 * Mode nftables: a node's Services as one table of nftables for each family.
 *
 * Models: the table after a sync, by version; kubelet's own rules beside it.
 * Source: pkg/proxy/nftables/proxier.go of 1.29 to the 1.34 era, see nftables-versions.ts.
 * Simplified: service ports are written in the order of their names, kube-proxy's order is random; chains that are no
 *   longer in use go with the sync that leaves them, kube-proxy empties them and removes them a second later or more.
 * Who could tell: nobody by a packet; someone who lists the table just after a sync.
 */
import { listNftTable } from '../../netfilter/nft-list.js';
import type { NftChain, NftElement, NftElements, NftSet, NftTable } from '../../netfilter/nft-rules.js';
import { writeNftTable } from '../../netfilter/nft-transaction.js';
import { type Chain, type IptablesTable, type Table, titleOf } from '../../netfilter/rules.js';
import { dependsOnNode } from '../categorize-endpoints.js';
import { OrderedMap } from '../ordered-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyView } from '../proxy-node.js';
import { Remembered } from '../remembered.js';
import { changedServicePorts, type ServicePort } from '../service-ports.js';
import { baseChainsOf, jumpsTo, kubeletChains } from '../standing-chains.js';
import type { ProxyMode, ProxyProgram } from './mode.js';
import { baseChains, baseSets } from './nftables-base.js';
import { type NftablesContext, nftablesContext } from './nftables-context.js';
import { type NftServiceParts, SHARED_SETS, type SharedSet, servicePartsOf } from './nftables-service.js';
import { addOwners, type Owners, PartsMap } from './parts-map.js';

export interface NftablesProgram extends ProxyProgram {
  readonly table: NftTable;
  readonly standing: Standing;
  /** By the key of the service port, in the order of names. */
  readonly parts: OrderedMap<NftServiceParts>;
  readonly index: Index;
}

/** What no Service changes. */
interface Standing {
  readonly chains: ReadonlyMap<string, NftChain>;
  readonly sets: readonly NftSet[];
  readonly kubelet: IptablesTable;
}

/** Which service port has added what. */
interface Index {
  readonly chains: Owners;
  readonly sets: Owners;
  readonly elements: Readonly<Record<SharedSet, Owners>>;
}

const NO_ELEMENTS: NftElements = new Map();

export const nftablesMode: ProxyMode<NftablesProgram> = {
  name: 'nftables',
  formats: ['nft'],
  rulesText({ table }, view) {
    return view === 'save' ? `${listNftTable(table)}\n` : writeNftTable(table, 'padded');
  },
  program(view, previous) {
    const context = nftablesContext(view);
    const known = previous && canReuse(previous, view) ? previous : undefined;
    const index = known?.index ?? newIndex();
    const changes = new Map<string, NftServiceParts | undefined>();
    for (const [key, port] of changedServicePorts(known?.view, view)) {
      const own = port && partsOf(context, port, known?.parts.get(key));
      if (own !== undefined) enter(index, own);
      changes.set(key, own);
    }
    const parts = (known?.parts ?? OrderedMap.empty<NftServiceParts>()).with(changes);
    const standing = known?.standing ?? standingOf(context);
    const table = tableOf(context, standing, parts, index);
    const tables = new Map<string, Table>([
      [standing.kubelet.name, standing.kubelet],
      [titleOf(table), table],
    ]);
    return { view, ruleset: { ipFamily: view.node.ipFamily, tables }, table, standing, parts, index };
  },
};

function canReuse(previous: NftablesProgram, view: ProxyView): boolean {
  return previous.view.node === view.node && previous.view.nodeLabels === view.nodeLabels;
}

const sharedParts = new Remembered<NftServiceParts>();

/** Where nothing of the node is in them, all nodes of the same settings have the same parts. */
function partsOf(context: NftablesContext, port: ServicePort, before: NftServiceParts | undefined): NftServiceParts {
  const { info, endpoints } = port;
  const make = (): NftServiceParts => keeping(before, servicePartsOf(context, info, endpoints));
  const knowsNode =
    dependsOnNode(endpoints, info, context.topology) ||
    info.loadBalancerSourceRanges.length > 0 ||
    context.behaviour.endpoints === 'maps';
  if (knowsNode) return make();
  return sharedParts.get(endpoints.length > 0 ? endpoints : info, [info, context.settings], make);
}

function newIndex(): Index {
  const elements = Object.fromEntries(SHARED_SETS.map((name) => [name, new Map()])) as Record<SharedSet, Owners>;
  return { chains: new Map(), sets: new Map(), elements };
}

function enter({ chains, sets, elements }: Index, parts: NftServiceParts): void {
  const { key } = parts.info;
  addOwners(chains, parts.chains, key);
  addOwners(sets, parts.sets, key);
  for (const [name, own] of parts.elements) addOwners(elements[name], own, key);
}

/** What says the same as before is the same object: what others remember of it stays valid. */
function keeping(before: NftServiceParts | undefined, now: NftServiceParts): NftServiceParts {
  if (before === undefined) return now;
  const elements = [...now.elements].map(([name, own]): [SharedSet, NftElements] => [
    name,
    sameWhereEqual(before.elements.get(name) ?? NO_ELEMENTS, own),
  ]);
  return {
    ...now,
    chains: sameWhereEqual(before.chains, now.chains),
    sets: sameWhereEqual(before.sets, now.sets),
    elements: new Map(elements),
  };
}

function sameWhereEqual<V>(before: ReadonlyMap<string, V>, now: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  return new Map([...now].map(([key, value]) => [key, isEqual(before.get(key), value) ? before.get(key)! : value]));
}

function standingOf(context: NftablesContext): Standing {
  const chains = new Map(baseChains(context).map((chain) => [chain.name, chain]));
  return { chains, sets: baseSets(context), kubelet: kubeletTable(context) };
}

/** kubelet keeps its chain in iptables whatever kube-proxy does. */
function kubeletTable({ node }: NftablesContext): IptablesTable {
  const jumps = jumpsTo('filter', 'KUBE-FIREWALL', '', ['INPUT', 'OUTPUT'], false);
  const chains = [...baseChainsOf('filter', jumps), ...kubeletChains(node, 'filter')];
  return { syntax: 'iptables', name: 'filter', chains: new Map(chains.map((chain: Chain) => [chain.name, chain])) };
}

function tableOf(
  { words }: NftablesContext,
  standing: Standing,
  parts: ReadonlyMap<string, NftServiceParts>,
  index: Index,
): NftTable {
  const shared = standing.sets.map((set): [string, NftSet] => {
    const name = SHARED_SETS.find((one) => one === set.name);
    if (name === undefined) return [set.name, set];
    const elements = new PartsMap<NftServiceParts, NftElement>(
      set.elements,
      parts,
      index.elements[name],
      (own) => own.elements.get(name) ?? NO_ELEMENTS,
    );
    return [name, { ...set, elements }];
  });
  const chains = new PartsMap<NftServiceParts, NftChain>(standing.chains, parts, index.chains, (own) => own.chains);
  return {
    syntax: 'nft',
    family: words.family,
    name: 'kube-proxy',
    comment: 'rules for kube-proxy',
    chains,
    partOf: (chain) => chains.partWith(chain)?.chains,
    baseChains: [...standing.chains.values()].filter(({ base }) => base !== undefined),
    sets: new PartsMap(new Map(shared), parts, index.sets, (own) => own.sets),
  };
}
