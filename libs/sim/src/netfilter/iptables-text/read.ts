/**
 * The text of `iptables-save` or for `iptables-restore` → the tables of a node.
 *
 * Models: tables, chains with policies and counters, -A -I -N -F -X -P, `[packets:bytes]` before rules, comments, quoting.
 * Source: iptables/iptables-restore.c, iptables/iptables-save.c (1.8.9); iptables(8).
 * Simplified: a table that comes twice goes on where it was, as with `iptables-restore --noflush`.
 * Who could tell: someone who hands one text with a table in it twice to iptables-restore without that option.
 *
 * One pass over the text; whatever is wrong is a problem with its line, and what can be read of the rest is read.
 */
import type { IpFamily } from '../../objects.js';
import type { Hook } from '../../trace-result.js';
import { IPTABLES_HOOKS } from '../hooks.js';
import type { IpSet } from '../ip-sets.js';
import { BASE_CHAINS, type Chain, type IptablesTable, type Match, type Rule, type TableName } from '../rules.js';
import {
  FoundProblems,
  LineProblem,
  type RulesProblem,
  type RulesProblemCode,
  shownWord,
  unknownPart,
} from './problems.js';
import { readRule } from './rule.js';
import { structureProblems } from './structure.js';
import { Words, wordsOf } from './words.js';

export interface RulesLimits {
  /** Characters of one text. */
  chars: number;
  /** Characters of one line; iptables-save writes no longer ones. */
  lineChars: number;
  chains: number;
  /** Errors, and assumptions, that are told of one text. */
  problems: number;
}

export const RULES_LIMITS: Readonly<RulesLimits> = {
  chars: 8 * 1024 * 1024,
  lineChars: 8192,
  chains: 65_536,
  problems: 100,
};

export interface ReadRules {
  /** By name, in the order of the text. */
  tables: Map<TableName, IptablesTable>;
  /** Empty: the text is sound. `rules-assumed` is no error. */
  problems: RulesProblem[];
}

/** `sets`: those of the node; null: they are not known. */
export function readIptables(
  text: string,
  family: IpFamily,
  limits: RulesLimits = RULES_LIMITS,
  sets: ReadonlyMap<string, IpSet> | null = null,
): ReadRules {
  return new Reader(family, limits, sets).read(text);
}

interface OpenTable {
  readonly name: TableName;
  readonly chains: Map<string, Chain & { rules: Rule[] }>;
  readonly policies: Map<Hook, 'ACCEPT' | 'DROP'>;
  /** Some were read, be they there still or not. */
  hasRules: boolean;
}

/** `-I` before other rules; each moves all that follow. iptables-save prints none. */
const MOST_INSERTIONS = 5_000;

/** What can be done to a chain beside adding a rule. */
const CHAIN_COMMANDS = new Set([
  '-N',
  '--new-chain',
  '-F',
  '--flush',
  '-X',
  '--delete-chain',
  '-P',
  '--policy',
  '-Z',
  '--zero',
]);

class Reader {
  private readonly tables = new Map<TableName, OpenTable>();
  private readonly lines = new Map<Rule, number>();
  private readonly problems: FoundProblems;
  private table: OpenTable | null = null;
  private line = 0;
  private tableLine = 0;
  private chains = 0;
  private insertions = 0;

  constructor(
    private readonly family: IpFamily,
    private readonly limits: RulesLimits,
    private readonly sets: ReadonlyMap<string, IpSet> | null,
  ) {
    this.problems = new FoundProblems(limits.problems);
  }

  read(text: string): ReadRules {
    if (text.length > this.limits.chars) {
      this.report('rules-too-large', `the text has ${text.length} characters; the limit is ${this.limits.chars}`);
      return this.result();
    }
    for (let start = 0; start < text.length && !this.isFull; ) {
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      this.line++;
      this.readLine(text.slice(start, text.charCodeAt(end - 1) === 0x0d ? end - 1 : end));
      start = end + 1;
    }
    this.finish();
    return this.result();
  }

  private get isFull(): boolean {
    return this.problems.isFull || this.chains > this.limits.chains;
  }

  private finish(): void {
    if (this.chains > this.limits.chains) {
      this.report('rules-too-large', `there are more than ${this.limits.chains} chains`);
      return;
    }
    if (this.isFull) return;
    if (this.table !== null) {
      const since = `table ${this.table.name}, which begins in line ${this.tableLine}`;
      this.report('rules-truncated', `the text ends within ${since}: there is no COMMIT`);
    }
    this.line = 0;
    if (this.tables.size === 0 && !this.problems.hasErrors) {
      this.report('rules-unreadable', 'there is no table in the text', 'Send what iptables-save prints.');
    }
    if (this.problems.hasErrors) return;
    for (const problem of structureProblems([...this.tables.values()], this.lines)) this.problems.add(problem);
  }

  private result(): ReadRules {
    const tables = [...this.tables.values()].map(
      ({ name, chains, policies }) => [name, { syntax: 'iptables', name, chains, policies } as const] as const,
    );
    return { tables: new Map(tables), problems: this.problems.list() };
  }

  private report(code: RulesProblemCode, message: string, hint?: string): void {
    this.problems.add({ code, line: this.line, message, ...(hint === undefined ? {} : { hint }) });
  }

  private readLine(line: string): void {
    if (line.length > this.limits.lineChars) {
      this.report('rules-too-large', `the line has ${line.length} characters; the limit is ${this.limits.lineChars}`);
      return;
    }
    const first = line.charAt(0);
    if (first === '#') return this.readComment(line);
    if (line.trim() === '') return;
    try {
      if (first === '*') this.openTable(line.slice(1).trim());
      else if (line.trim() === 'COMMIT') this.closeTable();
      else this.readInTable(line, this.openedTable(line));
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      this.report(error.code, error.message, error.hint);
    }
  }

  /** What iptables-save says that it left out. */
  private readComment(line: string): void {
    const table = /^# Table `([^']*)' is incompatible, use 'nft' tool/.exec(line)?.[1];
    if (table !== undefined) {
      const message = `table ${table} has rules that iptables-save cannot show; they are not walked`;
      this.report('rules-assumed', message, 'Give what `nft list ruleset` prints as nftRuleset.');
    }
    if (/^# Warning: iptables(-legacy)? tables present/.test(line)) {
      const message = 'the other variant of iptables has rules too; they are not walked';
      this.report(
        'rules-assumed',
        message,
        'Give the tables of iptables-nft-save and iptables-legacy-save in one text.',
      );
    }
  }

  private openTable(name: string): void {
    if (this.table !== null) {
      this.report('rules-truncated', `table ${this.table.name} has no COMMIT before this`);
    }
    if (!Object.hasOwn(IPTABLES_HOOKS, name)) {
      throw new LineProblem('rules-unreadable', `${shownWord(name)} is no table of iptables`);
    }
    const known = this.tables.get(name as TableName);
    this.table = known ?? { name: name as TableName, chains: new Map(), policies: new Map(), hasRules: false };
    this.tableLine = this.line;
    if (known !== undefined) return;
    this.tables.set(this.table.name, this.table);
    for (const hook of IPTABLES_HOOKS[this.table.name]) this.table.chains.set(hook, { name: hook, rules: [] });
  }

  private closeTable(): void {
    if (this.table === null) throw new LineProblem('rules-unreadable', 'COMMIT without a table before it');
    this.table = null;
  }

  private openedTable(line: string): OpenTable {
    if (this.table !== null) return this.table;
    throw new LineProblem('rules-unreadable', `${shownWord(line.trim())} stands outside of a table`);
  }

  private readInTable(line: string, table: OpenTable): void {
    const words = wordsOf(line);
    if (words === null) throw new LineProblem('rules-unreadable', 'a quotation mark is not closed');
    const [first = ''] = words;
    if (first.startsWith(':')) return this.declareChain(first.slice(1), words.slice(1), table);
    const reader = new Words(/^\[\d+:\d+\]$/.test(first) ? words.slice(1) : words);
    const command = reader.next() ?? '';
    if (command === '-A' || command === '--append') return this.addRule(reader, table, null);
    if (command === '-I' || command === '--insert') return this.addRule(reader, table, 1);
    if (CHAIN_COMMANDS.has(command)) return this.changeChain(command, reader, table);
    throw new LineProblem('rules-unreadable', `${shownWord(command)} is no command that can be followed here`);
  }

  /** `:CHAIN POLICY [packets:bytes]` */
  private declareChain(name: string, [policy = '']: readonly string[], table: OpenTable): void {
    if (policy === '') throw new LineProblem('rules-unreadable', `the chain ${shownWord(name)} has no policy`);
    if (!isBaseOf(table, name)) {
      if (policy !== '-') {
        throw new LineProblem('rules-unreadable', `table ${table.name} has no base chain ${shownWord(name)}`);
      }
      this.setChain(name, table);
    } else if (policy !== '-') this.setPolicy(name as Hook, policy, table);
  }

  private setChain(name: string, table: OpenTable): void {
    if (name === '' || name.length > 28 || name.startsWith('-') || BASE_CHAINS.includes(name as Hook)) {
      throw new LineProblem('rules-unreadable', `${shownWord(name)} cannot be the name of a chain`);
    }
    if (!table.chains.has(name)) this.chains++;
    table.chains.set(name, { name, rules: [] });
  }

  private setPolicy(hook: Hook, policy: string, { policies }: OpenTable): void {
    if (policy !== 'ACCEPT' && policy !== 'DROP') {
      throw new LineProblem('rules-unreadable', `${shownWord(policy)} is no policy; there are ACCEPT and DROP`);
    }
    policies.set(hook, policy);
  }

  private changeChain(command: string, words: Words, table: OpenTable): void {
    const name = words.next();
    const isFlush = command === '-F' || command === '--flush';
    const isNew = command === '-N' || command === '--new-chain';
    if (command === '-Z' || command === '--zero') return;
    if (name !== undefined && isNew) return this.setChain(name, table);
    if (name === undefined) {
      // At the start of a table it does nothing, and elsewhere nobody means it.
      if (isFlush && !table.hasRules) return;
      throw new LineProblem('rules-unreadable', `${command} needs the name of a chain here`);
    }
    const chain = this.chainOf(name, table);
    if (isFlush) chain.rules = [];
    else if (command === '-P' || command === '--policy') {
      if (!isBaseOf(table, name)) throw new LineProblem('rules-unreadable', `${name} is no base chain`);
      this.setPolicy(name as Hook, words.next() ?? '', table);
    } else table.chains.delete(name);
  }

  private addRule(words: Words, table: OpenTable, insertAt: number | null): void {
    const chain = this.chainOf(words.next() ?? '', table);
    if (insertAt !== null && ++this.insertions > MOST_INSERTIONS) {
      throw new LineProblem('rules-too-large', `there are more than ${MOST_INSERTIONS} insertions`);
    }
    const position = insertAt !== null && /^\d+$/.test(words.peek() ?? '') ? Number(words.next()) : insertAt;
    const rules = readRule(words, this.family, (assumption) => this.report('rules-assumed', assumption));
    for (const { matches } of rules)
      for (const match of matches) if (match.kind === 'set') requireSet(match, this.sets);
    for (const rule of rules) this.lines.set(rule, this.line);
    table.hasRules = true;
    if (position === null) chain.rules.push(...rules);
    else if (position < 1 || position > chain.rules.length + 1) {
      throw new LineProblem('rules-unreadable', `chain ${chain.name} has no place ${position} for a rule`);
    } else chain.rules.splice(position - 1, 0, ...rules);
  }

  private chainOf(name: string, { chains, name: table }: OpenTable): Chain & { rules: Rule[] } {
    const chain = chains.get(name);
    if (chain !== undefined) return chain;
    throw new LineProblem('rules-no-such-chain', `table ${table} has no chain ${shownWord(name)}`);
  }
}

function requireSet(
  { name, directions }: Extract<Match, { kind: 'set' }>,
  sets: ReadonlyMap<string, IpSet> | null,
): void {
  const hint = 'Give what `ipset save` prints as ipsetSave.';
  if (sets === null) unknownPart(`the set ${shownWord(name)}: what it holds is not in the text`, hint);
  const set = sets.get(name);
  if (set === undefined)
    throw new LineProblem('rules-no-such-chain', `asks set ${shownWord(name)}, which does not exist`);
  for (const { type } of [set, ...(set.members ?? [])])
    if (directions[type === 'bitmap:port' ? 0 : 1] === 'src' && type.includes('port'))
      unknownPart(`a set of source ports (${shownWord(name)}, ${directions.join(',')}) is not modelled`);
}

function isBaseOf({ name }: OpenTable, chain: string): boolean {
  return IPTABLES_HOOKS[name].includes(chain as Hook);
}
