import { describe, expect, it } from 'vitest';
import type { NftMatch, NftRule, NftStatement, NftTable } from '../nft-rules.js';
import { formatNftRule } from '../nft-text.js';
import { readNftRuleset } from './index.js';

const OPTIONS = { mostChars: 4_000_000, withoutIptablesTables: false };
const read = (text: string) => readNftRuleset(text, OPTIONS);
const inChain = (lines: string, base = 'type filter hook input priority filter; policy drop;') =>
  `table inet firewall {\n\tset known {\n\t\ttype ipv4_addr\n\t}\n\tchain more {\n\t}\n\tchain input {\n\t\t${base}\n${lines}\n\t}\n}\n`;

function tableOf(text: string): NftTable {
  const { tables, problems } = read(text);
  expect(problems).toEqual([]);
  return [...tables.values()][0] as NftTable;
}

function rulesOf(lines: string, base?: string): readonly NftRule[] {
  return tableOf(inChain(lines, base)).chains.get('input')!.rules;
}

const statementOf = (line: string, base?: string): NftStatement | undefined => rulesOf(line, base)[0]?.statements[0];
const problemsOf = (text: string) =>
  read(text).problems.map(({ code, line, message }) => `${line} ${code}: ${message}`);

describe('what `nft list ruleset` prints', () => {
  it('has tables, base chains with their place, and policies', () => {
    const text = `table ip nat-things {
\tcomment "mine" ;
\tchain pre {
\t\tcomment "first"
\t\ttype nat hook prerouting priority dstnat - 5; policy accept;
\t\tip daddr 192.0.2.1 tcp dport 80 dnat to 10.0.0.5:8080 comment "web" # handle 7
\t}
}
table ip6 later {
\tchain f { type filter hook forward priority 10; policy drop; }
}`;
    const tables = [...read(text).tables.values()];
    expect(tables.map(({ family, name, comment }) => [family, name, comment])).toEqual([
      ['ip', 'nat-things', 'mine'],
      ['ip6', 'later', undefined],
    ]);
    expect(tables[0]?.chains.get('pre')).toMatchObject({
      comment: 'first',
      base: { type: 'nat', hook: 'PREROUTING', priority: -105, policy: 'accept' },
      rules: [{ comment: 'web' }],
    });
    expect(tables[1]?.chains.get('f')?.base).toEqual({ type: 'filter', hook: 'FORWARD', priority: 10, policy: 'drop' });
  });

  it('has sets and maps with their types, flags and elements', () => {
    const table = tableOf(`table ip t {
\tset nets {
\t\ttype ipv4_addr
\t\tflags interval
\t\telements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9,
\t\t\t     203.0.113.7 comment "he" }
\t}
\tset affinity {
\t\ttypeof ip saddr
\t\tsize 65535
\t\tflags dynamic,timeout
\t\ttimeout 3h
\t\telements = { 10.0.0.9 timeout 2h expires 1h59m58s400ms }
\t}
\tmap services {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = { 10.0.0.1 . tcp . 80 comment "a b" : goto web }
\t}
\tchain web { }
}`);
    expect([...table.sets.get('nets')!.elements.keys()]).toEqual([
      '167772160/8',
      '3221225985-3221225993',
      '3405803783',
    ]);
    expect(table.sets.get('affinity')).toMatchObject({
      key: ['ipv4_addr'],
      flags: ['dynamic', 'timeout'],
      timeoutSeconds: 10_800,
    });
    expect(table.sets.get('services')).toMatchObject({
      key: ['ipv4_addr', 'inet_proto', 'inet_service'],
      data: 'verdict',
    });
    expect([...table.sets.get('services')!.elements.values()]).toMatchObject([
      { comment: 'a b', data: { kind: 'goto', chain: 'web' } },
    ]);
  });

  it.each<[string, Partial<NftMatch>]>([
    ['ct state established,related', { operator: 'any', right: { kind: 'value', value: 6n } }],
    ['ct state != invalid | untracked', { operator: 'none', right: { kind: 'value', value: 65n } }],
    ['ct status dnat', { operator: 'any', right: { kind: 'value', value: 32n } }],
    ['iifname "veth*"', { operator: '==', right: { kind: 'value', value: 'veth*' } }],
    ['ip saddr 10.1.0.0/16', { right: { kind: 'prefix', value: 167_837_696n, length: 16 } }],
    ['ip saddr @known', { right: { kind: 'namedSet', name: 'known' } }],
    ['ip6 daddr != fd00::1', { operator: '!=' }],
    ['tcp dport 80-90', { right: { kind: 'range', from: 80n, to: 90n } }],
    ['tcp dport >= 1024', { operator: '>=', right: { kind: 'value', value: 1024n } }],
    [
      'meta mark & 0x0000ff00 == 0x00000100',
      { left: expect.objectContaining({ kind: 'bitwise', operator: '&' }), operator: '==' },
    ],
    [
      'tcp flags syn / fin,syn,rst,ack',
      { left: expect.objectContaining({ kind: 'bitwise' }), operator: '==', right: { kind: 'value', value: 2n } },
    ],
    ['tcp flags & (fin | syn) != syn', { operator: '!=', right: { kind: 'value', value: 2n } }],
    [
      'fib daddr type local',
      { left: { kind: 'fib', selectors: ['daddr'], result: 'type' }, right: { kind: 'value', value: 2n } },
    ],
    [
      'fib saddr . iif oif missing',
      { left: { kind: 'fib', selectors: ['saddr', 'iif'], result: 'exists' }, right: { kind: 'value', value: 0n } },
    ],
    [
      'meta mark and 0xff rshift 4 ne 3',
      { left: expect.objectContaining({ kind: 'bitwise', operator: '>>' }), operator: '!=' },
    ],
    ['ct original ip daddr 10.0.0.1', { left: { kind: 'ctTuple', direction: 'original', key: 'ip daddr' } }],
    ['numgen random mod 10 < 3', { left: { kind: 'numgen', mode: 'random', modulus: 10, offset: 0 }, operator: '<' }],
    [
      'meta l4proto . th dport { tcp . 80, udp . 53 }',
      {
        left: {
          kind: 'concat',
          parts: [
            { kind: 'meta', key: 'l4proto' },
            { kind: 'payload', field: 'th dport' },
          ],
        },
      },
    ],
  ])('has the match %s', (line, match) => {
    expect(statementOf(`\t\t${line} accept`)).toMatchObject({ kind: 'match', ...match });
  });

  it.each<[string, object]>([
    ['counter packets 3 bytes 180', { kind: 'counter', packets: 3, bytes: 180 }],
    [
      'limit rate 5/minute burst 7 packets',
      { kind: 'limit', rate: 5, per: 'minute', unit: 'packets', over: false, burst: 7 },
    ],
    [
      'limit rate over 10 mbytes/second',
      { kind: 'limit', rate: 10, per: 'second', unit: 'mbytes', over: true, burst: null },
    ],
    [
      'log prefix "in: " level debug flags tcp sequence,options',
      { kind: 'log', options: { prefix: 'in: ', level: 'debug', flags: ['tcp sequence,options'] } },
    ],
    ['reject', { kind: 'reject', with: null }],
    ['reject with tcp reset', { kind: 'reject', with: 'tcp reset' }],
    ['reject with icmpx admin-prohibited', { kind: 'reject', with: { protocol: 'icmpx', code: 'admin-prohibited' } }],
    ['ct state vmap { invalid : drop, established : accept }', { kind: 'vmap', key: { kind: 'ct', key: 'state' } }],
    [
      'meta mark set meta mark | 0x00004000',
      { kind: 'assign', field: { kind: 'meta', key: 'mark' }, value: { kind: 'bitwise', operator: '|' } },
    ],
    [
      'ct mark set meta mark',
      { kind: 'assign', field: { kind: 'ct', key: 'mark' }, value: { kind: 'meta', key: 'mark' } },
    ],
    [
      'update @known { ip saddr timeout 10m limit rate over 1/second } drop',
      { kind: 'dynamic', operation: 'update', set: 'known', timeoutSeconds: 600, statements: [{ kind: 'limit' }] },
    ],
    ['notrack', { kind: 'notrack' }],
    ['goto more', { kind: 'goto', chain: 'more' }],
  ])('has the statement %s', (line, statement) => {
    expect(statementOf(`\t\t${line}`)).toMatchObject(statement);
  });

  it.each<[string, string, object]>([
    [
      'prerouting',
      'dnat ip to 10.0.0.5:8080',
      {
        kind: 'dnat',
        family: 'ip',
        address: { operand: { value: 167_772_165n } },
        port: { operand: { value: 8080n } },
      },
    ],
    ['prerouting', 'dnat ip6 to [fd00::2]:80', { kind: 'dnat', family: 'ip6', port: { operand: { value: 80n } } }],
    ['prerouting', 'dnat ip6 to fd00::2', { kind: 'dnat', port: null }],
    [
      'prerouting',
      'dnat ip to 10.0.0.1-10.0.0.5 persistent',
      { address: { operand: { kind: 'range' } }, flags: ['persistent'] },
    ],
    ['prerouting', 'dnat ip to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }', { address: { kind: 'map' } }],
    ['prerouting', 'redirect to :8080', { kind: 'redirect', port: { operand: { value: 8080n } } }],
    [
      'postrouting',
      'masquerade to :1024-65535 fully-random',
      { kind: 'masquerade', port: { from: 1024n, to: 65_535n }, flags: ['fully-random'] },
    ],
    [
      'postrouting',
      'masquerade random,persistent',
      { kind: 'masquerade', port: null, flags: ['random', 'persistent'] },
    ],
    [
      'postrouting',
      'snat ip to 192.0.2.1',
      { kind: 'snat', address: { operand: { value: 3_221_225_985n } }, port: null },
    ],
  ])('in %s has the translation %s', (hook, line, statement) => {
    expect(statementOf(`\t\t${line}`, `type nat hook ${hook} priority 0;`)).toMatchObject(statement);
  });

  it('may leave out what iptables-nft made, whose rules are given apart', () => {
    const text = `# Warning: table ip nat is managed by iptables-nft, do not touch!
table ip nat {
\tchain POSTROUTING {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\toifname "eth0" counter packets 0 bytes 0 xt target "MASQUERADE"
\t}
}
table ip kube-proxy {
}`;
    expect(problemsOf(text)).toEqual(['5 rules-unknown: the statement "xt" is not known']);
    const { tables, problems } = readNftRuleset(text, { ...OPTIONS, withoutIptablesTables: true });
    expect([[...tables.keys()], problems]).toEqual([['ip kube-proxy'], []]);
  });
});

describe('a rule that was read', () => {
  it.each([
    'ct state established,related accept',
    'ct state != invalid | untracked counter packets 0 bytes 0',
    'ip saddr { 10.0.0.1 comment "a", 10.0.0.2 } drop',
    'meta l4proto . th dport { tcp . 80, udp . 53 } accept',
    'tcp flags syn / fin,syn,rst,ack accept',
    'meta mark & 0x0000ff00 != 0x00000100 meta mark set meta mark | 0x00004000',
    'fib saddr . iif oif missing drop',
    'update @known { ip saddr timeout 10m limit rate over 10/second } drop',
    'log prefix "x" group 2 snaplen 20 queue-threshold 3',
    'reject with icmpx admin-prohibited',
  ])('is listed as it was: %s', (line) => {
    const table = tableOf(inChain(`\t\t${line}`));
    const [rule] = table.chains.get('input')!.rules;
    expect(formatNftRule(rule!, { form: 'list', markFormat: 'padded', sets: table.sets })).toBe(line);
  });

  it.each([
    'ip daddr 192.0.2.1 dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080, 443 : 10.0.0.1 . 8443 }',
    'ip daddr 192.0.2.1 dnat ip to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }',
    'ip6 daddr fd00::1 dnat ip6 to [fd00::2]:8080',
  ])('translates as it did: %s', (line) => {
    const table = tableOf(inChain(`\t\t${line}`, 'type nat hook prerouting priority 0;'));
    const [rule] = table.chains.get('input')!.rules;
    expect(formatNftRule(rule!, { form: 'list', markFormat: 'padded', sets: table.sets })).toBe(line);
  });
});

describe('what `nft -f` loads', () => {
  it('is read line by line', () => {
    const table = tableOf(`add table ip kube-proxy { comment "rules for kube-proxy" ; }
add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }
add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100 ; }
add chain ip kube-proxy endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80
add rule ip kube-proxy nat-prerouting ip daddr . meta l4proto . th dport vmap @service-ips
add rule ip kube-proxy endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80 meta l4proto tcp dnat to 10.180.0.1:80
add element ip kube-proxy cluster-ips { 172.30.0.41 }
add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : goto endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80 }
`);
    expect([...table.chains.values()].map(({ rules }) => rules.length)).toEqual([1, 1]);
    expect([...table.sets.values()].map(({ elements }) => elements.size)).toEqual([1, 1]);
  });
});

describe('a text that is wrong', () => {
  it.each<[string, string, string]>([
    ['names an unknown statement', inChain('\t\tqueue num 1'), '9 rules-unknown: the statement "queue" is not known'],
    [
      'names an unknown expression',
      inChain('\t\tip dscp 3 accept'),
      '9 rules-unknown: the expression "ip dscp" is not known',
    ],
    [
      'has an IPv6 address in an IPv4 field',
      inChain('\t\tip saddr fd00::1 drop'),
      '9 rules-unreadable: fd00::1 is no IPv4 address',
    ],
    [
      'has a name where a number should be',
      inChain('\t\ttcp dport ssh accept'),
      '9 rules-unreadable: "ssh" is no inet_service',
    ],
    [
      'has a word where an operator may be that every object has',
      inChain('\t\ttcp dport constructor accept'),
      '9 rules-unreadable: "constructor" is no inet_service',
    ],
    [
      'has a port that is too large',
      inChain('\t\ttcp dport 65536 accept'),
      '9 rules-unreadable: 65536 is too large for inet_service',
    ],
    [
      'jumps to a chain that does not exist',
      inChain('\t\tjump nowhere'),
      '9 rules-no-such-chain: jump to chain "nowhere", which does not exist',
    ],
    ['jumps to a base chain', inChain('\t\tjump input'), '9 rules-misplaced: jump to "input", which is a base chain'],
    [
      'looks into a set that does not exist',
      inChain('\t\tip saddr @nobody drop'),
      '9 rules-no-such-chain: looks into set "nobody", which does not exist',
    ],
    [
      'translates where the kernel does not',
      inChain('\t\tmasquerade'),
      '9 rules-misplaced: masquerade in a chain that filter input leads to; the kernel refuses it there',
    ],
    [
      'ends in a block',
      'table ip t {\n\tchain c {\n\t\taccept\n',
      '4 rules-truncated: the text ends in a block that is open',
    ],
    [
      'opens a quotation mark',
      'table ip t {\n\tcomment "x\n}',
      '2 rules-unreadable: a quotation mark opens here and does not close',
    ],
    [
      'has a flowtable',
      'table ip t {\n\tflowtable f {\n\t\thook ingress priority 0\n\t}\n}',
      '2 rules-unknown: an object of kind "flowtable" is not modelled',
    ],
    [
      'has a family without a place',
      'table bridge t {\n}',
      '1 rules-unknown: tables of family bridge are not modelled',
    ],
    ['is something else', 'Chain INPUT (policy ACCEPT)', '1 rules-unknown: the command "Chain" is not known'],
  ])('%s: says where and what', (_, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('goes round', () => {
    const chains = (...jumps: [string, string][]) =>
      `table ip t {\n${jumps.map(([from, to]) => `\tchain ${from} {\n\t\tjump ${to}\n\t}`).join('\n')}\n}`;
    expect(problemsOf(chains(['a', 'b'], ['b', 'c'], ['c', 'a']))).toEqual([
      '8 rules-loop: chain "c" leads to "a", which leads to it',
    ]);
    expect(problemsOf(chains(['a', 'a']))).toEqual(['2 rules-loop: chain "a" leads to "a", which leads to it']);
    const row = Array.from({ length: 18 }, (_, n): [string, string] => [`c${n}`, `c${n + 1}`]);
    const text = chains(...row).replace(/}$/, '\tchain c18 {\n\t}\n}');
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/rules-too-large: chain "c\d+" leads more than 16 chains deep/),
    ]);
  });

  it('tells every line that cannot be read, up to fifty', () => {
    expect(problemsOf(inChain('\t\tip dscp 1\n\t\taccept\n\t\tip dscp 2'))).toHaveLength(2);
    expect(problemsOf(inChain('\t\tip dscp 1\n'.repeat(1000)))).toHaveLength(50);
  });
});
