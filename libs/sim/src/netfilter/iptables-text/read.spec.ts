import { describe, expect, it } from 'vitest';
import type { IpFamily } from '../../objects.js';
import type { Chain, Match, Rule, TableName, Target } from '../rules.js';
import { readIptables } from './read.js';
import { formatAppend } from './write-rule.js';

const CHAINS = ['X', 'Y', 'KUBE-SEP-A'];

/** A text with one rule in a chain of its own. */
function textOf(rule: string, table: TableName = 'filter'): string {
  return [`*${table}`, ...CHAINS.map((name) => `:${name} - [0:0]`), `-A X ${rule}`, 'COMMIT', ''].join('\n');
}

function chainsOf(text: string, family: IpFamily = 'IPv4'): Map<string, Chain> {
  const { tables, problems } = readIptables(text, family);
  expect(problems.filter(({ code }) => code !== 'rules-assumed')).toEqual([]);
  return new Map([...tables.values()].flatMap((table) => [...table.chains]));
}

function rulesOf(rule: string, family: IpFamily = 'IPv4', table: TableName = 'filter'): readonly Rule[] {
  return chainsOf(textOf(rule, table), family).get('X')!.rules;
}

function ruleOf(rule: string, family?: IpFamily, table?: TableName): Rule {
  const [only, ...others] = rulesOf(rule, family, table);
  expect(others).toEqual([]);
  return only!;
}

const problemsOf = (text: string, family: IpFamily = 'IPv4') =>
  readIptables(text, family).problems.map(({ code, line, message }) => `${code} ${line}: ${message}`);

const tcp: Match = { kind: 'protocol', protocol: 'TCP' };

describe('a match', () => {
  it.each<[string, Match[]]>([
    ['-s 10.0.0.0/8', [{ kind: 'source', cidr: '10.0.0.0/8' }]],
    ['-s 10.1.0.0/255.255.0.0', [{ kind: 'source', cidr: '10.1.0.0/16' }]],
    ['! -d 10.0.0.1', [{ kind: 'destination', cidr: '10.0.0.1/32', negate: true }]],
    [
      '-i eth+ ! -o docker0',
      [
        { kind: 'inInterface', name: 'eth+' },
        { kind: 'outInterface', name: 'docker0', negate: true },
      ],
    ],
    ['-p tcp', [{ kind: 'ipProtocol', protocol: 'tcp' }]],
    ['-p 6', [{ kind: 'ipProtocol', protocol: 'tcp' }]],
    ['! -p udp', [{ kind: 'ipProtocol', protocol: 'udp', negate: true }]],
    ['-p all', []],
    ['-m tcp -p tcp --dport 80', [tcp, { kind: 'destinationPort', port: 80 }]],
    ['-p tcp --dport 80', [tcp, { kind: 'destinationPort', port: 80 }]],
    [
      '-p tcp -m tcp --sport 1024: ! --dport :80',
      [
        tcp,
        { kind: 'sourcePort', port: 1024, last: 65535 },
        { kind: 'destinationPort', port: 0, last: 80, negate: true },
      ],
    ],
    ['-p tcp --syn', [tcp, { kind: 'tcpFlags', mask: ['FIN', 'SYN', 'RST', 'ACK'], set: ['SYN'] }]],
    [
      '-p tcp -m tcp ! --tcp-flags ALL NONE',
      [tcp, { kind: 'tcpFlags', mask: ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'], set: [], negate: true }],
    ],
    [
      '-p udp -m multiport --dports 53,100:200',
      [
        { kind: 'ipProtocol', protocol: 'udp' },
        {
          kind: 'multiport',
          side: 'destination',
          ports: [
            { first: 53, last: 53 },
            { first: 100, last: 200 },
          ],
        },
      ],
    ],
    ['-m addrtype ! --dst-type LOCAL', [{ kind: 'addrtype', destination: 'LOCAL', negateDestination: true }]],
    [
      '-m addrtype --src-type UNICAST,LOCAL --limit-iface-in',
      [{ kind: 'addrtype', source: ['UNICAST', 'LOCAL'], limitInterface: 'in' }],
    ],
    ['-m mark --mark 0x1', [{ kind: 'mark', value: 1, mask: 0xffffffff }]],
    ['-m connmark ! --mark 0x4000/0x4000', [{ kind: 'connmark', value: 0x4000, mask: 0x4000, negate: true }]],
    ['-m state --state NEW', [{ kind: 'conntrack', states: ['NEW'], module: 'state' }]],
    ['-m conntrack --ctstate RELATED,ESTABLISHED', [{ kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }]],
    [
      '-m conntrack --ctproto tcp ! --ctorigdst 10.0.0.1 --ctorigdstport 80 --ctstatus CONFIRMED --ctdir ORIGINAL',
      [
        {
          kind: 'conntrack',
          states: [],
          tests: [
            { test: 'protocol', protocol: 'tcp' },
            { test: 'address', end: 'origdst', cidr: '10.0.0.1/32', negate: true },
            { test: 'port', end: 'origdst', ports: { first: 80, last: 80 } },
            { test: 'status', statuses: ['CONFIRMED'] },
            { test: 'direction', direction: 'ORIGINAL' },
          ],
        },
      ],
    ],
    ['-m statistic --mode random --probability 0.33333333349', [{ kind: 'statistic', probability: 0.33333333349 }]],
    ['-m statistic --mode nth --every 3 --packet 1', [{ kind: 'nth', every: 3, packet: 1 }]],
    [
      '-m recent --set --name KUBE-SEP-A --mask 255.255.255.255 --rsource',
      [{ kind: 'recent', name: 'KUBE-SEP-A', operation: 'set' }],
    ],
    [
      '-m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.0 --rdest',
      [
        {
          kind: 'recent',
          name: 'DEFAULT',
          operation: 'update',
          seconds: 30,
          reap: false,
          hits: 6,
          key: 'destination',
          mask: '255.255.255.0',
        },
      ],
    ],
    [
      '-m iprange --src-range 10.0.0.1-10.0.0.9',
      [{ kind: 'iprange', source: { first: '10.0.0.1', last: '10.0.0.9' } }],
    ],
    ['-m physdev ! --physdev-is-bridged', [{ kind: 'physdev', isBridged: false }]],
    ['-m owner ! --uid-owner 0-999', [{ kind: 'owner', user: { first: 0, last: 999, negate: true } }]],
    [
      '-m rpfilter --validmark --invert',
      [{ kind: 'rpfilter', loose: false, negate: true, text: '-m rpfilter --validmark --invert' }],
    ],
    ['-m policy --dir in --pol ipsec', [{ kind: 'fixed', holds: false, text: '-m policy --dir in --pol ipsec' }]],
    ['-m rt --rt-type 0', [{ kind: 'fixed', holds: false, text: '-m rt --rt-type 0' }]],
    ['-m comment --comment "two words"', [{ kind: 'comment', text: 'two words' }]],
    [
      '-m limit --limit 3/min --limit-burst 10',
      [{ kind: 'fixed', holds: true, text: '-m limit --limit 3/min --limit-burst 10' }],
    ],
    [
      '-p icmp -m icmp --icmp-type 8',
      [
        { kind: 'ipProtocol', protocol: 'icmp' },
        { kind: 'fixed', holds: false, text: '-m icmp --icmp-type 8' },
      ],
    ],
  ])('%s', (text, matches) => expect(ruleOf(`${text} -j ACCEPT`).matches).toEqual(matches));

  it('of a list of addresses makes a rule for each of them', () => {
    expect(rulesOf('-s 10.0.0.1,10.0.0.2 -d 10.1.0.0/16 -j DROP').map(({ matches }) => matches)).toEqual([
      [
        { kind: 'source', cidr: '10.0.0.1/32' },
        { kind: 'destination', cidr: '10.1.0.0/16' },
      ],
      [
        { kind: 'source', cidr: '10.0.0.2/32' },
        { kind: 'destination', cidr: '10.1.0.0/16' },
      ],
    ]);
  });

  it('that depends on what nobody can know is told, and what is assumed', () => {
    const { problems } = readIptables(textOf('-m limit --limit 3/min -j ACCEPT'), 'IPv4');
    expect(problems).toEqual([
      { code: 'rules-assumed', line: 5, message: '-m limit: the limit is taken as not reached' },
    ]);
  });
});

describe('a target', () => {
  it.each<[string, TableName, Target | null]>([
    ['', 'filter', null],
    ['-j Y', 'filter', { kind: 'jump', chain: 'Y' }],
    ['-g Y', 'filter', { kind: 'jump', chain: 'Y', goto: true }],
    ['-j REJECT --reject-with icmp-port-unreachable', 'filter', { kind: 'REJECT' }],
    ['-p tcp -j REJECT --reject-with tcp-reset', 'filter', { kind: 'REJECT', with: 'tcp-reset' }],
    [
      '-j LOG --log-prefix "[UFW BLOCK] "',
      'filter',
      { kind: 'noEffect', name: 'LOG', text: 'LOG --log-prefix "[UFW BLOCK] "' },
    ],
    ['-j MARK --set-xmark 0x4000/0x4000', 'mangle', { kind: 'MARK', operation: 'set', value: 0x4000, mask: 0x4000 }],
    ['-j MARK --set-mark 0x1/0x2', 'mangle', { kind: 'MARK', operation: 'set', value: 1, mask: 3 }],
    ['-j MARK --or-mark 0x4000', 'nat', { kind: 'MARK', operation: 'set', value: 0x4000, mask: 0x4000 }],
    ['-j MARK --xor-mark 0x4000', 'nat', { kind: 'MARK', operation: 'set', value: 0x4000, mask: 0 }],
    ['-j MARK --and-mark 0xff', 'nat', { kind: 'MARK', operation: 'set', value: 0, mask: 0xffffff00 }],
    [
      '-j CONNMARK --save-mark --mask 0xff',
      'mangle',
      { kind: 'CONNMARK', operation: 'save', connectionMask: 0xff, packetMask: 0xff },
    ],
    [
      '-j CONNMARK --restore-mark',
      'mangle',
      { kind: 'CONNMARK', operation: 'restore', connectionMask: 0xffffffff, packetMask: 0xffffffff },
    ],
    ['-p tcp -j DNAT --to-destination 10.180.0.1:80', 'nat', { kind: 'DNAT', ip: '10.180.0.1', port: 80 }],
    [
      '-j DNAT --to-destination 10.180.0.1',
      'nat',
      { kind: 'translate', name: 'DNAT', addresses: { first: '10.180.0.1', last: '10.180.0.1' }, ports: null },
    ],
    [
      '-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.4:80-90/70 --random --persistent',
      'nat',
      {
        kind: 'translate',
        name: 'DNAT',
        addresses: { first: '10.0.0.1', last: '10.0.0.4' },
        ports: { first: 80, last: 90 },
        basePort: 70,
        random: true,
        persistent: true,
      },
    ],
    [
      '-j SNAT --to-source 10.0.1.2 --random-fully',
      'nat',
      {
        kind: 'translate',
        name: 'SNAT',
        addresses: { first: '10.0.1.2', last: '10.0.1.2' },
        ports: null,
        randomFully: true,
      },
    ],
    [
      '-p tcp -j REDIRECT --to-ports 15001',
      'nat',
      { kind: 'translate', name: 'REDIRECT', addresses: null, ports: { first: 15001, last: 15001 } },
    ],
    [
      '-p tcp -j MASQUERADE --to-ports 1024-2000',
      'nat',
      { kind: 'MASQUERADE', randomFully: false, ports: { first: 1024, last: 2000 } },
    ],
    ['-d 10.0.0.0/24 -j NETMAP --to 10.1.0.0/24', 'nat', { kind: 'NETMAP', cidr: '10.1.0.0/24' }],
    ['-j CT --notrack', 'raw', { kind: 'NOTRACK', text: 'CT --notrack' }],
    ['-j CT --zone 3', 'raw', { kind: 'noEffect', name: 'CT', text: 'CT --zone 3' }],
  ])('%s', (text, table, target) => expect(ruleOf(text, 'IPv4', table).target).toEqual(target));

  it.each<[string, Target]>([
    ['-p tcp -j DNAT --to-destination [fd00::1]:80', { kind: 'DNAT', ip: 'fd00::1', port: 80 }],
    [
      '-j DNAT --to-destination fd00::1',
      { kind: 'translate', name: 'DNAT', addresses: { first: 'fd00::1', last: 'fd00::1' }, ports: null },
    ],
    [
      '-p tcp -j DNAT --to-destination [fd00::1-fd00::3]:80-81',
      {
        kind: 'translate',
        name: 'DNAT',
        addresses: { first: 'fd00::1', last: 'fd00::3' },
        ports: { first: 80, last: 81 },
      },
    ],
  ])('in IPv6: %s', (text, target) => {
    const rule = ruleOf(text, 'IPv6', 'nat');
    expect(rule.target).toEqual(target);
    expect(formatAppend('X', rule, { markFormat: 'plain', form: 'save' })).toBe(`-A X ${text}`);
  });
});

describe('a text', () => {
  it('may have tables, policies, counters, comments, blank lines and carriage returns', () => {
    const text = [
      '# Generated by iptables-save v1.8.9 (nf_tables) on Wed Nov 25 18:22:57 2026',
      '*filter',
      ':INPUT DROP [12:345]',
      ':DOCKER-USER - [0:0]',
      '[3:180] -A INPUT -j DOCKER-USER',
      '-A DOCKER-USER -j RETURN',
      'COMMIT',
      '# Completed on Wed Nov 25 18:22:57 2026',
      '',
      '*nat',
      ':POSTROUTING ACCEPT [0:0]',
      '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
      'COMMIT',
    ].join('\r\n');
    const { tables, problems } = readIptables(text, 'IPv4');
    expect(problems).toEqual([]);
    expect([...tables.keys()]).toEqual(['filter', 'nat']);
    expect(tables.get('filter')!.policies).toEqual(new Map([['INPUT', 'DROP']]));
    expect([...tables.get('filter')!.chains.keys()]).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'DOCKER-USER']);
    expect(tables.get('filter')!.chains.get('INPUT')!.rules).toEqual([
      { matches: [], target: { kind: 'jump', chain: 'DOCKER-USER' } },
    ]);
  });

  it('may be one for iptables-restore: chains made, filled, inserted into, emptied and deleted', () => {
    const text = `*nat
:OLD - [0:0]
-F
-N NEW
-P PREROUTING DROP
-A NEW -j RETURN
-I NEW -j ACCEPT
-I NEW 2 -s 10.0.0.1 -j ACCEPT
-A PREROUTING -j NEW
-A OUTPUT -j ACCEPT
-F OUTPUT
-X OLD
COMMIT
*nat
-A PREROUTING -j ACCEPT
COMMIT
`;
    const { tables, problems } = readIptables(text, 'IPv4');
    expect(problems).toEqual([]);
    const { chains, policies } = tables.get('nat')!;
    expect(policies).toEqual(new Map([['PREROUTING', 'DROP']]));
    const targets = (name: string) => chains.get(name)!.rules.map(({ target }) => target?.kind);
    expect(targets('NEW')).toEqual(['ACCEPT', 'ACCEPT', 'RETURN']);
    expect(targets('PREROUTING')).toEqual(['jump', 'ACCEPT']);
    expect(targets('OUTPUT')).toEqual([]);
    expect(chains.has('OLD')).toBe(false);
  });

  it.each<[string, string, string[]]>([
    ['is empty', '', ['rules-unreadable 0: there is no table in the text']],
    [
      'is something else',
      'table ip kube-proxy {\n}\n',
      [
        'rules-unreadable 1: "table ip kube-proxy {" stands outside of a table',
        'rules-unreadable 2: "}" stands outside of a table',
      ],
    ],
    [
      'ends too early',
      '*filter\n:INPUT ACCEPT [0:0]\n',
      ['rules-truncated 2: the text ends within table filter, which begins in line 1: there is no COMMIT'],
    ],
    ['lacks a COMMIT', '*raw\n*filter\nCOMMIT\n', ['rules-truncated 2: table raw has no COMMIT before this']],
    [
      'has a strange table',
      '*broute\nCOMMIT\n',
      ['rules-unreadable 1: "broute" is no table of iptables', 'rules-unreadable 2: COMMIT without a table before it'],
    ],
    [
      'has a base chain that the table lacks',
      '*nat\n:FORWARD ACCEPT [0:0]\nCOMMIT\n',
      ['rules-unreadable 2: table nat has no base chain "FORWARD"'],
    ],
    [
      'adds to a chain that is not there',
      '*nat\n-A KUBE-SVC-A -j ACCEPT\nCOMMIT\n',
      ['rules-no-such-chain 2: table nat has no chain "KUBE-SVC-A"'],
    ],
    [
      'deletes rules',
      '*nat\n-D PREROUTING -j ACCEPT\nCOMMIT\n',
      ['rules-unreadable 2: "-D" is no command that can be followed here'],
    ],
  ])('that %s is told so', (_, text, problems) => expect(problemsOf(text)).toEqual(problems));

  it('says which tables iptables-save could not show', () => {
    const text = "# Table `nat' is incompatible, use 'nft' tool.\n*filter\nCOMMIT\n";
    expect(problemsOf(text)).toEqual([
      'rules-assumed 1: table nat has rules that iptables-save cannot show; they are not walked',
    ]);
  });
});

describe('a text of which much is assumed', () => {
  const many = '-A INPUT -m limit --limit 5/min -j LOG\n'.repeat(150);

  it('is read to its end, and what is not told line by line is counted', () => {
    const text = `*filter\n${many}-A INPUT -j DROP\nCOMMIT\n`;
    expect(chainsOf(text).get('INPUT')!.rules.at(-1)).toEqual({ matches: [], target: { kind: 'DROP' } });
    const problems = problemsOf(text);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('rules-assumed 102: from here on something is assumed 50 times more');
  });

  it('is told what is wrong behind that, too', () => {
    const toldOf = (rest: string) => problemsOf(`*filter\n:X - [0:0]\n${many}${rest}`).join('\n');
    expect(toldOf('')).toContain('rules-truncated 152');
    expect(toldOf('-A INPUT -j NOWHERE\nCOMMIT\n')).toContain('rules-no-such-chain 153');
    expect(toldOf('-A X -j X\nCOMMIT\n')).toContain('rules-loop');
  });
});

describe('a rule that cannot be read', () => {
  it.each<[string, TableName, string]>([
    ['-m u32 --u32 "0=0" -j DROP', 'filter', 'rules-unknown 5: the match "u32"'],
    ['-p tcp -m tcp --tcp-option 5 -j DROP', 'filter', 'rules-unknown 5: the option --tcp-option of the match tcp'],
    ['-m mark --mrak 1 -j DROP', 'filter', 'rules-unknown 5: the option "--mrak" of the match mark'],
    [
      '-m set --match-set cali40s:abc src -j ACCEPT',
      'filter',
      'rules-unknown 5: the set "cali40s:abc": what it holds is not in the text',
    ],
    ['-j NFQUEUE --queue-num 1', 'filter', 'rules-unknown 5: the target NFQUEUE, which hands packets to a program'],
    [
      '-m physdev --physdev-in veth0 -j DROP',
      'filter',
      'rules-unknown 5: the option --physdev-in of the match physdev',
    ],
    ['-m socket -j DROP', 'filter', 'rules-unknown 5: the match socket without --transparent'],
    ['-j TARPIT --honeypot', 'filter', 'rules-unknown 5: the target TARPIT'],
    [
      '-j TARPIT',
      'filter',
      'rules-no-such-chain 5: table filter has no chain TARPIT, and no target of that name is known',
    ],
    [
      '-s 10.0.0.0/255.0.255.0 -j DROP',
      'filter',
      'rules-unknown 5: the netmask 255.0.255.0, whose bits are not in one piece',
    ],
    ['-s fd00::1 -j DROP', 'filter', 'rules-unreadable 5: "fd00::1" is no IPv4 address'],
    ['-s 10.0.0.1/8 -j DROP', 'filter', 'rules-unreadable 5: "10.0.0.1/8" has bits behind its prefix'],
    ['-s example.com -j DROP', 'filter', 'rules-unreadable 5: "example.com" is no address'],
    ['-p tcp --dport www -j DROP', 'filter', 'rules-unreadable 5: "www" is no port'],
    ['-p tcp --dport 90:80 -j DROP', 'filter', 'rules-unreadable 5: the range of ports "90:80" ends before it begins'],
    ['-m tcp --dport 80 -j DROP', 'filter', 'rules-unreadable 5: -m tcp needs -p tcp'],
    ['-m comment --comment "a -j DROP', 'filter', 'rules-unreadable 5: a quotation mark is not closed'],
    ['-m comment', 'filter', 'rules-unreadable 5: the match comment needs --comment'],
    ['-m comment --comment', 'filter', 'rules-unreadable 5: something must follow --comment'],
    ['-j DROP -j ACCEPT', 'filter', 'rules-unreadable 5: a rule has one target'],
    ['-m mark --mark 1 --mark 2', 'filter', 'rules-unreadable 5: --mark is given twice'],
    ['-j DROP stray', 'filter', 'rules-unreadable 5: "stray" has no place here'],
    [
      '-m statistic --mode random --probability 2',
      'filter',
      'rules-unreadable 5: --probability takes a number from 0 to 1',
    ],
    [
      '-j REJECT --reject-with tcp-reset',
      'filter',
      'rules-unreadable 5: REJECT answers with tcp-reset only behind -p tcp',
    ],
    [
      '-j DNAT --to-destination 10.0.0.1:80',
      'nat',
      'rules-unreadable 5: a port to translate to needs -p tcp, udp or sctp',
    ],
    [
      '-j DNAT --to-destination 10.0.0.1-10.9.0.1',
      'nat',
      'rules-unknown 5: a translation to one of more than 256 addresses and ports',
    ],
    [
      '-j DNAT --to-destination 10.0.0.1',
      'filter',
      'rules-misplaced 5: DNAT in table filter; the kernel takes it in nat only',
    ],
  ])('%s', (rule, table, problem) => {
    const text = textOf(rule, table).replace('COMMIT', `-A ${table === 'nat' ? 'PREROUTING' : 'INPUT'} -j X\nCOMMIT`);
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe('chains', () => {
  const filter = (...rules: string[]) => ['*filter', ':A - [0:0]', ':B - [0:0]', ...rules, 'COMMIT', ''].join('\n');

  it.each<[string, string[], string]>([
    [
      'that lead back to themselves',
      ['-A INPUT -j A', '-A A -j B', '-A B -j A'],
      'rules-loop 6: chain B leads back to A, which led to it',
    ],
    ['that lead back by goto', ['-A A -g B', '-A B -g A'], 'rules-loop 5: chain B leads back to A, which led to it'],
    ['that jump to themselves', ['-A A -j A'], 'rules-loop 4: chain A leads back to A, which led to it'],
    [
      'that jump to a base chain',
      ['-A A -j INPUT'],
      'rules-misplaced 4: a jump to INPUT, which only the kernel itself walks',
    ],
    [
      'that jump to nowhere',
      ['-A A -j KUBE-SVC-GONE'],
      'rules-no-such-chain 4: table filter has no chain KUBE-SVC-GONE',
    ],
  ])('%s', (_, rules, problem) => expect(problemsOf(filter(...rules))).toEqual([problem]));

  it('with a target that the kernel refuses at a hook that leads there', () => {
    const text = '*nat\n:A - [0:0]\n-A A -j MASQUERADE\n-A POSTROUTING -j A\n-A PREROUTING -j A\nCOMMIT\n';
    expect(problemsOf(text)).toEqual([
      'rules-misplaced 3: MASQUERADE can be reached from PREROUTING, where the kernel refuses it',
    ]);
  });
});

describe('a text without end', () => {
  const many = (count: number, line: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => line(n)).join('\n');

  it.each<[string, () => string, RegExp]>([
    ['of 20 MB', () => '#'.repeat(20 * 2 ** 20), /^rules-too-large 0: the text has 20971520 characters/],
    [
      'with a line of 1 MB',
      () => `*filter\n-A INPUT -m comment --comment ${'x'.repeat(2 ** 20)}\nCOMMIT\n`,
      /^rules-too-large 2: the line has 1048606 characters/,
    ],
    [
      'with 100,000 chains',
      () => `*nat\n${many(100_000, (n) => `:C${n} - [0:0]`)}\nCOMMIT\n`,
      /^rules-too-large \d+: there are more than 65536 chains/,
    ],
    [
      'with jumps 60,000 deep',
      () =>
        `*nat\n${many(60_000, (n) => `:C${n} - [0:0]`)}\n-A OUTPUT -j C0\n${many(59_999, (n) => `-A C${n} -j C${n + 1}`)}\nCOMMIT\n`,
      /^rules-too-large 0: jumps from OUTPUT of table nat go deeper than 256 chains/,
    ],
    [
      'with jumps that double 40 times',
      () =>
        `*nat\n${many(41, (n) => `:C${n} - [0:0]`)}\n-A OUTPUT -j C0\n${many(40, (n) => `-A C${n} -j C${n + 1}\n-A C${n} -j C${n + 1}`)}\nCOMMIT\n`,
      /^rules-too-large 0: a packet may meet more than 10000000 rules from OUTPUT of table nat/,
    ],
    [
      'with a mistake in each of 200,000 lines',
      () => `*filter\n${many(200_000, () => '-A INPUT -j')}\nCOMMIT\n`,
      /^rules-unreadable 2: something must follow -j/,
    ],
    [
      'of insertions',
      () => `*filter\n${many(200_000, () => '-I INPUT -j DROP')}\nCOMMIT\n`,
      /^rules-too-large 5002: there are more than 5000 insertions/,
    ],
    [
      'of spaces',
      () => `*filter\n${' '.repeat(8000)}\n-A INPUT${' '.repeat(8000)}-j\nCOMMIT\n`,
      /^rules-unreadable 3: something must follow -j/,
    ],
  ])('%s is refused, and soon', (_, make, problem) => {
    const text = make();
    const before = process.cpuUsage();
    const problems = problemsOf(text);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(101);
    expect(problems[0]).toMatch(problem);
  });
});
