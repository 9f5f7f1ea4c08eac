import { describe, expect, it } from 'vitest';
import { formatRule, writeRestore, writeTable } from './iptables-save.js';
import type { Chain, IptablesTable, Match, Rule, Ruleset, Target } from './rules.js';

const plain = { markFormat: 'plain' } as const;
const dport: Match[] = [
  { kind: 'protocol', protocol: 'TCP' },
  { kind: 'destinationPort', port: 80 },
];
const rule = (target: Target | null, ...matches: Match[]): Rule => ({ matches, target });
const chain = (name: string, ...rules: Rule[]): [string, Chain] => [name, { name, rules }];

const ruleset: Ruleset<IptablesTable> = {
  ipFamily: 'IPv4',
  tables: new Map([
    [
      'nat',
      {
        syntax: 'iptables' as const,
        name: 'nat' as const,
        chains: new Map([
          chain('PREROUTING', rule({ kind: 'jump', chain: 'KUBE-SERVICES' })),
          chain('KUBE-SVC-A', rule({ kind: 'jump', chain: 'KUBE-MARK-MASQ' })),
          chain('KUBE-SERVICES', rule({ kind: 'jump', chain: 'KUBE-SVC-A' }, ...dport)),
          chain('KUBE-MARK-MASQ', rule({ kind: 'MARK', operation: 'or', value: 0x4000 })),
        ]),
      },
    ],
    ['filter', { syntax: 'iptables' as const, name: 'filter' as const, chains: new Map([chain('KUBE-FORWARD')]) }],
  ]),
};

describe('the text of a rule', () => {
  it.each<[string, Match]>([
    ['-m comment --comment ns1/svc1:p80', { kind: 'comment', text: 'ns1/svc1:p80' }],
    ['-m comment --comment "ns1/svc1:p80 cluster IP"', { kind: 'comment', text: 'ns1/svc1:p80 cluster IP' }],
    ['-m comment --comment "say \\"hi\\""', { kind: 'comment', text: 'say "hi"' }],
    ['-m tcp -p tcp', { kind: 'protocol', protocol: 'TCP' }],
    ['-m sctp -p sctp', { kind: 'protocol', protocol: 'SCTP' }],
    ['-s 10.0.0.0/8', { kind: 'source', cidr: '10.0.0.0/8' }],
    ['! -s 10.0.0.0/8', { kind: 'source', cidr: '10.0.0.0/8', negate: true }],
    ['-d 172.30.0.41', { kind: 'destination', cidr: '172.30.0.41' }],
    ['! -d 127.0.0.0/8', { kind: 'destination', cidr: '127.0.0.0/8', negate: true }],
    ['--dport 3001', { kind: 'destinationPort', port: 3001 }],
    ['-i veth+', { kind: 'inInterface', name: 'veth+' }],
    ['! -i cbr0', { kind: 'inInterface', name: 'cbr0', negate: true }],
    ['-m addrtype --src-type LOCAL', { kind: 'addrtype', source: 'LOCAL' }],
    ['-m addrtype --dst-type LOCAL', { kind: 'addrtype', destination: 'LOCAL' }],
    ['-m mark --mark 0x4000/0x4000', { kind: 'mark', value: 0x4000, mask: 0x4000 }],
    ['-m mark ! --mark 0x4000/0x4000', { kind: 'mark', value: 0x4000, mask: 0x4000, negate: true }],
    ['-m conntrack --ctstate RELATED,ESTABLISHED', { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }],
    ['-m conntrack ! --ctstate DNAT', { kind: 'conntrack', states: ['DNAT'], negate: true }],
    ['-m statistic --mode random --probability 0.5000000000', { kind: 'statistic', probability: 0.5 }],
    ['-m statistic --mode random --probability 0.3333333333', { kind: 'statistic', probability: 1 / 3 }],
    ['-m statistic --mode random --probability 0.0000099999', { kind: 'statistic', probability: 1 / 100001 }],
    [
      '-m recent --name KUBE-SEP-A --rcheck --seconds 10800 --reap',
      { kind: 'recent', name: 'KUBE-SEP-A', operation: 'rcheck', seconds: 10800, reap: true },
    ],
    ['-m recent --name KUBE-SEP-A --set', { kind: 'recent', name: 'KUBE-SEP-A', operation: 'set' }],
    ['-m nfacct --nfacct-name localhost_nps_accepted_pkts', { kind: 'nfacct', name: 'localhost_nps_accepted_pkts' }],
  ])('has the match %s', (text, match) => expect(formatRule(rule(null, match), plain)).toBe(text));

  it.each<[string, Target]>([
    ['-j KUBE-SEP-A', { kind: 'jump', chain: 'KUBE-SEP-A' }],
    ['-j ACCEPT', { kind: 'ACCEPT' }],
    ['-j DROP', { kind: 'DROP' }],
    ['-j REJECT', { kind: 'REJECT' }],
    ['-j RETURN', { kind: 'RETURN' }],
    ['-j MARK --or-mark 0x4000', { kind: 'MARK', operation: 'or', value: 0x4000 }],
    ['-j MARK --xor-mark 0x80000000', { kind: 'MARK', operation: 'xor', value: 1 << 31 }],
    ['-j DNAT --to-destination 10.180.0.1:80', { kind: 'DNAT', ip: '10.180.0.1', port: 80 }],
    ['-j DNAT --to-destination [fd00::1]:80', { kind: 'DNAT', ip: 'fd00::1', port: 80 }],
    ['-j MASQUERADE', { kind: 'MASQUERADE', randomFully: false }],
    ['-j MASQUERADE --random-fully', { kind: 'MASQUERADE', randomFully: true }],
  ])('has the target %s', (text, target) => expect(formatRule(rule(target), plain)).toBe(text));

  it('keeps the parts in the order of the rule', () => {
    const parts = rule({ kind: 'REJECT' }, { kind: 'comment', text: 'x' }, ...dport, { kind: 'source', cidr: '::/0' });
    expect(formatRule(parts, plain)).toBe('-m comment --comment x -m tcp -p tcp --dport 80 -s ::/0 -j REJECT');
  });

  it('pads marks to eight digits as a node shows them', () => {
    const marked = rule(
      { kind: 'MARK', operation: 'or', value: 0x4000 },
      { kind: 'mark', value: 0x4000, mask: 0x4000 },
    );
    expect(formatRule(marked, { markFormat: 'padded' })).toBe(
      '-m mark --mark 0x00004000/0x00004000 -j MARK --or-mark 0x00004000',
    );
  });
});

describe('the text of a ruleset', () => {
  it('declares every chain before the first rule', () => {
    expect(writeRestore(ruleset, { ...plain, baseChains: true })).toBe(`*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-A - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SVC-A -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m tcp -p tcp --dport 80 -j KUBE-SVC-A
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
COMMIT
*filter
:KUBE-FORWARD - [0:0]
COMMIT
`);
  });

  it('can leave the base chains out and sort the rest', () => {
    const lines = writeRestore(ruleset, { ...plain, baseChains: false, order: 'sorted' }).split('\n');
    expect(lines.filter((line) => /^[*:]/.test(line))).toEqual([
      '*filter',
      ':KUBE-FORWARD - [0:0]',
      '*nat',
      ':KUBE-SERVICES - [0:0]',
      ':KUBE-MARK-MASQ - [0:0]',
      ':KUBE-SVC-A - [0:0]',
    ]);
    expect(lines.some((line) => line.includes('PREROUTING'))).toBe(false);
  });

  it('empties stale chains by declaring them, and then deletes them', () => {
    const chains = [{ name: 'KUBE-SERVICES', rules: [] }];
    expect(writeTable('nat', chains, ['KUBE-SVC-OLD'], { ...plain, baseChains: false })).toBe(
      '*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-OLD - [0:0]\n-X KUBE-SVC-OLD\nCOMMIT\n',
    );
  });
});
