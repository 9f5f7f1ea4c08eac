/** The options of a match or target as a line gives them, and the values that many of them share. */
import type { IpFamily } from '../../objects.js';
import { parseCidr, parseIp } from '../address.js';
import type { AddressRange, PortRange } from '../rules.js';
import { LineProblem, shownWord, unknownPart, unreadable } from './problems.js';
import { quoted } from './words.js';

/** Option → how many words follow it, or another name of the same option. */
export type OptionTable = Readonly<Record<string, number | string>>;

interface GivenOption {
  readonly words: readonly string[];
  readonly negate: boolean;
}

/** What the whole rule says, as far as matches and targets ask for it; complete when the line has been read. */
export interface RuleFrame {
  readonly family: IpFamily;
  /** Lower case; null: not said. */
  protocol: string | null;
  protocolNegated: boolean;
}

/** What was given to one `-m MODULE` or `-j TARGET`. */
export class GivenOptions {
  private readonly options = new Map<string, GivenOption>();

  constructor(
    /** `match limit`, `target DNAT`: for messages. */
    readonly of: string,
    private readonly rule: RuleFrame,
  ) {}

  get family(): IpFamily {
    return this.rule.family;
  }

  /** The one protocol that the rule is for; null: several. */
  get protocol(): string | null {
    return this.rule.protocolNegated ? null : this.rule.protocol;
  }

  add(name: string, words: readonly string[], negate: boolean): void {
    if (this.options.has(name)) unreadable(`${name} is given twice`);
    this.options.set(name, { words, negate });
  }

  has(name: string): boolean {
    return this.options.has(name);
  }

  /** The option's only word; undefined where it is not given. */
  word(name: string): string | undefined {
    return this.options.get(name)?.words[0];
  }

  words(name: string): readonly string[] {
    return this.options.get(name)?.words ?? [];
  }

  /** To be spread into a match: nothing where it is not negated. */
  negation(name: string): { negate?: true } {
    return this.options.get(name)?.negate ? { negate: true } : {};
  }

  /** As it was written, in the order in which it was given. */
  text(module: string): string {
    const parts = [...this.options].map(([name, { words, negate }]) =>
      [
        negate ? '! ' : '',
        name,
        ...words.map((word) => ` ${name.endsWith('-prefix') || /\s/.test(word) || word === '' ? quoted(word) : word}`),
      ].join(''),
    );
    return [module, ...parts].join(' ');
  }

  required(name: string): string {
    return this.word(name) ?? unreadable(`the ${this.of} needs ${name}`);
  }

  /** Refuses every option of these. */
  refuse(...names: string[]): void {
    for (const name of names) if (this.options.has(name)) unknownPart(`the option ${name} of the ${this.of}`);
  }

  /** Refuses `!` but for these options. */
  negatable(...names: string[]): void {
    for (const [name, { negate }] of this.options)
      if (negate && !names.includes(name)) unreadable(`${name} of the ${this.of} cannot be negated`);
  }
}

export function wholeNumber(text: string, most: number, what: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) unreadable(`${shownWord(text)} is no ${what}`);
  return value;
}

/** `VALUE` or `VALUE/MASK`. */
export function valueAndMask(text: string): { value: number; mask: number } {
  const [value = '', mask, ...more] = text.split('/');
  if (more.length > 0) unreadable(`${shownWord(text)} is no mark`);
  return {
    value: wholeNumber(value, 0xffffffff, 'mark'),
    mask: mask === undefined ? 0xffffffff : wholeNumber(mask, 0xffffffff, 'mask'),
  };
}

/** `80`, `80:90`, `:90` or `80:`; `separator` stands between the ends. */
export function portRange(text: string, separator: ':' | '-' = ':'): PortRange {
  const [first = '', last, ...more] = text.split(separator);
  if (more.length > 0 || text === '' || text === separator) unreadable(`${shownWord(text)} is no range of ports`);
  const range = { first: first === '' ? 0 : portNumber(first), last: last === '' ? 65535 : portNumber(last ?? first) };
  if (range.first > range.last) unreadable(`the range of ports ${shownWord(text)} ends before it begins`);
  return range;
}

/** iptables-save writes ports as numbers; of names only the commonest are known. */
function portNumber(text: string): number {
  const named = SERVICES[text.toLowerCase()];
  if (named !== undefined) return named;
  if (!/^\d+$/.test(text)) {
    throw new LineProblem('rules-unreadable', `${shownWord(text)} is no port`, 'Write ports as numbers.');
  }
  return wholeNumber(text, 65535, 'port');
}

const SERVICES: Partial<Record<string, number>> = {
  ssh: 22,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
  kubelet: 10250,
};

/** An address of the family, with a prefix length or a netmask behind it. */
export function cidrOf(text: string, family: IpFamily): string {
  const slash = text.indexOf('/');
  const mask = slash < 0 ? '' : text.slice(slash + 1);
  const length = mask.includes('.') || mask.includes(':') ? prefixLengthOf(mask) : mask;
  const cidr = parseCidr(slash < 0 ? text : `${text.slice(0, slash)}/${length}`);
  if (cidr === null) unreadable(`${shownWord(text)} is no address`);
  if (cidr.family !== family) unreadable(`${shownWord(text)} is no ${family} address`);
  if (cidr.hasHostBits) {
    const hint = `Write ${cidr.text}; no kernel prints it otherwise.`;
    throw new LineProblem('rules-unreadable', `${shownWord(text)} has bits behind its prefix`, hint);
  }
  return cidr.text;
}

function prefixLengthOf(mask: string): number {
  const ip = parseIp(mask);
  if (ip === null) unreadable(`${shownWord(mask)} is no netmask`);
  const bits = ip.value.toString(2).padStart(ip.family === 'IPv4' ? 32 : 128, '0');
  const length = bits.indexOf('0') < 0 ? bits.length : bits.indexOf('0');
  if (bits.includes('1', length)) unknownPart(`the netmask ${mask}, whose bits are not in one piece`);
  return length;
}

/** `10.0.0.1-10.0.0.9`, or one address. */
export function addressRange(text: string, family: IpFamily): AddressRange {
  const [first = '', last = first, ...more] = text.split('-');
  const [from, to] = [parseIp(first), parseIp(last)];
  if (from === null || to === null || more.length > 0) unreadable(`${shownWord(text)} is no range of addresses`);
  if (from.family !== family || to.family !== family)
    unreadable(`${shownWord(text)} is no range of ${family} addresses`);
  if (from.value > to.value) unreadable(`the range ${shownWord(text)} ends before it begins`);
  return { first: from.text, last: to.text };
}
