/**
 * kube-proxy's own packet-flow tests in iptables mode. Upstream's tracer puts every packet on PREROUTING, the node's own
 * and those from localhost as well, and walks every way that chance allows.
 */
import { describe, expect, it } from 'vitest';
import { iptablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import { contextOf, packetOf, summaryOf } from './packet-flow.js';
import { type FlowCase, vectorNode, vectorView } from './vector-cluster.js';
import cases from './vectors/packet-flows.json' with { type: 'json' };

/** The flows were written against 1.31 to 1.34. */
const VERSION = '1.33';
const SAME_IN = ['1.31', '1.34', '1.37'];

function outcomesOf({ cluster, flow, ...objects }: FlowCase, version = VERSION): WalkOutcome[] {
  const node = vectorNode(cluster, version);
  const { ruleset } = iptablesMode.program(vectorView(node, objects));
  return evaluate('arriving', ruleset, contextOf(node), packetOf({ flow }), {
    masqueradeMark: 2 ** node.masqueradeBit,
  });
}

function stepsOf(outcomes: readonly WalkOutcome[]): string {
  const lines = outcomes.flatMap(({ steps, verdict }, index) => [
    `outcome ${index}: ${verdict}`,
    ...steps.map(({ hook, table, chain, rule, action }) => `  ${hook} ${table} ${chain}: ${rule} => ${action}`),
  ]);
  return lines.join('\n');
}

const flows = (cases as unknown as FlowCase[]).filter(({ proxyMode }) => proxyMode === 'iptables');

describe('kube-proxy’s own packet flows, iptables mode', () => {
  for (const flow of flows) {
    it(`${flow.id}: ${flow.case}`, () => {
      const outcomes = outcomesOf(flow);
      const { outcome, endpoints, masquerade, accepted } = flow.expected;
      expect(summaryOf(outcomes), stepsOf(outcomes)).toEqual({
        outcome,
        endpoints,
        masquerade,
        accepted: accepted ?? false,
      });
    });
  }

  for (const version of SAME_IN) {
    it(`has the same outcomes in ${version}`, () => {
      for (const flow of flows) {
        expect(summaryOf(outcomesOf(flow, version)), flow.id).toEqual(summaryOf(outcomesOf(flow)));
      }
    });
  }

  it('gives each of several endpoints the same chance', () => {
    const flow = flows.find(({ id }) => id === 'iptables/TestNodePorts/000')!;
    expect(outcomesOf(flow).map(({ probability }) => probability)).toEqual([0.5, 0.5]);
  });
});
