/** Rules that a scenario or a question brings along: the texts of a real node, read and ready to be walked. */
import { invariant } from '../kernel/invariant.js';
import type { IpFamily } from '../objects.js';
import type { NodeRules } from '../scenario.js';
import type { IpSet } from './ip-sets.js';
import { readIpSets, type SetsByFamily } from './ipset-text.js';
import type { RulesProblem } from './iptables-text/problems.js';
import { RULES_LIMITS, readIptables } from './iptables-text/read.js';
import { readNftRuleset } from './nft-parse/index.js';
import type { NftFamily } from './nft-rules.js';
import type { Ruleset, Table } from './rules.js';

export type { RulesProblem, RulesProblemCode } from './iptables-text/problems.js';

const IPTABLES_FIELDS = { IPv4: 'iptablesSave', IPv6: 'ip6tablesSave' } as const;
const NFT_FAMILIES: Readonly<Record<IpFamily, readonly NftFamily[]>> = { IPv4: ['ip', 'inet'], IPv6: ['ip6', 'inet'] };

export interface NodeRulesProblem extends RulesProblem {
  field: keyof NodeRules;
}

/** Everything that is wrong with the texts, and what is assumed of them (`rules-assumed`, which is no error). */
export function checkNodeRules(rules: NodeRules): NodeRulesProblem[] {
  return textsOf(rules).flatMap(({ field, problems }) => problems.map((problem) => ({ ...problem, field })));
}

/** By family; null: kube-proxy's rules stay. The texts have been checked. */
export function ownRulesets(rules: NodeRules | null): Readonly<Record<IpFamily, Ruleset | null>> {
  const texts = rules === null ? [] : textsOf(rules);
  const error = texts.flatMap(({ problems }) => problems).find(({ code }) => code !== 'rules-assumed');
  if (error !== undefined) invariant(false, `rules were not checked: line ${error.line}: ${error.message}`);
  const ofFamily = (ipFamily: IpFamily): Ruleset | null => {
    const tables = texts.flatMap((text) => text.tables[ipFamily] ?? []);
    const isGiven = texts.some((text) => text.tables[ipFamily] !== undefined);
    const sets = texts.find(({ field }) => field === 'ipsetSave')?.sets?.[ipFamily];
    return isGiven ? { ipFamily, tables: new Map(tables), ...(sets === undefined ? {} : { sets }) } : null;
  };
  return { IPv4: ofFamily('IPv4'), IPv6: ofFamily('IPv6') };
}

interface ReadText {
  field: keyof NodeRules;
  problems: readonly RulesProblem[];
  /** By title; a family that the text is not about is left out. */
  tables: Partial<Record<IpFamily, [title: string, table: Table][]>>;
  sets?: SetsByFamily;
}

function textsOf({ iptablesSave, ip6tablesSave, nftRuleset, ipsetSave = null }: NodeRules): ReadText[] {
  const sets = ipsetSave === null ? null : readIpSets(ipsetSave);
  const texts: ReadText[] = [];
  if (iptablesSave !== null) texts.push(iptablesText(iptablesSave, 'IPv4', sets?.sets.IPv4));
  if (ip6tablesSave !== null) texts.push(iptablesText(ip6tablesSave, 'IPv6', sets?.sets.IPv6));
  const hasIptables = texts.length > 0;
  if (nftRuleset !== null) texts.push(nftText(nftRuleset, hasIptables));
  if (sets === null) return texts;
  const alone: RulesProblem = {
    code: 'rules-assumed',
    line: 0,
    message: 'no rules of iptables are given that could ask these sets',
  };
  return [
    ...texts,
    {
      field: 'ipsetSave',
      problems: hasIptables ? sets.problems : [...sets.problems, alone],
      tables: {},
      sets: sets.sets,
    },
  ];
}

function iptablesText(text: string, family: IpFamily, sets: ReadonlyMap<string, IpSet> | null = null): ReadText {
  const { tables, problems } = readIptables(text, family, RULES_LIMITS, sets);
  return { field: IPTABLES_FIELDS[family], problems, tables: { [family]: [...tables] } };
}

function nftText(text: string, withoutIptablesTables: boolean): ReadText {
  const { tables, problems } = readNftRuleset(text, { mostChars: RULES_LIMITS.chars, withoutIptablesTables });
  const ofFamily = (family: IpFamily) => [...tables].filter(([, table]) => NFT_FAMILIES[family].includes(table.family));
  return { field: 'nftRuleset', problems, tables: { IPv4: ofFamily('IPv4'), IPv6: ofFamily('IPv6') } };
}
