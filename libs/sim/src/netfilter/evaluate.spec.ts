import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from './address.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';
import type { Entry, NodeContext, Packet } from './packet.js';
import type { Match, Rule, Ruleset, TableName, Target } from './rules.js';
import type { WalkOutcome } from './walk-outcome.js';

const MARK = 0x4000;

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

/** kubernetes-node-6jst of the tutorial: pods behind a bridge, the rest over eth0; tun0 has no known address. */
function nodeWith(change: Partial<NodeContext> = {}): NodeContext {
  const isLocalAddress = ({ text }: Ip): boolean => text === '10.240.0.4' || text.startsWith('127.') || text === '::1';
  return {
    name: 'n1',
    routeLocalnet: true,
    isLocalAddress,
    addressesOf: (name) => (name === 'eth0' ? [ip('10.240.0.4')] : name === 'cbr0' ? [ip('10.180.1.1')] : []),
    egress(address) {
      if (isLocalAddress(address)) return { interface: 'lo', address: ip('10.240.0.4'), local: true };
      if (address.text.startsWith('10.180.1.')) return { interface: 'cbr0', address: ip('10.180.1.1'), local: false };
      if (address.text.startsWith('10.99.')) return { interface: 'tun0', address: null, local: false };
      return { interface: 'eth0', address: ip('10.240.0.4'), local: false };
    },
    ...change,
  };
}

type Rules = Partial<Record<TableName, Record<string, Rule[]>>>;

function rulesetOf(rules: Rules): Ruleset {
  const tables = Object.entries(rules).map(([table, chains]) => {
    const name = table as TableName;
    const named = Object.entries(chains).map(([chain, list]) => [chain, { name: chain, rules: list }] as const);
    return [name, { syntax: 'iptables', name, chains: new Map(named) }] as const;
  });
  return { ipFamily: 'IPv4', tables: new Map(tables) };
}

const rule = (target: Target | null, ...matches: Match[]): Rule => ({ matches, target });
const jump = (chain: string, ...matches: Match[]): Rule => rule({ kind: 'jump', chain }, ...matches);
const dnat = (address: string, ...matches: Match[]): Rule =>
  rule({ kind: 'DNAT', ip: address, port: 8080 }, ...matches);
const accept: Target = { kind: 'ACCEPT' };
const drop: Target = { kind: 'DROP' };
const markMasquerade = rule({ kind: 'MARK', operation: 'or', value: MARK });
const postrouting = [
  rule({ kind: 'RETURN' }, { kind: 'mark', value: MARK, mask: MARK, negate: true }),
  rule({ kind: 'MARK', operation: 'xor', value: MARK }),
  rule({ kind: 'MASQUERADE', randomFully: false }),
];

interface Flow {
  from?: string;
  to?: string;
  port?: number;
  protocol?: Packet['protocol'];
  inInterface?: string | null;
  entry?: Entry;
  node?: NodeContext;
  options?: Partial<EvaluateOptions>;
}

function outcomesOf(rules: Rules, flow: Flow = {}): WalkOutcome[] {
  const { entry = 'arriving', from = '198.51.100.79', to = '10.0.170.92', port = 80, protocol = 'TCP' } = flow;
  const inInterface = flow.inInterface === undefined ? 'eth0' : flow.inInterface;
  const packet = {
    sourceIp: ip(from),
    sourcePort: null,
    destinationIp: ip(to),
    destinationPort: port,
    protocol,
    inInterface: entry === 'local' ? null : inInterface,
  };
  return evaluate(entry, rulesetOf(rules), flow.node ?? nodeWith(), packet, { masqueradeMark: MARK, ...flow.options });
}

function outcomeOf(rules: Rules, flow: Flow = {}): WalkOutcome {
  const [outcome, ...others] = outcomesOf(rules, flow);
  if (outcome === undefined || others.length > 0) throw new Error(`${others.length + 1} outcomes`);
  return outcome;
}

describe('a match', () => {
  const hit: Flow = { from: '10.244.3.8', to: '10.240.0.4', port: 31234, inInterface: 'veth7' };
  it.each<[string, Match, Flow, Flow]>([
    ['protocol', { kind: 'protocol', protocol: 'TCP' }, {}, { protocol: 'UDP' }],
    ['source', { kind: 'source', cidr: '10.244.0.0/16' }, {}, { from: '10.245.0.1' }],
    ['not source', { kind: 'source', cidr: '10.180.0.0/16', negate: true }, {}, { from: '10.180.9.9' }],
    ['destination', { kind: 'destination', cidr: '10.240.0.4' }, {}, { to: '10.240.0.5' }],
    ['not destination', { kind: 'destination', cidr: '127.0.0.0/8', negate: true }, {}, { to: '127.0.0.1' }],
    ['destination port', { kind: 'destinationPort', port: 31234 }, {}, { port: 31235 }],
    ['interface', { kind: 'inInterface', name: 'veth7' }, {}, { inInterface: 'veth71' }],
    ['interface prefix', { kind: 'inInterface', name: 'veth+' }, {}, { inInterface: 'eth0' }],
    ['an interface that is not known', { kind: 'inInterface', name: 'v+' }, {}, { inInterface: null }],
    ['not interface', { kind: 'inInterface', name: 'cbr0', negate: true }, {}, { inInterface: 'cbr0' }],
    ['local destination', { kind: 'addrtype', destination: 'LOCAL' }, {}, { to: '10.240.0.5' }],
    ['local source', { kind: 'addrtype', source: 'LOCAL' }, { from: '10.240.0.4' }, {}],
    ['unmarked', { kind: 'mark', value: MARK, mask: MARK, negate: true }, {}, { port: 1 }],
    ['state', { kind: 'conntrack', states: ['INVALID'] }, { options: { connectionState: 'INVALID' } }, {}],
    [
      'not state',
      { kind: 'conntrack', states: ['NEW'], negate: true },
      { options: { connectionState: 'ESTABLISHED' } },
      {},
    ],
    [
      'session affinity',
      { kind: 'recent', name: 'KUBE-SEP-A', operation: 'rcheck', seconds: 10, reap: true },
      {
        options: {
          recentlySet: (name, seconds, source) => `${name} ${seconds} ${source.text}` === 'KUBE-SEP-A 10 10.244.3.8',
        },
      },
      {},
    ],
  ])('tells %s', (_, match, holding, failing) => {
    const marksPort1 = rule({ kind: 'MARK', operation: 'or', value: MARK }, { kind: 'destinationPort', port: 1 });
    const rules: Rules = { mangle: { PREROUTING: [marksPort1, rule(drop, match)] } };
    expect(outcomeOf(rules, { ...hit, ...holding }).verdict).toBe('drop');
    expect(outcomeOf(rules, { ...hit, ...failing }).verdict).not.toBe('drop');
  });

  it('of a comment or a counter always holds', () => {
    const rules = { filter: { FORWARD: [rule(drop, { kind: 'comment', text: 'x' }, { kind: 'nfacct', name: 'n' })] } };
    expect(outcomeOf(rules).verdict).toBe('drop');
  });

  it('needs all others of its rule', () => {
    const both: Match[] = [
      { kind: 'destinationPort', port: 80 },
      { kind: 'protocol', protocol: 'UDP' },
    ];
    expect(outcomeOf({ filter: { FORWARD: [rule(drop, ...both)] } }).verdict).toBe('forward');
  });
});

describe('a walk through chains', () => {
  it('goes on behind the jump when a chain ends or returns', () => {
    const rules = {
      filter: {
        FORWARD: [jump('ENDS'), jump('RETURNS'), rule({ kind: 'REJECT' })],
        ENDS: [],
        RETURNS: [rule({ kind: 'RETURN' }), rule(drop)],
      },
    };
    expect(outcomeOf(rules)).toMatchObject({ verdict: 'reject', reason: '-t filter -A FORWARD -j REJECT' });
  });

  it('accepts where a base chain returns', () => {
    expect(outcomeOf({ filter: { FORWARD: [rule({ kind: 'RETURN' }), rule(drop)] } }).verdict).toBe('forward');
  });

  it('ends one table with ACCEPT and not the next', () => {
    const rules = { mangle: { FORWARD: [rule(accept), rule(drop)] }, filter: { FORWARD: [rule({ kind: 'REJECT' })] } };
    expect(outcomeOf(rules).verdict).toBe('reject');
  });

  it('visits the tables of each hook in the order of the kernel', () => {
    const everywhere = Object.fromEntries(
      ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((hook) => [hook, [rule(null)]]),
    );
    const rules = { filter: everywhere, nat: everywhere, mangle: everywhere, raw: everywhere };
    const passed = (flow: Flow): string[] => outcomeOf(rules, flow).steps.map(({ table, hook }) => `${table} ${hook}`);
    const prerouting = ['raw PREROUTING', 'mangle PREROUTING', 'nat PREROUTING'];
    const output = [
      'raw OUTPUT',
      'mangle OUTPUT',
      'nat OUTPUT',
      'filter OUTPUT',
      'mangle POSTROUTING',
      'nat POSTROUTING',
    ];
    expect(passed({ to: '10.180.1.136' })).toEqual([
      ...prerouting,
      'mangle FORWARD',
      'filter FORWARD',
      'mangle POSTROUTING',
      'nat POSTROUTING',
    ]);
    expect(passed({ to: '10.240.0.4' })).toEqual([...prerouting, 'mangle INPUT', 'filter INPUT', 'nat INPUT']);
    expect(passed({ entry: 'local', to: '10.240.0.5' })).toEqual(output);
    const back = ['raw PREROUTING', 'mangle PREROUTING', 'mangle INPUT', 'filter INPUT'];
    expect(passed({ entry: 'local', from: '127.0.0.1', to: '127.0.0.1' })).toEqual([...output, ...back]);
  });

  it('has a defect, not an answer, where a chain is missing or chains form a loop', () => {
    expect(() => outcomesOf({ filter: { FORWARD: [jump('NOWHERE')] } })).toThrow(/FORWARD jumps to NOWHERE.*node n1/);
    expect(() => outcomesOf({ filter: { FORWARD: [jump('A')], A: [jump('B')], B: [jump('A')] } })).toThrow(
      /B jumps to A/,
    );
  });

  it('tells its steps in the words of iptables', () => {
    const rules = {
      nat: {
        PREROUTING: [jump('KUBE-SERVICES', { kind: 'comment', text: 'kubernetes service portals' })],
        'KUBE-SERVICES': [markMasquerade, dnat('10.180.1.136')],
        POSTROUTING: postrouting,
      },
      filter: { FORWARD: [rule(drop, { kind: 'source', cidr: '203.0.113.0/24' })] },
    };
    expect(outcomeOf(rules).steps.map(({ chain, rule: text, action }) => [chain, text, action])).toEqual([
      ['PREROUTING', '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES', 'jump KUBE-SERVICES'],
      ['KUBE-SERVICES', '-j MARK --or-mark 0x00004000', 'mark 0x4000'],
      ['KUBE-SERVICES', '-j DNAT --to-destination 10.180.1.136:8080', 'DNAT to 10.180.1.136:8080'],
      ['POSTROUTING', '-j MARK --xor-mark 0x00004000', 'flip mark 0x4000'],
      ['POSTROUTING', '-j MASQUERADE', 'MASQUERADE as 10.180.1.1'],
    ]);
  });
});

describe('chance', () => {
  const half: Match = { kind: 'statistic', probability: 0.5 };

  it('takes both ways, in the order of the rules, and multiplies', () => {
    const rules = {
      nat: {
        PREROUTING: [jump('SVC')],
        SVC: [
          dnat('10.180.1.1', { kind: 'statistic', probability: 0.25 }),
          dnat('10.180.1.2', half),
          dnat('10.180.1.3'),
        ],
      },
    };
    expect(outcomesOf(rules).map((each) => [each.destinationIp.text, each.probability])).toEqual([
      ['10.180.1.1', 0.25],
      ['10.180.1.2', 0.375],
      ['10.180.1.3', 0.375],
    ]);
  });

  it('splits nothing where another match of the rule fails, or nothing is left to chance', () => {
    const udp: Match = { kind: 'protocol', protocol: 'UDP' };
    expect(outcomesOf({ filter: { FORWARD: [rule(drop, half, udp)] } }).map(({ verdict }) => verdict)).toEqual([
      'forward',
    ]);
    expect(outcomesOf({ filter: { FORWARD: [rule(drop, { kind: 'statistic', probability: 1 })] } })).toHaveLength(1);
    expect(outcomesOf({ filter: { FORWARD: [rule(drop, { kind: 'statistic', probability: 0 })] } })).toHaveLength(1);
  });

  it('keeps what happened on one way from the others', () => {
    const rules = {
      nat: { PREROUTING: [jump('MASQ', half), dnat('10.180.1.2')], MASQ: [markMasquerade], POSTROUTING: postrouting },
    };
    expect(outcomesOf(rules).map(({ sourceIp, masqueradeMarked }) => [sourceIp?.text, masqueradeMarked])).toEqual([
      ['10.180.1.1', true],
      ['198.51.100.79', false],
    ]);
  });

  it('is not asked when a session affinity list matches, and the outcome names the list that it stamps', () => {
    const asks: Match = { kind: 'recent', name: 'B', operation: 'rcheck', seconds: 10800, reap: true };
    const sep = (name: string, address: string): Rule[] => [dnat(address, { kind: 'recent', name, operation: 'set' })];
    const rules = {
      nat: {
        PREROUTING: [jump('B', asks), jump('A', half), jump('B')],
        A: sep('A', '10.180.1.2'),
        B: sep('B', '10.180.1.3'),
      },
    };
    expect(outcomesOf(rules).map(({ affinitySet }) => affinitySet)).toEqual([['A'], ['B']]);
    expect(outcomesOf(rules)[1]?.affinityChecked).toEqual([{ name: 'B', seconds: 10800 }]);
    const stuck = outcomeOf(rules, { options: { recentlySet: (name) => name === 'B' } });
    expect(stuck).toMatchObject({ probability: 1, affinitySet: ['B'] });
  });
});

describe('translation', () => {
  const toService: Match = { kind: 'destination', cidr: '10.0.170.92' };
  const service = (endpoint: string): Rule[] => [jump('KUBE-MARK-MASQ', toService), dnat(endpoint, toService)];
  const natTo = (endpoint: string): Record<string, Rule[]> => ({
    PREROUTING: service(endpoint),
    OUTPUT: service(endpoint),
    'KUBE-MARK-MASQ': [markMasquerade],
    POSTROUTING: postrouting,
  });

  it('comes before filter: a rule for the service address does not see the packet, one for the endpoint does', () => {
    const nat = natTo('10.180.1.136');
    expect(outcomeOf({ nat, filter: { FORWARD: [rule(drop, toService)] } }).verdict).toBe('forward');
    expect(
      outcomeOf({ nat, filter: { FORWARD: [rule(drop, { kind: 'destination', cidr: '10.180.1.136' })] } }).verdict,
    ).toBe('drop');
  });

  it.each([
    ['10.180.1.136', '10.180.1.1', 'cbr0'],
    ['10.180.2.9', '10.240.0.4', 'eth0'],
  ])('masquerades towards %s as %s, the address of %s', (endpoint, source, outInterface) => {
    const outcome = outcomeOf({ nat: natTo(endpoint) });
    expect(outcome.sourceIp?.text).toBe(source);
    expect(outcome).toMatchObject({ snat: true, dnat: true, masqueradeMarked: true, destinationPort: 8080 });
    expect(outcome.egress?.interface).toBe(outInterface);
  });

  it('has no source where the egress address is not known, and says why', () => {
    expect(outcomeOf({ nat: natTo('10.99.0.1') })).toMatchObject({
      verdict: 'forward',
      sourceIp: null,
      reason: 'the address of tun0 is not known',
    });
  });

  it('does not masquerade a marked packet from outside to an endpoint on the node itself', () => {
    const outcome = outcomeOf({ nat: natTo('10.240.0.4') });
    expect(outcome).toMatchObject({ verdict: 'local', masqueradeMarked: true, snat: false });
    expect(outcome.sourceIp?.text).toBe('198.51.100.79');
  });

  it('does masquerade a process of the node that reaches the node itself over the loopback', () => {
    const outcome = outcomeOf({ nat: natTo('10.240.0.4') }, { entry: 'local', from: '127.0.0.1' });
    expect(outcome).toMatchObject({ verdict: 'local', snat: true });
    expect(outcome.sourceIp?.text).toBe('10.240.0.4');
  });

  it('happens once: what comes back over the loopback is not translated again', () => {
    const rules = {
      nat: { OUTPUT: service('10.240.0.4'), PREROUTING: [dnat('10.180.1.9')], 'KUBE-MARK-MASQ': [markMasquerade] },
    };
    expect(outcomeOf(rules, { entry: 'local', from: '10.240.0.4' }).destinationIp.text).toBe('10.240.0.4');
  });

  it('passes over packets of known connections', () => {
    const outcome = outcomeOf({ nat: natTo('10.180.1.136') }, { options: { connectionState: 'ESTABLISHED' } });
    expect(outcome).toMatchObject({ dnat: false, snat: false, masqueradeMarked: false });
  });

  it('shows as the states DNAT and SNAT only where it changed something', () => {
    const ifState = (state: 'DNAT' | 'SNAT'): Record<string, Rule[]> => ({
      POSTROUTING: [rule(drop, { kind: 'conntrack', states: [state] })],
      INPUT: [rule(drop, { kind: 'conntrack', states: [state] })],
    });
    expect(outcomeOf({ nat: natTo('10.180.1.136'), mangle: ifState('DNAT') }).verdict).toBe('drop');
    const toItself = { PREROUTING: [dnat('10.180.1.136')] };
    expect(outcomeOf({ nat: toItself, mangle: ifState('DNAT') }, { to: '10.180.1.136', port: 8080 }).verdict).toBe(
      'forward',
    );
    const overLoopback: Flow = { entry: 'local', from: '127.0.0.1' };
    expect(outcomeOf({ nat: natTo('10.240.0.4'), mangle: ifState('SNAT') }, overLoopback).verdict).toBe('drop');
    expect(
      outcomeOf({ nat: natTo('10.240.0.4'), mangle: ifState('SNAT') }, { ...overLoopback, from: '10.240.0.4' }).verdict,
    ).toBe('local');
  });

  it('in a hook where the kernel refuses it is a defect', () => {
    expect(() => outcomesOf({ nat: { POSTROUTING: [dnat('10.180.1.1')] } })).toThrow(/DNAT in POSTROUTING/);
    expect(() => outcomesOf({ nat: { PREROUTING: [rule({ kind: 'MASQUERADE', randomFully: false })] } })).toThrow(
      /MASQUERADE in PREROUTING/,
    );
  });
});

describe('a packet to the node itself', () => {
  it('is accepted explicitly only by a rule in INPUT', () => {
    const healthCheck = rule(accept, { kind: 'destinationPort', port: 32122 });
    const rules = { filter: { INPUT: [jump('KUBE-NODEPORTS')], 'KUBE-NODEPORTS': [healthCheck] } };
    expect(outcomeOf(rules, { to: '10.240.0.4', port: 32122 })).toMatchObject({
      verdict: 'local',
      acceptedOnInput: true,
    });
    expect(outcomeOf(rules, { to: '10.240.0.4', port: 80 })).toMatchObject({
      verdict: 'local',
      acceptedOnInput: false,
    });
    expect(outcomeOf({ filter: { FORWARD: [rule(accept)] } }).acceptedOnInput).toBe(false);
  });

  it('says at which hook it ended', () => {
    const own = { entry: 'local', from: '10.240.0.4', to: '10.240.0.4' } as const;
    const dropped = (hook: string) => outcomeOf({ filter: { [hook]: [rule(drop)] } }, own);
    expect(['OUTPUT', 'INPUT'].map((hook) => [dropped(hook).verdict, dropped(hook).hook])).toEqual([
      ['drop', 'OUTPUT'],
      ['drop', 'INPUT'],
    ]);
    expect(outcomeOf({}, own).hook).toBe('INPUT');
    expect(outcomeOf({}).hook).toBe('POSTROUTING');
  });

  it('from one of its own processes can be refused on INPUT', () => {
    const rules = { filter: { INPUT: [rule({ kind: 'REJECT' }, { kind: 'destinationPort', port: 31234 })] } };
    expect(outcomeOf(rules, { entry: 'local', from: '10.240.0.4', to: '10.240.0.4', port: 31234 }).verdict).toBe(
      'reject',
    );
  });
});

describe('loopback addresses', () => {
  const kubeFirewall = rule(
    drop,
    { kind: 'destination', cidr: '127.0.0.0/8' },
    { kind: 'source', cidr: '127.0.0.0/8', negate: true },
    { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negate: true },
  );
  const firewalled = { INPUT: [kubeFirewall], OUTPUT: [kubeFirewall] };
  const toLoopback: Flow = { to: '127.0.0.1', port: 10249 };

  it('are martian destinations from outside, unless route_localnet lets them in', () => {
    expect(outcomeOf({}, { ...toLoopback, node: nodeWith({ routeLocalnet: false }) })).toMatchObject({
      verdict: 'drop',
      reason: expect.stringContaining('martian'),
    });
    expect(outcomeOf({}, toLoopback).verdict).toBe('local');
    expect(outcomeOf({}, { to: '::1', from: '2001:db8::7' }).verdict).toBe('drop');
  });

  it('are no martians where DNAT has replaced them before routing', () => {
    const nat = { PREROUTING: [dnat('10.180.1.136')] };
    expect(outcomeOf({ nat }, { ...toLoopback, node: nodeWith({ routeLocalnet: false }) }).verdict).toBe('forward');
  });

  it('are no martians to the node itself', () => {
    const strict = nodeWith({ routeLocalnet: false });
    expect(outcomeOf({}, { ...toLoopback, from: '127.0.0.1', node: strict }).verdict).toBe('local');
    expect(outcomeOf({}, { ...toLoopback, from: '127.0.0.1', entry: 'local', node: strict }).verdict).toBe('local');
  });

  it('are kept from outsiders by KUBE-FIREWALL when route_localnet is on', () => {
    expect(outcomeOf({ filter: firewalled }, toLoopback).reason).toContain(
      '! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    );
    expect(outcomeOf({ filter: firewalled }, { ...toLoopback, from: '127.0.0.1' }).verdict).toBe('local');
  });

  it('pass KUBE-FIREWALL when DNAT led there', () => {
    const nat = { PREROUTING: [rule({ kind: 'DNAT', ip: '127.0.0.1', port: 9 })] };
    expect(outcomeOf({ nat, filter: firewalled }, { to: '10.240.0.4' }).verdict).toBe('local');
  });

  const nodePort = {
    OUTPUT: [markMasquerade, dnat('10.180.1.136', { kind: 'destinationPort', port: 31234 })],
    POSTROUTING: postrouting,
  };
  const fromLoopback: Flow = { entry: 'local', from: '127.0.0.1', to: '127.0.0.1', port: 31234 };

  it('reach a node port, masqueraded by the interface that DNAT led to', () => {
    const outcome = outcomeOf({ nat: nodePort }, fromLoopback);
    expect(outcome).toMatchObject({ verdict: 'forward', dnat: true });
    expect(outcome.sourceIp?.text).toBe('10.180.1.1');
  });

  it('do not leave the node without route_localnet', () => {
    const outcome = outcomeOf({ nat: nodePort }, { ...fromLoopback, node: nodeWith({ routeLocalnet: false }) });
    expect(outcome).toMatchObject({ verdict: 'drop', reason: 'a loopback source does not leave by cbr0' });
  });

  it('do not set out for another machine without route_localnet, wherever DNAT would lead', () => {
    const nat = { OUTPUT: [rule({ kind: 'DNAT', ip: '10.240.0.4', port: 9 })] };
    const away: Flow = { ...fromLoopback, to: '10.96.0.1' };
    expect(outcomeOf({ nat }, away).verdict).toBe('local');
    const outcome = outcomeOf({ nat }, { ...away, node: nodeWith({ routeLocalnet: false }) });
    expect(outcome).toMatchObject({ verdict: 'drop', dnat: false, reason: 'a loopback source does not leave by eth0' });
  });
});

describe('a policy', () => {
  const ruleset = (rules: Rule[], policy: 'ACCEPT' | 'DROP'): Ruleset => {
    const chains = new Map([['FORWARD', { name: 'FORWARD', rules }]]);
    const filter = {
      syntax: 'iptables',
      name: 'filter',
      chains,
      policies: new Map([['FORWARD' as const, policy]]),
    } as const;
    return { ipFamily: 'IPv4', tables: new Map([['filter', filter]]) };
  };
  const packet: Packet = {
    sourceIp: ip('203.0.113.9'),
    sourcePort: null,
    destinationIp: ip('10.180.1.7'),
    destinationPort: 80,
    protocol: 'TCP',
    inInterface: 'eth0',
  };
  const end = (rules: Rule[], policy: 'ACCEPT' | 'DROP') =>
    evaluate('arriving', ruleset(rules, policy), nodeWith(), packet, { masqueradeMark: MARK })[0];

  it('decides what no rule of the base chain has decided', () => {
    expect(end([], 'DROP')).toMatchObject({ verdict: 'drop', reason: '-t filter -P FORWARD DROP' });
    expect(end([rule({ kind: 'RETURN' })], 'DROP')).toMatchObject({ verdict: 'drop' });
    expect(end([], 'ACCEPT')).toMatchObject({ verdict: 'forward' });
  });

  it('has no say where a rule has accepted', () => {
    expect(end([rule(accept)], 'DROP')).toMatchObject({ verdict: 'forward' });
  });
});
