/**
 * Mode iptables: a node's Services as chains of the nat and filter tables.
 *
 * Models: the rules after a sync, and the text that a full or partial sync hands to iptables-restore.
 * Source: pkg/proxy/iptables/proxier.go of 1.21 to 1.34.
 * Simplified: service ports are written in the order of their names, kube-proxy's order is random; stale chains go with
 *   the sync that makes them stale, in large clusters too, where kube-proxy waits up to a syncPeriod.
 * Who could tell: nobody by a packet; someone who compares dumps of a large cluster.
 */
import { type RestoreOptions, writeRestore, writeTable } from '../../netfilter/iptables-save.js';
import type { Chain, IptablesTable, Rule, Ruleset, TableName } from '../../netfilter/rules.js';
import { isServiceChain } from '../chain-names.js';
import type { EndpointInfo } from '../endpoint-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyView } from '../proxy-node.js';
import type { ServicePortInfo } from '../service-map.js';
import {
  BASE_CHAINS_OF,
  baseChainsOf,
  kubeletChains,
  localnetRules,
  markMasqueradeRules,
  postroutingRules,
} from '../standing-chains.js';
import { type IptablesContext, iptablesContext } from './iptables-context.js';
import { currentServiceRules } from './iptables-current.js';
import { baseJumps, forwardRules, hasFirewallChain, nodePortDispatchRules } from './iptables-fixed-chains.js';
import { legacyServiceRules } from './iptables-legacy.js';
import { type ServiceRules, ServiceRulesBuilder, type SharedRules } from './iptables-service-rules.js';
import type { ProxyMode, ProxyProgram } from './mode.js';
import { addOwners, type ChainOwners, ServiceChains } from './service-chains.js';

export interface IptablesProgram extends ProxyProgram {
  readonly ruleset: Ruleset<IptablesTable>;
  readonly largeCluster: boolean;
  /** Chains that syncs do not write: the kernel's own with the jumps in them, and kubelet's. */
  readonly standingChains: ReadonlyMap<TableName, StandingChains>;
  /** kube-proxy's own chains that every sync writes. */
  readonly commonChains: ReadonlyMap<TableName, readonly Chain[]>;
  /** By the key of the service port, in the order of names. */
  readonly serviceRules: ReadonlyMap<string, ServiceRules>;
  readonly owners: ChainOwners;
}

/** What a sync hands to iptables-restore: per table the chains with their rules, and the stale chains it removes. */
export type RestoreInput = readonly {
  readonly table: TableName;
  readonly chains: readonly Chain[];
  readonly deleted: readonly string[];
}[];

const NO_ENDPOINTS: readonly EndpointInfo[] = [];

export const iptablesMode: ProxyMode<IptablesProgram> = {
  name: 'iptables',
  format: 'iptables',
  rulesText({ ruleset }, view) {
    return view === 'save' ? null : writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
  },
  program(view, previous) {
    const context = iptablesContext(view);
    const known = previous && canReuse(previous, view, context) ? previous : undefined;
    const owners: ChainOwners = known?.owners ?? new Map();
    const changed: ServiceRules[] = [];
    const serviceRules = new Map<string, ServiceRules>();
    for (const info of known?.view.services === view.services ? infosOf(known) : inOrder(view)) {
      const endpoints = view.endpoints.get(info.key) ?? NO_ENDPOINTS;
      const before = known?.serviceRules.get(info.key);
      if (before !== undefined && before.info === info && before.endpoints === endpoints) {
        serviceRules.set(info.key, before);
        continue;
      }
      const rules = rulesOf(context, info, endpoints, before);
      addOwners(owners, rules);
      serviceRules.set(info.key, rules);
      changed.push(rules);
    }
    const commonChains = known !== undefined && isSharedSame(known, view, changed) ? known.commonChains : undefined;
    const { largeCluster } = context;
    const common = commonChains ?? commonChainsOf(context, [...serviceRules.values()], known);
    const standingChains = known?.standingChains ?? standingChainsOf(context);
    const ruleset = rulesetOf(context, standingChains, common, serviceRules, owners);
    return { view, ruleset, largeCluster, standingChains, commonChains: common, serviceRules, owners };
  },
};

function* infosOf({ serviceRules }: IptablesProgram): Generator<ServicePortInfo> {
  for (const { info } of serviceRules.values()) yield info;
}

/** Whether the chains that all share hold what they held: same service ports, and what they add to them. */
function isSharedSame(known: IptablesProgram, view: ProxyView, changed: readonly ServiceRules[]): boolean {
  if (known.view.services !== view.services) return false;
  return changed.every(({ info, shared }) => known.serviceRules.get(info.key)?.shared === shared);
}

function canReuse(previous: IptablesProgram, view: ProxyView, context: IptablesContext): boolean {
  return (
    previous.view.node === view.node &&
    previous.view.nodeLabels === view.nodeLabels &&
    previous.largeCluster === context.largeCluster
  );
}

function inOrder({ services }: ProxyView): ServicePortInfo[] {
  return [...services.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function rulesOf(
  context: IptablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  before: ServiceRules | undefined,
): ServiceRules {
  const builder = new ServiceRulesBuilder(context, info, endpoints, before);
  if (context.node.behaviour.ruleForm === 'legacy') legacyServiceRules(builder, endpoints);
  else currentServiceRules(builder, endpoints);
  const rules = builder.build();
  if (before === undefined) return rules;
  const chains = new Map(
    [...rules.chains].map(([name, chain]) => [name, unlessChanged(chain, before.chains.get(name))]),
  );
  return { ...rules, chains, shared: isEqual(rules.shared, before.shared) ? before.shared : rules.shared };
}

/** The chain of before where it holds the same rules: what others remember of a chain stays valid. */
function unlessChanged(chain: Chain, before: Chain | undefined): Chain {
  if (before === undefined || before.rules.length !== chain.rules.length) return chain;
  return chain.rules.every((rule, index) => isEqual(rule, before.rules[index])) ? before : chain;
}

function commonChainsOf(
  context: IptablesContext,
  all: readonly ServiceRules[],
  known: IptablesProgram | undefined,
): Map<TableName, Chain[]> {
  const { behaviour } = context.node;
  const shared = (kind: keyof SharedRules): Rule[] => all.flatMap((rules) => rules.shared[kind]);
  const filter: Chain[] = [
    { name: 'KUBE-SERVICES', rules: shared('rejects') },
    { name: 'KUBE-EXTERNAL-SERVICES', rules: shared('externalRejects') },
    { name: 'KUBE-FORWARD', rules: forwardRules(context) },
    { name: 'KUBE-NODEPORTS', rules: shared('healthCheckPorts') },
  ];
  if (hasFirewallChain(behaviour)) filter.push({ name: 'KUBE-PROXY-FIREWALL', rules: shared('firewall') });
  if (behaviour.localnetFirewall !== 'kubelet' && context.localhostNodePorts) {
    filter.push({ name: 'KUBE-FIREWALL', rules: localnetRules() });
  }
  const nat: Chain[] = [
    { name: 'KUBE-SERVICES', rules: [...shared('services'), ...nodePortDispatchRules(context)] },
    { name: 'KUBE-NODEPORTS', rules: shared('nodePorts') },
    { name: 'KUBE-POSTROUTING', rules: postroutingRules(context.node) },
    { name: 'KUBE-MARK-MASQ', rules: markMasqueradeRules(context.node) },
  ];
  const orBefore = (table: TableName) => (chain: Chain) =>
    unlessChanged(
      chain,
      known?.commonChains.get(table)?.find(({ name }) => name === chain.name),
    );
  return new Map<TableName, Chain[]>([
    ['filter', filter.map(orBefore('filter'))],
    ['nat', nat.map(orBefore('nat'))],
  ]);
}

/** In the order in which tables are written: before and behind kube-proxy's chains. */
interface StandingChains {
  readonly base: readonly Chain[];
  readonly kubelet: readonly Chain[];
}

function standingChainsOf(context: IptablesContext): Map<TableName, StandingChains> {
  const jumps = baseJumps(context);
  const standing = new Map<TableName, StandingChains>();
  for (const table of BASE_CHAINS_OF.keys()) {
    standing.set(table, { base: baseChainsOf(table, jumps), kubelet: kubeletChains(context.node, table) });
  }
  return standing;
}

function rulesetOf(
  context: IptablesContext,
  standing: ReadonlyMap<TableName, StandingChains>,
  commonChains: ReadonlyMap<TableName, readonly Chain[]>,
  serviceRules: ReadonlyMap<string, ServiceRules>,
  owners: ChainOwners,
): Ruleset<IptablesTable> {
  const tables = new Map<TableName, IptablesTable>();
  for (const [name, common] of commonChains) {
    const { base, kubelet } = standing.get(name)!;
    const chains = new Map([...base, ...common, ...kubelet].map((chain) => [chain.name, chain]));
    tables.set(name, {
      syntax: 'iptables',
      name,
      chains: name === 'nat' ? new ServiceChains(chains, serviceRules, owners) : chains,
    });
  }
  return { ipFamily: context.node.ipFamily, tables };
}

/** What a full sync writes; `previous` is what the node had before, null where it had nothing. */
export function fullRestore(previous: IptablesProgram | null, next: IptablesProgram): RestoreInput {
  return restoreInput(previous, next, [...next.serviceRules.values()]);
}

/**
 * What a partial sync writes: the common chains, the chains of the Services in `changedServices` (`namespace/name`), and
 * the removal of chains that are no longer in use.
 */
export function partialRestore(
  previous: IptablesProgram,
  next: IptablesProgram,
  changedServices: ReadonlySet<string>,
): RestoreInput {
  const changed = [...next.serviceRules.values()].filter(({ info }) => changedServices.has(info.service));
  return restoreInput(previous, next, changed);
}

function restoreInput(
  previous: IptablesProgram | null,
  next: IptablesProgram,
  written: readonly ServiceRules[],
): RestoreInput {
  return [...next.commonChains].map(([table, common]) => {
    if (table !== 'nat') return { table, chains: common, deleted: [] };
    const now = next.ruleset.tables.get(table)!.chains;
    const before = previous?.ruleset.tables.get(table)?.chains.keys() ?? [];
    const deleted = [...before].filter((chain) => isServiceChain(chain) && !now.has(chain));
    return { table, chains: [...common, ...written.flatMap(({ chains }) => [...chains.values()])], deleted };
  });
}

/** The text for iptables-restore; options as `writeTable` takes them. */
export function restoreText(input: RestoreInput, options: RestoreOptions): string {
  return input.map(({ table, chains, deleted }) => writeTable(table, chains, deleted, options)).join('');
}
