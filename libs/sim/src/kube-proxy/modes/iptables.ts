/**
 * Mode iptables: a node's Services as chains of the nat and filter tables.
 *
 * Models: the rules after a sync, and the text that a full or partial sync hands to iptables-restore.
 * Source: pkg/proxy/iptables/proxier.go of 1.21 to 1.34.
 * Simplified: service ports are written in the order of their names, kube-proxy's order is random; stale chains go with
 *   the sync that makes them stale, in large clusters too, where kube-proxy waits up to a syncPeriod.
 * Who could tell: nobody by a packet; someone who compares dumps of a large cluster.
 */
import { type RestoreOptions, writeRestore, writeSaved, writeTable } from '../../netfilter/iptables-save.js';
import type { Chain, IptablesTable, Rule, Ruleset, TableName } from '../../netfilter/rules.js';
import { withCanaries } from '../canary-chains.js';
import { dependsOnNode } from '../categorize-endpoints.js';
import { isServiceChain } from '../chain-names.js';
import { OrderedMap } from '../ordered-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyView } from '../proxy-node.js';
import { Remembered } from '../remembered.js';
import { changedServicePorts, type ServicePort, type ServicePorts } from '../service-ports.js';
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
  /** Of all service ports. */
  readonly endpointCount: number;
  readonly largeCluster: boolean;
  /** Chains that syncs do not write: the kernel's own with the jumps in them, and kubelet's. */
  readonly standingChains: ReadonlyMap<TableName, StandingChains>;
  /** kube-proxy's own chains that every sync writes. */
  readonly commonChains: ReadonlyMap<TableName, readonly Chain[]>;
  /** By the key of the service port. */
  readonly serviceRules: OrderedMap<ServiceRules>;
  readonly owners: ChainOwners;
}

/** What a sync hands to iptables-restore: per table the chains with their rules, and the stale chains it removes. */
export type RestoreInput = readonly {
  readonly table: TableName;
  readonly chains: readonly Chain[];
  readonly deleted: readonly string[];
}[];

const NO_RULES: readonly Rule[] = [];

export const iptablesMode: ProxyMode<IptablesProgram> = {
  name: 'iptables',
  formats: ['iptables'],
  rulesText({ ruleset, view: { node } }, view) {
    if (view === 'save') return writeSaved(withCanaries(ruleset, node.behaviour));
    return writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
  },
  program(view, previous) {
    const ports = changedServicePorts(previous?.view, view);
    const endpointCount = countEndpoints(ports, previous);
    const context = iptablesContext(view, endpointCount);
    const known = previous && canReuse(previous, view, context) ? previous : undefined;
    const owners: ChainOwners = known?.owners ?? new Map();
    const changes = new Map<string, ServiceRules | undefined>();
    for (const [key, port] of known === previous ? ports : changedServicePorts(undefined, view)) {
      const rules = port && rulesOf(context, port, known?.serviceRules.get(key));
      if (rules !== undefined) addOwners(owners, rules);
      changes.set(key, rules);
    }
    const serviceRules = (known?.serviceRules ?? OrderedMap.empty<ServiceRules>()).with(changes);
    const standingChains = known?.standingChains ?? standingChainsOf(context);
    const commonChains = commonChainsOf(context, serviceRules, changes, known);
    const ruleset = rulesetOf(context, standingChains, commonChains, serviceRules, owners);
    const { largeCluster } = context;
    return { view, ruleset, endpointCount, largeCluster, standingChains, commonChains, serviceRules, owners };
  },
};

/** Over all service ports, from the number before and what has changed since. */
function countEndpoints(changed: ServicePorts, previous: IptablesProgram | undefined): number {
  let count = previous?.endpointCount ?? 0;
  for (const [key, port] of changed) {
    count += (port?.endpoints.length ?? 0) - (previous?.serviceRules.get(key)?.endpoints.length ?? 0);
  }
  return count;
}

function canReuse(previous: IptablesProgram, view: ProxyView, context: IptablesContext): boolean {
  return (
    previous.view.node === view.node &&
    previous.view.nodeLabels === view.nodeLabels &&
    previous.largeCluster === context.largeCluster
  );
}

const sharedRules = new Remembered<ServiceRules>();

/** Where nothing of the node is in them, all nodes of the same settings have the same rules. */
function rulesOf(context: IptablesContext, port: ServicePort, before: ServiceRules | undefined): ServiceRules {
  const { info, endpoints } = port;
  const make = (): ServiceRules => asBefore(makeRules(context, port), before);
  if (dependsOnNode(endpoints, info, context.topology) || info.loadBalancerSourceRanges.length > 0) return make();
  return sharedRules.get(endpoints.length > 0 ? endpoints : info, [info, context.settings], make);
}

function makeRules(context: IptablesContext, { info, endpoints }: ServicePort): ServiceRules {
  const builder = new ServiceRulesBuilder(context, info, endpoints);
  if (context.node.behaviour.ruleForm === 'legacy') legacyServiceRules(builder, endpoints);
  else currentServiceRules(builder, endpoints);
  return builder.build();
}

/** With the chains of before where they hold the same rules: what others remember of a chain stays valid. */
function asBefore(rules: ServiceRules, before: ServiceRules | undefined): ServiceRules {
  if (before === undefined) return rules;
  const chains = new Map(
    [...rules.chains].map(([name, chain]) => {
      const known = before.chains.get(name);
      return [name, known !== undefined && isEqual(known.rules, chain.rules) ? known : chain];
    }),
  );
  return { ...rules, chains };
}

/** What stands in a chain that all share: what service ports add to it, then what is always there. */
interface CommonChain {
  readonly table: TableName;
  readonly name: string;
  readonly kind?: keyof SharedRules;
  readonly rules?: readonly Rule[];
}

function commonChainsIn(context: IptablesContext): CommonChain[] {
  const { behaviour } = context.node;
  const ownsFirewall = behaviour.localnetFirewall !== 'kubelet' && context.localhostNodePorts;
  return [
    { table: 'filter', name: 'KUBE-SERVICES', kind: 'rejects' },
    { table: 'filter', name: 'KUBE-EXTERNAL-SERVICES', kind: 'externalRejects' },
    { table: 'filter', name: 'KUBE-FORWARD', rules: forwardRules(context) },
    { table: 'filter', name: 'KUBE-NODEPORTS', kind: 'healthCheckPorts' },
    ...(hasFirewallChain(behaviour)
      ? [{ table: 'filter', name: 'KUBE-PROXY-FIREWALL', kind: 'firewall' } as const]
      : []),
    ...(ownsFirewall ? [{ table: 'filter', name: 'KUBE-FIREWALL', rules: localnetRules() } as const] : []),
    { table: 'nat', name: 'KUBE-SERVICES', kind: 'services', rules: nodePortDispatchRules(context) },
    { table: 'nat', name: 'KUBE-NODEPORTS', kind: 'nodePorts' },
    { table: 'nat', name: 'KUBE-POSTROUTING', rules: postroutingRules(context.node) },
    { table: 'nat', name: 'KUBE-MARK-MASQ', rules: markMasqueradeRules(context.node) },
  ];
}

/** A chain is made anew where a service port has changed what it adds to it. */
function commonChainsOf(
  context: IptablesContext,
  serviceRules: OrderedMap<ServiceRules>,
  changes: ReadonlyMap<string, ServiceRules | undefined>,
  known: IptablesProgram | undefined,
): Map<TableName, Chain[]> {
  const isChanged = (kind: keyof SharedRules): boolean =>
    [...changes].some(([key, rules]) => {
      const before = known?.serviceRules.get(key)?.shared[kind] ?? NO_RULES;
      return !isEqual(before, rules?.shared[kind] ?? NO_RULES);
    });
  const chains = new Map<TableName, Chain[]>([
    ['filter', []],
    ['nat', []],
  ]);
  for (const { table, name, kind, rules: always = [] } of commonChainsIn(context)) {
    let chain = known?.commonChains.get(table)?.find((before) => before.name === name);
    if (chain === undefined || (kind !== undefined && isChanged(kind))) {
      const rules: Rule[] = [];
      serviceRules.forEach(({ shared }) => {
        if (kind !== undefined) for (const rule of shared[kind]) rules.push(rule);
      });
      chain = { name, rules: [...rules, ...always] };
    }
    chains.get(table)!.push(chain);
  }
  return chains;
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
    if (name !== 'nat') tables.set(name, { syntax: 'iptables', name, chains });
    else {
      const all = new ServiceChains(chains, serviceRules, owners);
      tables.set(name, { syntax: 'iptables', name, chains: all, partOf: (chain) => all.rulesWith(chain) });
    }
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
