/** kube-proxy's own packet-flow tests, in the modes that have them and in the versions around the one they were written for. */
import { describe, expect, it } from 'vitest';
import { iptablesMode, nftablesMode, type ProxyView } from '../../libs/sim/src/kube-proxy/index.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import { contextOf, expectedOf, flowsOf, packetOf, stepsOf, summaryOf } from './packet-flow.js';
import { type FlowCase, vectorNode, vectorView } from './vector-cluster.js';

interface ModeWithFlows {
  mode: 'iptables' | 'nftables';
  rulesetOf(view: ProxyView): Ruleset;
  version: string;
  sameIn: string[];
  featureGates: Record<string, boolean>;
}

const MODES: ModeWithFlows[] = [
  {
    mode: 'iptables',
    rulesetOf: (view) => iptablesMode.program(view).ruleset,
    version: '1.33',
    sameIn: ['1.31', '1.34', '1.37'],
    featureGates: {},
  },
  {
    mode: 'nftables',
    rulesetOf: (view) => nftablesMode.program(view).ruleset,
    version: '1.34',
    sameIn: ['1.31', '1.33', '1.35', '1.36', '1.37'],
    // Off up to 1.32: then nobody tells kube-proxy the ranges of cluster IPs.
    featureGates: { MultiCIDRServiceAllocator: true },
  },
];

describe.each(MODES)(
  'kube-proxy’s own packet flows, $mode mode',
  ({ mode, rulesetOf, version, sameIn, featureGates }) => {
    const flows = flowsOf(mode);

    function outcomesOf({ cluster, flow, ...objects }: FlowCase, inVersion = version): WalkOutcome[] {
      const node = vectorNode({ ...cluster, featureGates: { ...cluster.featureGates, ...featureGates } }, inVersion);
      const ruleset = rulesetOf(vectorView(node, objects));
      const options = { masqueradeMark: 2 ** node.masqueradeBit };
      return evaluate('arriving', ruleset, contextOf(node), packetOf({ flow }), options);
    }

    for (const flow of flows) {
      it(`${flow.id}: ${flow.case}`, () => {
        const outcomes = outcomesOf(flow);
        expect(summaryOf(outcomes), stepsOf(outcomes)).toEqual(expectedOf(flow));
      });
    }

    it.each(sameIn)('have the same outcomes in %s', (other) => {
      for (const flow of flows) {
        expect(summaryOf(outcomesOf(flow, other)), flow.id).toEqual(summaryOf(outcomesOf(flow)));
      }
    });

    it('give each of several endpoints the same chance', () => {
      const shared = flows.filter(({ expected }) => expected.endpoints.length === 2);
      expect(shared.length).toBeGreaterThan(5);
      for (const flow of shared) {
        const chances = outcomesOf(flow).map(({ probability }) => probability);
        expect(chances, flow.id).toEqual([0.5, 0.5]);
      }
    });
  },
);
