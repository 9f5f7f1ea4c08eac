import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from './address.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';
import type { Entry, NodeContext } from './packet.js';
import type { Match, Rule, Ruleset, Target } from './rules.js';
import { keyOf, type VirtualServer } from './virtual-servers.js';
import type { WalkOutcome } from './walk-outcome.js';

const MARK = 0x4000;
const VIP = '10.0.170.92';
const NODE = '10.240.0.4';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

const isOwn = ({ text }: Ip): boolean => text === NODE || text.startsWith('127.');
const node: NodeContext = {
  name: 'n1',
  routeLocalnet: false,
  addressesOf: () => [],
  isLocalAddress: isOwn,
  egress(address) {
    if (isOwn(address)) return { interface: 'lo', address: ip(NODE), local: true };
    const isHere = address.text.startsWith('10.180.1.');
    return { interface: isHere ? 'cbr0' : 'eth0', address: ip(isHere ? '10.180.1.1' : NODE), local: false };
  },
};

interface Setting {
  servers?: Partial<VirtualServer>[];
  bound?: string[];
  /** By `table chain`. */
  rules?: Record<string, Rule[]>;
}

function rulesetOf({ servers = [{}], bound = [VIP], rules = {} }: Setting): Ruleset {
  const all = servers.map(
    (server): VirtualServer => ({
      ip: ip(VIP),
      port: 80,
      protocol: 'TCP',
      scheduler: 'rr',
      hashesPorts: false,
      persistenceSeconds: null,
      realServers: [
        { ip: ip('10.180.1.2'), port: 8080 },
        { ip: ip('10.180.2.2'), port: 8080 },
      ],
      ...server,
    }),
  );
  const chains = (table: string) =>
    new Map(
      Object.entries(rules)
        .filter(([place]) => place.startsWith(`${table} `))
        .map(([place, list]) => [place.split(' ')[1]!, { name: place.split(' ')[1]!, rules: list }]),
    );
  const byKey = new Map(all.map((server) => [keyOf(server), server]));
  return {
    ipFamily: 'IPv4',
    tables: new Map(
      (['nat', 'filter'] as const).map((name) => [name, { syntax: 'iptables', name, chains: chains(name) }]),
    ),
    boundAddresses: new Set(bound),
    virtualServers: { get: (key) => byKey.get(key), [Symbol.iterator]: () => byKey.values() },
  };
}

function outcomesOf(
  setting: Setting,
  from: string,
  to = VIP,
  entry: Entry = 'arriving',
  options: Partial<EvaluateOptions> = {},
): WalkOutcome[] {
  const packet = {
    sourceIp: ip(from),
    sourcePort: null,
    destinationIp: ip(to),
    destinationPort: 80,
    protocol: 'TCP',
    inInterface: entry === 'local' ? null : 'eth0',
  } as const;
  return evaluate(entry, rulesetOf(setting), node, packet, { masqueradeMark: MARK, ...options });
}

const rule = (target: Target, ...matches: Match[]): Rule => ({ matches, target });
const drop: Target = { kind: 'DROP' };
const mark = rule({ kind: 'MARK', operation: 'or', value: MARK });
const postrouting = [
  rule({ kind: 'RETURN' }, { kind: 'mark', value: MARK, mask: MARK, negate: true }),
  rule({ kind: 'MASQUERADE', randomFully: false }),
];

const summary = ({ verdict, destinationIp, destinationPort, sourceIp, egress, probability }: WalkOutcome) => ({
  verdict,
  to: `${destinationIp.text}:${destinationPort}`,
  from: sourceIp?.text,
  by: egress?.interface,
  probability,
});

describe('a packet for a virtual server', () => {
  it('goes to each real server with the same chance, with its source kept', () => {
    expect(outcomesOf({}, '198.51.100.79').map(summary)).toEqual([
      { verdict: 'forward', to: '10.180.1.2:8080', from: '198.51.100.79', by: 'cbr0', probability: 0.5 },
      { verdict: 'forward', to: '10.180.2.2:8080', from: '198.51.100.79', by: 'eth0', probability: 0.5 },
    ]);
  });

  it('is masqueraded by a mark that PREROUTING has set', () => {
    const rules = { 'nat PREROUTING': [mark], 'nat POSTROUTING': postrouting };
    expect(outcomesOf({ rules }, '198.51.100.79').map(summary)).toMatchObject([
      { from: '10.180.1.1', by: 'cbr0' },
      { from: NODE, by: 'eth0' },
    ]);
  });

  it('meets the filter of INPUT with its own destination, and that of OUTPUT with the real server', () => {
    const toVip: Match = { kind: 'destination', cidr: VIP };
    const toReal: Match = { kind: 'destination', cidr: '10.180.2.2' };
    const onInput = outcomesOf({ rules: { 'filter INPUT': [rule(drop, toVip)] } }, '198.51.100.79');
    expect(onInput).toMatchObject([{ verdict: 'drop', hook: 'INPUT' }]);
    const onOutput = outcomesOf({ rules: { 'filter OUTPUT': [rule(drop, toReal)] } }, '198.51.100.79');
    expect(onOutput.map(({ verdict }) => verdict)).toEqual(['forward', 'drop']);
    const forward = { 'filter FORWARD': [rule(drop)], 'nat INPUT': [rule(drop)] };
    expect(outcomesOf({ rules: forward }, '198.51.100.79').map(({ verdict }) => verdict)).toEqual([
      'forward',
      'forward',
    ]);
  });

  it('from the node itself is taken behind the nat of OUTPUT, before its filter', () => {
    const toVip: Match = { kind: 'destination', cidr: VIP };
    const rules = { 'nat OUTPUT': [mark], 'filter OUTPUT': [rule(drop, toVip)], 'nat POSTROUTING': postrouting };
    expect(outcomesOf({ rules }, VIP, VIP, 'local').map(summary)).toMatchObject([
      { verdict: 'forward', from: '10.180.1.1' },
      { verdict: 'forward', from: NODE },
    ]);
  });

  it('can be told from others in OUTPUT by the virtual server', () => {
    const other: Match = { kind: 'ipvs', address: VIP, protocol: 'TCP', port: 81 };
    const same: Match = { kind: 'ipvs', address: VIP, protocol: 'TCP', port: 80 };
    const verdicts = (match: Match) =>
      outcomesOf({ rules: { 'filter OUTPUT': [rule(drop, match)] } }, VIP, VIP, 'local').map(({ verdict }) => verdict);
    expect(verdicts(other)).toEqual(['forward', 'forward']);
    expect(verdicts(same)).toEqual(['drop', 'drop']);
  });

  it('stays on the node where the real server is its own', () => {
    const servers = [{ realServers: [{ ip: ip(NODE), port: 9376 }] }];
    const rules = { 'nat PREROUTING': [mark], 'nat POSTROUTING': postrouting };
    expect(outcomesOf({ servers, rules }, '198.51.100.79').map(summary)).toMatchObject([
      { verdict: 'local', to: `${NODE}:9376`, from: '198.51.100.79' },
    ]);
    const fromNode = { 'nat OUTPUT': [mark], 'nat POSTROUTING': postrouting };
    expect(outcomesOf({ servers, rules: fromNode }, VIP, VIP, 'local').map(summary)).toMatchObject([
      { verdict: 'local', to: `${NODE}:9376`, from: NODE },
    ]);
  });

  it('is refused where there is no real server', () => {
    expect(outcomesOf({ servers: [{ realServers: [] }] }, '198.51.100.79')).toMatchObject([
      { verdict: 'reject', hook: 'INPUT', reason: `virtual server ${VIP}:80/TCP has no real server` },
    ]);
  });

  it('does not leave from a loopback address', () => {
    const outcomes = outcomesOf({}, '127.0.0.1', VIP, 'local');
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['drop', 'drop']);
  });

  it('of a known connection is not scheduled', () => {
    const outcomes = outcomesOf({}, '198.51.100.79', VIP, 'arriving', { connectionState: 'ESTABLISHED' });
    expect(outcomes.map(summary)).toMatchObject([{ verdict: 'local', to: `${VIP}:80` }]);
  });

  it('names the real server in its steps', () => {
    expect(outcomesOf({}, '198.51.100.79')[1]?.steps).toEqual([
      {
        node: 'n1',
        hook: 'INPUT',
        table: 'ipvs',
        chain: `-t ${VIP}:80 -s rr`,
        rule: `-a -t ${VIP}:80 -r 10.180.2.2:8080 -m -w 1`,
        action: 'DNAT to 10.180.2.2:8080',
      },
    ]);
  });
});

describe('persistence', () => {
  const servers = [{ persistenceSeconds: 10 }];

  it('asks and stamps a list for each real server', () => {
    const names = [`${VIP}:80/TCP -> 10.180.1.2:8080`, `${VIP}:80/TCP -> 10.180.2.2:8080`];
    const outcomes = outcomesOf({ servers }, '198.51.100.79');
    expect(outcomes.map(({ affinitySet }) => affinitySet)).toEqual(names.map((name) => [name]));
    expect(outcomes[0]?.affinityChecked).toEqual(names.map((name) => ({ name, seconds: 10 })));
  });

  it('keeps a client to its real server', () => {
    const recentlySet = (name: string, seconds: number): boolean => name.endsWith('10.180.2.2:8080') && seconds === 10;
    expect(outcomesOf({ servers }, '198.51.100.79', VIP, 'arriving', { recentlySet }).map(summary)).toMatchObject([
      { to: '10.180.2.2:8080', probability: 1 },
    ]);
  });
});

describe('the draw of a real server', () => {
  it.each([
    ['rr', 'packet'],
    ['lc', 'packet'],
    ['sh', 'source'],
    ['mh', 'source'],
    ['dh', 'virtualServer'],
    ['fo', 'virtualServer'],
  ])('of the scheduler %s is made for each %s', (scheduler, drawnBy) => {
    const outcomes = outcomesOf({ servers: [{ scheduler }] }, '198.51.100.79');
    expect(outcomes.map((outcome) => outcome.drawnBy)).toEqual([drawnBy, drawnBy]);
  });
});

describe('an address of the dummy device', () => {
  it("is the node's own: what no virtual server takes is handed to its sockets", () => {
    expect(outcomesOf({ servers: [] }, '198.51.100.79').map(summary)).toMatchObject([{ verdict: 'local' }]);
    expect(outcomesOf({ servers: [], bound: [] }, '198.51.100.79').map(summary)).toMatchObject([
      { verdict: 'forward', by: 'eth0' },
    ]);
  });

  it('counts as a local source and destination for addrtype', () => {
    const local: Match = { kind: 'addrtype', source: 'LOCAL', destination: 'LOCAL' };
    const rules = { 'filter OUTPUT': [rule(drop, local)] };
    expect(outcomesOf({ servers: [], rules }, VIP, VIP, 'local')).toMatchObject([{ verdict: 'drop' }]);
    const notFromNode: Match = { kind: 'addrtype', source: 'LOCAL', negateSource: true };
    const input = { 'filter INPUT': [rule(drop, notFromNode)] };
    expect(outcomesOf({ servers: [], rules: input }, VIP)).toMatchObject([{ verdict: 'local' }]);
    expect(outcomesOf({ servers: [], rules: input }, '198.51.100.79')).toMatchObject([{ verdict: 'drop' }]);
  });
});
