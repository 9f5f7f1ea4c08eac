/**
 * What `ipset save` prints → the sets that rules of the same node ask.
 *
 * Models: create and add lines of hash:ip, hash:net, hash:ip,port, hash:net,port, hash:ip,port,ip, hash:ip,port,net,
 *   bitmap:port and list:set; netmask of hash:ip; nomatch of nets.
 * Source: ipset(8); tried with ipset 7.17 on kernel 6.18 (test/kernel/own-rules.spec.ts).
 * Simplified: entries do not run out; counters, comments and skbinfo of entries have no effect.
 * Who could tell: someone whose entries have a timeout, who is told of it.
 */
import type { IpFamily } from '../objects.js';
import { ADDRESS_BITS, parseCidr, parseIp } from './address.js';
import { DIMENSIONS, type IpSet, type IpSetType } from './ip-sets.js';
import {
  FoundProblems,
  LineProblem,
  type RulesProblem,
  shownWord,
  unknownPart,
  unreadable,
} from './iptables-text/problems.js';
import { Words, wordsOf } from './iptables-text/words.js';

export interface IpSetsLimits {
  chars: number;
  lineChars: number;
  sets: number;
  /** Of all sets. */
  entries: number;
  problems: number;
}

export const IPSET_LIMITS: Readonly<IpSetsLimits> = {
  chars: 8 * 1024 * 1024,
  lineChars: 8192,
  sets: 4096,
  entries: 262_144,
  problems: 100,
};

/** Without those of the other family, which match nothing there. */
export type SetsByFamily = Readonly<Record<IpFamily, ReadonlyMap<string, IpSet>>>;

interface Draft {
  readonly type: IpSetType;
  /** Null: of both, as sets of ports are. */
  readonly ipFamily: IpFamily | null;
  /** Of hash:ip; null: whole addresses. */
  readonly netmask: number | null;
  readonly entries: string[];
}

/** Options of a set by how many words follow; they do not change what is in it. */
const SET_OPTIONS: Readonly<Record<string, number>> = {
  hashsize: 1,
  maxelem: 1,
  bucketsize: 1,
  initval: 1,
  range: 1,
  size: 1,
  counters: 0,
  comment: 0,
  skbinfo: 0,
  forceadd: 0,
};
const ENTRY_OPTIONS: Readonly<Record<string, number>> = {
  timeout: 1,
  packets: 1,
  bytes: 1,
  comment: 1,
  skbmark: 1,
  skbprio: 1,
  skbqueue: 1,
};

export function readIpSets(text: string, limits = IPSET_LIMITS): { sets: SetsByFamily; problems: RulesProblem[] } {
  const reader = new Reader(limits);
  reader.read(text);
  return { sets: { IPv4: reader.setsOf('IPv4'), IPv6: reader.setsOf('IPv6') }, problems: reader.problems.list() };
}

class Reader {
  readonly problems: FoundProblems;
  private readonly drafts = new Map<string, Draft>();
  private line = 0;
  private entries = 0;

  constructor(private readonly limits: IpSetsLimits) {
    this.problems = new FoundProblems(limits.problems);
  }

  read(text: string): void {
    const { chars } = this.limits;
    if (text.length > chars)
      return this.report('rules-too-large', `the text has ${text.length} characters; the limit is ${chars}`);
    for (const line of text.split('\n')) {
      if (this.problems.isFull) return;
      this.line++;
      try {
        this.readLine(line.trim());
      } catch (error) {
        if (!(error instanceof LineProblem)) throw error;
        this.report(error.code, error.message, error.hint);
        if (error.code === 'rules-too-large') return;
      }
    }
    this.line = 0;
    if (this.drafts.size === 0 && !this.problems.hasErrors)
      this.report('rules-unreadable', 'there is no set in the text', 'Send what `ipset save` prints.');
  }

  /** Members of lists are sets of the same family. */
  setsOf(ipFamily: IpFamily): Map<string, IpSet> {
    const sets = new Map<string, IpSet>();
    const ofFamily = [...this.drafts].filter(([, draft]) => draft.ipFamily === null || draft.ipFamily === ipFamily);
    for (const [name, { type, entries }] of ofFamily)
      if (type !== 'list:set') sets.set(name, { name, type, ipFamily, entries });
    for (const [name, { type, entries }] of ofFamily) {
      if (type !== 'list:set') continue;
      const members = entries.map((member) => sets.get(member)).filter((member) => member !== undefined);
      sets.set(name, { name, type, ipFamily, entries, members });
    }
    // Of the other family: it is there, and holds nothing that could match.
    for (const [name, { type }] of this.drafts)
      if (!sets.has(name)) sets.set(name, { name, type, ipFamily, entries: [] });
    return sets;
  }

  private report(code: RulesProblem['code'], message: string, hint?: string): void {
    this.problems.add({ code, line: this.line, message, ...(hint === undefined ? {} : { hint }) });
  }

  private readLine(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    if (line.length > this.limits.lineChars)
      throw new LineProblem('rules-too-large', `the line is longer than ${this.limits.lineChars} characters`);
    const all = wordsOf(line) ?? unreadable('a quotation mark opens here and does not close');
    const words = new Words(all.filter((word) => word !== '-exist' && word !== '-!'));
    const command = words.next();
    if (command === 'create') return this.create(words);
    if (command === 'add') return this.add(words);
    throw new LineProblem('rules-unknown', `the command ${shownWord(command)} is not one that \`ipset save\` prints`);
  }

  private create(words: Words): void {
    const [name, type] = [words.next(), words.next()];
    if (name === undefined || type === undefined) unreadable('a set needs a name and a type');
    if (this.drafts.has(name)) unreadable(`the set ${shownWord(name)} is there already`);
    if (!Object.hasOwn(DIMENSIONS, type)) unknownPart(`sets of type ${shownWord(type)} are not modelled`);
    if (this.drafts.size >= this.limits.sets)
      throw new LineProblem('rules-too-large', `there are more than ${this.limits.sets} sets`);
    const setType = type as IpSetType;
    let ipFamily: IpFamily | null = setType === 'bitmap:port' || setType === 'list:set' ? null : 'IPv4';
    let netmask: number | null = null;
    for (let option = words.next(); option !== undefined; option = words.next()) {
      const value = (SET_OPTIONS[option] ?? 1) === 1 ? words.next() : '';
      if (value === undefined) unreadable(`${option} has no value`);
      if (option === 'family') ipFamily = familyOf(value);
      else if (option === 'netmask' && setType === 'hash:ip') netmask = lengthOf(value, ipFamily);
      else if (option === 'timeout')
        this.report('rules-assumed', `the entries of set ${shownWord(name)} run out in time; here they stay`);
      else if (!Object.hasOwn(SET_OPTIONS, option))
        unknownPart(`the option ${shownWord(option)} of a set of type ${type} is not modelled`);
    }
    // A set of masked addresses is one of nets.
    this.drafts.set(name, { type: netmask === null ? setType : 'hash:net', ipFamily, netmask, entries: [] });
  }

  private add(words: Words): void {
    const [name, entry] = [words.next(), words.next()];
    const set = this.drafts.get(name ?? '');
    if (set === undefined)
      throw new LineProblem(
        'rules-no-such-chain',
        `an entry for the set ${shownWord(name)}, which has not been created`,
      );
    if (entry === undefined) unreadable('there is no entry');
    let isExcepted = false;
    for (let option = words.next(); option !== undefined; option = words.next()) {
      if (option === 'nomatch' && set.type.startsWith('hash:net')) isExcepted = true;
      else if (!Object.hasOwn(ENTRY_OPTIONS, option) || words.next() === undefined)
        unknownPart(`the option ${shownWord(option)} of an entry of type ${set.type} is not modelled`);
    }
    if (++this.entries > this.limits.entries)
      throw new LineProblem('rules-too-large', `there are more than ${this.limits.entries} entries`);
    set.entries.push(isExcepted ? `${this.written(set, entry)} nomatch` : this.written(set, entry));
  }

  /** As this model writes it. */
  private written({ type, ipFamily, netmask }: Draft, entry: string): string {
    if (type === 'list:set') {
      const member = this.drafts.get(entry);
      if (member === undefined || member.type === 'list:set')
        throw new LineProblem('rules-no-such-chain', `${shownWord(entry)} is no set that a list may have`);
      return entry;
    }
    if (type === 'bitmap:port') return String(portOf(entry));
    const parts = entry.split(',');
    if (parts.length !== DIMENSIONS[type]) unreadable(`${shownWord(entry)} is no entry of type ${type}`);
    const [first = '', port, last] = parts;
    const isNet = type.startsWith('hash:net');
    const address = isNet
      ? netOf(netmask === null ? first : `${first}/${netmask}`, ipFamily)
      : addressOf(first, ipFamily);
    if (port === undefined) return address;
    const behind =
      last === undefined ? '' : `,${type === 'hash:ip,port,net' ? netOf(last, ipFamily) : addressOf(last, ipFamily)}`;
    return `${address},${protocolAndPort(port)}${behind}`;
  }
}

function familyOf(text: string): IpFamily {
  if (text === 'inet') return 'IPv4';
  return text === 'inet6' ? 'IPv6' : unreadable(`${shownWord(text)} is no family; inet and inet6 are`);
}

function lengthOf(text: string, ipFamily: IpFamily | null): number {
  const most = ADDRESS_BITS[ipFamily ?? 'IPv4'];
  const length = Number(text);
  return /^\d{1,3}$/.test(text) && length >= 1 && length <= most
    ? length
    : unreadable(`${shownWord(text)} is no netmask`);
}

function addressOf(text: string, ipFamily: IpFamily | null): string {
  const ip = parseIp(text);
  return ip?.family === ipFamily && ip !== null ? ip.text : unreadable(`${shownWord(text)} is no ${ipFamily} address`);
}

function netOf(text: string, ipFamily: IpFamily | null): string {
  const cidr = parseCidr(text);
  return cidr?.family === ipFamily && cidr !== null
    ? cidr.text
    : unreadable(`${shownWord(text)} is no ${ipFamily} network`);
}

function portOf(text: string): number {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : unreadable(`${shownWord(text)} is no port`);
}

/** Of protocols that no packet here has, anything: the entry is kept and never matches. */
function protocolAndPort(text: string): string {
  const [protocol = '', port, ...rest] = text.toLowerCase().split(':');
  if (port === undefined || rest.length > 0) unreadable(`${shownWord(text)} is no protocol and port, as tcp:80 is`);
  return ['tcp', 'udp', 'sctp'].includes(protocol) ? `${protocol}:${portOf(port)}` : `${protocol}:${port}`;
}
