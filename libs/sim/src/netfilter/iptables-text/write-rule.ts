/**
 * The text of one rule: as kube-proxy hands it to iptables-restore, and as iptables-save prints it.
 *
 * Models: each rule's parts in the order that the form has, with the words that it has for them.
 * Source: pkg/proxy/iptables/proxier.go (parts of a rule, `%#08x` for marks, `%0.10f` for probabilities); the `save`
 *   functions in iptables 1.8.9, extensions/libxt_*.c and iptables/nft-ipv4.c.
 * Simplified: the restore form of what kube-proxy does not write is that of iptables-save.
 * Who could tell: nobody; iptables-restore takes both.
 */

import type { IpFamily } from '../../objects.js';
import { formatHostPort } from '../address.js';
import type { AddressRange, ConntrackTest, Match, OwnerRange, PortRange, RecentMatch, Rule, Target } from '../rules.js';
import { quoted } from './words.js';

/** `padded`: `0x00004000`, as a node shows it. `plain`: `0x4000`, as in kube-proxy's unit tests. */
export type MarkFormat = 'padded' | 'plain';

export interface FormatOptions {
  markFormat: MarkFormat;
  /** Default `restore`. */
  form?: 'restore' | 'save';
  /** Where the form names what is left out in the rules. Default IPv4. */
  ipFamily?: IpFamily;
}

type MatchOf<K extends Match['kind']> = Extract<Match, { kind: K }>;
type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>;

/** `-A CHAIN RULE`. */
export function formatAppend(chain: string, rule: Rule, options: FormatOptions): string {
  const text = formatRule(rule, options);
  return text === '' ? `-A ${chain}` : `-A ${chain} ${text}`;
}

/** Without `-A CHAIN`. */
export function formatRule(rule: Rule, options: FormatOptions): string {
  const parts = options.form === 'save' ? savedMatches(rule.matches, options) : restoredMatches(rule.matches, options);
  if (rule.target !== null) parts.push(formatTarget(rule.target, options));
  return parts.join(' ');
}

export function formatMark(value: number, format: MarkFormat): string {
  const hex = (value >>> 0).toString(16);
  return `0x${format === 'padded' ? hex.padStart(8, '0') : hex}`;
}

function restoredMatches(matches: readonly Match[], options: FormatOptions): string[] {
  return matches.map((match) => {
    switch (match.kind) {
      case 'protocol': {
        const name = match.protocol.toLowerCase();
        return `-m ${name} -p ${name}`;
      }
      case 'source':
        return `${not(match)}-s ${match.cidr}`;
      case 'destination':
        return `${not(match)}-d ${match.cidr}`;
      case 'comment':
        return `-m comment --comment ${quotedLoosely(match.text)}`;
      case 'mark':
        return `-m mark ${not(match)}--mark ${formatMark(match.value, options.markFormat)}/${formatMark(match.mask, options.markFormat)}`;
      case 'statistic':
        return `-m statistic --mode random ${not(match)}--probability ${match.probability.toFixed(10)}`;
      case 'recent':
        return isAffinity(match) ? restoredRecent(match) : savedRecent(match, options);
      default:
        return formatMatch(match);
    }
  });
}

/** iptables-restore splits at blanks and takes a backslash before a quote. */
function quotedLoosely(text: string): string {
  return /[\s"'\\]/.test(text) || text === '' ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}

function isAffinity({ key, mask, operation, negate }: RecentMatch): boolean {
  return key === undefined && mask === undefined && negate !== true && (operation === 'set' || operation === 'rcheck');
}

function restoredRecent(match: RecentMatch): string {
  if (!('seconds' in match)) return `-m recent --name ${match.name} --set`;
  const hits = match.hits === undefined ? '' : ` --hitcount ${match.hits}`;
  return `-m recent --name ${match.name} --rcheck --seconds ${match.seconds}${match.reap ? ' --reap' : ''}${hits}`;
}

/** What a packet's header says stands first, whatever the order of the rule. */
const HEADER_ORDER: readonly Match['kind'][] = ['source', 'destination', 'inInterface', 'outInterface', 'protocol'];
/** Options of `-m tcp`, `-m udp` and `-m sctp`. */
const PORT_OPTIONS: readonly Match['kind'][] = ['sourcePort', 'destinationPort', 'tcpFlags'];

function savedMatches(matches: readonly Match[], options: FormatOptions): string[] {
  const ofKind = <K extends Match['kind']>(kind: K) =>
    matches.filter((match): match is MatchOf<K> => match.kind === kind);
  const header = [
    ...ofKind('source').map((match) => savedAddress('-s', match)),
    ...ofKind('destination').map((match) => savedAddress('-d', match)),
    ...ofKind('inInterface').map(formatMatch),
    ...ofKind('outInterface').map(formatMatch),
    ...ofKind('protocol').map(({ protocol }) => `-p ${protocol.toLowerCase()}`),
    ...ofKind('ipProtocol').map(formatMatch),
    ...ofKind('fixed').filter(isFragment).map(formatMatch),
  ].filter((part) => part !== '');
  const ports = [...ofKind('sourcePort'), ...ofKind('destinationPort'), ...ofKind('tcpFlags')].map(formatMatch);
  const modules = matches.flatMap((match) => {
    if (match.kind === 'protocol') return [`-m ${match.protocol.toLowerCase()}`, ...ports];
    const isHeader = HEADER_ORDER.includes(match.kind) || match.kind === 'ipProtocol' || isFragment(match);
    return isHeader || PORT_OPTIONS.includes(match.kind) ? [] : [savedMatch(match, options)];
  });
  return [...header, ...modules];
}

function isFragment(match: Match): boolean {
  return match.kind === 'fixed' && !match.text.startsWith('-m');
}

/** Every address is no condition. */
function savedAddress(option: '-s' | '-d', match: MatchOf<'source' | 'destination'>): string {
  const cidr = withLength(match.cidr);
  return cidr.endsWith('/0') ? '' : `${not(match)}${option} ${cidr}`;
}

function withLength(cidr: string): string {
  return cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`;
}

function savedMatch(match: Match, options: FormatOptions): string {
  switch (match.kind) {
    case 'comment':
      return `-m comment --comment ${quoted(match.text)}`;
    case 'statistic':
      return `-m statistic --mode random ${not(match)}--probability ${savedProbability(match.probability)}`;
    case 'recent':
      return savedRecent(match, options);
    default:
      return formatMatch(match);
  }
}

/** The kernel keeps probabilities as whole numbers of 2^-31. */
function savedProbability(probability: number): string {
  return (Math.round(probability * 2 ** 31) / 2 ** 31).toFixed(11);
}

function savedRecent(match: RecentMatch, { ipFamily = 'IPv4' }: FormatOptions): string {
  const { key, mask, name, operation } = match;
  const times = 'seconds' in match ? match : null;
  return [
    '-m recent',
    `${not(match)}--${operation}`,
    ...(times === null || times.seconds === 0 ? [] : [`--seconds ${times.seconds}`]),
    ...(times?.reap === true ? ['--reap'] : []),
    ...(times?.hits === undefined ? [] : [`--hitcount ${times.hits}`]),
    ...(times?.sameTtl === true ? ['--rttl'] : []),
    `--name ${name}`,
    `--mask ${mask ?? WHOLE_ADDRESS[ipFamily]}`,
    key === 'destination' ? '--rdest' : '--rsource',
  ].join(' ');
}

const WHOLE_ADDRESS = { IPv4: '255.255.255.255', IPv6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' } as const;
const DEFAULT_REJECTION = { IPv4: 'icmp-port-unreachable', IPv6: 'icmp6-port-unreachable' } as const;

/** The same in both forms. */
function formatMatch(match: Exclude<Match, { kind: 'comment' | 'statistic' | 'recent' }>): string {
  switch (match.kind) {
    case 'protocol':
      return `-p ${match.protocol.toLowerCase()}`;
    case 'ipProtocol':
      return `${not(match)}-p ${match.protocol}`;
    case 'source':
      return `${not(match)}-s ${match.cidr}`;
    case 'destination':
      return `${not(match)}-d ${match.cidr}`;
    case 'sourcePort':
      return `${not(match)}--sport ${formatPorts({ first: match.port, last: match.last ?? match.port })}`;
    case 'destinationPort':
      return `${not(match)}--dport ${formatPorts({ first: match.port, last: match.last ?? match.port })}`;
    case 'tcpFlags':
      return `${not(match)}--tcp-flags ${match.mask.join(',') || 'NONE'} ${match.set.join(',') || 'NONE'}`;
    case 'multiport':
      return `-m multiport ${not(match)}--${PORT_SIDES[match.side]} ${match.ports.map((range) => formatPorts(range)).join(',')}`;
    case 'inInterface':
      return match.name === '+' && match.negate !== true ? '' : `${not(match)}-i ${match.name}`;
    case 'outInterface':
      return match.name === '+' && match.negate !== true ? '' : `${not(match)}-o ${match.name}`;
    case 'addrtype':
      return addressTypes(match);
    case 'mark':
    case 'connmark':
      return `-m ${match.kind} ${not(match)}--mark ${savedMark(match)}`;
    case 'conntrack':
      return connection(match);
    case 'nth':
      return `-m statistic --mode nth ${not(match)}--every ${match.every} --packet ${match.packet}`;
    case 'iprange':
      return ['-m iprange', ...ranges('--src-range', match.source), ...ranges('--dst-range', match.destination)].join(
        ' ',
      );
    case 'nfacct':
      return `-m nfacct --nfacct-name ${match.name}`;
    case 'set':
      return `-m set ${not(match)}--match-set ${match.name} ${match.directions.join(',')}`;
    case 'physdev':
      return physicalPorts(match);
    case 'owner':
      return owner(match);
    case 'rpfilter':
      return match.text;
    case 'ipvs':
      return `-m ipvs --vaddr ${match.address} --vproto ${match.protocol.toLowerCase()} --vport ${match.port}`;
    case 'fixed':
      return match.text;
    default:
      return unknownKind(match);
  }
}

const PORT_SIDES = { source: 'sports', destination: 'dports', either: 'ports' } as const;

function formatPorts({ first, last }: PortRange, separator = ':'): string {
  return first === last ? String(first) : `${first}${separator}${last}`;
}

function addressTypes({
  source,
  destination,
  negateSource,
  negateDestination,
  limitInterface,
}: MatchOf<'addrtype'>): string {
  return [
    '-m addrtype',
    ...(source === undefined ? [] : [`${negateSource ? '! ' : ''}--src-type ${source}`]),
    ...(destination === undefined ? [] : [`${negateDestination ? '! ' : ''}--dst-type ${destination}`]),
    ...(limitInterface === undefined ? [] : [`--limit-iface-${limitInterface}`]),
  ].join(' ');
}

function connection({ states, negate, tests = [], module }: MatchOf<'conntrack'>): string {
  if (module === 'state') return `-m state ${negate ? '! ' : ''}--state ${states.join(',')}`;
  const asked = states.length === 0 ? [] : [`${negate ? '! ' : ''}--ctstate ${states.join(',')}`];
  return ['-m conntrack', ...asked, ...tests.map(connectionTest)].join(' ');
}

function connectionTest(test: ConntrackTest): string {
  switch (test.test) {
    case 'protocol':
      return `${not(test)}--ctproto ${test.protocol}`;
    case 'address':
      return `${not(test)}--ct${test.end} ${test.cidr.replace(/\/(32|128)$/, '')}`;
    case 'port':
      return `${not(test)}--ct${test.end}port ${formatPorts(test.ports)}`;
    case 'status':
      return `${not(test)}--ctstatus ${test.statuses.join(',')}`;
    case 'direction':
      return `--ctdir ${test.direction}`;
  }
}

function physicalPorts({ isIn, isOut, isBridged }: MatchOf<'physdev'>): string {
  const asked = [
    ['--physdev-is-in', isIn],
    ['--physdev-is-out', isOut],
    ['--physdev-is-bridged', isBridged],
  ] as const;
  const given = asked.filter(([, wanted]) => wanted !== undefined);
  return ['-m physdev', ...given.map(([option, wanted]) => `${wanted ? '' : '! '}${option}`)].join(' ');
}

function owner({ user, group, socketExists }: MatchOf<'owner'>): string {
  const range = (option: string, asked: OwnerRange | undefined) =>
    asked === undefined
      ? []
      : [`${not(asked)}${option} ${asked.first === asked.last ? asked.first : `${asked.first}-${asked.last}`}`];
  const socket = socketExists === undefined ? [] : [`${socketExists ? '' : '! '}--socket-exists`];
  return ['-m owner', ...socket, ...range('--uid-owner', user), ...range('--gid-owner', group)].join(' ');
}

function ranges(option: string, range: AddressRange | undefined): string[] {
  return range === undefined ? [] : [`${not(range)}${option} ${range.first}-${range.last}`];
}

function savedMark({ value, mask }: { value: number; mask: number }): string {
  return mask === 0xffffffff
    ? formatMark(value, 'plain')
    : `${formatMark(value, 'plain')}/${formatMark(mask, 'plain')}`;
}

function formatTarget(target: Target, options: FormatOptions): string {
  switch (target.kind) {
    case 'jump':
      return `${target.goto === true ? '-g' : '-j'} ${target.chain}`;
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.kind}`;
    case 'REJECT':
      if (target.with === undefined && options.form !== 'save') return '-j REJECT';
      return `-j REJECT --reject-with ${target.with ?? DEFAULT_REJECTION[options.ipFamily ?? 'IPv4']}`;
    case 'MARK':
      return `-j MARK ${markOperation(target, options)}`;
    case 'CONNMARK':
      if (target.operation === 'set') return `-j CONNMARK --set-xmark ${bothMarks(target.value, target.mask)}`;
      return `-j CONNMARK --${target.operation}-mark --nfmask ${hex(target.packetMask)} --ctmask ${hex(target.connectionMask)}`;
    case 'DNAT':
      return `-j DNAT --to-destination ${formatHostPort(target.ip, target.port)}`;
    case 'translate':
      return translation(target);
    case 'NETMAP':
      return `-j NETMAP --to ${target.cidr.replace(/\/(32|128)$/, '')}`;
    case 'MASQUERADE':
      return masquerading(target);
    case 'NOTRACK':
    case 'noEffect':
      return `-j ${target.text}`;
    default:
      return unknownKind(target);
  }
}

function markOperation(target: TargetOf<'MARK'>, { form, markFormat }: FormatOptions): string {
  if (target.operation === 'set') return `--set-xmark ${bothMarks(target.value, target.mask)}`;
  if (form !== 'save') return `--${target.operation}-mark ${formatMark(target.value, markFormat)}`;
  return `--set-xmark ${bothMarks(target.value, target.operation === 'or' ? target.value : 0)}`;
}

const hex = (value: number): string => formatMark(value, 'plain');
const bothMarks = (value: number, mask: number): string => `${hex(value)}/${hex(mask)}`;

const TO: Readonly<Record<TargetOf<'translate'>['name'], string>> = {
  DNAT: '--to-destination',
  SNAT: '--to-source',
  REDIRECT: '--to-ports',
};

function translation({ name, addresses, ports, basePort, ...chance }: TargetOf<'translate'>): string {
  const address = addresses === null ? '' : formatAddresses(addresses);
  const base = basePort === undefined ? '' : `/${basePort}`;
  const port = ports === null ? '' : `${formatPorts(ports, '-')}${base}`;
  const hasBrackets = address.includes(':') && port !== '';
  const to = name === 'REDIRECT' || port === '' ? address + port : `${hasBrackets ? `[${address}]` : address}:${port}`;
  return [
    `-j ${name}`,
    ...(to === '' ? [] : [`${TO[name]} ${to}`]),
    ...(chance.random === true ? ['--random'] : []),
    ...(chance.randomFully === true ? ['--random-fully'] : []),
    ...(chance.persistent === true ? ['--persistent'] : []),
  ].join(' ');
}

function formatAddresses({ first, last }: AddressRange): string {
  return first === last ? first : `${first}-${last}`;
}

function masquerading({ ports, random, randomFully }: TargetOf<'MASQUERADE'>): string {
  return [
    '-j MASQUERADE',
    ...(ports === undefined ? [] : [`--to-ports ${formatPorts(ports, '-')}`]),
    ...(random === true ? ['--random'] : []),
    ...(randomFully ? ['--random-fully'] : []),
  ].join(' ');
}

function not(part: { negate?: boolean }): string {
  return part.negate === true ? '! ' : '';
}

function unknownKind(part: never): never {
  throw new Error(`no text for ${JSON.stringify(part)}`);
}
