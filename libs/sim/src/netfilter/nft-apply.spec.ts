import { describe, expect, it } from 'vitest';
import { parseIp } from './address.js';
import { evaluate } from './evaluate.js';
import {
  elementsOf,
  type NftChain,
  type NftElement,
  type NftExpression,
  type NftOperand,
  type NftRule,
  type NftSet,
  type NftStatement,
  type NftTable,
} from './nft-rules.js';
import type { NodeContext, Packet } from './packet.js';

const ip = (text: string): bigint => parseIp(text)!.value;
const value = (number: bigint | string): NftOperand => ({ kind: 'value', value: number });
const payload = (field: Extract<NftExpression, { kind: 'payload' }>['field']): NftExpression => ({
  kind: 'payload',
  field,
});
const is = (left: NftExpression, right: NftOperand): NftStatement => ({ kind: 'match', left, operator: '==', right });
const rule = (...statements: NftStatement[]): NftRule => ({ statements });
const goto = (chain: string): NftStatement => ({ kind: 'goto', chain });
const jump = (chain: string): NftStatement => ({ kind: 'jump', chain });
const setMark = (mark: number): NftStatement => ({
  kind: 'assign',
  field: { kind: 'meta', key: 'mark' },
  value: { kind: 'constant', operand: value(BigInt(mark)), type: 'mark' },
});
const dnat = (address: string, port: number): NftStatement => ({
  kind: 'dnat',
  family: null,
  address: { kind: 'constant', operand: value(ip(address)), type: 'ipv4_addr' },
  port: { kind: 'constant', operand: value(BigInt(port)), type: 'inet_service' },
  flags: [],
});

const base = (
  name: string,
  hook: 'PREROUTING' | 'FORWARD' | 'INPUT',
  priority: number,
  rules: NftRule[],
): NftChain => ({
  name,
  base: { type: name.startsWith('nat') ? 'nat' : 'filter', hook, priority, policy: 'accept' },
  rules,
});

function tableOf(chains: NftChain[], sets: NftSet[] = []): NftTable {
  return {
    syntax: 'nft',
    family: 'ip',
    name: 't',
    chains: new Map(chains.map((chain) => [chain.name, chain])),
    sets: new Map(sets.map((set) => [set.name, set])),
  };
}

const node: NodeContext = {
  name: 'n1',
  addressesOf: (name) => (name === 'eth0' ? [parseIp('10.0.0.1')!] : []),
  isLocalAddress: (address) => address.text === '10.0.0.1',
  egress: (address) => ({ interface: 'eth0', address: parseIp('10.0.0.1'), local: address.text === '10.0.0.1' }),
  routeLocalnet: false,
};
const packet: Packet = {
  sourceIp: parseIp('192.0.2.7')!,
  sourcePort: null,
  destinationIp: parseIp('10.96.0.1')!,
  destinationPort: 80,
  protocol: 'TCP',
  inInterface: 'eth0',
};

function walked(tables: NftTable | NftTable[], over: Partial<Packet> = {}, options = {}) {
  const all = Array.isArray(tables) ? tables : [tables];
  const ruleset = {
    ipFamily: 'IPv4' as const,
    tables: new Map(all.map((table, number) => [`ip t${number}`, table])),
  };
  return evaluate('arriving', ruleset, node, { ...packet, ...over }, { masqueradeMark: 0x4000, ...options });
}

describe('a verdict map', () => {
  const numbers: NftExpression = { kind: 'numgen', mode: 'random', modulus: 3, offset: 0 };
  const elements = elementsOf([
    { key: value(0n), data: { kind: 'goto', chain: 'a' } },
    { key: { kind: 'range', from: 1n, to: 2n }, data: { kind: 'goto', chain: 'b' } },
  ]);
  const table = tableOf([
    base('nat-prerouting', 'PREROUTING', -100, [
      rule({ kind: 'vmap', key: numbers, map: { kind: 'anonymousSet', elements } }),
    ]),
    { name: 'a', rules: [rule(dnat('10.1.0.1', 8080))] },
    { name: 'b', rules: [rule(dnat('10.1.0.2', 8080))] },
  ]);

  it('goes by chance where its key does, each element once, in their order', () => {
    const outcomes = walked(table);
    expect(outcomes.map(({ destinationIp, probability }) => [destinationIp.text, probability])).toEqual([
      ['10.1.0.1', 1 / 3],
      ['10.1.0.2', 2 / 3],
    ]);
  });

  it('tells which element decided', () => {
    expect(walked(table)[1]?.steps).toEqual([
      {
        node: 'n1',
        hook: 'PREROUTING',
        table: 'ip t',
        chain: 'nat-prerouting',
        rule: 'numgen random mod 3 vmap { 1-2 : goto b }',
        action: 'goto b',
      },
      expect.objectContaining({ chain: 'b', rule: 'dnat to 10.1.0.2:8080', action: 'DNAT to 10.1.0.2:8080' }),
    ]);
  });

  it('ends the rule where no element has the key, and the next one is walked', () => {
    const key = payload('tcp dport');
    const map = { kind: 'anonymousSet', elements: elementsOf([{ key: value(81n), data: { kind: 'drop' } }]) } as const;
    const chain = base('filter', 'FORWARD', 0, [
      rule({ kind: 'vmap', key, map }),
      rule({ kind: 'reject', with: null }),
    ]);
    expect(walked(tableOf([chain]))[0]?.verdict).toBe('reject');
    expect(walked(tableOf([chain]), { destinationPort: 81 })[0]).toMatchObject({
      verdict: 'drop',
      reason: 'table ip t chain filter: tcp dport vmap { 81 : drop }',
    });
    expect(walked(tableOf([chain]), { destinationPort: 81, protocol: 'UDP' })[0]?.verdict).toBe('reject');
  });
});

describe('chains', () => {
  it('come back behind a jump, and behind a goto to where their caller would', () => {
    const chain = base('filter', 'FORWARD', 0, [rule(jump('a')), rule(setMark(3)), rule({ kind: 'drop' })]);
    const a = { name: 'a', rules: [rule(goto('b')), rule({ kind: 'reject', with: null })] };
    const b = { name: 'b', rules: [rule(setMark(1))] };
    const [outcome] = walked(tableOf([chain, a, b]));
    expect(outcome?.verdict).toBe('drop');
    expect(outcome?.steps.map(({ action }) => action)).toEqual(['jump a', 'goto b', 'mark 0x1', 'mark 0x2', 'DROP']);
  });

  it('of one priority are walked the newest first, of one table and of several', () => {
    const accepting = (name: string) => base(name, 'FORWARD', 0, [rule(setMark(1), { kind: 'accept' })]);
    const first = tableOf([accepting('a'), accepting('b')]);
    const [outcome] = walked([first, { ...tableOf([accepting('c')]), name: 'u' }]);
    expect(outcome?.steps.map(({ chain }) => chain)).toEqual(['c', 'b', 'a']);
  });

  it('let an accepted packet meet the base chains behind them', () => {
    const early = base('early', 'FORWARD', -10, [rule({ kind: 'accept' })]);
    const late = base('late', 'FORWARD', 10, [rule({ kind: 'drop' })]);
    expect(walked(tableOf([early, late]))[0]?.verdict).toBe('drop');
  });

  it('have a policy for what no rule decided', () => {
    const chain: NftChain = {
      name: 'f',
      base: { type: 'filter', hook: 'FORWARD', priority: 0, policy: 'drop' },
      rules: [],
    };
    expect(walked(tableOf([chain]))[0]).toMatchObject({ verdict: 'drop', reason: 'table ip t chain f: policy drop' });
    expect(walked({ ...tableOf([chain]), dormant: true })[0]?.verdict).toBe('forward');
  });
});

describe('a dynamic set', () => {
  const seen: NftSet = {
    name: 'seen',
    key: ['ipv4_addr'],
    flags: ['dynamic', 'timeout'],
    timeoutSeconds: 60,
    elements: new Map<string, NftElement>(),
  };
  const table = tableOf(
    [
      base('nat', 'PREROUTING', -100, [
        rule(
          { kind: 'match', left: payload('ip saddr'), operator: '==', right: { kind: 'namedSet', name: 'seen' } },
          dnat('10.1.0.9', 80),
        ),
        rule({ kind: 'dynamic', operation: 'update', set: 'seen', key: payload('ip saddr') }, dnat('10.1.0.1', 80)),
      ]),
    ],
    [seen],
  );

  it('remembers sources as long as its timeout', () => {
    const [fresh] = walked(table);
    expect(fresh).toMatchObject({ affinitySet: ['ip t seen'], affinityChecked: [{ name: 'ip t seen', seconds: 60 }] });
    expect(fresh?.destinationIp.text).toBe('10.1.0.1');
    const [known] = walked(table, {}, { recentlySet: (name: string) => name === 'ip t seen' });
    expect(known?.destinationIp.text).toBe('10.1.0.9');
  });
});

describe('what a source is compared with', () => {
  const tested = (statement: NftStatement): string[] => {
    const cidrs: string[] = [];
    walked(
      tableOf([base('f', 'FORWARD', 0, [rule(statement)])]),
      {},
      { sourceTested: (cidr: { text: string }) => cidrs.push(cidr.text) },
    );
    return cidrs;
  };
  const network: NftOperand = { kind: 'prefix', value: ip('10.0.0.0'), length: 8 };

  it('is told: addresses and networks, of sets too', () => {
    expect(tested(is(payload('ip saddr'), network))).toEqual(['10.0.0.0/8']);
    const right = {
      kind: 'anonymousSet',
      elements: elementsOf([{ key: network }, { key: value(ip('1.2.3.4')) }]),
    } as const;
    const statement: NftStatement = { kind: 'match', left: payload('ip saddr'), operator: '!=', right };
    expect(tested(statement)).toEqual(['10.0.0.0/8', '1.2.3.4/32']);
  });

  it('is the source itself where it is compared otherwise', () => {
    const range: NftOperand = { kind: 'range', from: ip('10.0.0.1'), to: ip('10.0.0.9') };
    expect(tested(is(payload('ip saddr'), range))).toEqual(['192.0.2.7/32']);
    const masked: NftExpression = {
      kind: 'bitwise',
      operator: '&',
      left: payload('ip saddr'),
      right: { kind: 'constant', operand: value(1n), type: 'ipv4_addr' },
    };
    expect(tested(is(masked, value(1n)))).toEqual(['192.0.2.7/32']);
  });
});
