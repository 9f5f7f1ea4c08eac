import { describe, expect, it } from 'vitest';
import type { KubeObject, PodObject } from '../objects.js';
import type { HttpExchange, StepOutput } from '../results/result.js';
import type { Origin, Step } from '../scenario.js';
import {
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
} from '../testing/small-scenario.js';

function outputs(steps: Partial<Extract<Step, { do: 'curl' }>>[], objects: KubeObject[], over: SmallScenario = {}) {
  const all = steps.map(
    (step): Step => ({
      do: 'curl',
      tool: 'curl',
      on: { client: 'laptop' },
      url: '',
      forEachNode: null,
      connectTimeoutNs: 1 * SECOND,
      maxTimeNs: null,
      grep: null,
      ...step,
    }),
  );
  const { rows, result } = simulated(smallScenario({ objects, steps: all, ...over }));
  return { rows, outputs: result.transcript.map(({ output }) => output) };
}
const exchange = (output: StepOutput | undefined): HttpExchange => {
  if (output?.kind !== 'http') throw new Error(JSON.stringify(output));
  return output.exchanges[0] as HttpExchange;
};
const curl = (on: Origin, url: string, objects: KubeObject[], over: SmallScenario = {}) =>
  outputs([{ on, url }], objects, over).outputs[0];

const NODE: Origin = { node: 'n1' };
const WEB = [pod('a', '10.1.1.2'), pod('c', '10.1.3.2', { labels: {} }), service('web', { type: 'NodePort' })];

describe('curl of kube-proxy’s own sockets', () => {
  it('on localhost leaves no row, and shows status, headers and body', () => {
    const { rows, outputs: said } = outputs(
      [
        { on: NODE, url: 'localhost:10249/proxyMode' },
        { on: NODE, url: 'http://127.0.0.1:10256/healthz' },
        { on: NODE, url: 'localhost:10256/nothing' },
      ],
      [],
    );
    expect(rows).toEqual([]);
    expect(exchange(said[0])).toMatchObject({ status: 200, body: 'iptables', request: null, outcome: 'ok' });
    expect(exchange(said[1])).toMatchObject({ status: 200, body: expect.stringContaining('lastUpdated') });
    expect(exchange(said[2])).toMatchObject({ status: 404, outcome: 'ok' });
  });

  it('asks the path that was typed, from elsewhere too', () => {
    const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const { rows, outputs: said } = outputs(
      [{ url: '10.0.0.1:10256/healthz' }, { url: '10.0.0.1:30087/healthz' }, { url: '10.0.0.2:30087/healthz' }],
      [pod('a', '10.1.1.2'), local],
    );
    expect(said.map((output) => [exchange(output).status, exchange(output).outcome])).toEqual([
      [200, 'ok'],
      [200, 'ok'],
      [503, 'http-error'],
    ]);
    expect(exchange(said[2]).headers['X-Load-Balancing-Endpoint-Weight']).toBe('0');
    expect(rows.map(({ status, pod: name }) => [status, name])).toEqual([
      [200, null],
      [200, null],
      [503, null],
    ]);
  });

  it('that listen on localhost only are closed to others', () => {
    expect(exchange(curl({ client: 'laptop' }, '10.0.0.1:10249/proxyMode', []))).toMatchObject({
      outcome: 'refused',
      status: null,
      body: '',
    });
  });
});

describe('names', () => {
  it('of services mean something to pods: in their namespace, with it, in full', () => {
    for (const name of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', 'WEB'.toLowerCase()])
      expect(exchange(curl({ pod: 'default/c' }, name, WEB))).toMatchObject({ outcome: 'ok', status: 200 });
  });

  it('mean nothing to clients and nodes, nor where no address stands behind them', () => {
    const unknown = (host: string) => ({
      kind: 'text',
      text: `curl: (6) Could not resolve host: ${host}`,
      failed: true,
    });
    expect(curl({ client: 'laptop' }, 'web', WEB)).toEqual(unknown('web'));
    expect(curl(NODE, 'web', WEB)).toEqual(unknown('web'));
    for (const host of ['db', 'web.other', 'web.default.example.com', 'www.example.com'])
      expect(curl({ pod: 'default/c' }, host, WEB)).toEqual(unknown(host));
    const nobody = service('none', { clusterIP: 'None', selector: { app: 'nobody' } });
    expect(curl({ pod: 'default/c' }, 'none', [...WEB, nobody])).toEqual(unknown('none'));
  });

  it('of headless services mean one of their ready pods, and of ExternalName what they lead to', () => {
    const named = (name: string, externalName: string) =>
      service(name, { type: 'ExternalName', externalName, ports: [] });
    const objects = [
      ...WEB,
      pod('b', '10.1.2.2'),
      service('db', { clusterIP: 'None' }),
      named('other', 'db.default.svc.cluster.local'),
      named('far', 'www.example.com'),
    ];
    const from = { pod: 'default/c' };
    const { rows } = outputs(
      Array.from({ length: 20 }, (_, n) => ({ on: from, url: n % 2 === 0 ? 'db:8080' : 'other:8080' })),
      objects,
    );
    expect(new Set(rows.map(({ pod: name, outcome, service: of }) => `${name} ${outcome} ${of}`))).toEqual(
      new Set(['default/a ok default/db', 'default/b ok default/db']),
    );
    expect(curl(from, 'far', objects)).toEqual({
      kind: 'text',
      text: 'error: far stands for www.example.com, which is outside the cluster: the model does not know what is there',
      failed: true,
    });
  });

  it('of services mean nothing to pods that do not ask cluster DNS', () => {
    const asked = (spec: PodObject['spec']) => {
      const host = pod('h', '10.0.0.3', { labels: {}, spec: { nodeName: 'n3', ...spec } });
      return curl({ pod: 'default/h' }, 'web', [...WEB, host])?.kind;
    };
    expect(asked({ hostNetwork: true })).toBe('text');
    expect(asked({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })).toBe('http');
    const plain = pod('d', '10.1.3.3', { labels: {}, spec: { dnsPolicy: 'Default' } });
    expect(curl({ pod: 'default/d' }, 'web', [...WEB, plain])?.kind).toBe('text');
  });

  it('of nodes are known to everybody', () => {
    expect(exchange(curl({ client: 'laptop' }, 'n2:30086', WEB)).status).toBe(200);
  });

  it('that wget does not find it calls bad', () => {
    const { outputs: said } = outputs([{ tool: 'wget', on: { pod: 'default/c' }, url: 'db' }], WEB);
    expect(said[0]).toMatchObject({ text: "wget: bad address 'db'" });
  });
});

describe('an answer', () => {
  it('names the address that the pod saw', () => {
    const body = (node: string) => exchange(curl({ client: 'laptop' }, `${node}:30086/a?b=1`, WEB)).body.split('\n');
    expect(body('n1')).toEqual(
      expect.arrayContaining(['client_address=10.1.1.1', 'real path=/a?b=1', 'host=n1:30086']),
    );
    expect(body('n2')).toContain('client_address=10.0.0.2');
  });

  it('names the client behind a load balancer that tells of it', () => {
    const lb = service('web', { type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } });
    const proxy = profile({
      kind: 'proxy',
      destination: 'nodePort',
      addresses: ['192.0.2.10'],
      forwards: 'x-forwarded-for',
    });
    const answer = curl({ client: 'laptop' }, '203.0.113.1', [pod('a', '10.1.1.2'), lb], {
      loadBalancers: { default: proxy, byService: {} },
    });
    expect(exchange(answer).body).toContain('x-forwarded-for=198.51.100.79');
  });

  it('does not come where the request is lost, and takes as long as curl waits', () => {
    const answer = exchange(curl({ client: 'laptop' }, '10.1.1.2:8080', WEB));
    expect(answer).toMatchObject({ outcome: 'timeout', status: null, headers: {}, body: '', elapsedNs: 1 * SECOND });
  });
});

it('the same command again has other dice', () => {
  const pods = ['a', 'b', 'd', 'e'].map((name, n) => pod(name, `10.1.1.${n + 2}`));
  const { rows } = outputs(
    Array.from({ length: 30 }, () => ({ url: '10.0.0.1:30086' })),
    [...pods, service('web', { type: 'NodePort' })],
  );
  expect(new Set(rows.map(({ pod: name }) => name)).size).toBe(4);
});

it('what cannot be sent says why', () => {
  expect(curl({ pod: 'default/nobody' }, '10.0.0.1', [])).toEqual({
    kind: 'text',
    text: 'error: pod default/nobody is not running',
    failed: true,
  });
  expect(curl({ client: 'laptop' }, 'ftp://web', [])).toMatchObject({ text: expect.stringContaining('(3)') });
});
