/**
 * kube-proxy's own packet-flow tests in nftables mode. Upstream's tracer puts every packet on PREROUTING, the node's own
 * and those from localhost as well, and walks every way that chance allows.
 */
import { describe, expect, it } from 'vitest';
import { nftablesMode, type ProxyNode } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { NodeContext } from '../../libs/sim/src/netfilter/packet.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import { type FlowCase, vectorNode, vectorView } from './vector-cluster.js';
import cases from './vectors/packet-flows.json' with { type: 'json' };

/** The flows were written against 1.34. */
const VERSION = '1.34';
const SAME_IN = ['1.31', '1.33', '1.35', '1.36', '1.37'];

/** LOCAL are the node's addresses, without the loopback; whatever else is behind eth0. */
function contextOf(node: ProxyNode): NodeContext {
  const isLocalAddress = (ip: Ip) => node.ips.some((local) => sameIp(local, ip));
  return {
    name: node.name,
    isLocalAddress,
    addressesOf: () => [],
    egress: (ip) => ({
      interface: isLocalAddress(ip) ? 'lo' : 'eth0',
      address: node.primaryIP,
      local: isLocalAddress(ip),
    }),
    routeLocalnet: true,
  };
}

function outcomesOf({ cluster, flow, ...objects }: FlowCase, version = VERSION): WalkOutcome[] {
  // Off up to 1.32: then nobody tells kube-proxy the ranges of cluster IPs.
  const featureGates = { ...cluster.featureGates, MultiCIDRServiceAllocator: true };
  const node = vectorNode({ ...cluster, featureGates }, version);
  const { ruleset } = nftablesMode.program(vectorView(node, objects));
  const packet = {
    sourceIp: parseIp(flow.sourceIP)!,
    sourcePort: 40_000,
    destinationIp: parseIp(flow.destIP)!,
    destinationPort: flow.destPort,
    protocol: flow.protocol,
    inInterface: null,
  };
  return evaluate('arriving', ruleset, contextOf(node), packet, { masqueradeMark: 2 ** node.masqueradeBit });
}

function summaryOf(outcomes: readonly WalkOutcome[]) {
  const taken = outcomes.filter((outcome) => outcome.dnat);
  const refused = outcomes.find(({ verdict }) => verdict === 'drop' || verdict === 'reject');
  const kind = refused === undefined ? 'passthrough' : refused.verdict === 'drop' ? 'DROP' : 'REJECT';
  return {
    outcome: taken.length > 0 && refused === undefined ? 'DNAT' : kind,
    endpoints: taken.map(({ destinationIp, destinationPort }) => formatHostPort(destinationIp.text, destinationPort)),
    masquerade: outcomes.some(({ masqueradeMarked }) => masqueradeMarked),
    accepted: outcomes.some(({ acceptedOnInput }) => acceptedOnInput),
  };
}

function stepsOf(outcomes: readonly WalkOutcome[]): string {
  const lines = outcomes.flatMap(({ steps, verdict }, index) => [
    `outcome ${index}: ${verdict}`,
    ...steps.map(({ hook, table, chain, rule, action }) => `  ${hook} ${table} ${chain}: ${rule} => ${action}`),
  ]);
  return lines.join('\n');
}

const flows = (cases as unknown as FlowCase[]).filter(({ proxyMode }) => proxyMode === 'nftables');

describe('kube-proxy’s own packet flows, nftables mode', () => {
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
    const shared = flows.filter(({ expected }) => expected.endpoints.length === 2);
    expect(shared.length).toBeGreaterThan(5);
    for (const flow of shared) {
      expect(
        outcomesOf(flow).map(({ probability }) => probability),
        flow.id,
      ).toEqual([0.5, 0.5]);
    }
  });
});
