/**
 * Carries out one nft rule for a packet, along every way that chance allows.
 *
 * Models: statements in order; verdicts, vmaps, marks, translations, dynamic sets as memory of sources (session affinity).
 * Source: net/netfilter/nf_tables_core.c (nft_do_chain), nft_nat.c, nft_masq.c, nft_redir.c, nft_dynset.c, nft_limit.c.
 * Simplified: nobody was there before the packet, so limits are not reached; `add` to a dynamic set stamps anew like
 *   `update`, and a set is never full.
 * Who could tell: someone who sends more than a limit allows, or has more clients than a set holds.
 */
import type { TraceStep } from '../trace-result.js';
import { formatHostPort, ipFromValue } from './address.js';
import {
  accept,
  becomesDestined,
  egressOf,
  jumpTo,
  leaveUntracked,
  masquerade,
  ownAddress,
  translateSource,
} from './effects.js';
import { formatMark } from './iptables-save.js';
import { alternatives, type Decided, findElement, nftTableOf } from './nft-expressions.js';
import { chanceOf, memoryName } from './nft-match.js';
import type {
  NftDynamic,
  NftElement,
  NftExpression,
  NftField,
  NftRule,
  NftSetRef,
  NftStatement,
  NftTable,
  NftTranslation,
  NftValue,
  NftVerdict,
} from './nft-rules.js';
import { formatNftRule, isVerdict } from './nft-text.js';
import type { Refusal } from './refusal.js';
import { isOfEmptyServices, refusalByNft } from './refusals.js';
import { titleOf } from './rules.js';
import type { Walk } from './walk.js';

/** How a packet leaves a rule: ended there, or on at the place where `walk` is by now. */
export interface RuleEnd {
  readonly walk: Walk;
  readonly refused: 'drop' | 'reject' | null;
  /** Which rule refused it. */
  readonly reason: string | null;
  /** … and what that means. */
  readonly refusal: Refusal | null;
}

export interface ApplyOptions {
  readonly steps: boolean;
  readonly masqueradeMark: number;
}

/** Every end that chance allows, in the order of the values that part them; the first one is that of `walk` itself. */
export function applyNft(rule: NftRule, walk: Walk, options: ApplyOptions): readonly RuleEnd[] {
  const application = new Application(rule, walk, options);
  application.from(0, { walk, actions: [], decided: new Map() });
  return application.ends;
}

/** A packet within a rule. */
interface Progress {
  readonly walk: Walk;
  readonly actions: readonly string[];
  readonly decided: ReadonlyMap<NftSetRef, NftElement>;
}

/** One thing that a statement may do. */
interface Way {
  readonly probability: number;
  /** Null: the statement does not hold, and the rule ends. */
  readonly act: ((walk: Walk) => Acted) | null;
  readonly decided: Decided | null;
}

/** `over`: the rule is; the walk is where the verdict led it. */
interface Acted {
  readonly action: string | null;
  readonly over: boolean;
  readonly refused: RuleEnd['refused'];
}

const passed: Acted = { action: null, over: false, refused: null };
const done = (action: string, refused: RuleEnd['refused'] = null): Acted => ({ action, over: true, refused });
const goesOn = (action: string): Acted => ({ action, over: false, refused: null });

const always = (act: (walk: Walk) => Acted): readonly Way[] => [{ probability: 1, act, decided: null }];
const HOLDS: readonly Way[] = always(() => passed);
const FAILS: readonly Way[] = [{ probability: 1, act: null, decided: null }];

class Application {
  readonly ends: RuleEnd[] = [];
  private readonly table: NftTable;
  /** Where the rule is; a verdict leads the walk away from there. */
  private readonly place: Pick<TraceStep, 'node' | 'hook' | 'table' | 'chain'>;

  constructor(
    private readonly rule: NftRule,
    walk: Walk,
    private readonly options: ApplyOptions,
  ) {
    this.table = nftTableOf(walk);
    const chain = walk.chain?.name ?? '';
    this.place = { node: walk.node.name, hook: walk.hook, table: titleOf(this.table), chain };
  }

  from(first: number, start: Progress): void {
    let progress = start;
    for (let index = first; index < this.rule.statements.length; index++) {
      const ways = waysOf(this.rule.statements[index]!, progress.walk, this.options);
      if (ways.length > 1) {
        this.part(index, progress, ways);
        return;
      }
      const next = this.take(ways[0]!, progress);
      if (next === null) return;
      progress = next;
    }
    this.end(progress, true, null);
  }

  private part(index: number, progress: Progress, ways: readonly Way[]): void {
    // The first way is the walk's own; the copies are made before it goes on.
    const walks = ways.map((_, number) => (number === 0 ? progress.walk : progress.walk.fork()));
    for (const [number, way] of ways.entries()) {
      const walk = walks[number]!;
      walk.probability *= way.probability;
      const next = this.take(way, { ...progress, walk });
      if (next !== null) this.from(index + 1, next);
    }
  }

  /** Null where the rule is over. */
  private take({ act, decided }: Way, progress: Progress): Progress | null {
    if (act === null) {
      this.end(progress, false, null);
      return null;
    }
    const { action, over, refused } = act(progress.walk);
    const next = {
      walk: progress.walk,
      actions: action === null ? progress.actions : [...progress.actions, action],
      decided: decided === null ? progress.decided : new Map([...progress.decided, [decided.map, decided.element]]),
    };
    if (!over) return next;
    this.end(next, true, refused);
    return null;
  }

  /** A rule that ended half-way is told of where it has done something by then. */
  private end({ walk, actions, decided }: Progress, matched: boolean, refused: RuleEnd['refused']): void {
    if (this.options.steps && (matched || actions.length > 0)) {
      const item = { ...this.place, rule: this.text(decided), action: actions.join(', ') || 'continue' };
      walk.steps = { item, before: walk.steps };
    }
    const { table, chain } = this.place;
    const reason = refused === null ? null : `table ${table} chain ${chain}: ${this.text(decided)}`;
    const refusal =
      refused === null ? null : refusalByNft(this.rule, { table: this.table.name, chain }, decided, walk.emptied);
    this.ends.push({ walk, refused, reason, refusal });
  }

  private text(decided: ReadonlyMap<NftSetRef, NftElement>): string {
    return formatNftRule(this.rule, { form: 'list', markFormat: 'padded', sets: this.table.sets, decided });
  }
}

/** More than one: chance parts them. */
function waysOf(statement: NftStatement, walk: Walk, { masqueradeMark }: ApplyOptions): readonly Way[] {
  switch (statement.kind) {
    case 'match': {
      const chance = chanceOf(statement, walk);
      if (chance === 0 || chance === 1) return chance === 1 ? HOLDS : FAILS;
      return [...likely(HOLDS, chance), ...likely(FAILS, 1 - chance)];
    }
    case 'vmap':
      return vmapWays(statement.key, statement.map, walk);
    case 'reject':
      return always(() => done('REJECT', 'reject'));
    case 'dnat':
    case 'snat':
      return translationWays(statement, walk);
    case 'masquerade':
      return always((own) => {
        masquerade(own);
        // Since 1.36 kube-proxy masquerades a pod's traffic to itself without the mark.
        if (nftTableOf(own).name === 'kube-proxy') own.masqueradeMarked = true;
        own.enter(null);
        return done(`MASQUERADE as ${egressOf(own).address?.text ?? 'unknown'}`);
      });
    case 'redirect':
      return each(statement.port, walk, (own, [port]) => {
        const address = ownAddress(own);
        if (address === null) return done('DROP', 'drop');
        becomesDestined(own, address, port === undefined ? own.destinationPort : Number(port));
        own.enter(null);
        return done(`DNAT to ${formatHostPort(own.destinationIp.text, own.destinationPort)}`);
      });
    case 'assign':
      return each(statement.value, walk, (own, [value]) => assign(statement.field, Number(value), own, masqueradeMark));
    case 'dynamic':
      return dynamicWays(statement, walk);
    case 'limit':
    case 'connectionCount':
      return statement.over ? FAILS : HOLDS;
    case 'counter':
    case 'log':
      return HOLDS;
    case 'notrack':
      return always((own) => {
        leaveUntracked(own);
        return goesOn('notrack');
      });
    default:
      return always((own) => follow(statement, own));
  }
}

function likely(ways: readonly Way[], probability: number): Way[] {
  return ways.map((way) => ({ ...way, probability }));
}

/** One way for each value; without a value to ask for there is one way. */
function each(
  expression: NftExpression | null,
  walk: Walk,
  act: (walk: Walk, values: readonly NftValue[]) => Acted,
): readonly Way[] {
  if (expression === null) return always((own) => act(own, []));
  return alternatives(expression, walk).map(({ values, probability, decided }) => ({
    probability,
    act: values === null ? null : (own) => act(own, values),
    decided,
  }));
}

/** Values that the same element holds are one way. */
function vmapWays(key: NftExpression, map: NftSetRef, walk: Walk): readonly Way[] {
  const byElement = new Map<NftElement | null, number>();
  for (const { values, probability } of alternatives(key, walk)) {
    const element = values === null ? null : findElement(map, values, walk);
    byElement.set(element, (byElement.get(element) ?? 0) + probability);
  }
  return [...byElement].map(([element, probability]) => {
    const verdict = element?.data;
    if (element === null || verdict === undefined || !isVerdict(verdict))
      return { probability, act: null, decided: null };
    const act = (own: Walk) => {
      if (isOfEmptyServices(map)) own.emptied = element.comment ?? null;
      return follow(verdict, own);
    };
    return { probability, act, decided: { map, element } };
  });
}

function follow(verdict: NftVerdict, walk: Walk): Acted {
  switch (verdict.kind) {
    case 'accept':
      accept(walk);
      return done('ACCEPT');
    case 'drop':
      return done('DROP', 'drop');
    case 'return':
      walk.goBack();
      return done('RETURN');
    case 'continue':
      return done('continue');
    case 'jump':
    case 'goto':
      jumpTo(verdict.chain, walk, verdict.kind);
      return done(`${verdict.kind} ${verdict.chain}`);
  }
}

function translationWays({ kind, address, port }: NftTranslation, walk: Walk): readonly Way[] {
  const target: NftExpression | null =
    address === null || port === null ? (address ?? port) : { kind: 'concat', parts: [address, port] };
  const { family } = walk.destinationIp;
  return each(target, walk, (own, values) => {
    const ip = address === null ? null : ipFromValue(family, BigInt(values[0] ?? 0));
    const newPort = values[address === null ? 0 : 1];
    if (kind === 'dnat') {
      becomesDestined(own, ip ?? own.destinationIp, newPort === undefined ? own.destinationPort : Number(newPort));
    } else if (ip !== null) translateSource(own, ip);
    own.enter(null);
    const to = kind === 'dnat' ? formatHostPort(own.destinationIp.text, own.destinationPort) : own.sourceIp.text;
    return done(`${kind.toUpperCase()} to ${to}`);
  });
}

function assign(field: NftField, value: number, walk: Walk, masqueradeMark: number): Acted {
  if (field.kind === 'ct' && field.key === 'mark') walk.connectionMark = value;
  else if (field.kind === 'meta' && field.key === 'mark') {
    const set = value & ~walk.mark;
    const cleared = walk.mark & ~value;
    walk.mark = value;
    if ((value & masqueradeMark) !== 0) walk.masqueradeMarked = true;
    if (cleared === 0) return goesOn(`mark ${formatMark(set, 'plain')}`);
    return goesOn(set === 0 ? `unmark ${formatMark(cleared, 'plain')}` : `set mark ${formatMark(value, 'plain')}`);
  }
  return goesOn(
    `set ${field.kind === 'payload' ? field.field : 'key' in field ? `${field.kind} ${field.key}` : field.kind}`,
  );
}

function dynamicWays({ operation, set, key, statements }: NftDynamic, walk: Walk): readonly Way[] {
  for (const statement of statements ?? []) {
    if ((statement.kind === 'limit' || statement.kind === 'connectionCount') && statement.over) return FAILS;
  }
  return each(key, walk, (own, values) => {
    const name = memoryName(nftTableOf(own), set, key, values);
    own.affinitySet = { item: name, before: own.affinitySet };
    return goesOn(`${operation} @${set}`);
  });
}
