import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { traceExamples } from '../../apps/api/src/traces/trace-examples.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const trace = (body: object) => server.http.post('/v1/traces').send(body);

describe("the tutorial's three diagrams", () => {
  it('NodePort with Cluster: whichever node is asked, the pod sees a node', async () => {
    const { body } = await trace(traceExamples.nodePortCluster.value).expect(200);
    expect(body.outcomes).toHaveLength(1);
    expect(body.outcomes[0]).toMatchObject({
      verdict: 'delivered',
      probability: 1,
      sourceIp: '10.240.0.5',
      sourceKind: 'node',
      masquerade: true,
      endpoint: { ip: '10.180.1.136', port: 8080 },
    });
    expect(body.mermaid).toMatch(/^graph LR/);
  });

  it('NodePort with Local: the client at the node with the pod, dropped at the others', async () => {
    const { body } = await trace(traceExamples.nodePortLocal.value).expect(200);
    const seen = body.outcomes.map((outcome: { verdict: string; node: string; sourceIp: string | null }) => [
      outcome.node,
      outcome.verdict,
      outcome.sourceIp,
    ]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['kubernetes-node-6jst', 'delivered', '104.132.1.79'],
        ['kubernetes-node-cx31', 'dropped', null],
        ['kubernetes-node-jj1t', 'dropped', null],
      ]),
    );
    const total = body.outcomes.reduce((sum: number, outcome: { probability: number }) => sum + outcome.probability, 0);
    expect(total).toBeCloseTo(1, 9);
  });

  it('LoadBalancer with Local: only the healthy node gets it, and the client is seen', async () => {
    const { body } = await trace(traceExamples.loadBalancerLocal.value).expect(200);
    expect(body.outcomes).toHaveLength(1);
    expect(body.outcomes[0]).toMatchObject({ verdict: 'delivered', sourceIp: '198.51.100.79', masquerade: false });
  });
});

describe('a trace of a name', () => {
  const yaml = `
name: names
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.244.1.0/24}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-0, labels: {app: db}}, spec: {nodeName: n1}, status: {podIP: 10.244.1.10}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, labels: {app: db}}, spec: {nodeName: n1}, status: {podIP: 10.244.1.11}}
  - {apiVersion: v1, kind: Pod, metadata: {name: shell}, spec: {nodeName: n1}, status: {podIP: 10.244.1.12}}
  - {apiVersion: v1, kind: Service, metadata: {name: db}, spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: db.default.svc.cluster.local}}
  - {apiVersion: v1, kind: Service, metadata: {name: far}, spec: {type: ExternalName, externalName: db.example.com}}
`;
  const asked = async (to: object) => {
    const { body } = await trace({ scenario: parse(yaml), packet: { from: { pod: 'shell' }, to } }).expect(200);
    return body.outcomes as { verdict: string; endpoint: { pod: string; port: number } | null; reason?: string }[];
  };

  it('goes to every pod of a headless service, also by another name, and as endpoints', async () => {
    const expected = [
      ['default/db-0', 5432],
      ['default/db-1', 5432],
    ];
    for (const to of [{ service: 'db' }, { service: 'alias', port: 5432 }, { service: 'db', via: 'endpoint' }])
      expect((await asked(to)).map(({ endpoint }) => [endpoint?.pod, endpoint?.port])).toEqual(expected);
  });

  it('says that it does not know what is outside', async () => {
    const [only] = await asked({ service: 'far', port: 5432 });
    expect(only).toMatchObject({ verdict: 'passthrough', reason: expect.stringContaining('db.example.com') });
  });
});

describe('a trace through a kube-proxy of mode userspace', () => {
  const scenario = {
    name: 'userspace',
    cluster: { version: '1.25', kubeProxy: { mode: 'userspace' } },
    objects: [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        spec: { podCIDR: '10.1.1.0/24' },
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', labels: { app: 'web' } },
        spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'x' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: {
          type: 'NodePort',
          externalTrafficPolicy: 'Local',
          selector: { app: 'web' },
          ports: [
            { name: 'http', port: 80, nodePort: 30080 },
            { name: 'sctp', port: 81, protocol: 'SCTP' },
          ],
        },
      },
    ],
    clients: [{ name: 'laptop', ip: '198.51.100.7' }],
  };
  const packet = { from: { client: 'laptop' }, to: { ip: '10.0.0.1', port: 30080 } };

  it('shows the connection that kube-proxy opens, and says what has no effect', async () => {
    const { body } = await trace({ scenario, packet }).expect(200);
    expect(body.outcomes).toMatchObject([
      { verdict: 'delivered', sourceIp: '10.1.1.1', sourceKind: 'bridge', masquerade: false },
    ]);
    expect(body.outcomes[0].path.map(({ kind }: { kind: string }) => kind)).toEqual([
      'client',
      'node',
      'proxy',
      'node',
      'endpoint',
    ]);
    expect(body.mermaid).toContain('kube-proxy on n1');
    const { body: stored } = await server.http.post('/v1/scenarios?dryRun=All').send(scenario);
    const ignored = stored.warnings.map(({ code, path }: { code: string; path: string }) => [code, path]);
    expect(ignored).toEqual([
      ['ignored-setting', '/objects/2/spec/externalTrafficPolicy'],
      ['ignored-setting', '/objects/2/spec/ports/1/protocol'],
    ]);
  });

  it('is one of a matrix too, beside the other modes', async () => {
    const ask = {
      scenario,
      services: ['default/web'],
      sources: ['clients'],
      vary: { mode: ['iptables', 'userspace'] },
    };
    const { body } = await server.http.post('/v1/traces/matrix').send(ask).expect(200);
    expect(body.variants.map(({ name }: { name: string }) => name)).toEqual(['mode=iptables', 'mode=userspace']);
    expect(JSON.stringify(body)).toContain('"10.1.1.1"');
  });
});

describe('a trace that cannot be', () => {
  const packet = traceExamples.literal.value.packet;

  it.each([
    ['a service that is not there', { from: packet.from, to: { service: 'nobody' } }, '/packet/to/service'],
    ['a client that is not there', { from: { client: 'nobody' }, to: packet.to }, '/packet/from/client'],
    ['a node that is not there', { from: { node: 'n9' }, to: packet.to }, '/packet/from/node'],
  ])('names %s', async (_, wrong, path) => {
    const { body } = await trace({ preset: 'source-ip-tutorial', at: '70s', packet: wrong }).expect(422);
    expect(body).toMatchObject({ code: 'model-refused', issues: [{ path }] });
  });

  it('names everybody who is not there at once', async () => {
    const wrong = { from: { client: 'nobody' }, to: { service: 'nothing' } };
    const { body } = await trace({ preset: 'source-ip-tutorial', at: '70s', packet: wrong }).expect(422);
    expect(body).toMatchObject({
      detail: 'there is no client "nobody" at that time; there is no service "default/nothing" at that time',
      issues: [
        { code: 'unknown-client', path: '/packet/from/client' },
        { code: 'unknown-service', path: '/packet/to/service' },
      ],
    });
  });

  it.each([
    [{ from: packet.from, to: { ...packet.to, prot: 1 } }, '/packet/to/prot', 'unknown-field', 'port'],
    [{ from: { clientt: 'laptop' }, to: packet.to }, '/packet/from/clientt', 'unknown-field', 'client'],
    [{ from: packet.from, to: { ip: '1.2.3.4.5', port: 80 } }, '/packet/to/ip', 'bad-address', ''],
    [{ from: packet.from, to: { ip: '1.2.3.4', port: 70_000 } }, '/packet/to/port', 'out-of-range', ''],
    [{ from: packet.from }, '/packet/to', 'missing-field', ''],
  ])('says what is wrong with the packet %j', async (wrong, path, code, hint) => {
    const { body } = await trace({ preset: 'source-ip-tutorial', packet: wrong }).expect(422);
    expect(body.issues).toContainEqual(expect.objectContaining({ path, code, hint: expect.stringContaining(hint) }));
  });

  it('names its scenario exactly once', async () => {
    await trace({ packet }).expect(422);
    const { body } = await trace({ preset: 'source-ip-tutorial', scenarioId: 'example', packet }).expect(422);
    expect(body.detail).toContain('preset');
    const inline = await trace({ scenario: { name: 'x', objects: 3 }, packet }).expect(422);
    expect(inline.body.code).toBe('invalid-scenario');
    expect(inline.body.issues[0].path).toMatch(/^\/scenario\/objects/);
  });
});

describe('a trace through rules that come with it', () => {
  const packet = {
    from: { ip: '203.0.113.9', enters: 'n1', interface: 'eth0' },
    to: { ip: '10.240.0.4', port: 31_234 },
  };
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.180.1.0/24' },
      status: { addresses: [{ type: 'InternalIP', address: '10.240.0.4' }] },
    },
  ];
  const scenario = { name: 'own rules', objects };
  const iptablesSave = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':DOCKER - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 31234 -m limit --limit 3/min -j DNAT --to-destination 172.17.0.2:80',
    'COMMIT',
    '',
  ].join('\n');

  it('walks them, and says what it assumed of them', async () => {
    const { body } = await trace({ scenario, packet, rules: { n1: { iptablesSave } } }).expect(200);
    expect(body.outcomes).toHaveLength(1);
    expect(body.outcomes[0].steps.map(({ action }: { action: string }) => action)).toEqual([
      'jump DOCKER',
      'DNAT to 172.17.0.2:80',
    ]);
    expect(body.warnings).toEqual([expect.objectContaining({ code: 'rules-assumed', path: '/rules/n1/iptablesSave' })]);
    const stored = { ...scenario, cluster: { nodes: { n1: { rules: { iptablesSave } } } } };
    const inScenario = await trace({ scenario: stored, packet }).expect(200);
    expect(inScenario.body.outcomes).toEqual(body.outcomes);
  });

  it.each([
    [
      { n1: { iptablesSave: '*nat\n-A PREROUTING -m u32 --u32 0=0 -j DROP\nCOMMIT\n' } },
      'rules-unknown',
      '/rules/n1/iptablesSave',
    ],
    [{ n1: { iptablesSave: '*nat\n' } }, 'rules-truncated', '/rules/n1/iptablesSave'],
    [{ n1: { nftRuleset: 'table ip nat {' } }, 'rules-truncated', '/rules/n1/nftRuleset'],
    [{ n1: { iptables: '*nat' } }, 'unknown-field', '/rules/n1/iptables'],
    [{ n9: { iptablesSave } }, 'unknown-node', '/rules/n9'],
  ])('says what is wrong with %j', async (rules, code, path) => {
    const { body } = await trace({ scenario, packet, rules }).expect(422);
    expect(body.issues).toContainEqual(expect.objectContaining({ code, path }));
  });
});

it('answers quickly: traces need no queue', async () => {
  const body = traceExamples.nodePortCluster.value;
  await trace(body).expect(200);
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    const began = performance.now();
    await trace(body).expect(200);
    times.push(performance.now() - began);
  }
  expect(times.sort((a, b) => a - b)[10]).toBeLessThan(100);
});
