/**
 * A whole text of nftables' rules: what `nft list ruleset` prints, or the `add …` lines that `nft -f` loads.
 *
 * Models: tables of families ip, ip6 and inet with chains, sets, maps and counters.
 * Source: nft(8); nftables 1.0.6 src/parser_bison.y, src/rule.c.
 * Simplified: flowtables, quotas, limits and helpers with a name, and tables of families arp, bridge and netdev are refused.
 * Who could tell: the owner of such an object, who is told.
 */
import type { Hook } from '../../trace-result.js';
import { LineProblem, type RulesProblem, shownWord } from '../iptables-text/problems.js';
import type { NftBase, NftChain, NftFamily, NftRule, NftSet } from '../nft-rules.js';
import { readElements } from './elements.js';
import { finishedSet, readFlags, readSetProperty, type SetDraft } from './sets.js';
import { readRule } from './statements.js';
import { NftTokens } from './tokens.js';

/** A table while it is read. `lineOf`: where a chain stands. */
export interface TableDraft {
  family: NftFamily;
  name: string;
  comment?: string;
  dormant?: boolean;
  chains: Map<string, NftChain & { rules: NftRule[] }>;
  sets: Map<string, NftSet>;
  lineOf: Map<NftRule | NftChain, number>;
}

export interface ReadTables {
  readonly tables: readonly TableDraft[];
  readonly problems: readonly RulesProblem[];
}

const MOST_PROBLEMS = 50;

/** `iptablesTables`: whether tables that iptables-nft made are read, or passed over because their text is given apart. */
export function readTables(text: string, iptablesTables: 'read' | 'passOver'): ReadTables {
  return new TableReader(text, iptablesTables).run();
}

class TableReader {
  private readonly tables = new Map<string, TableDraft>();
  private readonly problems: RulesProblem[] = [];
  private tokens!: NftTokens;

  constructor(
    private readonly text: string,
    private readonly iptablesTables: 'read' | 'passOver',
  ) {}

  run(): ReadTables {
    this.attempt(1, () => {
      this.tokens = new NftTokens(this.text);
      for (this.tokens.skipLineEnds(); this.tokens.peek.kind !== 'end'; this.tokens.skipLineEnds()) {
        if (!this.line(() => this.command())) this.tokens.skipLine();
      }
    });
    const tables = [...this.tables.values()].filter((table) => !this.isPassedOver(table));
    return { tables, problems: this.problems.slice(0, MOST_PROBLEMS) };
  }

  /** False: the line could not be read, and says so among the problems. */
  private line(read: () => void): boolean {
    return this.attempt(this.tokens.peek.line, read);
  }

  private attempt(line: number, read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      const { code, message, hint } = error;
      const isTruncated = code === 'rules-truncated';
      // Each block that is open says so.
      if (isTruncated && this.problems.some((known) => known.code === code)) return false;
      const at = isTruncated ? this.tokens.peek.line : line;
      this.problems.push({ code, line: at, message, ...(hint === undefined ? {} : { hint }) });
      return false;
    }
  }

  private isPassedOver(table: TableDraft): boolean {
    return this.iptablesTables === 'passOver' && isMadeByIptables(table);
  }

  private command(): void {
    const { tokens } = this;
    if (tokens.accept('table')) return this.table();
    if (!tokens.accept('add') && !tokens.accept('create')) {
      throw new LineProblem(
        'rules-unknown',
        `the command ${shownWord(tokens.peek.text)} is not known`,
        'Give what `nft list ruleset` prints.',
      );
    }
    const what = tokens.word('what is added');
    if (what === 'table') return this.table();
    const table = this.open();
    if (what === 'chain') return this.chain(table);
    if (what === 'set' || what === 'map') return this.set(table, what);
    if (what === 'rule') return this.addRule(table);
    if (what === 'element') return this.addElements(table);
    if (what === 'counter') return this.passOverBlock();
    refuseObject(what);
  }

  /** `FAMILY NAME`; without a family it is ip. */
  private open(): TableDraft {
    const first = this.tokens.word('a family');
    const isFamily = FAMILIES.has(first) || REFUSED_FAMILIES.has(first);
    const family = isFamily ? first : 'ip';
    if (!FAMILIES.has(family)) {
      throw new LineProblem('rules-unknown', `tables of family ${family} are not modelled`, 'Leave the table out.');
    }
    const name = isFamily ? this.tokens.word('the name of a table') : first;
    const key = `${family} ${name}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = { family: family as NftFamily, name, chains: new Map(), sets: new Map(), lineOf: new Map() };
      this.tables.set(key, table);
    }
    return table;
  }

  private table(): void {
    const { tokens } = this;
    const table = this.open();
    const before = this.problems.length;
    if (!tokens.accept('{')) return;
    this.block(() => {
      if (tokens.accept('comment')) table.comment = tokens.word('a comment');
      else if (tokens.accept('flags')) table.dormant = readFlags(this.tokens).includes('dormant');
      else if (tokens.accept('chain')) this.chain(table);
      else if (tokens.accept('set')) this.set(table, 'set');
      else if (tokens.accept('map')) this.set(table, 'map');
      else if (tokens.accept('counter')) this.passOverBlock();
      else refuseObject(tokens.word('an object of the table'));
    });
    if (this.isPassedOver(table)) this.problems.length = before;
  }

  /** Lines up to the closing bracket; each that cannot be read is told, and the next one is read. */
  private block(read: () => void): void {
    const { tokens } = this;
    for (tokens.skipLineEnds(); !tokens.accept('}'); tokens.skipLineEnds()) {
      if (tokens.peek.kind === 'end') throw new LineProblem('rules-truncated', 'the text ends in a block that is open');
      if (!this.line(read)) tokens.skipLine();
      else if (!tokens.atEnd)
        this.line(() => tokens.fail(`the line should end here, not with ${tokens.shown()}`)) || tokens.skipLine();
    }
  }

  private chain(table: TableDraft): void {
    const { tokens } = this;
    const { line } = tokens.peek;
    const name = tokens.word('the name of a chain');
    const chain: { -readonly [K in keyof NftChain]: NftChain[K] } & { rules: NftRule[] } = table.chains.get(name) ?? {
      name,
      rules: [],
    };
    table.chains.set(name, chain);
    table.lineOf.set(chain, line);
    if (!tokens.accept('{')) return;
    this.block(() => {
      if (tokens.accept('type')) chain.base = this.base();
      else if (tokens.accept('policy')) this.policy(chain);
      else if (tokens.peek.text === 'comment' && chain.rules.length === 0) {
        tokens.take();
        chain.comment = tokens.word('a comment');
      } else this.rule(table, chain.rules);
    });
  }

  private rule(table: TableDraft, rules: NftRule[]): void {
    const { line } = this.tokens.peek;
    const rule = readRule(this.tokens, table.family, table.sets);
    table.lineOf.set(rule, line);
    rules.push(rule);
  }

  /** `filter hook prerouting priority dstnat + 10`; a policy follows by itself. */
  private base(): NftBase {
    const { tokens } = this;
    const type = tokens.word('a type');
    if (!isChainType(type)) return tokens.fail(`${shownWord(type)} is no type of a chain`);
    tokens.expect('hook');
    const word = tokens.word('a hook');
    const hook = HOOKS[word];
    if (hook === undefined)
      throw new LineProblem('rules-unknown', `the hook ${shownWord(word)} is not modelled`, 'Leave the chain out.');
    tokens.expect('priority');
    return { type, hook, priority: this.priority(), policy: 'accept' };
  }

  private policy(chain: { base?: NftBase }): void {
    if (chain.base === undefined) this.tokens.fail('a policy, and no type and hook before it');
    chain.base = { ...chain.base, policy: this.acceptOrDrop() };
  }

  private acceptOrDrop(): 'accept' | 'drop' {
    const word = this.tokens.word('a policy');
    if (word !== 'accept' && word !== 'drop') this.tokens.fail(`${shownWord(word)} is no policy`);
    return word;
  }

  private priority(): number {
    const { tokens } = this;
    const word = tokens.word('a priority');
    const named = PRIORITIES[word];
    const base = named ?? (/^-?\d{1,9}$/.test(word) ? Number(word) : Number.NaN);
    if (Number.isNaN(base)) tokens.fail(`${shownWord(word)} is no priority`);
    if (tokens.accept('+')) return base + tokens.whole('a number', 1e9);
    if (tokens.accept('-')) return base - tokens.whole('a number', 1e9);
    return base;
  }

  private set(table: TableDraft, kind: 'set' | 'map'): void {
    const name = this.tokens.word('the name of a set');
    const draft: SetDraft = {};
    this.tokens.expect('{');
    this.block(() => readSetProperty(this.tokens, draft, table.sets, kind));
    table.sets.set(name, finishedSet(name, kind, draft));
  }

  private addRule(table: TableDraft): void {
    const name = this.tokens.word('the name of a chain');
    const chain = table.chains.get(name);
    if (chain === undefined)
      throw new LineProblem('rules-no-such-chain', `there is no chain ${shownWord(name)} to add a rule to`);
    this.rule(table, chain.rules);
  }

  private addElements(table: TableDraft): void {
    const name = this.tokens.word('the name of a set');
    const set = table.sets.get(name);
    if (set === undefined)
      throw new LineProblem('rules-no-such-chain', `there is no set ${shownWord(name)} to add an element to`);
    const more = readElements(this.tokens, set.key, set.data ?? null);
    // One map for all lines that add to a set: a service adds one element each.
    const elements = set.elements as Map<string, unknown>;
    for (const [key, element] of more) elements.set(key, element);
  }

  /** A counter with a name: it counts. */
  private passOverBlock(): void {
    this.tokens.word('a name');
    if (!this.tokens.accept('{')) return;
    while (!this.tokens.accept('}'))
      if (this.tokens.take().kind === 'end')
        throw new LineProblem('rules-truncated', 'the text ends in a block that is open');
  }
}

function isChainType(word: string): word is NftBase['type'] {
  return word === 'filter' || word === 'nat' || word === 'route';
}

const FAMILIES = new Set(['ip', 'ip6', 'inet']);
const REFUSED_FAMILIES = new Set(['arp', 'bridge', 'netdev']);
const HOOKS: Readonly<Record<string, Hook | undefined>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

const PRIORITIES: Readonly<Record<string, number | undefined>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};

function refuseObject(what: string): never {
  throw new LineProblem(
    'rules-unknown',
    `an object of kind ${shownWord(what)} is not modelled`,
    'Leave it out where it decides nothing.',
  );
}

const IPTABLES_TABLES = new Set(['raw', 'mangle', 'nat', 'filter', 'security']);

/** As iptables-nft names its tables and base chains. */
function isMadeByIptables({ family, name, chains }: TableDraft): boolean {
  if (family === 'inet' || !IPTABLES_TABLES.has(name)) return false;
  return [...chains.values()].every(({ base, name: chain }) => base === undefined || base.hook === chain);
}
