import { describe, expect, it } from 'vitest';
import type { PathHop, TraceResult } from '#sim';
import { delivered, hop, node1, packet, refused, trace } from './testing/made-up-traces.js';
import { traceMermaid } from './trace-mermaid.js';

/** The statements that draw an arrow. */
function arrows(graph: string): string[] {
  return graph.split(';\n').filter((statement) => /^\w+(-->| --x|-\. )/.test(statement));
}

const client = hop('client', 'laptop');
const endpoint = hop('endpoint', 'default/web-1');
const withoutSnat = (before: PathHop[]) =>
  delivered(
    'node-a',
    [client, ...before, hop('node', 'node-a', 'DNAT'), endpoint],
    [endpoint, hop('node', 'node-a', 'DNAT'), ...before.toReversed(), client],
  );

describe('the diagram of a trace', () => {
  it('draws a NodePort with policy Cluster through a second node, as the tutorial does', () => {
    const through = hop('node', 'node-b', 'DNAT', 'SNAT');
    const outcome = delivered('node-a', [client, through, node1, endpoint], [endpoint, node1, through, client]);
    expect(traceMermaid(trace(outcome), packet)).toBe(`graph LR;
client("laptop");
node1["node-a"];
node2["node-b"];
endpoint("default/web-1");
client-->node2;
node2-. SNAT .->node1;
node1-->endpoint;
endpoint-->node1;
node1-. SNAT .->node2;
node2-->client;
classDef plain fill:#ddd,stroke:#fff,stroke-width:4px,color:#000;
classDef k8s fill:#326ce5,stroke:#fff,stroke-width:4px,color:#fff;
class node1,node2,endpoint k8s;
class client plain;`);
  });

  it('draws a NodePort with policy Local as one node that serves and one that drops', () => {
    const dropped = refused('dropped', [client, hop('node', 'node-b')]);
    expect(arrows(traceMermaid(trace(dropped, withoutSnat([])), packet))).toEqual([
      'client --x node2',
      'client-->node1',
      'node1-->endpoint',
      'endpoint-->node1',
      'node1-->client',
    ]);
  });

  it('draws a LoadBalancer with policy Local and what its health checks found', () => {
    const balancer = hop('loadBalancer', 'default/web');
    const result: TraceResult = {
      ...trace(withoutSnat([balancer])),
      healthChecks: [
        { loadBalancer: 'default/web', node: 'node-a', state: 'healthy', status: 200 },
        { loadBalancer: 'default/web', node: 'node-b', state: 'unhealthy', status: 503 },
      ],
    };
    expect(arrows(traceMermaid(result, packet))).toEqual([
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

  it('draws what outcomes share only once', () => {
    const other = hop('endpoint', 'default/web-2');
    const toOther = delivered('node-a', [client, node1, other], [other, node1, client]);
    const graph = traceMermaid(trace(withoutSnat([]), toOther), packet);
    expect(arrows(graph).filter((arrow) => arrow === 'client-->node1')).toHaveLength(1);
    expect(arrows(graph)).toContain('node1-->endpoint2');
  });

  it('tells a rejection from a drop, also on the node that sent the packet', () => {
    expect(arrows(traceMermaid(trace(refused('rejected', [client, node1])), packet))).toEqual([
      'client --x|"rejected"| node1',
    ]);
    expect(arrows(traceMermaid(trace(refused('rejected', [node1])), packet))).toEqual(['node1 --x rejected']);
  });

  it('names the origin even where nothing became of the packet', () => {
    expect(traceMermaid(trace(), packet)).toContain('client("laptop");');
  });
});
