/**
 * Walks the first packet of a connection through one node's rules, along every way that chance allows.
 *
 * Models: hooks and base chains in the kernel's order, IPVS between them, policies, NAT by the first packet only, routing
 *   after DNAT, masquerade by egress interface, the loopback's second pass, martian 127/8 addresses.
 * Source: include/uapi/linux/netfilter_ipv4.h (priorities); net/netfilter/nf_nat_core.c, nf_nat_proto.c,
 *   nf_nat_masquerade.c; net/ipv4/route.c (martians); xt_conntrack.c (DNAT and SNAT as states).
 * Simplified: bridges call iptables.
 * Who could tell: someone without br_netfilter and with pods on one bridge.
 */
import type { Hook } from '../trace-result.js';
import type { Cidr, Ip } from './address.js';
import { contextUnder } from './bound-addresses.js';
import type { Consulted } from './consulted.js';
import {
  accept,
  baseOf,
  becomesDestined,
  egressOf,
  jumpTo,
  leaveUntracked,
  masquerade,
  setConnectionMark,
  setMark,
  translateSource,
} from './effects.js';
import { type BaseChain, type Hooks, hooksOf, ipvsPlace } from './hooks.js';
import { formatAppend, type MarkFormat } from './iptables-save.js';
import { emptyServerText, schedule, sendOn } from './ipvs.js';
import { isMartian, isStuckOnLoopback, LOOPBACK_CIDRS } from './loopback.js';
import { matches } from './match.js';
import { applyNft, type RuleEnd } from './nft-apply.js';
import type { NftRule } from './nft-rules.js';
import type { Egress, Entry, NodeContext, Packet } from './packet.js';
import { countPorts, type PortSet, portsOutside, portsWithin } from './port-set.js';
import { IMPOSSIBLE_DESTINATION, IMPOSSIBLE_SOURCE, type Refusal } from './refusal.js';
import { MARK_DROP, refusalByRule } from './refusals.js';
import {
  type ConntrackState,
  type Match,
  type PortRange,
  type Rule,
  type Ruleset,
  type Target,
  type TranslationTarget,
  titleOf,
} from './rules.js';
import { ipvsStepOf, stepOf } from './trace-step.js';
import { changesSource, type Translated, translationsOf } from './translations.js';
import type { VirtualServers } from './virtual-servers.js';
import { type AffinityQuestion, unchain, Walk } from './walk.js';
import { outcomeOf, type Verdict, type WalkOutcome } from './walk-outcome.js';

const NO_SETS: NonNullable<Ruleset['sets']> = new Map();

const NOTHING = (): void => {};

export interface EvaluateOptions {
  /** The whole mark: `1 << masqueradeBit`. */
  masqueradeMark: number;
  /** With another state than NEW, nat tables are passed over and known connections are not translated. Default NEW. */
  connectionState?: Extract<ConntrackState, 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID'>;
  /** Whether a source was set under a name at most that long ago. Default: never. */
  recentlySet?: (name: string, seconds: number, source: Ip) => boolean;
  /** Told each CIDR that the source was compared with; what is not told cannot have influenced the outcomes. */
  sourceTested?: (cidr: Cidr) => void;
  /** The same for the interface that the packet came in by: each pattern, and null where its very name was looked at. */
  interfaceTested?: (pattern: string | null) => void;
  /** Told what was looked up on the way. */
  consulted?: Consulted;
  /** Default true. */
  steps?: boolean;
  /** For steps and reasons. Default `padded`. */
  markFormat?: MarkFormat;
}

/** More than the endpoints of the largest service: rules that part a packet's way again and again, and let it go on. */
const MOST_WAYS = 200_000;

/** A packet has more ways through a node than anybody could follow. */
export class TooManyWays extends Error {
  constructor(node: string) {
    super(`the rules of node ${node} part a packet's way more than ${MOST_WAYS} times by chance`);
  }
}

/** All outcomes, in the order of the rules that part them. Probabilities are those of the `statistic` rules passed. */
export function evaluate(
  entry: Entry,
  ruleset: Ruleset,
  node: NodeContext,
  packet: Packet,
  options: EvaluateOptions,
): WalkOutcome[] {
  return new Evaluation(entry, ruleset, node, packet, options).run();
}

class Evaluation {
  private readonly hooks: Hooks;
  private readonly markFormat: MarkFormat;
  private readonly state: ConntrackState;
  /** Ways not followed yet; the last one first, which keeps outcomes in rule order. */
  private readonly pending: (Walk | RuleEnd)[] = [];
  private checked: { list: Walk['affinityChecked']; items: readonly AffinityQuestion[] } = { list: null, items: [] };
  private readonly node: NodeContext;

  constructor(
    private readonly entry: Entry,
    private readonly ruleset: Ruleset,
    node: NodeContext,
    private readonly packet: Packet,
    private readonly options: EvaluateOptions,
  ) {
    this.node = contextUnder(ruleset, node);
    this.hooks = hooksOf(ruleset);
    this.markFormat = options.markFormat ?? 'padded';
    this.state = options.connectionState ?? 'NEW';
  }

  run(): WalkOutcome[] {
    const setting = {
      node: this.node,
      packet: this.packet,
      sets: this.ruleset.sets ?? NO_SETS,
      sourceTested: this.options.sourceTested ?? NOTHING,
      interfaceTested: this.options.interfaceTested ?? NOTHING,
      consulted: this.options.consulted,
      recentlySet: this.options.recentlySet ?? (() => false),
      opens: this.state === 'NEW' || this.state === 'RELATED',
    };
    const first = new Walk(setting, this.entry === 'arriving' ? 'PREROUTING' : 'OUTPUT', new Set([this.state]));
    const refusal = this.refusalAtOnce(first);
    if (refusal !== null)
      return [this.end(first, 'drop', refusal, this.entry === 'local' ? IMPOSSIBLE_SOURCE : IMPOSSIBLE_DESTINATION)];
    first.destinationSettled = this.state !== 'NEW';
    first.sourceSettled = this.state !== 'NEW';
    if (this.entry === 'local') first.outInterface = this.node.egress(first.destinationIp).interface;
    const atOnce = this.goOn(first);
    if (atOnce !== null) return [atOnce];
    this.pending.push(first);
    const outcomes: WalkOutcome[] = [];
    for (let way = this.pending.pop(); way !== undefined; way = this.pending.pop()) {
      if (outcomes.length >= MOST_WAYS) throw new TooManyWays(this.node.name);
      outcomes.push(way instanceof Walk ? this.follow(way) : (this.refusedBy(way) ?? this.follow(way.walk)));
    }
    return outcomes;
  }

  /** Of routing, before any rule is asked. */
  private refusalAtOnce(walk: Walk): string | null {
    if (this.entry === 'local') return this.stuckOnLoopback(walk, this.node.egress(walk.destinationIp));
    const refused = walk.destinationIp.family === 'IPv6' && isMartian(walk, this.node);
    return refused ? '::1 is no destination for a packet from outside' : null;
  }

  private stuckOnLoopback(walk: Walk, egress: Egress): string | null {
    walk.sourceTested(LOOPBACK_CIDRS[walk.sourceIp.family]);
    const stuck = !egress.local && isStuckOnLoopback(walk.sourceIp, this.node);
    return stuck ? `a loopback source does not leave by ${egress.interface}` : null;
  }

  private follow(walk: Walk): WalkOutcome {
    for (;;) {
      const outcome = this.walkChain(walk) ?? this.leaveChain(walk);
      if (outcome !== null) return outcome;
    }
  }

  /** Null when the base chain has let the packet pass. */
  private walkChain(walk: Walk): WalkOutcome | null {
    while (walk.chain !== null) {
      const rule = walk.nextRule();
      if (rule === null) {
        walk.goBack();
        continue;
      }
      if ('statements' in rule) {
        const outcome = this.applyNft(rule, walk);
        if (outcome !== null) return outcome;
        continue;
      }
      if (!this.takes(rule, walk)) continue;
      const outcome = this.apply(rule, walk);
      if (outcome !== null) return outcome;
    }
    return null;
  }

  /** Whether the rule's matches hold; where that is a matter of chance, the other way is kept for later. */
  private takes(rule: Rule, walk: Walk): boolean {
    let chance = 1;
    let ports = walk.sourcePorts;
    for (let index = 0; index < rule.matches.length; index++) {
      const match = rule.matches[index]!;
      const holds = matches(match, walk);
      const asked = holds ? sourcePortsAsked(match, walk) : null;
      if (asked !== null) ports = asked.negate ? portsOutside(ports, asked.ranges) : portsWithin(ports, asked.ranges);
      const odds = holds ? oddsOf(match) : 0;
      if (odds === 0 || ports.length === 0) {
        noteRecents(rule.matches, index, walk);
        return false;
      }
      chance *= odds;
    }
    if (ports !== walk.sourcePorts) this.narrow(ports, walk);
    if (chance < 1) {
      this.keepOther(walk, 1 - chance);
      walk.probability *= chance;
    }
    noteRecents(rule.matches, rule.matches.length, walk);
    return true;
  }

  private narrow(ports: PortSet, walk: Walk): void {
    const share = countPorts(ports) / countPorts(walk.sourcePorts);
    if (share < 1) {
      const other = this.keepOther(walk, 1 - share);
      other.sourcePorts = portsOutside(walk.sourcePorts, ports);
      walk.probability *= share;
    }
    walk.sourcePorts = ports;
  }

  private keepOther(walk: Walk, share: number): Walk {
    const other = walk.fork();
    other.probability *= share;
    this.pending.push(other);
    return other;
  }

  private applyNft(rule: NftRule, walk: Walk): WalkOutcome | null {
    const { steps, masqueradeMark } = this.options;
    const ends = applyNft(rule, walk, { steps: steps !== false, masqueradeMark });
    for (let number = ends.length - 1; number > 0; number--) this.pending.push(ends[number]!);
    return this.refusedBy(ends[0]!);
  }

  /** Null where the packet goes on. */
  private refusedBy({ walk, refused, reason, refusal }: RuleEnd): WalkOutcome | null {
    return refused === null ? null : this.end(walk, refused, reason, refusal);
  }

  private apply(rule: Rule, walk: Walk): WalkOutcome | null {
    const target = rule.target;
    if (this.options.steps !== false) {
      walk.steps = { item: stepOf(rule, walk, this.markFormat), before: walk.steps };
    }
    if (target === null) return null;
    switch (target.kind) {
      case 'jump':
        if (target.chain === MARK_DROP) walk.dropMarkedBy ??= { rule, chain: walk.chain?.name ?? '' };
        jumpTo(target.chain, walk, target.goto === true ? 'goto' : 'jump');
        return null;
      case 'ACCEPT':
        accept(walk);
        return null;
      case 'DROP':
      case 'REJECT':
        return this.end(
          walk,
          target.kind === 'DROP' ? 'drop' : 'reject',
          this.textOf(rule, walk),
          refusalByRule({ rule, chain: walk.chain?.name ?? '' }, walk.dropMarkedBy),
        );
      case 'RETURN':
        walk.goBack();
        return null;
      case 'MARK':
        setMark(target, walk);
        this.noteMark(walk);
        return null;
      case 'CONNMARK':
        setConnectionMark(target, walk);
        this.noteMark(walk);
        return null;
      case 'DNAT':
      case 'translate':
      case 'NETMAP':
        return this.translate(target, rule, walk);
      case 'MASQUERADE':
        masquerade(walk);
        walk.enter(null);
        return null;
      case 'NOTRACK':
        leaveUntracked(walk);
        return null;
      case 'noEffect':
        return null;
      default:
        return unknownTarget(target);
    }
  }

  private noteMark(walk: Walk): void {
    if ((walk.mark & this.options.masqueradeMark) !== 0) walk.masqueradeMarked = true;
  }

  /** Each of several translations is a way of its own. */
  private translate(
    target: Extract<Target, { kind: 'DNAT' }> | TranslationTarget,
    rule: Rule,
    walk: Walk,
  ): WalkOutcome | null {
    const ofSource = changesSource(target, walk);
    if (target.kind === 'NETMAP' && ofSource) walk.sourceUsed();
    const [first, ...others] = translationsOf(target, walk);
    if (others.length > 0 && target.kind === 'translate' && target.random !== true) walk.drawnBy = 'source';
    for (const other of others.reverse()) {
      const fork = this.keepOther(walk, 1 / (others.length + 1));
      take(other, ofSource, fork);
    }
    walk.probability /= others.length + 1;
    if (first === undefined || first.ip === null) return this.end(walk, 'drop', this.textOf(rule, walk));
    take(first, ofSource, walk);
    return null;
  }

  /** Null while there is more to walk. */
  private leaveChain(walk: Walk): WalkOutcome | null {
    if (walk.undecided && walk.base?.policy === 'drop') return this.end(walk, 'drop', policyText(walk.base));
    walk.place++;
    return this.goOn(walk);
  }

  /** Starts what stands at the walk's place: IPVS, a base chain, or behind the last one the way to the next hook. */
  private goOn(walk: Walk): WalkOutcome | null {
    const { virtualServers } = this.ruleset;
    if (virtualServers !== undefined && this.meetsIpvs(walk)) {
      walk.askedIpvs = walk.hook;
      const scheduled = this.askIpvs(walk, virtualServers);
      if (scheduled !== undefined) return scheduled;
    }
    if (walk.place < this.hooks[walk.hook].length) {
      this.startChain(walk);
      return null;
    }
    if (settlesSource(walk.hook)) walk.sourceSettled = true;
    else if (walk.hook !== 'FORWARD') walk.destinationSettled = true;
    const next = this.leaveHook(walk);
    if (typeof next !== 'string') return next;
    walk.hook = next;
    walk.place = 0;
    return this.goOn(walk);
  }

  /** It only schedules first packets, and none twice. */
  private meetsIpvs(walk: Walk): boolean {
    if (this.state !== 'NEW' || walk.balanced !== null || walk.askedIpvs === walk.hook) return false;
    return walk.place === ipvsPlace(this.hooks, walk.hook);
  }

  /** Undefined where IPVS lets the packet pass. */
  private askIpvs(walk: Walk, servers: VirtualServers): WalkOutcome | null | undefined {
    const ways = schedule(walk, servers);
    if (ways === null) return undefined;
    const refusal = ways.length === 0 ? emptyServerText(walk) : null;
    if (refusal !== null) return this.end(walk, 'reject', refusal, walk.balanced?.refusal ?? null);
    for (const way of ways) {
      if (this.options.steps !== false) way.steps = { item: ipvsStepOf(way), before: way.steps };
      sendOn(way);
    }
    for (let number = ways.length - 1; number > 0; number--) this.pending.push(ways[number]!);
    return null;
  }

  private leaveHook(walk: Walk): Hook | WalkOutcome {
    switch (walk.hook) {
      case 'PREROUTING':
        if (walk.loopedBack) return 'INPUT';
        if (isMartian(walk, this.node)) {
          const text = 'martian destination: 127.0.0.0/8 from outside, and route_localnet is off';
          return this.end(walk, 'drop', text, IMPOSSIBLE_DESTINATION);
        }
        walk.egress = this.node.egress(walk.destinationIp);
        walk.outInterface = walk.egress.local ? null : walk.egress.interface;
        return walk.egress.local ? 'INPUT' : 'FORWARD';
      case 'OUTPUT': {
        walk.egress = this.node.egress(walk.destinationIp);
        walk.outInterface = walk.egress.interface;
        const stuck = this.stuckOnLoopback(walk, walk.egress);
        return stuck === null ? 'POSTROUTING' : this.end(walk, 'drop', stuck, IMPOSSIBLE_SOURCE);
      }
      case 'FORWARD':
        return 'POSTROUTING';
      case 'INPUT':
        return this.end(walk, 'local', null);
      case 'POSTROUTING':
        if (!egressOf(walk).local) return this.end(walk, 'forward', null);
        walk.loopedBack = true;
        walk.inInterface = 'lo';
        walk.outInterface = null;
        return 'PREROUTING';
    }
  }

  /** One translation per direction and connection: what came back over the loopback has had both. */
  private startChain(walk: Walk): void {
    const base = this.hooks[walk.hook][walk.place] ?? null;
    const isSettled = settlesSource(walk.hook) ? walk.sourceSettled : walk.destinationSettled;
    walk.enter(base?.type === 'nat' && isSettled ? null : base);
  }

  private end(walk: Walk, verdict: Verdict, reason: string | null, refusal: Refusal | null = null): WalkOutcome {
    return outcomeOf(walk, verdict, reason, this.checkedBy(walk), refusal);
  }

  /** Ways that part behind the last check share one array: a service with thousands of endpoints has as many of both. */
  private checkedBy(walk: Walk): readonly AffinityQuestion[] {
    if (walk.affinityChecked !== this.checked.list) {
      this.checked = { list: walk.affinityChecked, items: unchain(walk.affinityChecked) };
    }
    return this.checked.items;
  }

  private textOf(rule: Rule, walk: Walk): string {
    return `-t ${baseOf(walk).table.name} ${formatAppend(walk.chain?.name ?? '', rule, { markFormat: this.markFormat })}`;
  }
}

function take({ ip, port }: Translated, ofSource: boolean, walk: Walk): void {
  if (ip === null) return;
  if (ofSource) translateSource(walk, ip);
  else becomesDestined(walk, ip, port ?? walk.destinationPort);
  walk.enter(null);
}

/** Of a match that may hold. */
function oddsOf(match: Match): number {
  if (match.kind === 'statistic') return match.negate === true ? 1 - match.probability : match.probability;
  if (match.kind !== 'nth') return 1;
  return match.negate === true ? 1 - 1 / match.every : 1 / match.every;
}

/** What a match wants of the source port; null: nothing. */
function sourcePortsAsked(match: Match, walk: Walk): { ranges: readonly PortRange[]; negate: boolean } | null {
  if (match.kind === 'sourcePort') {
    return { ranges: [{ first: match.port, last: match.last ?? match.port }], negate: match.negate === true };
  }
  if (match.kind !== 'multiport' || match.side === 'destination') return null;
  const { destinationPort: port } = walk;
  const isDestination = match.ports.some(({ first, last }) => first <= port && port <= last);
  // Of `--ports` either one will do.
  if (match.side === 'either' && isDestination) return match.negate === true ? { ranges: [], negate: false } : null;
  return { ranges: match.ports, negate: match.negate === true };
}

/** Lists of addresses change with each match that is carried out, whatever becomes of the rule. */
function noteRecents(list: readonly Match[], count: number, walk: Walk): void {
  for (let index = 0; index < count; index++) {
    const match = list[index]!;
    if (match.kind === 'recent') walk.noteRecent(match);
  }
}

function settlesSource(hook: Hook): boolean {
  return hook === 'INPUT' || hook === 'POSTROUTING';
}

function policyText({ table, chain }: BaseChain): string {
  const title = titleOf(table);
  return table.syntax === 'nft'
    ? `table ${title} chain ${chain.name}: policy drop`
    : `-t ${title} -P ${chain.name} DROP`;
}

function unknownTarget(target: never): never {
  throw new Error(`unknown target ${JSON.stringify(target)}`);
}
