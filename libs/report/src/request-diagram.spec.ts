import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRow } from '#sim';
import { requestMermaid } from './request-mermaid.js';
import { requestSvg } from './request-svg.js';

const row: RequestRow = {
  request: 17,
  atMs: 12003.25,
  client: 'laptop',
  clientIp: '104.132.1.79',
  method: 'GET',
  target: '10.240.0.5:31234',
  service: 'default/nodeport',
  lb: null,
  entryNode: 'node-b',
  node: 'node-a',
  pod: 'default/web-1',
  sourceIp: '10.240.0.5',
  sourceKind: 'node',
  forwardedFor: null,
  outcome: 'ok',
  status: 200,
  attempts: 1,
  connectUs: 410,
  latencyUs: 1234,
  reason: null,
  cause: null,
  event: null,
  eventPath: null,
  firstPackets: 1,
  protocol: 'TCP',
};
const nothing = { node: null, pod: null, sourceIp: null, sourceKind: null, status: null, connectUs: null } as const;
const dropped: RequestRow = {
  ...row,
  ...nothing,
  outcome: 'dropped',
  attempts: 2,
  firstPackets: 5,
  latencyUs: 1e6,
  reason: 'no endpoints',
  cause: 'no-endpoint',
};

/** What a reader sees, element by element. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

function arrows(graph: string): string[] {
  return graph.split(';\n').filter((statement) => /^\w+(-->| --x|-\. )/.test(statement));
}

it('says the protocol where no HTTP is spoken', () => {
  const datagram: RequestRow = { ...row, protocol: 'UDP', method: null, status: null, connectUs: null };
  expect(requestMermaid(datagram)).toContain('client-->|"UDP 10.240.0.5:31234"|node1');
  expect(requestMermaid(datagram)).toContain('pod-. "ok after 1.2 ms" .->client');
  expect(texts(requestSvg(datagram))).toContain('UDP 10.240.0.5:31234');
});

describe("a request's graph", () => {
  it('shows where the source was rewritten and how long the answer took', () => {
    expect(requestMermaid(row)).toBe(`graph LR;
client("laptop<br/>104.132.1.79");
node1["node-b<br/>entry node"];
node2["node-a<br/>node of the pod"];
pod("default/web-1<br/>saw 10.240.0.5");
client-->|"GET 10.240.0.5:31234"|node1;
node1-. "SNAT: source becomes 10.240.0.5" .->node2;
node2-->pod;
pod-. "200 after 1.2 ms" .->client;
classDef plain fill:#ddd,stroke:#fff,stroke-width:4px,color:#000;
classDef k8s fill:#326ce5,stroke:#fff,stroke-width:4px,color:#fff;
class node1,node2,pod k8s;
class client plain;`);
  });

  it('shows masquerade on the pod’s own node between node and pod', () => {
    const local: RequestRow = { ...row, entryNode: 'node-a', sourceIp: '10.180.1.1', sourceKind: 'bridge' };
    expect(arrows(requestMermaid(local))).toContain('node1-. "SNAT: source becomes 10.180.1.1" .->pod');
  });

  it('shows a kept client address as a plain line all the way', () => {
    const kept: RequestRow = { ...row, entryNode: 'node-a', sourceIp: '104.132.1.79', sourceKind: 'client' };
    expect(arrows(requestMermaid(kept)).slice(0, 2)).toEqual(['client-->|"GET 10.240.0.5:31234"|node1', 'node1-->pod']);
  });

  it('shows the new connection of a proxying load balancer', () => {
    const proxied: RequestRow = { ...row, lb: 'default/lb', sourceIp: '10.0.0.9', sourceKind: 'lb' };
    expect(arrows(requestMermaid(proxied))).toContain('lb-. "new connection from 10.0.0.9" .->node1');
  });

  it('crosses out the line on which a request was lost', () => {
    expect(arrows(requestMermaid(dropped))).toEqual([
      'client --x|"GET 10.240.0.5:31234, dropped: the client heard nothing"| node1',
    ]);
    const nowhere: RequestRow = { ...dropped, entryNode: null, outcome: 'timeout' };
    expect(arrows(requestMermaid(nowhere))[0]).toMatch(/^client --x.*timed out.* target$/);
  });
});

describe("a request's picture", () => {
  it('says in text what happened, from top to bottom', () => {
    expect(texts(requestSvg(row))).toEqual([
      'GET 10.240.0.5:31234',
      'ok 200',
      'request 17, default/nodeport',
      'sent at 12.003 s, answered after 1.2 ms, 1 attempt',
      'SNAT: source becomes 10.240.0.5',
      'Client · 104.132.1.79',
      'laptop',
      'Node · entry node',
      'node-b',
      'Node · node of the pod',
      'node-a',
      'Pod',
      'default/web-1',
      'The pod saw 10.240.0.5, a node&#39;s address',
    ]);
  });

  it('says how often the client has tried, and what it has sent for that', () => {
    const sent = (over: Partial<RequestRow>) => texts(requestSvg({ ...row, ...over }))[3]!.split('1.2 ms, ')[1];
    expect(sent({ firstPackets: 3 })).toBe('1 attempt, 3 SYNs');
    expect(sent({ attempts: 2, firstPackets: 5 })).toBe('2 attempts, 5 SYNs');
    expect(sent({ attempts: 2, firstPackets: 2, protocol: 'UDP', method: null })).toBe('2 attempts');
    expect(sent({ firstPackets: 0, connectUs: null })).toBe('1 attempt, on an open connection');
    expect(sent({ firstPackets: 0, outcome: 'unreachable', entryNode: null })).toBe('1 attempt, nothing sent');
    // Of model versions that noted no tries.
    expect(sent({ attempts: null, firstPackets: 1 })).toBe('1 SYN');
  });

  it('describes itself to a screen reader', () => {
    const svg = requestSvg(dropped);
    expect(svg).toContain('role="img" aria-labelledby="request-17-title request-17-desc"');
    expect(svg).toContain(
      '<desc id="request-17-desc">From client laptop, then node node-b. Dropped: the client heard nothing after 1.0 s. no endpoints</desc>',
    );
  });

  it('needs nothing from elsewhere and knows the dark', () => {
    const svg = requestSvg(row);
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/<script|href|url\(|@import|\son\w+=/i);
  });

  it('wraps a long reason and shortens a long name inside the picture', () => {
    const name = `${'n'.repeat(200)}-end`;
    const shown = texts(requestSvg({ ...dropped, entryNode: name, reason: 'many words '.repeat(30).trim() }));
    expect(shown.find((text) => text.endsWith('-end'))).toHaveLength(58);
    expect(shown.filter((text) => text.includes('words')).every((text) => text.length <= 60)).toBe(true);
  });

  it('keeps its elements whatever the names hold', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('</text><script>alert(1)</script>', '"><x y="', "' onload='x", '&amp;', ']]>', '\u0000\ud800'),
    );
    const draw = (a: string, b: string, c: string) =>
      requestSvg({ ...row, client: a, entryNode: `b${b}`, node: `a${b}`, pod: c, target: a, service: b, clientIp: c });
    const tags = (svg: string) => svg.replace(/>[^<]*</g, '><');
    const expected = tags(draw('a', 'b', 'c'));
    fc.assert(
      fc.property(nasty, nasty, nasty, (a, b, c) => {
        const svg = draw(a, b, c);
        expect(tags(svg)).toBe(expected);
        expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
        expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\p{Cs}/u);
      }),
      { numRuns: 300 },
    );
  });
});
