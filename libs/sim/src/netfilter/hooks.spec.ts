import { describe, expect, it } from 'vitest';
import { hooksOf } from './hooks.js';
import type { Chain, IptablesTable, Ruleset, TableName } from './rules.js';

const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

function table(name: TableName, chains: readonly string[]): [string, IptablesTable] {
  const named = chains.map((chain): [string, Chain] => [chain, { name: chain, rules: [] }]);
  return [name, { syntax: 'iptables', name, chains: new Map(named) }];
}

describe('the base chains of a hook', () => {
  it('stand in the order of the kernel, whatever the order of the tables', () => {
    const names: TableName[] = ['security', 'filter', 'nat', 'mangle', 'raw'];
    const ruleset: Ruleset = { ipFamily: 'IPv4', tables: new Map(names.map((name) => table(name, BUILT_IN))) };
    const order = Object.entries(hooksOf(ruleset)).map(([hook, bases]) => [
      hook,
      bases.map(({ table: { name } }) => name),
    ]);
    expect(Object.fromEntries(order)).toEqual({
      PREROUTING: ['raw', 'mangle', 'nat'],
      INPUT: ['mangle', 'filter', 'security', 'nat'],
      FORWARD: ['mangle', 'filter', 'security'],
      OUTPUT: ['raw', 'mangle', 'nat', 'filter', 'security'],
      POSTROUTING: ['mangle', 'nat'],
    });
  });

  it('are only those that the tables have', () => {
    const ruleset: Ruleset = { ipFamily: 'IPv4', tables: new Map([table('nat', ['OUTPUT', 'KUBE-SERVICES'])]) };
    expect(Object.values(hooksOf(ruleset)).flatMap((bases) => bases.map(({ chain }) => chain.name))).toEqual([
      'OUTPUT',
    ]);
  });
});
