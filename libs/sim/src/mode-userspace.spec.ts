/** Mode userspace for whoever sends: in traces and in runs alike. */
import { describe, expect, it } from 'vitest';
import type { EndpointObject, KubeObject } from './objects.js';
import { traceScenario } from './questions.js';
import type { RequestRow } from './results/result.js';
import type { KubeProxyConfig, Origin, TimelineEntry, Traffic } from './scenario.js';
import {
  app,
  MS,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  slice,
  smallScenario,
  traffic,
} from './testing/small-scenario.js';
import type { TraceFrom, TracePacket, TraceTo } from './trace-result.js';

const USERSPACE: Partial<KubeProxyConfig> = { mode: 'userspace' };
const A = pod('a', '10.1.1.2');
const B = pod('b', '10.1.2.2');
const WEB = service('web', { type: 'NodePort' });
const CLIENTS = [{ name: 'laptop', ips: ['198.51.100.1'], count: 20, kernel: '6.1' }];
const OUTSIDE: TraceFrom = { kind: 'client', client: 'laptop' };
/** What the service port allocator gives the first one. */
const TO_NODE: TraceTo = {
  kind: 'service',
  service: 'default/web',
  port: null,
  via: 'nodePort',
  node: 'n1',
  ipFamily: null,
  ip: null,
};
const TO_CLUSTER: TraceTo = { ...TO_NODE, via: 'clusterIP', node: null };

function scenarioOf(objects: KubeObject[], over: SmallScenario = {}) {
  return smallScenario({ objects, kubeProxy: USERSPACE, version: '1.25', ...over });
}

function traced(objects: KubeObject[], packet: Partial<TracePacket>, over: SmallScenario = {}) {
  const asked = { from: OUTSIDE, to: TO_NODE, protocol: 'TCP' as const, ...packet };
  return traceScenario(scenarioOf(objects, over), asked, 0).outcomes;
}

function rows(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] {
  const to = { ...TO_NODE } as Partial<TraceTo> & { kind?: string };
  delete to.kind;
  const all = traffic({ count: 1, stopNs: 300 * SECOND, to: to as Traffic['to'], ...load });
  return simulated(scenarioOf(objects, { traffic: [all], durationNs: 20 * SECOND, ...over })).rows;
}

/** A pod that has ended, and a slice that still names it. */
const dead = (name: string, ip: string): KubeObject =>
  ({ ...pod(name, ip), status: { phase: 'Failed', podIP: ip, podIPs: [{ ip }] } }) as KubeObject;
const naming = (name: string, ip: string): EndpointObject => ({
  addresses: [ip],
  nodeName: 'n3',
  targetRef: { kind: 'Pod', namespace: 'default', name },
});
const BY_HAND = service('web', { type: 'NodePort', selector: {} });
const notReady = (atNs: number, name: string) => ({
  atNs,
  do: 'readiness' as const,
  pod: `default/${name}`,
  ready: false,
});

describe('a trace in mode userspace', () => {
  it('ends at the endpoints in equal shares, which see the node as it reaches them', () => {
    const told = (from: TraceFrom, to: TraceTo) =>
      traced([A, B, WEB], { from, to }).map(({ probability, endpoint, sourceIp, sourceKind, masquerade, node }) => [
        endpoint?.pod,
        probability,
        sourceIp,
        sourceKind,
        masquerade,
        node,
      ]);
    const both = [
      ['default/a', 0.5, '10.1.1.1', 'bridge', false, 'n1'],
      ['default/b', 0.5, '10.0.0.1', 'node', false, 'n1'],
    ];
    expect(told(OUTSIDE, TO_NODE)).toEqual(both);
    expect(told({ kind: 'pod', pod: 'default/a' }, TO_CLUSTER)).toEqual(both);
    expect(told({ kind: 'node', node: 'n1', ip: '127.0.0.1' }, TO_NODE)).toEqual(both);
    expect(told({ kind: 'node', node: 'n1', ip: null }, TO_CLUSTER)).toEqual(both);
  });

  it('passes kube-proxy, between the rule that led there and those that its own packet meets', () => {
    const [, toB] = traced([A, B, WEB], {});
    expect(toB!.path.map(({ kind, name, source }) => [kind, name, source])).toEqual([
      ['client', 'laptop', '198.51.100.79'],
      ['node', 'n1', '198.51.100.79'],
      ['proxy', 'kube-proxy on n1', '10.0.0.1'],
      ['node', 'n1', '10.0.0.1'],
      ['node', 'n2', '10.0.0.1'],
      ['endpoint', 'default/b', '10.0.0.1'],
    ]);
    const hooks = toB!.steps.map(({ hook }) => hook).filter((hook, n, all) => hook !== all[n - 1]);
    expect(hooks).toEqual(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']);
    expect(toB!.steps.some(({ action }) => action.startsWith('REDIRECT'))).toBe(true);
    expect(toB!.returnPath.at(-1)).toMatchObject({ kind: 'client', source: '10.0.0.1:30086' });
  });

  it('is taken and closed where no endpoint is ready', () => {
    expect(traced([WEB], {})).toMatchObject([
      {
        verdict: 'rejected',
        probability: 1,
        endpoint: null,
        reason: 'kube-proxy of n1 accepts the connection and closes it: default/web has no ready endpoint',
        path: [{ kind: 'client' }, { kind: 'node' }, { kind: 'proxy' }],
      },
    ]);
  });

  it('leaves out endpoints that take no connection, and fails by chance where there are many', () => {
    const shares = (count: number) => {
      const gone = Array.from({ length: count }, (_, n) => [`gone-${n}`, `10.1.3.1${n}`] as const);
      const endpoints = slice('web', ['10.1.1.2', ...gone.map(([name, ip]) => naming(name, ip))]);
      const objects = [A, ...gone.map(([name, ip]) => dead(name, ip)), BY_HAND, endpoints];
      return traced(objects, {}).map(({ verdict, probability }) => [verdict, Math.round(probability * 1000) / 1000]);
    };
    expect(shares(3)).toEqual([['delivered', 1]]);
    expect(shares(4)).toEqual([
      ['delivered', 0.8],
      ['rejected', 0.2],
    ]);
  });

  it('goes in no circles where an endpoint is the service itself', () => {
    const web = service('web', { clusterIP: '10.96.0.9', selector: {} });
    const circle = slice('web', ['10.96.0.9'], { ports: [{ name: '', protocol: 'TCP', port: 80 }] });
    const outcomes = traced([A, web, circle], { from: { kind: 'pod', pod: 'default/a' }, to: TO_CLUSTER });
    expect(outcomes).toMatchObject([{ verdict: 'rejected', probability: 1 }]);
    expect(outcomes[0]!.reason).toContain('it goes in circles');
  });

  it('tells nobody what becomes of a datagram', () => {
    const dns = service('web', { type: 'NodePort', ports: [{ port: 53, protocol: 'UDP' }] });
    const verdicts = (objects: KubeObject[]) =>
      traced(objects, { protocol: 'UDP' }).map(({ verdict, sourceIp }) => [verdict, sourceIp]);
    expect(verdicts([A, dns])).toEqual([['delivered', '10.1.1.1']]);
    expect(verdicts([dns])).toEqual([['dropped', null]]);
  });

  it('takes policies, source ranges and the health check port for nothing', () => {
    const spec = { externalTrafficPolicy: 'Local' as const, type: 'LoadBalancer' as const };
    const local = service('web', { ...spec, loadBalancerSourceRanges: ['192.0.2.0/24'], healthCheckNodePort: 32000 });
    expect(traced([B, local], { to: { ...TO_NODE, node: 'n3' } })).toMatchObject([
      { verdict: 'delivered', endpoint: { pod: 'default/b' }, sourceIp: '10.0.0.3' },
    ]);
    const check: TracePacket['to'] = { kind: 'address', ip: '10.0.0.1', port: 32000 };
    expect(traced([B, local], { to: check })).toMatchObject([{ verdict: 'passthrough' }]);
  });
});

describe('a run in mode userspace', () => {
  const steady = { count: null, ratePerSecond: 5, stopNs: 10 * SECOND };

  it('takes endpoints in turn', () => {
    const answered = rows([A, B, WEB], steady);
    expect(answered).toHaveLength(50);
    const names = answered.map(({ pod: name }) => name);
    expect(names.every((name, n) => n < 2 || name === names[n - 2])).toBe(true);
    expect(new Set(names).size).toBe(2);
    expect(new Set(answered.map(({ sourceIp, sourceKind }) => `${sourceIp} ${sourceKind}`))).toEqual(
      new Set(['10.1.1.1 bridge', '10.0.0.1 node']),
    );
  });

  it('connects as soon as the client’s handshake is done, and takes no longer in all', () => {
    const [row] = rows([B, WEB], {});
    const [direct] = rows([B, WEB], {}, { kubeProxy: { mode: 'iptables' } });
    expect(row!.connectUs).toBe(4000);
    expect(direct!.connectUs).toBe(4240);
    expect(row!.latencyUs).toBe(direct!.latencyUs);
  });

  it('keeps a client under session affinity, by the address that comes to the node', () => {
    const sticky = service('web', { type: 'NodePort', sessionAffinity: 'ClientIP' });
    const answered = rows([A, B, sticky], { ...steady, stopNs: 20 * SECOND }, { clients: CLIENTS });
    const byClient = new Map<string, Set<string | null>>();
    for (const { clientIp, pod: name } of answered)
      byClient.set(clientIp, (byClient.get(clientIp) ?? new Set()).add(name));
    expect(byClient.size).toBeGreaterThan(10);
    expect([...byClient.values()].every((names) => names.size === 1)).toBe(true);
    expect(new Set(answered.map(({ pod: name }) => name)).size).toBe(2);
  });

  it('accepts, then resets, where there is no endpoint', () => {
    expect(rows([WEB], {})).toMatchObject([
      {
        outcome: 'reset',
        cause: 'proxy-closed',
        connectUs: 4000,
        latencyUs: 8000,
        pod: null,
        sourceIp: null,
        attempts: 1,
      },
    ]);
  });

  it('hears of endpoints without a sync', () => {
    const answered = rows([A, B, WEB], { ...steady, ratePerSecond: 50 }, { timeline: [notReady(5 * SECOND, 'a')] });
    const last = answered.findLast(({ pod: name }) => name === 'default/a')!;
    // Readiness is written, the slice 30 ms later, and the watch takes 20 ms each time; a sync would take 100 ms.
    expect(last.atMs).toBeGreaterThanOrEqual(4980);
    expect(last.atMs).toBeLessThan(5080);
    expect(answered.every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('tries the next endpoint after 250 ms where a pod is gone, and keeps the others waiting meanwhile', () => {
    const endpoints = slice('web', ['10.1.1.2', naming('old', '10.1.3.9')]);
    const answered = rows([A, dead('old', '10.1.3.9'), BY_HAND, endpoints], {
      ...steady,
      ratePerSecond: 20,
      stopNs: 1 * SECOND,
    });
    expect(answered.every(({ outcome, pod: name }) => outcome === 'ok' && name === 'default/a')).toBe(true);
    const slow = answered.filter(({ latencyUs }) => latencyUs > 240_000);
    // One turn in two is the dead one's; meanwhile five more clients have come.
    expect(slow.length).toBeGreaterThan(10);
    expect(Math.max(...answered.map(({ latencyUs }) => latencyUs))).toBeGreaterThan(1_000_000);
    expect(answered.every(({ connectUs }) => connectUs === 4000)).toBe(true);
  });

  it('gives up after four attempts, of 250 ms, 500 ms, 1 s and 2 s', () => {
    const [row] = rows([dead('old', '10.1.3.9'), BY_HAND, slice('web', [naming('old', '10.1.3.9')])], {});
    expect(row).toMatchObject({ outcome: 'reset', cause: 'proxy-closed', latencyUs: 3_758_000 });
    expect(row!.reason).toContain('default/old is gone');
  });

  it('opens another socket when the Service changes, and is closed for those who come between', () => {
    const patch = { spec: { sessionAffinity: 'ClientIP' } };
    const command = { verb: 'patch', kind: 'Service', name: 'default/web', patch } as const;
    const answered = rows(
      [A, B, WEB],
      { ...steady, ratePerSecond: 50 },
      { timeline: [{ atNs: 5 * SECOND, do: 'kubectl', command }] },
    );
    expect(answered.filter(({ outcome }) => outcome !== 'ok').length).toBe(0);
    const after = answered.filter(({ atMs }) => atMs > 6000).map(({ pod: name }) => name);
    expect(new Set(after).size).toBe(1);
  });

  it('lets load balancers find every node well whose node port they try', () => {
    const balanced = service('web', { type: 'LoadBalancer' });
    const loadBalancers = { default: profile({ clusterCheck: 'tcp-node-port' }), byService: {} };
    const scenario = scenarioOf([balanced], { loadBalancers });
    const { result } = simulated({ ...scenario, durationNs: 40 * SECOND });
    const states = result.healthz.loadBalancers.flatMap(({ segments }) => segments.map(({ state }) => state));
    expect(states.length).toBeGreaterThan(0);
    expect(new Set(states)).toEqual(new Set(['healthy']));
  });
});

describe('a kube-proxy that holds connections of clients', () => {
  const endings = (answered: RequestRow[]) =>
    answered.map(({ outcome, cause, event, latencyUs }) => [outcome, cause, event, Math.round(latencyUs / 1e5) / 10]);
  const off: TimelineEntry = { atNs: 3 * SECOND, do: 'crash', node: 'n1', forNs: null, vmDeleted: false };
  const again: TimelineEntry = { atNs: 3 * SECOND, do: 'restart', kubeProxy: ['n1'] };
  const waits = { requestTimeoutNs: 8 * SECOND };
  const slow = app({ serviceTimeNs: 4 * SECOND, serviceTimeDistribution: 'constant' });

  it('says nothing any more once its machine has no power, before its own handshake, meanwhile and after it', () => {
    // On their way to the node, before kube-proxy has turned to them, and at the endpoint of another node.
    for (const startNs of [2.997 * SECOND, 2.999 * SECOND, 1 * SECOND])
      expect(endings(rows([B, WEB], { startNs, ...waits }, { timeline: [off], apps: [slow] }))).toEqual([
        ['timeout', 'node-down', 'crash n1 at 3 s', startNs === 2.999 * SECOND ? 1 : 8],
      ]);
    // Between two attempts, and during the last one.
    const gone = [dead('old', '10.1.3.9'), BY_HAND, slice('web', [naming('old', '10.1.3.9')])];
    for (const startNs of [2.5 * SECOND, 0.5 * SECOND])
      expect(endings(rows(gone, { startNs, ...waits }, { timeline: [off] }))).toEqual([
        ['timeout', 'node-down', 'crash n1 at 3 s', 8],
      ]);
  });

  it('is no other one when its machine is on again', () => {
    const timeline: TimelineEntry[] = [{ ...off, forNs: 1 * MS } as TimelineEntry];
    const answered = rows([B, WEB], { startNs: 2.997 * SECOND, ...waits }, { timeline });
    expect(endings(answered)).toEqual([['timeout', 'node-down', 'crash n1 for 0.001 s at 3 s', 8]]);
  });

  it('resets them when its process ends, and freezing keeps it from writing rules alone', () => {
    for (const startNs of [2.997 * SECOND, 1 * SECOND]) {
      const [row] = rows([B, WEB], { startNs, ...waits }, { timeline: [again], apps: [slow] });
      expect(row).toMatchObject({ outcome: 'reset', cause: 'proxy-closed', event: 'restart kube-proxy of n1 at 3 s' });
      expect(row!.reason).toBe('kube-proxy of n1 ended while it held the connection');
    }
    const frozen: TimelineEntry = { atNs: 3 * SECOND, do: 'freeze', kubeProxy: ['n1'], forNs: 5 * SECOND };
    const answered = rows([B, WEB], { startNs: 2.997 * SECOND, ...waits }, { timeline: [frozen], apps: [slow] });
    expect(endings(answered)).toEqual([['ok', null, null, 4]]);
  });
});

describe('datagrams in mode userspace', () => {
  const dns = service('web', { type: 'NodePort', ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] });
  const load = { protocol: 'UDP' as const, reuseSocket: true, stopNs: 10 * SECOND, count: null };

  it('of one socket keep to an endpoint as long as they come within udpIdleTimeout', () => {
    const podsAt = (ratePerSecond: number) =>
      rows([A, B, dns], { ...load, ratePerSecond }).map(({ pod: name }) => name);
    expect(new Set(podsAt(10)).size).toBe(1);
    const slow = podsAt(2);
    expect(slow.every((name, n) => n === 0 || name !== slow[n - 1])).toBe(true);
    expect(
      new Set(rows([A, B, dns], { ...load, reuseSocket: false, ratePerSecond: 10 }).map(({ pod: name }) => name)).size,
    ).toBe(2);
  });

  it('are answered late only while others keep the socket open', () => {
    const timings = { ...smallScenario().cluster.timings, nodeToPodNs: 200 * MS };
    const outcomes = (ratePerSecond: number) =>
      rows([A, dns], { ...load, ratePerSecond }, { cluster: { timings } }).map(({ outcome }) => outcome);
    expect(new Set(outcomes(1))).toEqual(new Set(['timeout']));
    expect(outcomes(10).filter((outcome) => outcome === 'ok').length).toBeGreaterThan(90);
  });

  it('go to nobody without endpoints, and no error comes back', () => {
    expect(rows([dns], { protocol: 'UDP' })).toMatchObject([{ outcome: 'timeout', cause: 'proxy-closed' }]);
  });
});

describe('kube-proxy in mode userspace', () => {
  it('answers /healthz whatever happens, and no healthCheckNodePort', () => {
    const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 });
    const scenario = scenarioOf([A, local], { timeline: [notReady(3 * SECOND, 'a')] });
    const { nodes } = simulated({ ...scenario, durationNs: 200 * SECOND }).result.healthz;
    expect(nodes.filter(({ kind }) => kind === 'healthCheckNodePort')).toEqual([]);
    const own = nodes.filter(({ kind }) => kind === 'proxy-healthz');
    expect(own.flatMap(({ segments }) => segments.map(({ status }) => status)).every((status) => status === 200)).toBe(
      true,
    );
    expect(own).toHaveLength(3);
  });

  it('syncs for Services, not for endpoints or labels', () => {
    const quiet = simulated(scenarioOf([A, B, WEB], { durationNs: 10 * SECOND })).result.summary.ruleSyncs;
    const timeline = [notReady(3 * SECOND, 'a'), notReady(5 * SECOND, 'b')];
    expect(simulated(scenarioOf([A, B, WEB], { timeline, durationNs: 10 * SECOND })).result.summary.ruleSyncs).toBe(
      quiet,
    );
  });

  it('does the same again, and something else with another seed', () => {
    const runs = [1, 1, 2].map(
      (seed) =>
        simulated(scenarioOf([A, B, WEB], { seed, traffic: [traffic({ to: { ...TO_NODE } as never })] })).result,
    );
    expect(runs[0]!.fingerprint).toBe(runs[1]!.fingerprint);
    expect(runs[0]!.fingerprint).not.toBe(runs[2]!.fingerprint);
  });

  it('has one family, that of the node’s first address', () => {
    const on = { kubeProxy: USERSPACE, version: '1.25' };
    const six = service('web', { clusterIP: 'fd00:10::9', clusterIPs: ['fd00:10::9'], ipFamilies: ['IPv6'] });
    const node = { kind: 'node', node: 'n1', ip: null } as const satisfies Origin | TraceFrom;
    const packet: TracePacket = { from: node, to: { kind: 'address', ip: '10.96.0.9', port: 80 }, protocol: 'TCP' };
    expect(traceScenario(smallScenario({ objects: [A, six], ...on }), packet, 0).outcomes).toMatchObject([
      { verdict: 'passthrough' },
    ]);
  });
});
