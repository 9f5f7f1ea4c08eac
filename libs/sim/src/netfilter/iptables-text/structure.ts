/**
 * What the kernel would refuse of rules that can be read one by one: jumps to nowhere and in circles, targets where they
 * cannot be; and what would take too long to walk.
 *
 * Source: net/ipv4/netfilter/ip_tables.c (mark_source_chains), net/netfilter/nf_tables_api.c (NFT_JUMP_STACK_SIZE);
 *   `.table` and `.hooks` of the targets in net/netfilter/xt_*.c, net/ipv4/netfilter/ipt_REJECT.c.
 * Every chain and every jump is looked at once, whatever leads to it.
 */
import type { Hook } from '../../trace-result.js';
import { IPTABLES_HOOKS } from '../hooks.js';
import { BASE_CHAINS, type Chain, type Rule, type TableName, type Target } from '../rules.js';
import type { RulesProblem } from './problems.js';

interface CheckedTable {
  readonly name: TableName;
  readonly chains: ReadonlyMap<string, Chain>;
}

/** Jumps within jumps. The kernel allows 16 with iptables-nft, and any number with iptables-legacy. */
const MOST_DEPTH = 256;
/** Rules that one packet may have to be compared with in one table; chains count as often as they are walked. */
const MOST_COMPARISONS = 10_000_000;

export function structureProblems(tables: readonly CheckedTable[], lines: ReadonlyMap<Rule, number>): RulesProblem[] {
  return tables.flatMap((table) => new TableCheck(table, lines).run());
}

class TableCheck {
  private readonly problems: RulesProblem[] = [];
  /** Chains of which everything is known that they lead to; those that are called stand before those that call. */
  private readonly done = new Map<string, { depth: number; comparisons: number }>();

  constructor(
    private readonly table: CheckedTable,
    private readonly lines: ReadonlyMap<Rule, number>,
  ) {}

  run(): RulesProblem[] {
    for (const chain of this.table.chains.values()) {
      for (const { rule, to } of jumpsOf(chain)) this.checkJump(rule, to);
    }
    if (this.problems.length > 0) return this.problems;
    for (const chain of this.table.chains.values()) if (!this.done.has(chain.name)) this.follow(chain);
    if (this.problems.length > 0) return this.problems;
    for (const hook of IPTABLES_HOOKS[this.table.name]) this.checkSize(hook);
    this.checkPlaces();
    return this.problems;
  }

  private checkJump(rule: Rule, to: string): void {
    if (BASE_CHAINS.includes(to as Hook)) {
      this.report('rules-misplaced', rule, `a jump to ${to}, which only the kernel itself walks`);
    } else if (!this.table.chains.has(to)) {
      const target = /^[A-Z0-9]+$/.test(to) ? ', and no target of that name is known' : '';
      this.report('rules-no-such-chain', rule, `table ${this.table.name} has no chain ${to}${target}`);
    }
  }

  /** Depth first, without recursion: chains may be many thousands deep. */
  private follow(first: Chain): void {
    const open = new Set<string>();
    const stack: { chain: Chain; jumps: readonly Jump[]; next: number }[] = [];
    const enter = (chain: Chain): void => {
      open.add(chain.name);
      stack.push({ chain, jumps: jumpsOf(chain), next: 0 });
    };
    enter(first);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const jump = top.jumps[top.next++];
      if (jump === undefined) {
        stack.pop();
        open.delete(top.chain.name);
        this.done.set(top.chain.name, this.sizeOf(top.chain, top.jumps));
      } else if (open.has(jump.to)) {
        this.report('rules-loop', jump.rule, `chain ${top.chain.name} leads back to ${jump.to}, which led to it`);
      } else if (!this.done.has(jump.to)) enter(this.table.chains.get(jump.to)!);
    }
  }

  private sizeOf(chain: Chain, jumps: readonly Jump[]): { depth: number; comparisons: number } {
    let depth = 0;
    let comparisons = chain.rules.length;
    for (const { to } of jumps) {
      const called = this.done.get(to);
      depth = Math.max(depth, 1 + (called?.depth ?? 0));
      comparisons += called?.comparisons ?? 0;
    }
    return { depth, comparisons };
  }

  private checkSize(hook: Hook): void {
    const { depth = 0, comparisons = 0 } = this.done.get(hook) ?? {};
    const where = `${hook} of table ${this.table.name}`;
    if (depth > MOST_DEPTH) {
      this.problems.push({
        code: 'rules-too-large',
        line: 0,
        message: `jumps from ${where} go deeper than ${MOST_DEPTH} chains`,
      });
    }
    if (comparisons > MOST_COMPARISONS) {
      const message = `a packet may meet more than ${MOST_COMPARISONS} rules from ${where} on`;
      this.problems.push({ code: 'rules-too-large', line: 0, message });
    }
  }

  /** From callers to called, each chain with all hooks from which it is reached. */
  private checkPlaces(): void {
    const hooks = new Map<string, Set<Hook>>(IPTABLES_HOOKS[this.table.name].map((hook) => [hook, new Set([hook])]));
    for (const name of [...this.done.keys()].reverse()) {
      const reached = hooks.get(name);
      if (reached === undefined) continue;
      const chain = this.table.chains.get(name)!;
      for (const rule of chain.rules) this.checkPlace(rule, reached);
      for (const { to } of jumpsOf(chain)) {
        const all = hooks.get(to) ?? new Set();
        for (const hook of reached) all.add(hook);
        hooks.set(to, all);
      }
    }
  }

  private checkPlace(rule: Rule, reached: ReadonlySet<Hook>): void {
    const place = rule.target === null ? null : placeOf(rule.target);
    if (place === null) return;
    const { name, table, hooks } = place;
    if (table !== this.table.name) {
      this.report('rules-misplaced', rule, `${name} in table ${this.table.name}; the kernel takes it in ${table} only`);
      return;
    }
    const wrong = [...reached].find((hook) => !hooks.includes(hook));
    if (wrong !== undefined) {
      this.report('rules-misplaced', rule, `${name} can be reached from ${wrong}, where the kernel refuses it`);
    }
  }

  private report(code: RulesProblem['code'], rule: Rule, message: string): void {
    this.problems.push({ code, line: this.lines.get(rule) ?? 0, message });
  }
}

interface Jump {
  readonly rule: Rule;
  readonly to: string;
}

function jumpsOf(chain: Chain): Jump[] {
  const jumps: Jump[] = [];
  for (const rule of chain.rules) if (rule.target?.kind === 'jump') jumps.push({ rule, to: rule.target.chain });
  return jumps;
}

const ON_DESTINATIONS: readonly Hook[] = ['PREROUTING', 'OUTPUT'];
const ON_SOURCES: readonly Hook[] = ['INPUT', 'POSTROUTING'];

function placeOf(target: Target): { name: string; table: TableName; hooks: readonly Hook[] } | null {
  switch (target.kind) {
    case 'DNAT':
      return { name: 'DNAT', table: 'nat', hooks: ON_DESTINATIONS };
    case 'translate':
      return { name: target.name, table: 'nat', hooks: target.name === 'SNAT' ? ON_SOURCES : ON_DESTINATIONS };
    case 'MASQUERADE':
      return { name: 'MASQUERADE', table: 'nat', hooks: ['POSTROUTING'] };
    case 'NETMAP':
      return { name: 'NETMAP', table: 'nat', hooks: [...ON_DESTINATIONS, ...ON_SOURCES] };
    case 'REJECT':
      return { name: 'REJECT', table: 'filter', hooks: ['INPUT', 'FORWARD', 'OUTPUT'] };
    case 'NOTRACK':
      return { name: 'NOTRACK', table: 'raw', hooks: ON_DESTINATIONS };
    default:
      return null;
  }
}
