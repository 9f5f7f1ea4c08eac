/** The three pictures of the tutorial "Using Source IP", drawn from traces of its cluster. */
import { describe, expect, it } from 'vitest';
import { traceMermaid } from '#report';
import type { NodeObject, ServiceObject } from './objects.js';
import { traceScenario } from './questions.js';
import { pod, profile, service, smallScenario } from './testing/small-scenario.js';
import type { TracePacket } from './trace-result.js';

const node = (name: string, podCIDR: string, address: string): NodeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR },
  status: { addresses: [{ type: 'InternalIP', address }] },
});
const nodes = [
  node('kubernetes-node-6jst', '10.180.1.0/24', '10.240.0.4'),
  node('kubernetes-node-cx31', '10.180.2.0/24', '10.240.0.5'),
];
const app = pod('source-ip-app', '10.180.1.136', { spec: { nodeName: 'kubernetes-node-6jst' } });

function arrows(web: ServiceObject, over: Partial<Extract<TracePacket['to'], { kind: 'service' }>>): string[] {
  const scenario = smallScenario({
    version: '1.21',
    nodes,
    objects: [app, web],
    loadBalancers: { default: profile({ allDown: 'open' }), byService: {} },
  });
  const packet: TracePacket = {
    from: { kind: 'client', client: 'laptop' },
    to: {
      kind: 'service',
      service: 'default/web',
      port: null,
      via: null,
      node: null,
      ipFamily: null,
      ip: null,
      ...over,
    },
    protocol: 'TCP',
  };
  const graph = traceMermaid(traceScenario(scenario, packet, 0), packet);
  return graph.split(';\n').filter((statement) => /^\w+(-->| --x|-\. )/.test(statement));
}

describe('the diagram', () => {
  it('of a NodePort with policy Cluster goes through the second node and back', () => {
    expect(arrows(service('web', { type: 'NodePort' }), { via: 'nodePort', node: 'kubernetes-node-cx31' })).toEqual([
      'client-->node2',
      'node2-. SNAT .->node1',
      'node1-->endpoint',
      'endpoint-->node1',
      'node1-. SNAT .->node2',
      'node2-->client',
    ]);
  });

  it('of a NodePort with policy Local has one node that serves and one that does not', () => {
    const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    expect(arrows(local, { via: 'nodePort' })).toEqual([
      'client-->node1',
      'node1-->endpoint',
      'endpoint-->node1',
      'node1-->client',
      'client --x node2',
    ]);
  });

  it('of a LoadBalancer with policy Local shows what its health checks found', () => {
    const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(arrows(local, {})).toEqual([
      'client-->lb',
      'lb-->node1',
      'node1-->endpoint',
      'endpoint-->node1',
      'node1-->lb',
      'lb-->client',
      'lb-. "health check 200" .->node1',
      'lb-. "health check 503" .-xnode2',
    ]);
  });
});
