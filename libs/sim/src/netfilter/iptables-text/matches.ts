/**
 * `-m MODULE …` → typed matches.
 *
 * Source: iptables-extensions(8); net/netfilter/xt_*.c for what a match means to the first packet of a connection.
 * A module whose answer is the same for every first packet that there is here gives a `fixed` match; where that rests on
 * an assumption, a note says so.
 */

import type { SetDirections } from '../ip-sets.js';
import type {
  AddressType,
  ConntrackState,
  ConntrackStatus,
  ConntrackTest,
  Match,
  OwnerRange,
  TcpFlag,
  TupleEnd,
} from '../rules.js';
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

export interface MatchModule {
  readonly options: OptionTable;
  /** `note`: what is assumed, for the reader of the text. */
  read(given: GivenOptions, note: (assumption: string) => void): Match[];
}

const PORTS: OptionTable = {
  '--sport': 1,
  '--source-port': '--sport',
  '--dport': 1,
  '--destination-port': '--dport',
};

/** `-m tcp`, `-m udp`, `-m sctp`: the match `protocol` stands for the module itself. */
function portMatches(given: GivenOptions): Match[] {
  const ports = (option: '--sport' | '--dport', kind: 'sourcePort' | 'destinationPort'): Match[] => {
    const text = given.word(option);
    if (text === undefined) return [];
    const { first, last } = portRange(text);
    return [{ kind, port: first, ...(first === last ? {} : { last }), ...given.negation(option) }];
  };
  return [...ports('--sport', 'sourcePort'), ...ports('--dport', 'destinationPort')];
}

const tcp: MatchModule = {
  options: { ...PORTS, '--tcp-flags': 2, '--syn': 0, '--tcp-option': 1 },
  read(given) {
    given.refuse('--tcp-option');
    const matches: Match[] = [{ kind: 'protocol', protocol: 'TCP' }, ...portMatches(given)];
    if (given.has('--syn')) {
      matches.push({ kind: 'tcpFlags', mask: ['FIN', 'SYN', 'RST', 'ACK'], set: ['SYN'], ...given.negation('--syn') });
    }
    if (given.has('--tcp-flags')) {
      const [mask = '', set = ''] = given.words('--tcp-flags');
      matches.push({ kind: 'tcpFlags', mask: flags(mask), set: flags(set), ...given.negation('--tcp-flags') });
    }
    return matches;
  },
};

const FLAGS: readonly TcpFlag[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

function flags(text: string): TcpFlag[] {
  const names = text.toUpperCase().split(',');
  if (names.includes('ALL')) return [...FLAGS];
  const unknown = names.find((name) => name !== 'NONE' && !FLAGS.includes(name as TcpFlag));
  if (unknown !== undefined) unreadable(`${shownWord(unknown)} is no flag of TCP`);
  return FLAGS.filter((flag) => names.includes(flag));
}

const datagram = (protocol: 'UDP' | 'SCTP'): MatchModule => ({
  options: { ...PORTS, ...(protocol === 'SCTP' ? { '--chunk-types': 2 } : {}) },
  read(given) {
    given.refuse('--chunk-types');
    return [{ kind: 'protocol', protocol }, ...portMatches(given)];
  },
});

const multiport: MatchModule = {
  options: {
    '--sports': 1,
    '--source-ports': '--sports',
    '--dports': 1,
    '--destination-ports': '--dports',
    '--ports': 1,
  },
  read(given) {
    const sides = { '--sports': 'source', '--dports': 'destination', '--ports': 'either' } as const;
    return (['--sports', '--dports', '--ports'] as const)
      .filter((option) => given.has(option))
      .map((option) => {
        const ports = given
          .required(option)
          .split(',')
          .map((text) => portRange(text));
        if (ports.length > 15) unreadable(`${option} takes 15 ports at most`);
        return { kind: 'multiport', side: sides[option], ports, ...given.negation(option) };
      });
  },
};

const ADDRESS_TYPES: readonly AddressType[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
];

const addrtype: MatchModule = {
  options: { '--src-type': 1, '--dst-type': 1, '--limit-iface-in': 0, '--limit-iface-out': 0 },
  read(given) {
    const types = (option: string) => {
      const names = listOf(given.word(option), ADDRESS_TYPES, 'type of address');
      return names.length === 1 ? names[0]! : names;
    };
    const limit = given.has('--limit-iface-in') ? 'in' : given.has('--limit-iface-out') ? 'out' : null;
    return [
      {
        kind: 'addrtype',
        ...(given.has('--src-type') ? { source: types('--src-type') } : {}),
        ...(given.negation('--src-type').negate ? { negateSource: true } : {}),
        ...(given.has('--dst-type') ? { destination: types('--dst-type') } : {}),
        ...(given.negation('--dst-type').negate ? { negateDestination: true } : {}),
        ...(limit === null ? {} : { limitInterface: limit }),
      },
    ];
  },
};

/** Names of a list with commas, each one of `known`. */
function listOf<T extends string>(text: string | undefined, known: readonly T[], what: string): T[] {
  const names = (text ?? '').toUpperCase().split(',');
  const stranger = names.find((name) => !known.includes(name as T));
  if (stranger !== undefined) unreadable(`${shownWord(stranger)} is no ${what}`);
  return names as T[];
}

const marks = (kind: 'mark' | 'connmark'): MatchModule => ({
  options: { '--mark': 1 },
  read: (given) => [{ kind, ...valueAndMask(given.required('--mark')), ...given.negation('--mark') }],
});

const STATES: readonly ConntrackState[] = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'DNAT', 'SNAT'];
const STATUSES: readonly ConntrackStatus[] = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'];
const ENDS: readonly TupleEnd[] = ['origsrc', 'origdst', 'replsrc', 'repldst'];

const conntrack: MatchModule = {
  options: {
    '--ctstate': 1,
    '--ctproto': 1,
    '--ctstatus': 1,
    '--ctdir': 1,
    '--ctexpire': 1,
    ...Object.fromEntries(
      ENDS.flatMap((end) => [
        [`--ct${end}`, 1],
        [`--ct${end}port`, 1],
      ]),
    ),
  },
  read(given) {
    given.refuse('--ctexpire', '--ctorigsrcport', '--ctrepldstport');
    const tests: ConntrackTest[] = [];
    const protocol = given.word('--ctproto');
    if (protocol !== undefined)
      tests.push({ test: 'protocol', protocol: protocol.toLowerCase(), ...given.negation('--ctproto') });
    for (const end of ENDS) {
      const address = given.word(`--ct${end}`);
      if (address === undefined) continue;
      tests.push({ test: 'address', end, cidr: cidrOf(address, given.family), ...given.negation(`--ct${end}`) });
    }
    for (const end of ENDS) {
      const ports = given.word(`--ct${end}port`);
      if (ports === undefined) continue;
      tests.push({ test: 'port', end, ports: portRange(ports), ...given.negation(`--ct${end}port`) });
    }
    if (given.has('--ctstatus')) {
      const statuses = listOf(given.word('--ctstatus'), STATUSES, 'status of a connection');
      tests.push({ test: 'status', statuses, ...given.negation('--ctstatus') });
    }
    if (given.has('--ctdir')) {
      const [direction] = listOf(given.word('--ctdir'), ['ORIGINAL', 'REPLY'] as const, 'direction');
      tests.push({ test: 'direction', direction: direction! });
    }
    const states = given.has('--ctstate') ? listOf(given.word('--ctstate'), STATES, 'state of a connection') : [];
    const more = tests.length === 0 ? {} : { tests };
    return [{ kind: 'conntrack', states, ...given.negation('--ctstate'), ...more }];
  },
};

const state: MatchModule = {
  options: { '--state': 1 },
  read(given) {
    const states = listOf(given.required('--state'), STATES.slice(0, 5), 'state of a connection');
    return [{ kind: 'conntrack', module: 'state', states, ...given.negation('--state') }];
  },
};

const statistic: MatchModule = {
  options: { '--mode': 1, '--probability': 1, '--every': 1, '--packet': 1 },
  read(given) {
    const mode = given.required('--mode');
    if (mode === 'random') {
      const probability = Number(given.required('--probability'));
      if (!(probability >= 0 && probability <= 1)) unreadable('--probability takes a number from 0 to 1');
      return [{ kind: 'statistic', probability, ...given.negation('--probability') }];
    }
    if (mode !== 'nth') unreadable(`${shownWord(mode)} is no mode of the match statistic`);
    const every = wholeNumber(given.required('--every'), 0xffffffff, 'number of packets');
    const packet = wholeNumber(given.word('--packet') ?? '0', 0xffffffff, 'number of a packet');
    if (every === 0 || packet >= every) unreadable('--packet counts from 0 and stays below --every');
    return [{ kind: 'nth', every, packet, ...given.negation('--every') }];
  },
};

const recent: MatchModule = {
  options: {
    '--set': 0,
    '--rcheck': 0,
    '--update': 0,
    '--remove': 0,
    '--seconds': 1,
    '--reap': 0,
    '--hitcount': 1,
    '--rttl': 0,
    '--name': 1,
    '--rsource': 0,
    '--rdest': 0,
    '--mask': 1,
  },
  read(given) {
    const operations = (['set', 'rcheck', 'update', 'remove'] as const).filter((name) => given.has(`--${name}`));
    const [operation] = operations;
    if (operation === undefined || operations.length > 1)
      unreadable('the match recent needs one of --set, --rcheck, --update and --remove');
    const mask = given.word('--mask');
    const bits = cidrOf(given.family === 'IPv4' ? `0.0.0.0/${mask ?? 32}` : `::/${mask ?? 128}`, given.family);
    const wholeAddress = bits.endsWith(given.family === 'IPv4' ? '/32' : '/128');
    const shared = {
      kind: 'recent',
      name: given.word('--name') ?? 'DEFAULT',
      ...given.negation(`--${operation}`),
      ...(given.has('--rdest') ? { key: 'destination' as const } : {}),
      ...(wholeAddress ? {} : { mask: mask! }),
    } as const;
    if (operation === 'set' || operation === 'remove') return [{ ...shared, operation }];
    const hits = given.word('--hitcount');
    return [
      {
        ...shared,
        operation,
        seconds: wholeNumber(given.word('--seconds') ?? '0', 0xffffffff, 'number of seconds'),
        reap: given.has('--reap'),
        ...(hits === undefined ? {} : { hits: wholeNumber(hits, 0xffffffff, 'number of hits') }),
        ...(given.has('--rttl') ? { sameTtl: true } : {}),
      },
    ];
  },
};

const COUNTED = ['packets', 'bytes'].flatMap((what) => ['eq', 'lt', 'gt'].map((than) => `--${what}-${than}`));

const set: MatchModule = {
  options: {
    '--match-set': 2,
    '--return-nomatch': 0,
    ...Object.fromEntries(COUNTED.map((option) => [option, 1])),
    '--update-counters': 0,
    '--update-subcounters': 0,
  },
  read(given) {
    const [name = '', directions = ''] = given.words('--match-set');
    const other = ['--return-nomatch', ...COUNTED].find((option) => given.has(option));
    if (other !== undefined) unknownPart(`the option ${other} of the match set is not modelled`);
    if (name === '') unreadable('the match set needs --match-set');
    const sides = directions.split(',');
    if (sides.length > 6 || !sides.every((side) => side === 'src' || side === 'dst'))
      unreadable(`${shownWord(directions)} is no list of src and dst`);
    return [{ kind: 'set', name, directions: sides as SetDirections, ...given.negation('--match-set') }];
  },
};

const iprange: MatchModule = {
  options: { '--src-range': 1, '--dst-range': 1 },
  read(given) {
    const side = (option: string) => ({
      ...addressRange(given.required(option), given.family),
      ...given.negation(option),
    });
    return [
      {
        kind: 'iprange',
        ...(given.has('--src-range') ? { source: side('--src-range') } : {}),
        ...(given.has('--dst-range') ? { destination: side('--dst-range') } : {}),
      },
    ];
  },
};

const comment: MatchModule = {
  options: { '--comment': 1 },
  read: (given) => [{ kind: 'comment', text: given.required('--comment') }],
};

const nfacct: MatchModule = {
  options: { '--nfacct-name': 1 },
  read: (given) => [{ kind: 'nfacct', name: given.required('--nfacct-name') }],
};

/** A module whose answer does not depend on the packet. */
function fixed(
  name: string,
  options: OptionTable,
  holds: (given: GivenOptions) => boolean,
  assumption?: string,
): MatchModule {
  return {
    options,
    read(given, note) {
      if (assumption !== undefined) note(assumption);
      return [{ kind: 'fixed', holds: holds(given), text: given.text(`-m ${name}`) }];
    },
  };
}

const physdev: MatchModule = {
  options: {
    '--physdev-in': 1,
    '--physdev-out': 1,
    '--physdev-is-in': 0,
    '--physdev-is-out': 0,
    '--physdev-is-bridged': 0,
  },
  read(given, note) {
    given.refuse('--physdev-in', '--physdev-out');
    note('bridges are taken to call iptables, and each pod to be a port of one unless the CNI is routed');
    const asked = (option: string) => !given.negation(option).negate;
    return [
      {
        kind: 'physdev',
        ...(given.has('--physdev-is-in') ? { isIn: asked('--physdev-is-in') } : {}),
        ...(given.has('--physdev-is-out') ? { isOut: asked('--physdev-is-out') } : {}),
        ...(given.has('--physdev-is-bridged') ? { isBridged: asked('--physdev-is-bridged') } : {}),
      },
    ];
  },
};

const owner: MatchModule = {
  options: { '--uid-owner': 1, '--gid-owner': 1, '--socket-exists': 0, '--suppl-groups': 0 },
  read(given, note) {
    given.refuse('--suppl-groups');
    note("processes of the node are taken to be root's");
    return [
      {
        kind: 'owner',
        ...(given.has('--uid-owner') ? { user: ownerRange(given, '--uid-owner') } : {}),
        ...(given.has('--gid-owner') ? { group: ownerRange(given, '--gid-owner') } : {}),
        ...(given.has('--socket-exists') ? { socketExists: !given.negation('--socket-exists').negate } : {}),
      },
    ];
  },
};

function ownerRange(given: GivenOptions, option: string): OwnerRange {
  const text = given.required(option);
  const [first = '', last = first] = (text === 'root' ? '0' : text).split(/[-:]/);
  const number = (word: string) => wholeNumber(word, 0xffffffff, 'number of a user or group');
  return { first: number(first), last: number(last), ...given.negation(option) };
}

const rpfilter: MatchModule = {
  options: { '--loose': 0, '--validmark': 0, '--accept-local': 0, '--invert': 0 },
  read(given) {
    given.refuse('--accept-local');
    const inverted = given.has('--invert') ? ({ negate: true } as const) : {};
    return [{ kind: 'rpfilter', loose: given.has('--loose'), text: given.text('-m rpfilter'), ...inverted }];
  },
};

/** No socket here is a transparent one; whether another one listens is not asked for a first packet. */
const socket: MatchModule = {
  options: { '--transparent': 0, '--nowildcard': 0, '--restore-skmark': 0 },
  read(given) {
    if (!given.has('--transparent')) unknownPart('the match socket without --transparent');
    return [{ kind: 'fixed', holds: false, text: given.text('-m socket') }];
  },
};

/** No packet here is of IPsec. */
const policy: MatchModule = {
  options: { '--dir': 1, '--pol': 1, '--strict': 0, '--reqid': 1, '--spi': 1, '--proto': 1, '--mode': 1 },
  read(given) {
    return [{ kind: 'fixed', holds: given.required('--pol') === 'none', text: given.text('-m policy') }];
  },
};

/** Headers of IPv6 between that of the packet and that of its protocol; first packets here have none. */
const noSuchHeader = (name: string, ...options: string[]): MatchModule =>
  fixed(name, Object.fromEntries(options.map((option) => [option, 1])), () => false);

const HASHLIMIT: OptionTable = {
  '--hashlimit-upto': 1,
  '--hashlimit': '--hashlimit-upto',
  '--hashlimit-above': 1,
  '--hashlimit-burst': 1,
  '--hashlimit-mode': 1,
  '--hashlimit-srcmask': 1,
  '--hashlimit-dstmask': 1,
  '--hashlimit-name': 1,
  '--hashlimit-htable-size': 1,
  '--hashlimit-htable-max': 1,
  '--hashlimit-htable-expire': 1,
  '--hashlimit-htable-gcinterval': 1,
  '--hashlimit-rate-match': 0,
  '--hashlimit-rate-interval': 1,
};

const CONNLIMIT: OptionTable = {
  '--connlimit-upto': 1,
  '--connlimit-above': 1,
  '--connlimit-mask': 1,
  '--connlimit-saddr': 0,
  '--connlimit-daddr': 0,
};

export const MATCH_MODULES: Readonly<Record<string, MatchModule>> = {
  tcp,
  udp: datagram('UDP'),
  sctp: datagram('SCTP'),
  multiport,
  addrtype,
  mark: marks('mark'),
  connmark: marks('connmark'),
  conntrack,
  state,
  statistic,
  recent,
  set,
  iprange,
  comment,
  nfacct,
  physdev,
  owner,
  rpfilter,
  socket,
  policy,
  // The first packet of a connection that a helper expects is another one's business.
  helper: fixed('helper', { '--helper': 1 }, (given) => given.negation('--helper').negate === true),
  rt: noSuchHeader('rt', '--rt-type', '--rt-segsleft', '--rt-len', '--rt-0-addrs'),
  frag: noSuchHeader('frag', '--fragid', '--fraglen'),
  hbh: noSuchHeader('hbh', '--hbh-len', '--hbh-opts'),
  dst: noSuchHeader('dst', '--dst-len', '--dst-opts'),
  limit: fixed('limit', { '--limit': 1, '--limit-burst': 1 }, () => true, 'the limit is taken as not reached'),
  hashlimit: fixed(
    'hashlimit',
    HASHLIMIT,
    (given) => given.has('--hashlimit-upto'),
    'the limit is taken as not reached',
  ),
  connlimit: fixed(
    'connlimit',
    CONNLIMIT,
    (given) =>
      given.has('--connlimit-upto')
        ? !given.negation('--connlimit-upto').negate
        : !!given.negation('--connlimit-above').negate,
    'the number of connections is taken as not reached',
  ),
};
