/** One line of an iptables text → typed rules. */
import type { IpFamily } from '../../objects.js';
import type { Match, Rule, Target } from '../rules.js';
import { MATCH_MODULES, type MatchModule } from './matches.js';
import { cidrOf, GivenOptions, type OptionTable, type RuleFrame } from './options.js';
import { shownWord, unknownPart, unreadable } from './problems.js';
import { TARGET_MODULES, type TargetModule } from './targets.js';
import { quoted, type Words } from './words.js';

/** What packets here have; a rule for another protocol never matches one. */
const PACKET_PROTOCOLS = new Set(['tcp', 'udp', 'sctp']);
const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'ipv6-icmp',
  '132': 'sctp',
  icmpv6: 'ipv6-icmp',
  icmp6: 'ipv6-icmp',
};
/** Protocols whose module iptables loads by itself where an option of it is used. */
const IMPLIED_OPTIONS = new Set([
  '--sport',
  '--source-port',
  '--dport',
  '--destination-port',
  '--tcp-flags',
  '--syn',
  '--tcp-option',
  '--chunk-types',
]);

/** A `-m MODULE` with what was given to it. */
interface LoadedMatch {
  readonly name: string;
  /** Null: not known, and sound only in a rule that no packet can match. */
  readonly module: MatchModule | null;
  readonly given: GivenOptions;
  /** Where the module is not known: all that follows its name. */
  readonly words: string[];
}

interface LoadedTarget {
  readonly name: string;
  readonly module: TargetModule;
  readonly given: GivenOptions;
}

interface Addresses {
  readonly cidr: string;
  readonly negate?: true;
}

/**
 * What follows `-A CHAIN`. Several rules where `-s` or `-d` lists addresses. Throws LineProblem. `note` is told what is
 * assumed, and about which part of the rule.
 */
export function readRule(words: Words, family: IpFamily, note: (assumption: string) => void): Rule[] {
  return new RuleReader(words, family, note).read();
}

class RuleReader {
  private readonly frame: RuleFrame;
  private readonly sources: Addresses[] = [];
  private readonly destinations: Addresses[] = [];
  private readonly interfaces: Match[] = [];
  private readonly matches: LoadedMatch[] = [];
  private target: LoadedTarget | null = null;
  private jump: Extract<Target, { kind: 'jump' }> | null = null;
  /** No packet that there is here can match the rule. */
  private dead = false;

  constructor(
    private readonly words: Words,
    family: IpFamily,
    private readonly note: (assumption: string) => void,
  ) {
    this.frame = { family, protocol: null, protocolNegated: false };
  }

  read(): Rule[] {
    while (!this.words.done) this.readOption();
    const matches = [...this.interfaces, ...this.moduleMatches()];
    const target = this.target === null ? this.jump : this.targetOf(this.target);
    const anyOf = (list: readonly Addresses[]) => (list.length === 0 ? [null] : list);
    return anyOf(this.sources).flatMap((source) =>
      anyOf(this.destinations).map((destination) => ({
        matches: [
          ...(source === null ? [] : [{ kind: 'source', ...source } as const]),
          ...(destination === null ? [] : [{ kind: 'destination', ...destination } as const]),
          ...matches,
        ],
        target,
      })),
    );
  }

  private readOption(): void {
    const negate = this.words.take('!');
    const [option, attached] = splitAssignment(this.words.next() ?? '');
    const value = (): string => attached ?? this.words.next() ?? unreadable(`something must follow ${option}`);
    switch (option) {
      case '-s':
      case '--source':
      case '--src':
        this.sources.push(...this.addresses(value(), negate));
        return;
      case '-d':
      case '--destination':
      case '--dst':
        this.destinations.push(...this.addresses(value(), negate));
        return;
      case '-i':
      case '--in-interface':
        this.addInterface('inInterface', value(), negate);
        return;
      case '-o':
      case '--out-interface':
        this.addInterface('outInterface', value(), negate);
        return;
      case '-p':
      case '--protocol':
      case '--proto':
        this.setProtocol(value(), negate);
        return;
      case '-f':
      case '--fragment':
        this.addFragment(negate);
        return;
      case '-4':
      case '-6':
      case '--ipv4':
      case '--ipv6':
        unknownPart(`${option}, which gives a rule to one of the two families`, 'Give each family its own text.');
        return;
      case '-c':
      case '--set-counters':
        value();
        value();
        return;
    }
    if (negate) return this.moduleOption(option, attached, true);
    switch (option) {
      case '-m':
      case '--match':
        return this.load(value());
      case '-j':
      case '--jump':
        return this.setTarget(value());
      case '-g':
      case '--goto':
        return this.setJump({ kind: 'jump', chain: value(), goto: true });
      default:
        return this.moduleOption(option, attached, false);
    }
  }

  private addresses(text: string, negate: boolean): Addresses[] {
    const cidrs = text.split(',').map((item) => cidrOf(item, this.frame.family));
    if (negate && cidrs.length > 1) unreadable('a list of addresses cannot be negated');
    return cidrs.map((cidr) => ({ cidr, ...(negate ? { negate } : {}) }));
  }

  private addInterface(kind: 'inInterface' | 'outInterface', name: string, negate: boolean): void {
    if (name.length > 15 || name === '') unreadable(`${shownWord(name)} is no name of an interface`);
    this.interfaces.push({ kind, name, ...(negate ? { negate } : {}) });
  }

  private setProtocol(text: string, negate: boolean): void {
    const lower = text.toLowerCase();
    const name = PROTOCOL_NAMES[lower] ?? lower;
    if (!/^[a-z][a-z0-9.-]{0,31}$|^\d{1,3}$/.test(name)) unreadable(`${shownWord(text)} is no protocol`);
    if (this.frame.protocol !== null) unreadable('-p is given twice');
    if (name === 'all' || name === '0') return;
    this.frame.protocol = name;
    this.frame.protocolNegated = negate;
    if (!negate && !PACKET_PROTOCOLS.has(name)) this.dead = true;
  }

  /** The first packet of a connection is no later piece of one that was cut up. */
  private addFragment(negate: boolean): void {
    this.interfaces.push({ kind: 'fixed', holds: negate, text: negate ? '! -f' : '-f' });
    if (!negate) this.dead = true;
  }

  private load(name: string): void {
    const module = Object.hasOwn(MATCH_MODULES, name) ? MATCH_MODULES[name]! : null;
    this.matches.push({ name, module, given: new GivenOptions(`match ${name}`, this.frame), words: [] });
  }

  private setTarget(name: string): void {
    if (!Object.hasOwn(TARGET_MODULES, name)) return this.setJump({ kind: 'jump', chain: name });
    this.refuseSecondTarget();
    this.target = { name, module: TARGET_MODULES[name]!, given: new GivenOptions(`target ${name}`, this.frame) };
  }

  private setJump(jump: Extract<Target, { kind: 'jump' }>): void {
    this.refuseSecondTarget();
    this.jump = jump;
  }

  private refuseSecondTarget(): void {
    if (this.target !== null || this.jump !== null) unreadable('a rule has one target');
  }

  /** An option belongs to what was loaded last of those that know it. */
  private moduleOption(option: string, attached: string | null, negate: boolean): void {
    if (this.target !== null && this.giveTo(this.target, option, attached, negate)) return;
    for (let i = this.matches.length - 1; i >= 0; i--) {
      const loaded = this.matches[i]!;
      if (this.giveTo(loaded, option, attached, negate)) return;
      if (loaded.module !== null || this.target !== null || this.jump !== null) continue;
      loaded.words.push(...(negate ? ['!'] : []), option, ...(attached === null ? [] : [attached]));
      return;
    }
    const { protocol } = this.frame;
    if (!IMPLIED_OPTIONS.has(option) || protocol === null || !PACKET_PROTOCOLS.has(protocol))
      this.strangeOption(option);
    this.load(protocol);
    this.moduleOption(option, attached, negate);
  }

  /** False: it does not know the option. */
  private giveTo(
    { module, given }: Pick<LoadedMatch, 'given'> & { module: { options: OptionTable } | null },
    option: string,
    attached: string | null,
    negate: boolean,
  ): boolean {
    if (module === null || !Object.hasOwn(module.options, option)) return false;
    const known = module.options[option]!;
    const name = typeof known === 'string' ? known : option;
    const count = Number(module.options[name]);
    const values = attached === null ? [] : [attached];
    while (values.length < count) values.push(this.words.next() ?? unreadable(`something must follow ${option}`));
    given.add(name, values, negate);
    return true;
  }

  private strangeOption(option: string): never {
    if (!option.startsWith('-')) unreadable(`${shownWord(option)} has no place here`);
    if (this.jump !== null && /^[A-Z][A-Z0-9]+$/.test(this.jump.chain)) unknownPart(`the target ${this.jump.chain}`);
    const last = this.target ?? this.matches.at(-1);
    unknownPart(`the option ${shownWord(option)}${last === undefined ? '' : ` of the ${last.given.of}`}`);
  }

  private moduleMatches(): Match[] {
    const read = this.matches.flatMap((loaded) => this.matchesOf(loaded));
    const { protocol, protocolNegated } = this.frame;
    if (protocol === null || read.some(({ kind }) => kind === 'protocol')) return read;
    return [{ kind: 'ipProtocol', protocol, ...(protocolNegated ? { negate: true } : {}) }, ...read];
  }

  private matchesOf({ name, module, given, words }: LoadedMatch): Match[] {
    if (module === null) {
      if (!this.dead) unknownPart(`the match ${shownWord(name)}`);
      const text = [`-m ${name}`, ...words.map((word) => (/^(-|!$)/.test(word) ? word : quoted(word)))].join(' ');
      return [{ kind: 'fixed', holds: false, text }];
    }
    if (PACKET_PROTOCOLS.has(name) && given.protocol !== name) unreadable(`-m ${name} needs -p ${name}`);
    return module.read(given, (assumption) => this.note(`-m ${name}: ${assumption}`));
  }

  private targetOf({ name, module, given }: LoadedTarget): Target {
    given.negatable();
    if (this.dead) return { kind: 'noEffect', name, text: given.text(name) };
    return module.read(given);
  }
}

function splitAssignment(word: string): [option: string, value: string | null] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
}
