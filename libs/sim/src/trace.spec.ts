import { describe, expect, it } from 'vitest';
import type { KubeObject, Protocol } from './objects.js';
import { traceScenario } from './questions.js';
import {
  node,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  slice,
  smallScenario,
} from './testing/small-scenario.js';
import { ModelError } from './trace-question.js';
import type { TraceFrom, TraceOutcome, TraceResult, TraceTo } from './trace-result.js';

type ServiceTo = Extract<TraceTo, { kind: 'service' }>;
const to = (over: Partial<ServiceTo> = {}): TraceTo => ({
  kind: 'service',
  service: 'default/web',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});
const LAPTOP: TraceFrom = { kind: 'client', client: 'laptop' };
const CIDR: SmallScenario = { kubeProxy: { clusterCIDR: '10.1.0.0/16' } };

function trace(
  objects: KubeObject[],
  from: TraceFrom,
  where: TraceTo,
  over: SmallScenario = {},
  atNs = 0,
  protocol: Protocol = 'TCP',
): TraceResult {
  const result = traceScenario(smallScenario({ objects, ...over }), { from, to: where, protocol }, atNs);
  const sum = result.outcomes.reduce((total, { probability }) => total + probability, 0);
  expect(sum).toBeCloseTo(1, 9);
  for (const outcome of result.outcomes) consistent(outcome);
  return result;
}

/** What holds of every outcome. */
function consistent({ verdict, endpoint, sourceIp, returnPath, path, steps, reason }: TraceOutcome): void {
  expect(endpoint !== null).toBe(verdict === 'delivered');
  expect(returnPath.length > 0).toBe(verdict === 'delivered');
  if (verdict !== 'delivered') expect([sourceIp, typeof reason]).toEqual([null, 'string']);
  const snat = path.some(({ rewrites }) => rewrites.includes('SNAT'));
  const last = path.at(-1);
  if (verdict === 'delivered' && !snat && path.length > 2) expect(last?.source).toBe(path[0]?.source);
  for (const step of steps) expect(step.rule).not.toBe('');
}

const brief = ({ outcomes }: TraceResult) =>
  outcomes.map(({ verdict, endpoint, sourceIp, probability }) => [
    verdict,
    endpoint?.pod ?? null,
    sourceIp,
    Math.round(probability * 1000) / 1000,
  ]);
const hops = ({ path }: TraceOutcome) => path.map(({ kind, name, rewrites }) => [kind, name, ...rewrites].join(' '));
const back = ({ returnPath }: TraceOutcome) =>
  returnPath.map(({ name, source, destination }) => `${name}: ${source} > ${destination}`);

const A = pod('a', '10.1.1.2');
const B = pod('b', '10.1.2.2');
const C = pod('c', '10.1.3.2', { labels: {} });
const onHost = pod('h', '10.0.0.3', { labels: {}, spec: { nodeName: 'n3', hostNetwork: true } });
const local = { externalTrafficPolicy: 'Local' } as const;
const lb = service('web', { type: 'LoadBalancer' });
const lbLocal = service('web', { type: 'LoadBalancer', ...local });
const nodePort = service('web', { type: 'NodePort', externalIPs: ['192.0.2.7'] });

describe('everybody to everything', () => {
  const from: Record<string, TraceFrom> = {
    client: LAPTOP,
    pod: { kind: 'pod', pod: 'default/c' },
    'host pod': { kind: 'pod', pod: 'default/h' },
    node: { kind: 'node', node: 'n3', ip: null },
    packet: { kind: 'packet', ip: '198.51.100.79', enters: 'n3', interface: 'eth0' },
  };
  const where: Record<string, TraceTo> = {
    'cluster IP': to({ via: 'clusterIP' }),
    'node port': to({ via: 'nodePort', node: 'n3' }),
    'load balancer': to({ via: 'loadBalancer' }),
    'external IP': to({ via: 'externalIP' }),
    pod: { kind: 'address', ip: '10.1.1.2', port: 8080 },
  };
  const objects = [A, C, onHost, service('web', { type: 'LoadBalancer', externalIPs: ['192.0.2.7'] })];

  it.each([
    ['client', ['out', '10.0.0.3', '10.0.0.1|10.0.0.2|10.0.0.3|10.1.1.1', 'out', 'out']],
    ['pod', ['10.1.3.2', '10.0.0.3', '10.0.0.3', '10.0.0.3', '10.1.3.2']],
    ['host pod', ['10.0.0.3', '10.0.0.3', '10.0.0.3', '10.0.0.3', '10.0.0.3']],
    ['node', ['10.0.0.3', '10.0.0.3', '10.0.0.3', '10.0.0.3', '10.0.0.3']],
    ['packet', ['10.0.0.3', '10.0.0.3', '10.0.0.3', '10.0.0.3', '198.51.100.79']],
  ])('a %s is seen as (cluster IP, node port, load balancer, external IP, pod): %j', (who, sources) => {
    const got = Object.values(where).map((destination) => {
      const { outcomes } = trace(objects, from[who] as TraceFrom, destination, CIDR);
      return outcomes.map(({ verdict, sourceIp }) => (verdict === 'delivered' ? sourceIp : 'out'));
    });
    expect(got).toHaveLength(sources.length);
    for (const [n, expected] of sources.entries())
      for (const source of got[n] as string[]) expect(expected.split('|')).toContain(source);
  });
});

describe('a trace', () => {
  it('has an outcome for every endpoint, with its chance', () => {
    expect(brief(trace([A, B, nodePort], LAPTOP, to({ node: 'n1' })))).toEqual([
      ['delivered', 'default/a', '10.1.1.1', 0.5],
      ['delivered', 'default/b', '10.0.0.1', 0.5],
    ]);
  });

  it('has those of every node where none is named', () => {
    const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    expect(brief(trace([A, local], LAPTOP, to({ via: 'nodePort' })))).toEqual([
      ['delivered', 'default/a', '198.51.100.79', 0.333],
      ['dropped', null, null, 0.333],
      ['dropped', null, null, 0.333],
    ]);
  });

  it('names the rule that refused, and the node', () => {
    const [refused] = trace([nodePort], LAPTOP, to({ node: 'n2' })).outcomes;
    expect(refused).toMatchObject({ verdict: 'rejected', node: 'n2' });
    expect(refused?.reason).toMatch(/^-t filter -A KUBE-EXTERNAL-SERVICES .*has no endpoints.* -j REJECT$/);
    expect(refused?.steps.at(-1)).toMatchObject({ node: 'n2', table: 'filter', chain: 'KUBE-EXTERNAL-SERVICES' });
  });

  it('walks back what it rewrote', () => {
    const [outcome] = trace([A, nodePort], LAPTOP, to({ node: 'n2' })).outcomes;
    expect(hops(outcome as TraceOutcome)).toEqual([
      'client laptop',
      'node n2 DNAT SNAT',
      'node n1',
      'endpoint default/a',
    ]);
    expect(back(outcome as TraceOutcome)).toEqual([
      'default/a: 10.1.1.2:8080 > 10.0.0.2',
      'n1: 10.1.1.2:8080 > 10.0.0.2',
      'n2: 10.0.0.2:30086 > 198.51.100.79',
      'laptop: 10.0.0.2:30086 > 198.51.100.79',
    ]);
  });

  it('of a pod to itself by its service comes back masqueraded', () => {
    const [outcome] = trace([A, service('web')], { kind: 'pod', pod: 'default/a' }, to()).outcomes;
    expect(outcome).toMatchObject({
      sourceIp: '10.1.1.1',
      masquerade: true,
      endpoint: { pod: 'default/a', node: 'n1' },
    });
    expect(hops(outcome as TraceOutcome)).toEqual(['pod default/a', 'node n1 DNAT SNAT', 'endpoint default/a']);
  });

  it('tells what no rule took', () => {
    const out = trace([A], { kind: 'pod', pod: 'default/a' }, { kind: 'address', ip: '10.96.0.77', port: 80 });
    expect(out.outcomes[0]).toMatchObject({
      verdict: 'passthrough',
      reason: 'no rule took it: it leaves by the default route',
    });
    const self = trace([], LAPTOP, { kind: 'address', ip: '10.0.0.1', port: 22 });
    expect(self.outcomes[0]).toMatchObject({
      verdict: 'passthrough',
      reason: 'no rule took it: it is for the node itself',
    });
    expect(self.outcomes[0]?.accepted).toBeUndefined();
    const nobody = trace([], LAPTOP, { kind: 'address', ip: '192.0.2.200', port: 80 });
    expect(nobody.outcomes[0]).toMatchObject({ verdict: 'passthrough', node: null });
  });

  it('to a health-check node port is accepted by a rule', () => {
    const [outcome] = trace([A, lbLocal], LAPTOP, { kind: 'address', ip: '10.0.0.1', port: 30087 }).outcomes;
    expect(outcome).toMatchObject({ verdict: 'passthrough', accepted: true });
  });

  it('is of the moment that is asked for', () => {
    const timeline: SmallScenario['timeline'] = [{ atNs: 5 * SECOND, do: 'readiness', pod: 'default/a', ready: false }];
    const at = (seconds: number) => trace([A, nodePort], LAPTOP, to({ node: 'n1' }), { timeline }, seconds * SECOND);
    expect([brief(at(5.1))[0]?.[0], brief(at(5.2))[0]?.[0]]).toEqual(['delivered', 'rejected']);
    expect(at(5.2).atMs).toBe(5200);
  });

  it('finds no one where a pod has gone that rules still name, and a closed door where nothing listens', () => {
    const timeline: SmallScenario['timeline'] = [
      {
        atNs: 0,
        do: 'kubectl',
        command: { verb: 'delete', kind: 'Pod', name: 'default/a', selector: null, namespace: 'default' },
      },
    ];
    const slow = smallScenario().cluster.timings;
    const gone = trace(
      [A, nodePort],
      LAPTOP,
      to({ node: 'n1' }),
      { timeline, cluster: { timings: { ...slow, proxySyncNs: 60 * SECOND } } },
      10 * SECOND,
    );
    expect(gone.outcomes[0]).toMatchObject({
      verdict: 'dropped',
      reason: 'default/a is gone, but rules still name its address',
    });
    const starting = pod('a', '10.1.1.2', { status: { phase: 'Pending', podIP: '10.1.1.2' } });
    const open = service('web', { type: 'NodePort', publishNotReadyAddresses: true });
    expect(trace([starting, open], LAPTOP, to({ node: 'n1' })).outcomes[0]).toMatchObject({
      verdict: 'rejected',
      reason: 'default/a is starting: nothing listens yet',
    });
    const nowhere = slice('web', [{ addresses: ['10.0.0.3'] }]);
    const unheard = pod('web-1', '10.0.0.3', {
      spec: { nodeName: 'n3', hostNetwork: true },
      status: { phase: 'Pending', podIP: '10.0.0.3' },
    });
    nowhere.endpoints = [{ addresses: ['10.0.0.3'], nodeName: 'n3', targetRef: { kind: 'Pod', name: 'web-1' } }];
    expect(trace([unheard, nowhere, nodePort], LAPTOP, to({ node: 'n3' })).outcomes[0]).toMatchObject({
      verdict: 'rejected',
      reason: 'nothing listens on port 8080 of n3',
    });
  });

  it('says where the answer would go past the node that has to undo the translation', () => {
    const objects = [
      pod('b', '10.1.3.2'),
      pod('c', '10.1.1.2', { labels: {} }),
      service('web', { type: 'NodePort', ...local }),
    ];
    const asked = (name: string) =>
      trace(objects, { kind: 'pod', pod: 'default/c' }, to({ via: 'nodePort', node: name }), CIDR)
        .outcomes[0] as TraceOutcome;
    expect(asked('n2').reason).toContain('the answer goes past n2');
    expect(asked('n2').returnPath.map(({ name }) => name)).not.toContain('n2');
    for (const name of ['n1', 'n3'])
      expect([asked(name).verdict, asked(name).reason]).toEqual(['delivered', undefined]);
  });
});

it('a packet of a protocol goes to the port of that protocol, another one where there is none', () => {
  const dns = service('web', {
    type: 'NodePort',
    ports: [
      { name: 'tcp', port: 53, targetPort: 5301 },
      { name: 'udp', port: 53, targetPort: 5302, protocol: 'UDP' },
    ],
  });
  const asked = (protocol: Protocol, port: number | string | null = null) => {
    const from: TraceFrom = { kind: 'pod', pod: 'default/c' };
    const [outcome] = trace([A, C, dns], from, to({ port }), {}, 0, protocol).outcomes;
    return outcome?.endpoint?.port ?? outcome?.verdict;
  };
  expect([asked('TCP'), asked('UDP'), asked('TCP', 53), asked('UDP', 53)]).toEqual([5301, 5302, 5301, 5302]);
  expect(asked('SCTP')).toBe('passthrough');
});

describe('a load balancer on the way', () => {
  it('is one station, with the checks that it makes', () => {
    const result = trace([A, lbLocal], LAPTOP, to());
    expect(brief(result)).toEqual([['delivered', 'default/a', '198.51.100.79', 1]]);
    expect(hops(result.outcomes[0] as TraceOutcome)).toEqual([
      'client laptop',
      'loadBalancer default/web',
      'node n1 DNAT',
      'endpoint default/a',
    ]);
    expect(result.healthChecks).toEqual([
      { loadBalancer: 'default/web', node: 'n1', state: 'healthy', status: 200 },
      { loadBalancer: 'default/web', node: 'n2', state: 'unhealthy', status: 503 },
      { loadBalancer: 'default/web', node: 'n3', state: 'unhealthy', status: 503 },
    ]);
  });

  it('that asks node ports has no status to show, and one that checks nothing no checks', () => {
    const by = (over: Parameters<typeof profile>[0]) => ({ loadBalancers: { default: profile(over), byService: {} } });
    const tcp = trace([A, lb], LAPTOP, to(), by({ clusterCheck: 'tcp-node-port' }));
    expect(tcp.healthChecks?.map(({ state, status }) => [state, status])).toEqual([
      ['healthy', null],
      ['healthy', null],
      ['healthy', null],
    ]);
    expect(trace([A, lb], LAPTOP, to(), by({ clusterCheck: 'none' })).healthChecks).toBeUndefined();
  });

  it('that ends connections is the source, by each of its addresses', () => {
    const proxy = profile({ kind: 'proxy', destination: 'nodePort', addresses: ['192.0.2.10', '192.0.2.11'] });
    const result = trace([A, lbLocal], LAPTOP, to(), { loadBalancers: { default: proxy, byService: {} } });
    expect(brief(result)).toEqual([
      ['delivered', 'default/a', '192.0.2.10', 0.5],
      ['delivered', 'default/a', '192.0.2.11', 0.5],
    ]);
    expect(hops(result.outcomes[0] as TraceOutcome)[1]).toBe('loadBalancer default/web DNAT SNAT');
  });

  it('without targets, or for another port, ends it there', () => {
    const down = trace([lbLocal], LAPTOP, to());
    expect(down.outcomes[0]).toMatchObject({
      verdict: 'dropped',
      reason: 'load balancer of default/web: no target is in use',
    });
    const other = trace([A, lb], LAPTOP, { kind: 'address', ip: '203.0.113.1', port: 81 });
    expect(other.outcomes[0]?.reason).toBe('load balancer of default/web: it forwards no port 81');
  });
});

describe('a question that makes no sense', () => {
  const problem = (from: TraceFrom, where: TraceTo, objects: KubeObject[] = [A, nodePort]): Partial<ModelError> => {
    try {
      trace(objects, from, where);
    } catch (error) {
      if (error instanceof ModelError)
        return { code: error.code, path: error.path, message: error.message, hint: error.hint };
      throw error;
    }
    throw new Error('it was answered');
  };

  it.each<[string, TraceFrom, TraceTo, string, string, string]>([
    [
      'unknown client',
      { kind: 'client', client: 'x' },
      to(),
      'unknown-client',
      '/packet/from/client',
      'there are: laptop',
    ],
    ['unknown pod', { kind: 'pod', pod: 'default/x' }, to(), 'unknown-pod', '/packet/from/pod', 'there are: default/a'],
    [
      'unknown node',
      { kind: 'node', node: 'x', ip: null },
      to(),
      'unknown-node',
      '/packet/from/node',
      'there are: n1, n2, n3',
    ],
    [
      'unknown entry',
      { kind: 'packet', ip: '1.2.3.4', enters: 'x', interface: null },
      to(),
      'unknown-node',
      '/packet/from/enters',
      'there are: n1, n2, n3',
    ],
    [
      'unknown service',
      LAPTOP,
      to({ service: 'default/x' }),
      'unknown-service',
      '/packet/to/service',
      'there are: default/web',
    ],
    [
      'no such port',
      LAPTOP,
      to({ port: 81 }),
      'no-such-address',
      '/packet/to',
      'ask for another `via`, or for an address that the service has',
    ],
    [
      'no such family',
      { kind: 'pod', pod: 'default/a' },
      { kind: 'address', ip: 'fd00::1', port: 80 },
      'no-source-address',
      '/packet/from/pod',
      'ask for an address of the other family',
    ],
    [
      'bad destination',
      LAPTOP,
      { kind: 'address', ip: '10.0.0', port: 80 },
      'bad-address',
      '/packet/to/ip',
      'write it like 10.0.0.1 or fd00::1',
    ],
    [
      'bad source',
      { kind: 'packet', ip: 'x', enters: 'n1', interface: null },
      to({ via: 'nodePort', node: 'n1' }),
      'bad-address',
      '/packet/from/ip',
      'write it like 10.0.0.1 or fd00::1',
    ],
    [
      'node without the family',
      { kind: 'node', node: 'n1', ip: null },
      { kind: 'address', ip: 'fd00::1', port: 80 },
      'no-source-address',
      '/packet/from/node',
      'give the node an InternalIP of that family, or `ip`',
    ],
  ])('%s', (_, from, where, code, path, hint) => {
    expect(problem(from, where)).toMatchObject({ code, path, hint });
  });

  it('a pod on no node', () => {
    const lost = pod('lost', '10.9.9.9', { spec: { nodeName: 'gone' } });
    expect(problem({ kind: 'pod', pod: 'default/lost' }, to(), [lost, nodePort]).code).toBe('pod-without-node');
  });
});

it('a packet goes through a node that has no rules for its family as it is', () => {
  const both = node(1, { spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1::/64'] } });
  const six = pod('six', null, { status: { podIPs: [{ ip: 'fd00:1::5' }] }, spec: { nodeName: 'n1' } });
  const result = trace(
    [six],
    { kind: 'packet', ip: 'fd00:9::9', enters: 'n1', interface: 'eth0' },
    { kind: 'address', ip: 'fd00:1::5', port: 80 },
    { nodes: [both] },
  );
  expect(brief(result)).toEqual([['delivered', 'default/six', 'fd00:9::9', 1]]);
});

describe('a packet that nobody could send', () => {
  const nodePort = service('web', { type: 'NodePort' });
  it.each([
    [
      'from an address of the other family',
      { kind: 'packet', ip: '::1', enters: 'n1', interface: null },
      'ip-family-mismatch',
    ],
    ['from a node in the other family', { kind: 'node', node: 'n1', ip: '::1' }, 'ip-family-mismatch'],
    ['from an address that the node does not have', { kind: 'node', node: 'n1', ip: '8.8.8.8' }, 'not-an-own-address'],
  ] as [string, TraceFrom, string][])('%s is refused', (_, from, code) => {
    const ask = () => trace([A, nodePort], from, to({ via: 'clusterIP' }));
    expect(ask).toThrow(ModelError);
    expect(ask).toThrow(expect.objectContaining({ code, path: '/packet/from/ip' }));
  });

  it('from localhost to another node is dropped there: it is an address of every node', () => {
    const result = trace(
      [A, nodePort],
      { kind: 'node', node: 'n2', ip: '127.0.0.1' },
      to({ via: 'nodePort', node: 'n3' }),
    );
    expect(brief(result)).toEqual([['dropped', null, null, 1]]);
  });
});

describe('a headless service', () => {
  const two = { port: 80, targetPort: 8080, name: 'http' };
  const headless = service('web', { clusterIP: 'None', ports: [two] });
  const unready = { phase: 'Running' as const, conditions: [{ type: 'Ready', status: 'False' as const }] };
  const from: TraceFrom = { kind: 'pod', pod: 'default/c' };

  it('leads to each of its ready pods, past all rules, at the port that is asked for', () => {
    const result = trace([A, B, C, pod('u', '10.1.1.9', { status: unready }), headless], from, to());
    expect(brief(result)).toEqual([
      ['delivered', 'default/a', '10.1.3.2', 0.5],
      ['delivered', 'default/b', '10.1.3.2', 0.5],
    ]);
    expect(result.outcomes.map(({ endpoint }) => endpoint?.port)).toEqual([80, 80]);
    expect(result.outcomes[0]!.reason).toContain('its targetPort is 8080');
    const chains = result.outcomes.flatMap(({ steps }) => steps.map(({ chain }) => chain));
    expect(chains.filter((chain) => /^KUBE-(SVC|SEP)-/.test(chain))).toEqual([]);
  });

  it('leads to them at their own ports by name, and as endpoints', () => {
    for (const where of [to({ port: 'http' }), to({ via: 'endpoint' }), to({ via: 'endpoint', port: 80 })]) {
      const result = trace([A, B, C, headless], from, where);
      expect(result.outcomes.map(({ endpoint, reason }) => [endpoint?.port, reason])).toEqual([
        [8080, undefined],
        [8080, undefined],
      ]);
    }
  });

  it('takes any port that somebody dials, and says nothing where that is the right one', () => {
    const port = (n: number) => trace([A, C, headless], from, to({ port: n })).outcomes[0]!;
    expect([port(9000).endpoint?.port, port(9000).reason]).toEqual([9000, undefined]);
    const same = service('web', { clusterIP: 'None', ports: [{ port: 8080 }] });
    expect(trace([A, C, same], from, to()).outcomes[0]!.reason).toBeUndefined();
  });

  it('cannot be looked up from outside, nor without a ready pod', () => {
    expect(() => trace([A, headless], LAPTOP, to())).toThrow(/nobody outside the cluster can look its name up/);
    expect(() => trace([C, headless], from, to())).toThrow(/no endpoint of it is ready/);
  });

  it('follows its pods over time', () => {
    const timeline = [{ atNs: 1 * SECOND, do: 'readiness', pod: 'default/a', ready: false } as const];
    expect(brief(trace([A, B, C, headless], from, to(), { timeline }, 2 * SECOND))).toEqual([
      ['delivered', 'default/b', '10.1.3.2', 1],
    ]);
  });
});

describe('the endpoints of any service', () => {
  it('are met past its rules; from outside nobody routes there', () => {
    const web = service('web', { ports: [{ port: 80, targetPort: 8080 }] });
    const asked = (from: TraceFrom) => trace([A, C, web], from, to({ via: 'endpoint' })).outcomes[0]!;
    expect(asked({ kind: 'node', node: 'n1', ip: null })).toMatchObject({
      verdict: 'delivered',
      endpoint: { port: 8080 },
    });
    expect(asked(LAPTOP)).toMatchObject({ verdict: 'passthrough', reason: expect.stringContaining('routes') });
  });
});

describe('an ExternalName service', () => {
  const named = (name: string, externalName: string) =>
    service(name, { type: 'ExternalName', externalName, ports: [] });
  const from: TraceFrom = { kind: 'pod', pod: 'default/c' };
  const web = service('web');

  it('is another name for a service of the cluster', () => {
    const objects = [A, C, web, named('alias', 'web.default.svc.cluster.local')];
    const [direct] = trace(objects, from, to()).outcomes;
    const [aliased] = trace(objects, from, to({ service: 'default/alias' })).outcomes;
    expect(aliased).toEqual(direct);
  });

  it('leads out of the cluster, where the model knows nothing', () => {
    const objects = [C, named('alias', 'db.example.com')];
    const [only, ...more] = trace(objects, from, to({ service: 'default/alias', port: 5432 })).outcomes;
    expect(more).toEqual([]);
    expect(only).toMatchObject({ verdict: 'passthrough', probability: 1, node: null, steps: [] });
    expect(only!.reason).toContain('outside the cluster');
    expect(only!.path.map(({ kind, name, destination }) => `${kind} ${name} > ${destination}`)).toEqual([
      'pod default/c > db.example.com:5432',
      'outside db.example.com > db.example.com:5432',
    ]);
  });

  it('that leads in circles leads nowhere', () => {
    const objects = [C, named('alias', 'alias.default.svc.cluster.local')];
    expect(() => trace(objects, from, to({ service: 'default/alias', port: 80 }))).toThrow(/lead in circles/);
  });
});

it('a pod takes no packet from a loopback address, which a node sends where nothing masquerades it', () => {
  const localhost: TraceFrom = { kind: 'node', node: 'n1', ip: '127.0.0.1' };
  const toPods = (over: SmallScenario) => trace([A, service('web')], localhost, to({ via: 'clusterIP' }), over);
  expect(brief(toPods(CIDR))).toEqual([['delivered', 'default/a', '10.1.1.1', 1]]);
  expect(brief(toPods({}))).toEqual([['dropped', null, null, 1]]);
  expect(toPods({}).outcomes[0]!.reason).toBe('default/a takes no packet from a loopback address');
  // `primary` is no loopback, so kube-proxy leaves route_localnet alone.
  const { outcomes } = toPods({ kubeProxy: { nodePortAddresses: ['primary'] } });
  expect(outcomes.map(({ reason }) => reason)).toEqual(['a loopback source does not leave by eth0']);
});

describe('a packet that a node only passes on', () => {
  const viaN3: TraceFrom = { kind: 'packet', ip: '198.51.100.79', enters: 'n3', interface: 'eth0' };
  const toA: TraceTo = { kind: 'address', ip: '10.1.1.2', port: 8080 };

  it('opens a connection whose rest that node drops: the answer goes past it', () => {
    const [outcome] = trace([A], viaN3, toA).outcomes as [TraceOutcome];
    expect(outcome).toMatchObject({ verdict: 'delivered', sourceIp: '198.51.100.79' });
    expect(outcome.reason).toBe('the answer goes past n3, which then drops what the client sends as INVALID');
  });

  it('opens one where the node lets INVALID packets pass', () => {
    const { outcomes } = trace([A], viaN3, toA, { kubeProxy: { conntrack: { tcpBeLiberal: true } } });
    expect(outcomes.map(({ reason }) => reason)).toEqual([undefined]);
  });

  it('is answered over UDP', () => {
    const scenario = smallScenario({ objects: [A] });
    const { outcomes } = traceScenario(scenario, { from: viaN3, to: toA, protocol: 'UDP' }, 0);
    expect(outcomes.map(({ verdict, reason }) => [verdict, reason])).toEqual([['delivered', undefined]]);
  });

  it('opens one where the answer comes back to it', () => {
    const { outcomes } = trace([A, C], { kind: 'pod', pod: 'default/c' }, toA);
    expect(outcomes.map(({ reason }) => reason)).toEqual([undefined]);
  });
});

it('kube-proxy serves a family of which its node has no address, where pods and Services have some', () => {
  const onlyIPv4 = node(1, { spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1:1::/64'] } });
  const both = (name: string, last: number) =>
    pod(name, `10.1.1.${last}`, {
      labels: { app: name },
      status: { podIPs: [{ ip: `10.1.1.${last}` }, { ip: `fd00:1:1::${last}` }] },
    });
  const web = service('web', {
    type: 'NodePort',
    ipFamilyPolicy: 'RequireDualStack',
    clusterIPs: ['10.96.0.9', 'fd00:96::9'],
  });
  const over: SmallScenario = { nodes: [onlyIPv4], cluster: { serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/112'] } };
  const result = (ip: string, port: number, version: string, mode: 'iptables' | 'nftables' | 'ipvs') =>
    brief(
      trace(
        [both('web', 2), both('shell', 3), web],
        { kind: 'pod', pod: 'default/shell' },
        { kind: 'address', ip, port },
        { ...over, version, kubeProxy: { mode } },
      ),
    );
  for (const [version, mode] of [
    ['1.21', 'iptables'],
    ['1.33', 'nftables'],
    ['1.30', 'ipvs'],
  ] as const)
    expect(result('fd00:96::9', 80, version, mode), mode).toEqual([['delivered', 'default/web', 'fd00:1:1::3', 1]]);
});

it('a node takes a packet from outside with its own address as source in IPv6 only', () => {
  const both = node(1, {
    spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1::/64'] },
    status: { addresses: ['10.0.0.1', 'fd00::1'].map((address) => ({ type: 'InternalIP', address })) },
  });
  // No endpoints: a process of the node is not rejected on its way out, but when the load balancer sends it back.
  const empty = service(
    'web',
    { type: 'LoadBalancer', clusterIPs: ['10.96.0.9', 'fd00:96::9'], selector: { app: 'no' } },
    { loadBalancer: { ingress: [{ ip: '203.0.113.5' }, { ip: '2001:db8::5' }] } },
  );
  const ask = (ip: string) =>
    brief(
      trace(
        [empty],
        { kind: 'node', node: 'n1', ip: null },
        { kind: 'address', ip, port: 80 },
        {
          nodes: [both],
          cluster: { admission: 'asStored' },
        },
      ),
    );
  expect(ask('203.0.113.5')).toEqual([['dropped', null, null, 1]]);
  expect(ask('2001:db8::5')).toEqual([['rejected', null, null, 1]]);
});
