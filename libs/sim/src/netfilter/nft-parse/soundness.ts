/**
 * Whether tables that were read could be in a kernel: what they lead to exists, nothing goes round, NAT stands where it may.
 *
 * Models: the checks of the kernel when a ruleset is committed.
 * Source: net/netfilter/nf_tables_api.c (nf_tables_check_loops, nft_chain_validate), nft_nat.c, nft_masq.c, nft_redir.c
 *   (nft_*_validate); include/net/netfilter/nf_tables.h (NFT_JUMP_STACK_SIZE).
 * Simplified: rules that lead one packet through more than ten million others are refused; the kernel would walk them.
 * Who could tell: nobody; what a node prints passes.
 */
import type { Hook } from '../../trace-result.js';
import type { RulesProblem, RulesProblemCode } from '../iptables-text/problems.js';
import type { NftBase, NftChain, NftExpression, NftRule, NftSetRef, NftStatement, NftVerdict } from '../nft-rules.js';
import { isVerdict } from '../nft-text.js';
import type { TableDraft } from './tables.js';

const DEEPEST_JUMP = 16;
const MOST_PROBLEMS = 50;
/** Rules that one packet may meet; a walk through more would hold up everybody. */
const MOST_RULES_MET = 10_000_000;
const MOST_VERDICTS = 5_000_000;

const NAT_HOOKS: Readonly<Record<'dnat' | 'redirect' | 'snat' | 'masquerade', readonly Hook[]>> = {
  dnat: ['PREROUTING', 'OUTPUT'],
  redirect: ['PREROUTING', 'OUTPUT'],
  snat: ['POSTROUTING', 'INPUT'],
  masquerade: ['POSTROUTING'],
};

export function soundness(table: TableDraft): RulesProblem[] {
  return new Soundness(table).run();
}

class Soundness {
  private readonly problems: RulesProblem[] = [];
  private readonly next = new Map<string, Set<string>>();
  private looked = 0;

  constructor(private readonly table: TableDraft) {}

  run(): RulesProblem[] {
    for (const chain of this.table.chains.values()) {
      const targets = new Set<string>();
      for (const rule of chain.rules) this.references(rule, targets);
      this.next.set(chain.name, targets);
    }
    if (this.problems.length === 0) this.loops();
    if (this.problems.length === 0) this.translations();
    return this.problems;
  }

  private add(code: RulesProblemCode, at: NftRule | NftChain, message: string): void {
    if (this.problems.length < MOST_PROBLEMS)
      this.problems.push({ code, line: this.table.lineOf.get(at) ?? 0, message });
  }

  /** What a rule leads to and looks into must be there. */
  private references(rule: NftRule, targets: Set<string>): void {
    for (const verdict of this.verdictsOf(rule)) {
      if (verdict.kind !== 'jump' && verdict.kind !== 'goto') continue;
      const chain = this.table.chains.get(verdict.chain);
      if (chain === undefined)
        this.add('rules-no-such-chain', rule, `${verdict.kind} to chain "${verdict.chain}", which does not exist`);
      else if (chain.base !== undefined)
        this.add('rules-misplaced', rule, `${verdict.kind} to "${verdict.chain}", which is a base chain`);
      else targets.add(verdict.chain);
    }
    for (const name of setsOf(rule)) {
      if (!this.table.sets.has(name))
        this.add('rules-no-such-chain', rule, `looks into set "${name}", which does not exist`);
    }
  }

  /** Depth first, without recursion: a text may have a hundred thousand chains in a row. */
  private loops(): void {
    const depths = new Map<string, number>();
    /** Rules that a packet meets in a chain and below it, at the most. */
    const sizes = new Map<string, number>();
    for (const start of this.next.keys()) {
      const open = new Set<string>();
      const stack = [start];
      for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
        if (depths.has(name)) {
          stack.pop();
          continue;
        }
        const at = this.table.chains.get(name) as NftChain;
        const fresh: string[] = [];
        let depth = 0;
        for (const target of this.next.get(name) ?? []) {
          const below = depths.get(target);
          if (below !== undefined) depth = Math.max(depth, below + 1);
          else if (target === name || open.has(target))
            return this.add('rules-loop', at, `chain "${name}" leads to "${target}", which leads to it`);
          else fresh.push(target);
        }
        if (fresh.length > 0) {
          open.add(name);
          for (const target of fresh) stack.push(target);
          continue;
        }
        open.delete(name);
        depths.set(name, depth);
        const size = this.sizeOf(at, sizes);
        sizes.set(name, size);
        if (size > MOST_RULES_MET) {
          return this.add(
            'rules-too-large',
            at,
            `chain "${name}" leads a packet through more than ${MOST_RULES_MET} rules`,
          );
        }
        if (depth <= DEEPEST_JUMP) continue;
        const message = `chain "${name}" leads more than ${DEEPEST_JUMP} chains deep; the kernel takes no more`;
        return this.add('rules-too-large', at, message);
      }
    }
  }

  /** Where thousands of rules look up in a map, each of its elements counts each time: that has an end. */
  private *verdictsOf(rule: NftRule): Generator<NftVerdict> {
    for (const verdict of verdictsOf(rule, this.table)) {
      if (++this.looked < MOST_VERDICTS) yield verdict;
      else if (this.looked === MOST_VERDICTS)
        this.add('rules-too-large', rule, 'too many rules look up in too large maps');
      else return;
    }
  }

  private sizeOf({ rules }: NftChain, sizes: ReadonlyMap<string, number>): number {
    let size = 0;
    for (const rule of rules) {
      let below = 0;
      for (const verdict of this.verdictsOf(rule)) {
        if (verdict.kind === 'jump' || verdict.kind === 'goto') below = Math.max(below, sizes.get(verdict.chain) ?? 0);
      }
      size += 1 + below;
    }
    return size;
  }

  /** From each base chain along all ways; a chain is looked at once for each type and hook that leads to it. */
  private translations(): void {
    const seen = new Set<string>();
    const pending: { chain: NftChain; base: NftBase }[] = [];
    for (const chain of this.table.chains.values())
      if (chain.base !== undefined) pending.push({ chain, base: chain.base });
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      const { chain, base } = place;
      const key = `${base.type} ${base.hook} ${chain.name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const rule of chain.rules) {
        for (const { kind } of rule.statements) {
          if (!Object.hasOwn(NAT_HOOKS, kind)) continue;
          const hooks = NAT_HOOKS[kind as keyof typeof NAT_HOOKS];
          if (base.type === 'nat' && hooks.includes(base.hook)) continue;
          this.add(
            'rules-misplaced',
            rule,
            `${kind} in a chain that ${base.type} ${base.hook.toLowerCase()} leads to; the kernel refuses it there`,
          );
        }
      }
      for (const target of this.next.get(chain.name) ?? [])
        pending.push({ chain: this.table.chains.get(target) as NftChain, base });
    }
  }
}

function* verdictsOf({ statements }: NftRule, { sets }: TableDraft): Generator<NftVerdict> {
  for (const statement of statements) {
    if (statement.kind === 'jump' || statement.kind === 'goto') yield statement;
    if (statement.kind !== 'vmap') continue;
    const { map } = statement;
    const elements = map.kind === 'anonymousSet' ? map.elements : sets.get(map.name)?.elements;
    for (const { data } of elements?.values() ?? []) if (data !== undefined && isVerdict(data)) yield data;
  }
}

function* setsOf(rule: NftRule): Generator<string> {
  for (const statement of rule.statements) yield* setsOfStatement(statement);
}

function* setsOfStatement(statement: NftStatement): Generator<string> {
  switch (statement.kind) {
    case 'match':
      yield* setsOfExpression(statement.left);
      if (statement.right.kind === 'namedSet') yield statement.right.name;
      return;
    case 'vmap':
      yield* setsOfExpression(statement.key);
      yield* nameOf(statement.map);
      return;
    case 'dynamic':
      yield statement.set;
      return;
    case 'assign':
      yield* setsOfExpression(statement.value);
      return;
    case 'dnat':
    case 'snat':
      if (statement.address !== null) yield* setsOfExpression(statement.address);
      if (statement.port !== null) yield* setsOfExpression(statement.port);
      return;
    case 'redirect':
      if (statement.port !== null) yield* setsOfExpression(statement.port);
  }
}

function* setsOfExpression(expression: NftExpression): Generator<string> {
  switch (expression.kind) {
    case 'map':
      yield* setsOfExpression(expression.key);
      yield* nameOf(expression.map);
      return;
    case 'concat':
      for (const part of expression.parts) yield* setsOfExpression(part);
      return;
    case 'bitwise':
      yield* setsOfExpression(expression.left);
      yield* setsOfExpression(expression.right);
  }
}

function* nameOf(ref: NftSetRef): Generator<string> {
  if (ref.kind === 'namedSet') yield ref.name;
}
