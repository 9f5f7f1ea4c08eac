import { describe, expect, it } from 'vitest';
import type { MatrixOutcome, MatrixSource, MatrixTable } from '#sim';
import { cellLines, cellOf, type Reading } from './matrix-cells.js';

const sender: MatrixSource = { kind: 'pod', name: 'default/a', node: 'n1', ips: ['fd00::1', '10.1.1.5'] };
const LITERAL: Reading = { sender, alone: true, relative: false };
const RELATIVE: Reading = { sender, alone: false, relative: true };

const table = {
  ipFamily: 'IPv4',
  endpoints: [
    { ip: '10.1.1.5', port: 8080, pod: 'default/a', node: 'n1' },
    { ip: '10.1.1.6', port: 8080, pod: 'shop/b', node: 'n1' },
    { ip: '10.1.2.7', port: 8080, pod: 'default/c', node: 'n2' },
    { ip: '172.16.0.9', port: 80, pod: null, node: null },
  ],
} as MatrixTable;

function outcome(over: Partial<MatrixOutcome> = {}): MatrixOutcome {
  return {
    verdict: 'delivered',
    probability: 1,
    endpoints: [0, 1, 2, 3],
    itself: null,
    seen: { kind: 'pod', ip: null, node: null },
    masquerade: false,
    accepted: false,
    node: 'n1',
    reason: null,
    ...over,
  };
}

const refused = (verdict: MatrixOutcome['verdict'], reason: string, over: Partial<MatrixOutcome> = {}) =>
  outcome({ verdict, reason, endpoints: [], seen: null, ...over });

function read(answer: MatrixOutcome[] | null, reading = LITERAL): string {
  return cellLines(cellOf(answer, table, reading), (reason) => `[${reason}]`).join(' / ');
}

describe('a cell', () => {
  it.each([
    ['the one sender’s own address', [outcome()], LITERAL, '10.1.1.5 (pod)'],
    ['what all senders have in common', [outcome()], RELATIVE, 'own address'],
    ['a bridge', [outcome({ seen: { kind: 'bridge', ip: '10.1.1.1', node: 'n1' } })], LITERAL, '10.1.1.1 (bridge)'],
    ['the bridge', [outcome({ seen: { kind: 'bridge', ip: '10.1.1.1', node: 'n1' } })], RELATIVE, "bridge's address"],
    ['another node', [outcome({ seen: { kind: 'node', ip: '10.0.0.2', node: 'n2' } })], RELATIVE, '10.0.0.2 (node)'],
    [
      'a load balancer',
      [outcome({ seen: { kind: 'lb', ip: '192.0.2.1', node: null } })],
      LITERAL,
      '192.0.2.1 (load balancer)',
    ],
    ['that nobody knows', [outcome({ seen: null, reason: 'why' })], LITERAL, 'an address that is not known, but [why]'],
    ['an end', [refused('dropped', 'a rule')], LITERAL, 'dropped [a rule]'],
    [
      'a node that takes it',
      [refused('passthrough', 'why', { accepted: true })],
      LITERAL,
      'accepted by the node [why]',
    ],
    ['nothing that could be sent', null, LITERAL, '-'],
  ])('tells %s', (_, answer, reading, words) => {
    expect(read(answer, reading)).toBe(words);
  });

  it('tells the likeliest first, and adds up what reads the same', () => {
    const seen = (ip: string) => ({ kind: 'node', ip, node: 'n9' }) as const;
    const answer = [
      outcome({ probability: 0.002, seen: seen('10.0.0.1') }),
      outcome({ probability: 0.5, seen: seen('10.0.0.2'), node: 'n1' }),
      outcome({ probability: 0.498, seen: seen('10.0.0.2'), node: 'n2' }),
    ];
    expect(read(answer)).toBe('>99% 10.0.0.2 (node) / <1% 10.0.0.1 (node)');
  });

  it('names endpoints where not all may get it', () => {
    expect(read([outcome({ endpoints: [2] })])).toBe('c: 10.1.1.5 (pod)');
    expect(read([outcome({ endpoints: [1, 3] })])).toBe('shop/b, 172.16.0.9:80: 10.1.1.5 (pod)');
    expect(read([outcome({ endpoints: [0, 1, 3] })])).toBe('3 of 4 endpoints: 10.1.1.5 (pod)');
    expect(read([outcome({ endpoints: [0, 1] })], RELATIVE)).toBe('local endpoints: own address');
  });

  it('tells of a sender that is an endpoint', () => {
    const bridge = { kind: 'bridge', ip: '10.1.1.1', node: 'n1' } as const;
    const self = outcome({ probability: 0.25, endpoints: [], itself: 'only', seen: bridge });
    const others = outcome({ probability: 0.75, itself: 'never' });
    expect(read([others, self], RELATIVE)).toBe("75% own address / 25% itself: bridge's address");
    expect(read([{ ...self, probability: 1 }])).toBe('itself: 10.1.1.1 (bridge)');
  });

  it('tells many addresses by what they have in common', () => {
    const answer = ['n1', 'n2', 'n3', 'n4', 'n5'].map((node, n) =>
      outcome({ probability: 0.2, node, seen: { kind: 'node', ip: `10.0.0.${n}`, node } }),
    );
    expect(read(answer)).toBe("node's address");
    const elsewhere = answer.map((each) => ({ ...each, node: 'n9' }));
    expect(read(elsewhere)).toBe('several addresses (node)');
  });

  it('leaves the node out of a reason that is the same on every node, but not out of a rule', () => {
    expect(read([refused('dropped', 'n1 takes none, n11 would')], RELATIVE)).toBe(
      'dropped [that node takes none, n11 would]',
    );
    expect(read([refused('dropped', '-t filter -A n1 -j DROP')], RELATIVE)).toBe('dropped [-t filter -A n1 -j DROP]');
    expect(read([refused('dropped', 'n1 takes none')])).toBe('dropped [n1 takes none]');
  });
});
