/**
 * Random texts for iptables-restore, in the words of firewalls and CNIs, over the addresses of one small network: node n1
 * with a bridge for its pods, another node, a client outside.
 */

/** A number below `end`. */
export type Dice = (end: number) => number;

/** Small and seeded, so that a text can be had again. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (end) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor(((Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0) / 2 ** 32) * end);
  };
}

const ADDRESSES = [
  '10.1.1.10',
  '10.1.1.0/24',
  '10.1.2.10',
  '10.1.0.0/16',
  '203.0.113.9',
  '203.0.113.0/24',
  '192.168.0.11',
  '192.168.0.12',
  '10.96.0.10',
  '127.0.0.0/8',
];
const PORTS = [80, 53, 8080, 9000, 30080];

export interface TextOptions {
  /** Chance only where a kernel can be asked about it: not by source port, and not by what came before. */
  forKernel: boolean;
  /** Rules ask the sets of `ownSetsText`. */
  sets?: boolean;
}

const HOSTS = ['10.1.1.10', '10.1.1.20', '10.1.2.10', '203.0.113.9', '192.168.0.11', '192.168.0.12', '10.96.0.10'];
const NETS = [
  '10.1.1.0/24',
  '10.1.1.8/29',
  '10.1.2.10',
  '10.1.0.0/16',
  '203.0.113.0/24',
  '192.168.0.8/30',
  '10.0.0.0/8',
];
const NO_MATCH = [' nomatch', '', '', ''];

/** A set of each type, by its name. */
const SETS: Readonly<Record<string, { type: string; parts: number; entry: (dice: Dice) => string }>> = {
  ADDRESSES: { type: 'hash:ip', parts: 1, entry: (dice) => pick(dice, HOSTS) },
  MASKED: { type: 'hash:ip netmask 28', parts: 1, entry: (dice) => pick(dice, HOSTS) },
  NETS: { type: 'hash:net', parts: 1, entry: (dice) => pick(dice, NETS) + pick(dice, NO_MATCH) },
  PLACES: { type: 'hash:ip,port', parts: 2, entry: (dice) => `${pick(dice, HOSTS)},${portText(dice)}` },
  AREAS: {
    type: 'hash:net,port',
    parts: 2,
    entry: (dice) => `${pick(dice, NETS)},${portText(dice)}${pick(dice, NO_MATCH)}`,
  },
  PAIRS: {
    type: 'hash:ip,port,ip',
    parts: 3,
    entry: (dice) => `${pick(dice, HOSTS)},${portText(dice)},${pick(dice, HOSTS)}`,
  },
  ALLOWED: {
    type: 'hash:ip,port,net',
    parts: 3,
    entry: (dice) => `${pick(dice, HOSTS)},${portText(dice)},${pick(dice, NETS)}`,
  },
  PORTS: { type: 'bitmap:port range 0-65535', parts: 1, entry: (dice) => `${pick(dice, PORTS)}` },
  ANY: { type: 'list:set', parts: 2, entry: (dice) => pick(dice, ['ADDRESSES', 'NETS', 'PLACES', 'AREAS']) },
};

function portText(dice: Dice): string {
  return `${pick(dice, ['tcp', 'tcp', 'udp'])}:${pick(dice, PORTS)}`;
}

/** What `ipset save` prints of them, but for sizes. */
export function ownSetsText(dice: Dice): string {
  const lines: string[] = [];
  for (const [name, { type, entry }] of Object.entries(SETS)) {
    lines.push(`create ${name} ${type}`);
    const entries = new Map<string, string>();
    for (let n = dice(9); n > 0; n--) {
      const text = entry(dice);
      entries.set(text.split(' ')[0]!, text);
    }
    for (const text of entries.values()) lines.push(`add ${name} ${text}`);
  }
  return [...lines, ''].join('\n');
}

/** Also with fewer sides than the set has parts, and with more. */
function setMatch(dice: Dice): string {
  const name = pick(dice, Object.keys(SETS));
  const { parts } = SETS[name]!;
  const first = name === 'PORTS' ? 'dst' : pick(dice, ['src', 'dst']);
  const sides = [first, 'dst', pick(dice, ['src', 'dst'])].slice(0, pick(dice, [parts, parts, parts, 1, 3]));
  return `-m set ${dice(4) === 0 ? '! ' : ''}--match-set ${name} ${sides.join(',')}`;
}

type Table = 'raw' | 'mangle' | 'nat' | 'filter';
type Place = 'sources' | 'destinations' | 'any';

interface UserChain {
  name: string;
  table: Table;
  place: Place;
}

const USER_CHAINS: readonly UserChain[] = [
  ...['F0', 'F1', 'F2'].map((name) => ({ name, table: 'filter', place: 'any' }) as const),
  ...['D0', 'D1'].map((name) => ({ name, table: 'nat', place: 'destinations' }) as const),
  ...['S0', 'S1'].map((name) => ({ name, table: 'nat', place: 'sources' }) as const),
  { name: 'M0', table: 'mangle', place: 'any' },
];

const BASES: Readonly<Record<Table, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

export function ownRulesText(dice: Dice, options: TextOptions): string {
  return (['raw', 'mangle', 'nat', 'filter'] as const).map((table) => tableText(table, dice, options)).join('');
}

function tableText(table: Table, dice: Dice, options: TextOptions): string {
  const chains = USER_CHAINS.filter((chain) => chain.table === table);
  const policy = () => (table === 'filter' && dice(6) === 0 ? 'DROP' : 'ACCEPT');
  const lines = [`*${table}`];
  for (const base of BASES[table]) lines.push(`:${base} ${base === 'OUTPUT' ? 'ACCEPT' : policy()} [0:0]`);
  for (const { name } of chains) lines.push(`:${name} - [0:0]`);
  for (const base of BASES[table]) {
    if (table === 'filter') lines.push(`-A ${base} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`);
    const place = table !== 'nat' ? 'any' : base === 'PREROUTING' || base === 'OUTPUT' ? 'destinations' : 'sources';
    if (base === 'INPUT' && table === 'nat') continue;
    for (let n = dice(4); n >= 0; n--) lines.push(ruleText({ name: base, table, place }, chains, -1, dice, options));
  }
  for (const [index, chain] of chains.entries()) {
    for (let n = dice(4); n >= 0; n--) lines.push(ruleText(chain, chains, index, dice, options));
  }
  return [...lines, 'COMMIT', ''].join('\n');
}

function ruleText(
  chain: UserChain,
  chains: readonly UserChain[],
  index: number,
  dice: Dice,
  options: TextOptions,
): string {
  const later = chains.filter(({ place }, number) => number > index && place === chain.place).map(({ name }) => name);
  const protocol = pick(dice, ['', '', 'tcp', 'tcp', 'udp']);
  const parts = [...headerMatches(chain, dice), ...protocolMatches(protocol, dice, options)];
  for (let n = dice(3); n > 0; n--) parts.push(moduleMatch(chain, dice, options));
  return `-A ${chain.name} ${[...parts, targetText(chain, protocol, later, dice, options)].filter((part) => part !== '').join(' ')}`;
}

function headerMatches({ name, place, table }: UserChain, dice: Dice): string[] {
  const not = dice(4) === 0 ? '! ' : '';
  const canSeeIn = name === 'PREROUTING' || name === 'INPUT' || name === 'FORWARD';
  const canSeeOut = name === 'FORWARD' || name === 'OUTPUT' || (name === 'POSTROUTING' && table !== 'raw');
  return [
    dice(3) === 0 ? `${not}-s ${pick(dice, ADDRESSES)}` : '',
    dice(3) === 0 ? `${place === 'any' ? not : ''}-d ${pick(dice, ADDRESSES)}` : '',
    canSeeIn && dice(4) === 0 ? `${not}-i ${pick(dice, ['eth0', 'cni0', 'lo', 'e+'])}` : '',
    canSeeOut && dice(4) === 0 ? `${not}-o ${pick(dice, ['eth0', 'cni0', 'lo', 'c+'])}` : '',
  ];
}

function protocolMatches(protocol: string, dice: Dice, { forKernel }: TextOptions): string[] {
  if (protocol === '') return [];
  const port = pick(dice, PORTS);
  const module = `-m ${protocol}`;
  const wide = ['1024:65535', '1:1023', '32768:60999'];
  return [
    `-p ${protocol}`,
    pick(dice, [
      '',
      `${module} --dport ${port}`,
      `${module} ! --dport ${port}`,
      `${module} --dport ${port}:${port + 1000}`,
      `${module} --sport ${pick(dice, forKernel ? wide : [...wide, '40000:50000', '32768:45000', '60999'])}`,
      `-m multiport --dports 80,${port},9000:9100`,
      `-m multiport ! --dports ${port}`,
      forKernel ? '' : `-m multiport --ports ${port},50000:60000`,
      protocol === 'tcp' ? '-m tcp --syn' : '',
      protocol === 'tcp' ? '-m tcp ! --tcp-flags SYN,ACK SYN' : '',
    ]),
  ];
}

function moduleMatch({ name, table }: UserChain, dice: Dice, { forKernel, sets }: TextOptions): string {
  if (sets === true && dice(2) === 0) return setMatch(dice);
  const not = dice(4) === 0 ? '! ' : '';
  const address = pick(dice, ADDRESSES);
  const common = [
    `-m addrtype ${not}--dst-type LOCAL`,
    `-m addrtype ${not}--src-type LOCAL`,
    `-m addrtype --dst-type UNICAST,MULTICAST`,
    `-m mark ${not}--mark 0x1/0x1`,
    `-m connmark ${not}--mark 0x2/0x6`,
    `-m conntrack ${not}--ctstate ${pick(dice, ['NEW', 'INVALID', 'UNTRACKED', 'DNAT', 'NEW,SNAT'])}`,
    `-m conntrack ${not}--ctorigdst ${address}`,
    `-m conntrack --ctproto tcp ${not}--ctorigsrc ${address}`,
    `-m conntrack --ctdir ORIGINAL ${not}--ctstatus CONFIRMED`,
    '-m state --state NEW',
    `-m iprange ${not}--src-range 10.1.1.5-10.1.1.99`,
    `-m iprange --dst-range 10.1.1.10-10.1.2.10`,
    '-m limit --limit 10000/sec --limit-burst 10000',
    '-m comment --comment "what it is for"',
    `-m physdev ${not}--physdev-is-in`,
  ];
  const chance = [
    '-m statistic --mode random --probability 0.50000000000',
    '-m statistic --mode nth --every 2 --packet 0',
  ];
  const memory = ['-m recent --set --name SEEN', `-m recent ${not}--rcheck --seconds 30 --hitcount 2 --name SEEN`];
  return pick(dice, [
    ...common,
    ...(table === 'nat' || !forKernel ? chance : []),
    ...(forKernel ? [] : memory),
    ...(name === 'OUTPUT' ? [`-m owner ${not}--uid-owner 0`] : []),
    ...(name === 'PREROUTING' ? [`-m addrtype ${not}--dst-type LOCAL --limit-iface-in`] : []),
    ...(name === 'FORWARD' || name === 'POSTROUTING' ? [`-m physdev ${not}--physdev-is-bridged`] : []),
    ...(name === 'FORWARD' ? [`-m physdev --physdev-is-bridged ${not}--physdev-is-out`] : []),
  ]);
}

function targetText(
  { name, table, place }: UserChain,
  protocol: string,
  later: readonly string[],
  dice: Dice,
  { forKernel }: TextOptions,
): string {
  const ways = [
    ...later.flatMap((chain) => [`-j ${chain}`, `-j ${chain}`, `-g ${chain}`]),
    '-j MARK --set-xmark 0x1/0x1',
    '-j MARK --set-xmark 0x3/0x0',
    '-j CONNMARK --set-xmark 0x2/0xff',
    '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
    '-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf',
    '-j RETURN',
  ];
  if (table === 'raw' || table === 'mangle') return pick(dice, ways);
  if (table === 'filter') {
    const withReset = protocol === 'tcp' ? ['-j REJECT --reject-with tcp-reset'] : [];
    const kinds = ['port-unreachable', 'host-prohibited', 'admin-prohibited', 'net-unreachable'];
    const rejects = kinds.map((kind) => `-j REJECT --reject-with icmp-${kind}`);
    return pick(dice, [...ways, '-j ACCEPT', '-j ACCEPT', '-j DROP', pick(dice, rejects), ...withReset]);
  }
  if (place === 'sources') {
    return pick(dice, [
      ...ways,
      '-j ACCEPT',
      '-j MASQUERADE',
      '-j MASQUERADE --random-fully',
      '-j SNAT --to-source 192.168.0.11',
    ]);
  }
  const withPort = [
    '-j DNAT --to-destination 10.1.1.10:8080',
    '-j DNAT --to-destination 10.1.2.10:8080',
    '-j DNAT --to-destination 192.168.0.11:9000',
    // The kernel takes one by a hash of the source, always the same one.
    ...(forKernel ? [] : ['-j DNAT --to-destination 10.1.1.10-10.1.1.11:8080']),
    '-j DNAT --to-destination :8080-8082',
    ...(name === 'PREROUTING' ? ['-j REDIRECT --to-ports 9000'] : []),
  ];
  return pick(dice, [...ways, '-j ACCEPT', '-j DNAT --to-destination 10.1.1.10', ...(protocol === '' ? [] : withPort)]);
}

function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[dice(list.length)]!;
}
