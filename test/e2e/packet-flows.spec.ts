/**
 * kube-proxy's own packet-flow tests, asked over HTTP: a case's cluster is the scenario, its packet is put on the node.
 * test/flows asks the rules alone; here a whole trace answers, with routes, sockets and whoever has an address.
 *
 * The cases of TestTracePacket are traced through rules generated from the objects that upstream's rule dump stands for.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TraceOutcome } from '#sim';
import type { FlowCase } from '../flows/vector-cluster.js';
import cases from '../flows/vectors/packet-flows.json' with { type: 'json' };
import { startServer, type TestServer } from './server.js';

/** The flows were written against 1.31 to 1.34. */
const VERSION = '1.33';
const flows = cases as unknown as FlowCase[];

let server: TestServer;
let agreed = 0;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
  console.log(`Packet flows over HTTP: ${agreed} of ${flows.length} agree`);
});

function scenarioOf({ cluster, proxyMode, services, endpointSlices }: FlowCase) {
  const { thisNode, localDetector, masqueradeAll, nodePortAddresses, localhostNodePorts, featureGates } = cluster;
  const ranges = cluster.serviceCIDRs === undefined ? {} : { serviceCIDRs: cluster.serviceCIDRs };
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: thisNode.name },
    status: { addresses: [{ type: 'InternalIP', address: thisNode.primaryIP }] },
  };
  const kubeProxy = {
    mode: proxyMode,
    clusterCIDR: localDetector.cidr ?? '',
    nodePortAddresses: nodePortAddresses ?? [],
    iptables: { masqueradeAll, localhostNodePorts },
    nftables: { masqueradeAll },
    featureGates: featureGates ?? {},
  };
  const nodes = { [thisNode.name]: { localAddresses: thisNode.ips.filter((ip) => ip !== thisNode.primaryIP) } };
  return {
    name: 'packet-flow',
    cluster: { version: VERSION, admission: 'asStored', kubeProxy, nodes, ...ranges },
    objects: [node, ...services, ...endpointSlices],
  };
}

function questionOf(flow: FlowCase) {
  const { sourceIP, destIP, destPort, protocol } = flow.flow;
  const from = { ip: sourceIP, enters: flow.cluster.thisNode.name };
  return { scenario: scenarioOf(flow), packet: { from, to: { ip: destIP, port: destPort }, protocol } };
}

const KIND = { delivered: 'DNAT', dropped: 'DROP', rejected: 'REJECT', passthrough: 'passthrough' } as const;

function summaryOf(outcomes: readonly TraceOutcome[]) {
  const endpoints = outcomes.map(({ endpoint }) => endpoint).filter((endpoint) => endpoint !== null);
  return {
    outcome: [...new Set(outcomes.map(({ verdict }) => KIND[verdict]))].join(),
    endpoints: endpoints.map(({ ip, port }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
    masquerade: outcomes.some(({ masquerade }) => masquerade),
    accepted: outcomes.some(({ accepted }) => accepted === true),
  };
}

describe('kube-proxy’s own packet flows, over HTTP', () => {
  for (const flow of flows) {
    it(`${flow.id}: ${flow.case}`, async () => {
      const { body, status } = await server.http.post('/v1/traces').send(questionOf(flow));
      expect(status, JSON.stringify(body.issues)).toBe(200);
      const { outcome, endpoints, masquerade, accepted = false } = flow.expected;
      expect(summaryOf(body.outcomes), JSON.stringify(body.outcomes, null, 1)).toEqual({
        outcome,
        endpoints,
        masquerade,
        accepted,
      });
      agreed++;
    });
  }

  it('leave no case out', () => {
    const count = (mode: string) => flows.filter(({ proxyMode }) => proxyMode === mode).length;
    expect({ iptables: count('iptables'), nftables: count('nftables') }).toEqual({ iptables: 88, nftables: 75 });
    expect(flows).toHaveLength(163);
  });
});
