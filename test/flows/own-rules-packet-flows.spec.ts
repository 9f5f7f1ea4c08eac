/**
 * kube-proxy's own packet flows through text: the rules are written as iptables takes and as it prints them, read again,
 * and walked. Upstream's `TestTracePacket` walks a dump that was written by hand, which is derived from the same rules.
 */
import { describe, expect, it } from 'vitest';
import { type IptablesProgram, iptablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import { writeRestore } from '../../libs/sim/src/netfilter/iptables-save.js';
import { readIptables } from '../../libs/sim/src/netfilter/iptables-text/read.js';
import type { Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import { contextOf, expectedOf, flowsOf, packetOf, summaryOf } from './packet-flow.js';
import { vectorNode, vectorView } from './vector-cluster.js';

function reread({ ruleset }: IptablesProgram, form: 'restore' | 'save'): Ruleset {
  const text = writeRestore(ruleset, { markFormat: 'padded', baseChains: true, form, ipFamily: ruleset.ipFamily });
  const { tables, problems } = readIptables(text, ruleset.ipFamily);
  expect(problems).toEqual([]);
  return { ipFamily: ruleset.ipFamily, tables };
}

describe.each(['restore', 'save'] as const)('through rules as text for %s', (form) => {
  for (const flow of flowsOf('iptables')) {
    it(`${flow.id}: ${flow.case}`, () => {
      const { cluster, ...objects } = flow;
      const node = vectorNode(cluster, '1.33');
      const ruleset = reread(iptablesMode.program(vectorView(node, objects)), form);
      const outcomes = evaluate('arriving', ruleset, contextOf(node), packetOf(flow), { masqueradeMark: 0x4000 });
      expect(summaryOf(outcomes)).toEqual(expectedOf(flow));
    });
  }
});
