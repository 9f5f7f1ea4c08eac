/**
 * Walks the first packet of a connection through one node's rules, along every way that chance allows.
 *
 * Models: hooks and tables in the kernel's order, NAT by the first packet only, routing after DNAT, masquerade by egress
 *   interface, the loopback's second pass, martian 127/8 addresses.
 * Source: include/uapi/linux/netfilter_ipv4.h (priorities); net/netfilter/nf_nat_core.c, nf_nat_proto.c,
 *   nf_nat_masquerade.c; net/ipv4/route.c (martians); xt_conntrack.c (DNAT and SNAT as states).
 * Simplified: base chains accept what no rule decides; bridges do not call iptables; raw sees the same states as the rest.
 * Who could tell: someone with own rules beside kube-proxy's, with another policy, or with br_netfilter and pods on one bridge.
 */
import { invariant } from '../kernel/invariant.js';
import type { Hook, TraceStep } from '../trace-result.js';
import { type Cidr, type Ip, parseCidr, parseIp, sameIp } from './address.js';
import { formatAppend, type MarkFormat } from './iptables-save.js';
import { isMartian, isStuckOnLoopback, LOOPBACK_CIDRS } from './loopback.js';
import { matches } from './match.js';
import type { Egress, Entry, NodeContext, Packet } from './packet.js';
import type { ConntrackState, Rule, Ruleset, TableName } from './rules.js';
import { stepOf } from './trace-step.js';
import { type AffinityQuestion, unchain, Walk } from './walk.js';

/** `forward`: leaves by an interface. `local`: handed to the node's own sockets. */
export type Verdict = 'forward' | 'local' | 'drop' | 'reject';

export interface WalkOutcome {
  verdict: Verdict;
  /** 0..1; those of one evaluation sum to 1. */
  probability: number;
  /** As the packet leaves the node, is handed to its sockets, or is refused. */
  destinationIp: Ip;
  destinationPort: number;
  /** Null: masqueraded by an interface whose address is not known; `reason` says so. */
  sourceIp: Ip | null;
  /** A DNAT rule took the packet. */
  dnat: boolean;
  /** A MASQUERADE rule took the packet. */
  snat: boolean;
  /** The masquerade mark was set at some time, whether it had an effect or not. */
  masqueradeMarked: boolean;
  /** Null where the packet went nowhere. */
  egress: Egress | null;
  /** A rule accepted the packet in INPUT: it is for a listening socket of the node. */
  acceptedOnInput: boolean;
  /** Why it was refused, or why `sourceIp` is null: a rule as `-t TABLE -A CHAIN …`, or a sentence. Otherwise null. */
  reason: string | null;
  /** Session affinity: the lists that this outcome stamps with the client's address. */
  affinitySet: readonly string[];
  /** Session affinity: the lists that were asked for the client's address, in order. */
  affinityChecked: readonly AffinityQuestion[];
  /** The rules that matched; empty where the caller did not want them. */
  steps: TraceStep[];
}

export interface EvaluateOptions {
  /** The whole mark: `1 << masqueradeBit`. */
  masqueradeMark: number;
  /** With another state than NEW, nat tables are passed over and known connections are not translated. Default NEW. */
  connectionState?: Extract<ConntrackState, 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID'>;
  /** Whether a source was set under a name at most that long ago. Default: never. */
  recentlySet?: (name: string, seconds: number, source: Ip) => boolean;
  /** Told each CIDR that the source was compared with; what is not told cannot have influenced the outcomes. */
  sourceTested?: (cidr: Cidr) => void;
  /** Default true. */
  steps?: boolean;
  /** For steps and reasons. Default `padded`. */
  markFormat?: MarkFormat;
}

/** The kernel's order by priority; nat's INPUT chain translates sources. */
const TABLES_OF_HOOK: Readonly<Record<Hook, readonly TableName[]>> = {
  PREROUTING: ['raw', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'nat'],
  FORWARD: ['mangle', 'filter'],
  OUTPUT: ['raw', 'mangle', 'nat', 'filter'],
  POSTROUTING: ['mangle', 'nat'],
};

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
  private readonly markFormat: MarkFormat;
  private readonly state: ConntrackState;
  /** Ways not followed yet; the last one first, which keeps outcomes in rule order. */
  private readonly pending: Walk[] = [];
  private checked: { list: Walk['affinityChecked']; items: readonly AffinityQuestion[] } = { list: null, items: [] };

  constructor(
    private readonly entry: Entry,
    private readonly ruleset: Ruleset,
    private readonly node: NodeContext,
    private readonly packet: Packet,
    private readonly options: EvaluateOptions,
  ) {
    this.markFormat = options.markFormat ?? 'padded';
    this.state = options.connectionState ?? 'NEW';
  }

  run(): WalkOutcome[] {
    const setting = {
      node: this.node,
      packet: this.packet,
      sourceTested: this.options.sourceTested ?? (() => {}),
      recentlySet: this.options.recentlySet ?? (() => false),
    };
    const first = new Walk(setting, this.entry === 'arriving' ? 'PREROUTING' : 'OUTPUT', new Set([this.state]));
    const refused =
      this.entry === 'arriving' && this.packet.destinationIp.family === 'IPv6' && isMartian(first, this.node);
    if (refused) return [this.end(first, 'drop', '::1 is no destination for a packet from outside')];
    this.startTable(first);
    this.pending.push(first);
    const outcomes: WalkOutcome[] = [];
    for (let walk = this.pending.pop(); walk !== undefined; walk = this.pending.pop()) outcomes.push(this.follow(walk));
    return outcomes;
  }

  private follow(walk: Walk): WalkOutcome {
    for (;;) {
      const outcome = this.walkTable(walk) ?? this.leaveTable(walk);
      if (outcome !== null) return outcome;
    }
  }

  /** Null when the table has let the packet pass. */
  private walkTable(walk: Walk): WalkOutcome | null {
    while (walk.chain !== null) {
      const rule = walk.nextRule();
      if (rule === null) {
        walk.goBack();
        continue;
      }
      const chance = chanceOf(rule, walk);
      if (chance === 0) continue;
      if (chance < 1) {
        const other = walk.fork();
        other.probability *= 1 - chance;
        this.pending.push(other);
        walk.probability *= chance;
      }
      const outcome = this.apply(rule, walk);
      if (outcome !== null) return outcome;
    }
    return null;
  }

  private apply(rule: Rule, walk: Walk): WalkOutcome | null {
    for (const match of rule.matches) {
      if (match.kind === 'recent' && match.operation === 'set') {
        walk.affinitySet = { item: match.name, before: walk.affinitySet };
      }
    }
    const target = rule.target;
    if (this.options.steps !== false) {
      walk.steps = { item: stepOf(rule, walk, this.markFormat), before: walk.steps };
    }
    if (target === null) return null;
    switch (target.kind) {
      case 'jump':
        this.jump(target.chain, walk);
        return null;
      case 'ACCEPT':
        if (walk.hook === 'INPUT' && walk.table === 'filter') walk.acceptedOnInput = true;
        walk.enter(null);
        return null;
      case 'DROP':
      case 'REJECT':
        return this.end(walk, target.kind === 'DROP' ? 'drop' : 'reject', this.textOf(rule, walk));
      case 'RETURN':
        walk.goBack();
        return null;
      case 'MARK':
        walk.mark = (target.operation === 'or' ? walk.mark | target.value : walk.mark ^ target.value) >>> 0;
        if ((walk.mark & this.options.masqueradeMark) !== 0) walk.masqueradeMarked = true;
        return null;
      case 'DNAT':
        this.dnat(target, walk);
        walk.enter(null);
        return null;
      case 'MASQUERADE':
        this.masquerade(walk);
        walk.enter(null);
        return null;
      default:
        return unknownTarget(target);
    }
  }

  private jump(name: string, walk: Walk): void {
    const chain = this.ruleset.tables.get(walk.table)?.chains.get(name);
    if (chain === undefined) {
      invariant(
        false,
        `${walk.table} ${walk.chain?.name} jumps to ${name}, which does not exist (node ${this.node.name})`,
      );
    }
    if (walk.isInside(name)) {
      invariant(false, `${walk.table} ${walk.chain?.name} jumps to ${name}, which led to it (node ${this.node.name})`);
    }
    walk.jump(chain);
  }

  private dnat(target: { ip: string; port: number }, walk: Walk): void {
    const ip = parseIp(target.ip);
    if (ip === null) invariant(false, `DNAT to "${target.ip}", which is no address (node ${this.node.name})`);
    const hasHook = walk.hook === 'PREROUTING' || walk.hook === 'OUTPUT';
    if (!hasHook) invariant(false, `DNAT in ${walk.hook} (node ${this.node.name}); the kernel refuses such a rule`);
    walk.dnat = true;
    walk.destinationIp = ip;
    walk.destinationPort = target.port;
    // The kernel sets the state only where the translation changes something.
    if (!sameIp(ip, this.packet.destinationIp) || target.port !== this.packet.destinationPort) {
      walk.connection = new Set([...walk.connection, 'DNAT']);
    }
  }

  private masquerade(walk: Walk): void {
    if (walk.hook !== 'POSTROUTING') {
      invariant(false, `MASQUERADE in ${walk.hook} (node ${this.node.name}); the kernel refuses such a rule`);
    }
    const address = egressOf(walk).address;
    walk.snat = true;
    walk.sourceUnknown = address === null;
    if (address !== null) {
      // Whether anything changes, and with it the SNAT state, depends on the very address.
      const exact = parseCidr(address.text);
      if (exact !== null) walk.sourceTested(exact);
      if (sameIp(address, walk.sourceIp)) return;
      walk.sourceIp = address;
    }
    walk.connection = new Set([...walk.connection, 'SNAT']);
  }

  /** Null while there is more to walk. */
  private leaveTable(walk: Walk): WalkOutcome | null {
    walk.tableNumber++;
    if (walk.tableNumber < TABLES_OF_HOOK[walk.hook].length) {
      this.startTable(walk);
      return null;
    }
    const next = this.leaveHook(walk);
    if (typeof next !== 'string') return next;
    walk.hook = next;
    walk.tableNumber = 0;
    this.startTable(walk);
    return null;
  }

  private leaveHook(walk: Walk): Hook | WalkOutcome {
    switch (walk.hook) {
      case 'PREROUTING':
        if (walk.loopedBack) return 'INPUT';
        if (isMartian(walk, this.node)) {
          return this.end(walk, 'drop', 'martian destination: 127.0.0.0/8 from outside, and route_localnet is off');
        }
        walk.egress = this.node.egress(walk.destinationIp);
        return walk.egress.local ? 'INPUT' : 'FORWARD';
      case 'OUTPUT':
        walk.egress = this.node.egress(walk.destinationIp);
        walk.sourceTested(LOOPBACK_CIDRS[walk.sourceIp.family]);
        if (!walk.egress.local && isStuckOnLoopback(walk.sourceIp, this.node)) {
          return this.end(walk, 'drop', `a loopback source does not leave by ${walk.egress.interface}`);
        }
        return 'POSTROUTING';
      case 'FORWARD':
        return 'POSTROUTING';
      case 'INPUT':
        return this.end(walk, 'local', null);
      case 'POSTROUTING':
        if (!egressOf(walk).local) return this.end(walk, 'forward', null);
        walk.loopedBack = true;
        walk.inInterface = 'lo';
        return 'PREROUTING';
    }
  }

  private startTable(walk: Walk): void {
    const table = TABLES_OF_HOOK[walk.hook][walk.tableNumber] ?? 'filter';
    walk.table = table;
    // One translation per direction and connection: what came back over the loopback has had both.
    const settled = table === 'nat' && (this.state !== 'NEW' || walk.loopedBack);
    walk.enter(settled ? null : (this.ruleset.tables.get(table)?.chains.get(walk.hook) ?? null));
  }

  private end(walk: Walk, verdict: Verdict, reason: string | null): WalkOutcome {
    const delivered = verdict === 'forward' || verdict === 'local';
    return {
      verdict,
      probability: walk.probability,
      destinationIp: walk.destinationIp,
      destinationPort: walk.destinationPort,
      sourceIp: walk.sourceUnknown ? null : walk.sourceIp,
      dnat: walk.dnat,
      snat: walk.snat,
      masqueradeMarked: walk.masqueradeMarked,
      egress: delivered ? walk.egress : null,
      acceptedOnInput: walk.acceptedOnInput,
      reason: reason ?? (walk.sourceUnknown ? `the address of ${egressOf(walk).interface} is not known` : null),
      affinitySet: unchain(walk.affinitySet),
      affinityChecked: this.checkedBy(walk),
      steps: unchain(walk.steps),
    };
  }

  /** Ways that part behind the last check share one array: a service with thousands of endpoints has as many of both. */
  private checkedBy(walk: Walk): readonly AffinityQuestion[] {
    if (walk.affinityChecked !== this.checked.list) {
      this.checked = { list: walk.affinityChecked, items: unchain(walk.affinityChecked) };
    }
    return this.checked.items;
  }

  private textOf(rule: Rule, walk: Walk): string {
    return `-t ${walk.table} ${formatAppend(walk.chain?.name ?? '', rule, { markFormat: this.markFormat })}`;
  }
}

/** 0 where a match fails, otherwise the product of the rule's `statistic` probabilities. */
function chanceOf(rule: Rule, walk: Walk): number {
  let chance = 1;
  for (const match of rule.matches) {
    if (!matches(match, walk)) return 0;
    if (match.kind === 'statistic') chance *= match.probability;
  }
  return chance;
}

function egressOf(walk: Walk): Egress {
  if (walk.egress === null) invariant(false, `no route was looked up before ${walk.hook}`);
  return walk.egress;
}

function unknownTarget(target: never): never {
  throw new Error(`unknown target ${JSON.stringify(target)}`);
}
