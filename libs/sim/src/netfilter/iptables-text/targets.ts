/**
 * `-j TARGET …` → a typed target.
 *
 * Source: iptables-extensions(8); net/netfilter/xt_*.c for what a target does to the first packet of a connection.
 */
import { parseIp } from '../address.js';
import type { AddressRange, PortRange, Target } from '../rules.js';
import {
  addressRange,
  cidrOf,
  type GivenOptions,
  type OptionTable,
  portRange,
  valueAndMask,
  wholeNumber,
} from './options.js';
import { shownWord, unknownPart, unreadable } from './problems.js';

export interface TargetModule {
  readonly options: OptionTable;
  /** Throws LineProblem, also for what iptables takes and the model does not. */
  read(given: GivenOptions): Target;
}

const plain = (kind: 'ACCEPT' | 'DROP' | 'RETURN'): TargetModule => ({ options: {}, read: () => ({ kind }) });

/** What iptables-save writes for the names that `--reject-with` takes. */
const REJECTIONS: Readonly<Record<'IPv4' | 'IPv6', Readonly<Record<string, string>>>> = {
  IPv4: {
    ...same('icmp-net-unreachable', 'icmp-host-unreachable', 'icmp-proto-unreachable', 'icmp-port-unreachable'),
    ...same('icmp-net-prohibited', 'icmp-host-prohibited', 'icmp-admin-prohibited', 'tcp-reset'),
    'net-unreach': 'icmp-net-unreachable',
    'host-unreach': 'icmp-host-unreachable',
    'proto-unreach': 'icmp-proto-unreachable',
    'port-unreach': 'icmp-port-unreachable',
    'net-prohib': 'icmp-net-prohibited',
    'host-prohib': 'icmp-host-prohibited',
    'admin-prohib': 'icmp-admin-prohibited',
    'tcp-rst': 'tcp-reset',
  },
  IPv6: {
    ...same('icmp6-no-route', 'icmp6-adm-prohibited', 'icmp6-addr-unreachable', 'icmp6-port-unreachable', 'tcp-reset'),
    ...same('icmp6-policy-fail', 'icmp6-reject-route'),
    'no-route': 'icmp6-no-route',
    'adm-prohibited': 'icmp6-adm-prohibited',
    'addr-unreach': 'icmp6-addr-unreachable',
    'port-unreach': 'icmp6-port-unreachable',
    'policy-fail': 'icmp6-policy-fail',
    'reject-route': 'icmp6-reject-route',
    'tcp-rst': 'tcp-reset',
  },
};

function same(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

const DEFAULT_REJECTION = { IPv4: 'icmp-port-unreachable', IPv6: 'icmp6-port-unreachable' } as const;

const reject: TargetModule = {
  options: { '--reject-with': 1 },
  read(given) {
    const { family } = given;
    const name = given.word('--reject-with') ?? DEFAULT_REJECTION[family];
    const kind = Object.hasOwn(REJECTIONS[family], name) ? REJECTIONS[family][name] : undefined;
    if (kind === undefined) unreadable(`${shownWord(name)} is nothing that REJECT answers with in ${family}`);
    if (kind === 'tcp-reset' && given.protocol !== 'tcp')
      unreadable('REJECT answers with tcp-reset only behind -p tcp');
    return kind === DEFAULT_REJECTION[family] ? { kind: 'REJECT' } : { kind: 'REJECT', with: kind };
  },
};

const MARK_OPTIONS = ['--set-xmark', '--set-mark', '--or-mark', '--and-mark', '--xor-mark'] as const;

/** All that MARK and CONNMARK do to a mark, as `--set-xmark` writes it. */
function setMark(given: GivenOptions): { value: number; mask: number } {
  const [option, ...more] = MARK_OPTIONS.filter((name) => given.has(name));
  if (option === undefined || more.length > 0) unreadable(`the ${given.of} needs one of ${MARK_OPTIONS.join(', ')}`);
  const text = given.required(option);
  if (option === '--set-xmark') return valueAndMask(text);
  if (option === '--set-mark') {
    const { value, mask } = valueAndMask(text);
    return { value, mask: (mask | value) >>> 0 };
  }
  const bits = wholeNumber(text, 0xffffffff, 'mark');
  if (option === '--or-mark') return { value: bits, mask: bits };
  return option === '--and-mark' ? { value: 0, mask: ~bits >>> 0 } : { value: bits, mask: 0 };
}

const markOptions = Object.fromEntries(MARK_OPTIONS.map((name) => [name, 1]));

const mark: TargetModule = {
  options: markOptions,
  read: (given) => ({ kind: 'MARK', operation: 'set', ...setMark(given) }),
};

const connmark: TargetModule = {
  options: { ...markOptions, '--save-mark': 0, '--restore-mark': 0, '--mask': 1, '--nfmask': 1, '--ctmask': 1 },
  read(given) {
    const operation = given.has('--save-mark') ? 'save' : given.has('--restore-mark') ? 'restore' : 'set';
    if (operation === 'set') return { kind: 'CONNMARK', operation, ...setMark(given) };
    const both = given.word('--mask') ?? '0xffffffff';
    const mask = (option: string) => wholeNumber(given.word(option) ?? both, 0xffffffff, 'mask');
    return { kind: 'CONNMARK', operation, connectionMask: mask('--ctmask'), packetMask: mask('--nfmask') };
  },
};

const CHANCE: OptionTable = { '--random': 0, '--random-fully': 0, '--persistent': 0 };

function chance(given: GivenOptions): { random?: true; randomFully?: true; persistent?: true } {
  return {
    ...(given.has('--random') ? { random: true } : {}),
    ...(given.has('--random-fully') ? { randomFully: true } : {}),
    ...(given.has('--persistent') ? { persistent: true } : {}),
  };
}

/** Addresses times ports; more would be more ways for one packet than anybody looks at. */
const MOST_PLACES = 256;

/** Refuses what would lead to too many places by chance. */
function countPlaces(target: Extract<Target, { kind: 'translate' }>): Target {
  const { addresses, ports, name } = target;
  const byChance = target.random === true || target.randomFully === true;
  const portCount = ports === null || name === 'SNAT' || !byChance ? 1 : ports.last - ports.first + 1;
  const places = (addresses === null ? 1n : sizeOf(addresses)) * BigInt(portCount);
  if (places > MOST_PLACES) unknownPart(`a translation to one of more than ${MOST_PLACES} addresses and ports`);
  return target;
}

/** `ADDRESS[-ADDRESS][:PORT[-PORT[/BASE]]]`, an IPv6 address in brackets where a port follows. */
function destinationOf(
  text: string,
  { family, protocol }: GivenOptions,
): { addresses: AddressRange | null; ports: PortRange | null; basePort?: number } {
  const [, bracketed, bare, portText, base] =
    /^(?:\[([^\]]*)\]|([^[\]:]*|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d+(?:-\d+)?)(?:\/(\d+))?)?$/.exec(text) ?? [];
  const addressText = bracketed ?? bare;
  if (addressText === undefined) unreadable(`${shownWord(text)} is nothing to translate to`);
  const addresses = addressText === '' ? null : addressRange(addressText.replaceAll(/[[\]]/g, ''), family);
  const ports = portText === undefined ? null : portRange(portText, '-');
  if (ports !== null && protocol === null) unreadable('a port to translate to needs -p tcp, udp or sctp');
  if (addresses === null && ports === null) unreadable(`${shownWord(text)} is nothing to translate to`);
  return { addresses, ports, ...(base === undefined ? {} : { basePort: wholeNumber(base, 65535, 'port') }) };
}

function sizeOf({ first, last }: AddressRange): bigint {
  return parseIp(last)!.value - parseIp(first)!.value + 1n;
}

const dnat: TargetModule = {
  options: { '--to-destination': 1, ...CHANCE },
  read(given) {
    const to = destinationOf(given.required('--to-destination'), given);
    const { addresses, ports, basePort } = to;
    const options = chance(given);
    const isPlain = Object.keys(options).length === 0 && basePort === undefined;
    if (
      isPlain &&
      addresses !== null &&
      ports !== null &&
      addresses.first === addresses.last &&
      ports.first === ports.last
    ) {
      return { kind: 'DNAT', ip: addresses.first, port: ports.first };
    }
    return countPlaces({ kind: 'translate', name: 'DNAT', ...to, ...options });
  },
};

const snat: TargetModule = {
  options: { '--to-source': 1, ...CHANCE },
  read(given) {
    const to = destinationOf(given.required('--to-source'), given);
    if (to.addresses === null) unreadable('SNAT needs an address');
    return countPlaces({ kind: 'translate', name: 'SNAT', ...to, ...chance(given) });
  },
};

const redirect: TargetModule = {
  options: { '--to-ports': 1, ...CHANCE },
  read(given) {
    const text = given.word('--to-ports');
    if (text !== undefined && given.protocol === null) unreadable('--to-ports needs -p tcp, udp or sctp');
    const ports = text === undefined ? null : portRange(text, '-');
    return countPlaces({ kind: 'translate', name: 'REDIRECT', addresses: null, ports, ...chance(given) });
  },
};

const masquerade: TargetModule = {
  options: { '--to-ports': 1, '--random': 0, '--random-fully': 0 },
  read(given) {
    const text = given.word('--to-ports');
    return {
      kind: 'MASQUERADE',
      randomFully: given.has('--random-fully'),
      ...(given.has('--random') ? { random: true } : {}),
      ...(text === undefined ? {} : { ports: portRange(text, '-') }),
    };
  },
};

const netmap: TargetModule = {
  options: { '--to': 1 },
  read: (given) => ({ kind: 'NETMAP', cidr: cidrOf(given.required('--to'), given.family) }),
};

const ct: TargetModule = {
  options: {
    '--notrack': 0,
    '--helper': 1,
    '--timeout': 1,
    '--ctevents': 1,
    '--expevents': 1,
    '--zone': 1,
    '--zone-orig': 1,
    '--zone-reply': 1,
  },
  read(given) {
    const text = given.text('CT');
    return given.has('--notrack') ? { kind: 'NOTRACK', text } : { kind: 'noEffect', name: 'CT', text };
  },
};

/** Has no say in where a first packet goes. */
function noEffect(name: string, options: OptionTable): TargetModule {
  return { options, read: (given) => ({ kind: 'noEffect', name, text: given.text(name) }) };
}

/** What becomes of the packet is not in the rules. */
function refused(options: OptionTable, why: string): TargetModule {
  return { options, read: (given) => unknownPart(`the ${given.of}, ${why}`) };
}

const A_PROGRAM = 'which hands packets to a program';
const QUEUE: OptionTable = { '--queue-num': 1, '--queue-balance': 1, '--queue-bypass': 0, '--queue-cpu-fanout': 0 };

const LOG: OptionTable = {
  '--log-level': 1,
  '--log-prefix': 1,
  '--log-tcp-sequence': 0,
  '--log-tcp-options': 0,
  '--log-ip-options': 0,
  '--log-uid': 0,
  '--log-macdecode': 0,
};

const NFLOG: OptionTable = {
  '--nflog-group': 1,
  '--nflog-prefix': 1,
  '--nflog-range': 1,
  '--nflog-size': 1,
  '--nflog-threshold': 1,
};

export const TARGET_MODULES: Readonly<Record<string, TargetModule>> = {
  ACCEPT: plain('ACCEPT'),
  DROP: plain('DROP'),
  RETURN: plain('RETURN'),
  REJECT: reject,
  MARK: mark,
  CONNMARK: connmark,
  DNAT: dnat,
  SNAT: snat,
  REDIRECT: redirect,
  MASQUERADE: masquerade,
  NETMAP: netmap,
  CT: ct,
  NOTRACK: { options: {}, read: () => ({ kind: 'NOTRACK', text: 'NOTRACK' }) },
  QUEUE: refused({}, A_PROGRAM),
  NFQUEUE: refused(QUEUE, A_PROGRAM),
  TPROXY: refused({ '--on-port': 1, '--on-ip': 1, '--tproxy-mark': 1 }, A_PROGRAM),
  SYNPROXY: refused(
    { '--mss': 1, '--wscale': 1, '--sack-perm': 0, '--timestamp': 0 },
    'which answers for the receiver',
  ),
  TEE: refused({ '--gateway': 1, '--oif': 1 }, 'which sends packets twice'),
  SET: refused({ '--add-set': 2, '--del-set': 2, '--map-set': 2, '--exist': 0, '--timeout': 1 }, 'which changes sets'),
  LOG: noEffect('LOG', LOG),
  NFLOG: noEffect('NFLOG', NFLOG),
  ULOG: noEffect('ULOG', { '--ulog-nlgroup': 1, '--ulog-prefix': 1, '--ulog-cprange': 1, '--ulog-qthreshold': 1 }),
  TRACE: noEffect('TRACE', {}),
  AUDIT: noEffect('AUDIT', { '--type': 1 }),
  TCPMSS: noEffect('TCPMSS', { '--set-mss': 1, '--clamp-mss-to-pmtu': 0 }),
  TCPOPTSTRIP: noEffect('TCPOPTSTRIP', { '--strip-options': 1 }),
  TTL: noEffect('TTL', { '--ttl-set': 1, '--ttl-inc': 1, '--ttl-dec': 1 }),
  HL: noEffect('HL', { '--hl-set': 1, '--hl-inc': 1, '--hl-dec': 1 }),
  DSCP: noEffect('DSCP', { '--set-dscp': 1, '--set-dscp-class': 1 }),
  TOS: noEffect('TOS', { '--set-tos': 1, '--and-tos': 1, '--or-tos': 1, '--xor-tos': 1 }),
  CLASSIFY: noEffect('CLASSIFY', { '--set-class': 1 }),
  CHECKSUM: noEffect('CHECKSUM', { '--checksum-fill': 0 }),
  SECMARK: noEffect('SECMARK', { '--selctx': 1 }),
  CONNSECMARK: noEffect('CONNSECMARK', { '--save': 0, '--restore': 0 }),
};
