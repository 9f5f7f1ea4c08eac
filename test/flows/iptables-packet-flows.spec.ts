/**
 * kube-proxy's own packet-flow tests in iptables mode. Upstream's tracer puts every packet on PREROUTING, the node's own
 * and those from localhost as well, and walks every way that chance allows.
 */
import { describe, expect, it } from 'vitest';
import { iptablesMode, type ProxyNode } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { NodeContext } from '../../libs/sim/src/netfilter/packet.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import { type FlowCase, vectorNode, vectorView } from './vector-cluster.js';
import cases from './vectors/packet-flows.json' with { type: 'json' };

/** The flows were written against 1.31 to 1.34. */
const VERSION = '1.33';
const SAME_IN = ['1.31', '1.34', '1.37'];

/** LOCAL are the node's addresses and the loopback; whatever else is behind eth0. */
function contextOf(node: ProxyNode): NodeContext {
  const loopback = [parseIp('127.0.0.1')!, parseIp('::1')!];
  const isLocalAddress = (ip: Ip) => [...loopback, ...node.ips].some((local) => sameIp(local, ip));
  return {
    name: node.name,
    isLocalAddress,
    egress: (ip) => ({
      interface: isLocalAddress(ip) ? 'lo' : 'eth0',
      address: node.primaryIP,
      local: isLocalAddress(ip),
    }),
    routeLocalnet: true,
  };
}

function outcomesOf({ cluster, flow, ...objects }: FlowCase, version = VERSION): WalkOutcome[] {
  const node = vectorNode(cluster, version);
  const { ruleset } = iptablesMode.program(vectorView(node, objects));
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
