import { describe, expect, it } from 'vitest';
import type { KubeObject, Protocol } from '../objects.js';
import type { RequestRow } from '../results/result.js';
import type { Destination, Origin, TimelineEntry, Traffic } from '../scenario.js';
import {
  MS,
  nodeSettings,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  slice,
  smallScenario,
  TIMINGS,
  traffic,
} from '../testing/small-scenario.js';

type ServiceDestination = Extract<Destination, { service: string }>;

const CLIENT: Origin = { client: 'laptop' };
const to = (over: Partial<ServiceDestination> = {}): Destination => ({
  service: 'default/web',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});
const WEB = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2')];
const kubectl = (atNs: number, command: Extract<TimelineEntry, { do: 'kubectl' }>['command']): TimelineEntry => ({
  atNs,
  do: 'kubectl',
  command,
});
const patched = (atNs: number, spec: Record<string, unknown>): TimelineEntry =>
  kubectl(atNs, { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec } });

function rows(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] {
  const durationNs = over.durationNs ?? 200 * SECOND;
  return simulated(smallScenario({ objects, traffic: [traffic(load)], durationNs, ...over })).rows;
}

/** One request at `startNs`. */
function row(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow {
  const [first, ...more] = rows(objects, { count: 1, stopNs: 300 * SECOND, ...load }, over);
  expect(more).toEqual([]);
  return first as RequestRow;
}

const seen = ({ outcome, pod: name, sourceIp, sourceKind }: RequestRow) => [outcome, name, sourceIp, sourceKind];

describe('a client outside', () => {
  it('reaches a pod of the node that it asked with the bridge’s address, of another with the node’s', () => {
    const asked = (n: number) =>
      seen(
        row([pod('a', '10.1.1.2'), service('web', { type: 'NodePort' })], { from: CLIENT, to: to({ node: `n${n}` }) }),
      );
    expect(asked(1)).toEqual(['ok', 'default/a', '10.1.1.1', 'bridge']);
    expect(asked(2)).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
  });

  it('keeps its address with policy Local, and waits in vain on a node without a pod', () => {
    const asked = (n: number) =>
      row([pod('a', '10.1.1.2'), service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' })], {
        to: to({ node: `n${n}` }),
        connectTimeoutNs: 10 * SECOND,
      });
    expect(seen(asked(1))).toEqual(['ok', 'default/a', '198.51.100.79', 'client']);
    const lost = asked(2);
    expect(lost).toMatchObject({ outcome: 'dropped', entryNode: 'n2', pod: null, sourceIp: null, connectUs: null });
    expect([lost.firstPackets, lost.latencyUs]).toEqual([4, 10e6]);
    expect(lost.reason).toMatch(
      /^n2: -t filter -A KUBE-EXTERNAL-SERVICES .*default\/web has no local endpoints.*-j DROP$/,
    );
  });

  it('takes as long as its packets do', () => {
    const answered = row([pod('a', '10.1.1.2'), service('web', { type: 'NodePort' })], { to: to({ node: 'n2' }) });
    const oneWayNs = TIMINGS.clientToClusterNs + TIMINGS.nodeToNodeNs + TIMINGS.nodeToPodNs;
    expect(answered.connectUs).toBe((2 * oneWayNs) / 1e3);
    expect(answered.latencyUs).toBeGreaterThan((4 * oneWayNs) / 1e3);
  });

  it('is rejected at once where the service has no endpoints', () => {
    const refused = row([service('web', { type: 'NodePort' })], { to: to({ node: 'n1' }) });
    expect(refused).toMatchObject({
      outcome: 'rejected',
      firstPackets: 1,
      latencyUs: (2 * TIMINGS.clientToClusterNs) / 1e3,
    });
    expect(refused.reason).toContain('has no endpoints');
  });

  it('is refused by a node on whose port nothing listens', () => {
    const refused = row([], { to: { ip: '10.0.0.1', port: 9999 } });
    expect(refused).toMatchObject({
      outcome: 'refused',
      entryNode: 'n1',
      reason: 'nothing listens on port 9999 of n1',
    });
  });

  it('finds no way to addresses that only the cluster knows', () => {
    expect(row([...WEB, service('web')], { to: to({ via: 'clusterIP' }) })).toMatchObject({
      outcome: 'timeout',
      latencyUs: 1e6,
      reason: 'nothing outside the cluster routes this address into it',
    });
    expect(row([...WEB], { to: { ip: '10.1.1.2', port: 8080 } }).outcome).toBe('timeout');
  });

  it('that has many addresses uses them by its dice', () => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.1'], count: 16, kernel: '6.1' }];
    const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    const answered = rows([pod('a', '10.1.1.2'), local], { to: to({ node: 'n1' }), stopNs: 20 * SECOND }, { clients });
    const ips = new Set(answered.map(({ sourceIp }) => sourceIp));
    expect(ips.size).toBeGreaterThan(12);
    expect(answered.every(({ sourceIp, clientIp }) => sourceIp === clientIp)).toBe(true);
  });
});

describe('a SYN that is lost', () => {
  it.each([
    ['6.1', [7, 127]],
    ['6.8', [11, 131]],
  ])('is sent again as kernel %s does, until that gives up', (kernel, [sent, seconds]) => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.79'], count: 1, kernel }];
    const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    const lost = row([pod('a', '10.1.1.2'), local], { to: to({ node: 'n2' }), connectTimeoutNs: null }, { clients });
    expect([lost.outcome, lost.firstPackets, lost.latencyUs]).toEqual(['dropped', sent, (seconds as number) * 1e6]);
  });

  it('is decided anew after a drop: the next one gets through when the rules let it', () => {
    const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    const answered = row(
      [pod('a', '10.1.1.2'), local],
      { to: to({ node: 'n2' }), connectTimeoutNs: 20 * SECOND },
      { timeline: [patched(1.5 * SECOND, { externalTrafficPolicy: 'Cluster' })] },
    );
    expect(seen(answered)).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
    expect([answered.firstPackets, Math.floor((answered.connectUs as number) / 1e6)]).toEqual([3, 3]);
  });

  it('follows conntrack after it has left the node untranslated, whatever rules come later', () => {
    const created = kubectl(0.5 * SECOND, { verb: 'apply', object: service('web', { clusterIP: '10.96.0.9' }) });
    const load: Partial<Traffic> = { from: { pod: 'default/c' }, to: { ip: '10.96.0.9', port: 80 } };
    const both = rows(
      WEB,
      { ...load, ratePerSecond: 0.25, stopNs: 6 * SECOND, connectTimeoutNs: 20 * SECOND },
      { timeline: [created] },
    );
    expect(both.map(({ outcome, firstPackets }) => [outcome, firstPackets])).toEqual([
      ['timeout', 5],
      ['ok', 1],
    ]);
    expect(both[0]?.reason).toBe('it left by the default route and nobody answered');
  });
});

describe('a pod that is gone while rules still name it', () => {
  const late = { proxySyncNs: 30 * SECOND };
  const gone = [kubectl(0, { verb: 'delete', kind: 'Pod', name: 'default/a', selector: null, namespace: 'default' })];
  const lost = (connectTimeoutNs: number | null, load: Partial<Traffic> = {}) =>
    row(
      [pod('a', '10.1.1.2'), service('web', { type: 'NodePort' })],
      { to: to({ node: 'n1' }), startNs: 2 * SECOND, connectTimeoutNs, ...load },
      { timeline: gone, cluster: { timings: { ...TIMINGS, ...late } } },
    );

  it('is unreachable once its neighbours have given up; SYNs are sent until then', () => {
    const unreachable = lost(null);
    expect(unreachable).toMatchObject({ outcome: 'unreachable', pod: 'default/a', firstPackets: 3, sourceIp: null });
    expect(unreachable.reason).toBe('default/a is gone, but rules still name its address');
    const oneWayNs = TIMINGS.clientToClusterNs + TIMINGS.nodeToPodNs;
    expect(unreachable.latencyUs).toBe((TIMINGS.neighbourTimeoutNs + 2 * oneWayNs) / 1e3);
  });

  it('is silence to a client that is less patient', () => {
    expect(lost(2 * SECOND)).toMatchObject({ outcome: 'timeout', firstPackets: 2, latencyUs: 2e6 });
  });
});

describe('a pod that is there', () => {
  const nodePort = service('web', { type: 'NodePort', publishNotReadyAddresses: true });

  it('answers at a port that no container declares: what they declare is information', () => {
    const other = pod('a', '10.1.1.2', { spec: { containers: [{ ports: [{ containerPort: 9090 }] }] } });
    expect(row([other, nodePort], { to: to({ node: 'n1' }) })).toMatchObject({ outcome: 'ok', pod: 'default/a' });
  });

  it('refuses before it has started', () => {
    const starting = pod('a', '10.1.1.2', { status: { phase: 'Pending', podIP: '10.1.1.2' } });
    expect(row([starting, nodePort], { to: to({ node: 'n1' }) })).toMatchObject({
      outcome: 'refused',
      reason: 'default/a is starting: nothing listens yet',
    });
  });

  it('answers, ready or not, as long as rules lead to it', () => {
    const unready = pod('a', '10.1.1.2', {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] },
    });
    expect(row([unready, nodePort], { to: to({ node: 'n1' }) }).outcome).toBe('ok');
  });
});

describe('session affinity', () => {
  const sticky = (timeoutSeconds: number) =>
    service('web', {
      type: 'NodePort',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    });
  const podsOf = (timeoutSeconds: number, load: Partial<Traffic>, over: SmallScenario = {}) =>
    rows([...WEB, sticky(timeoutSeconds)], { to: to({ node: 'n1' }), ...load }, over).map(({ pod: name }) => name);

  it('keeps a client on its pod as long as it comes back in time', () => {
    expect(new Set(podsOf(5, { ratePerSecond: 1, stopNs: 60 * SECOND })).size).toBe(1);
  });

  it('forgets it when it does not', () => {
    expect(new Set(podsOf(5, { ratePerSecond: 0.1, stopNs: 190 * SECOND })).size).toBe(3);
  });

  it('is each client address’s own', () => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.1'], count: 30, kernel: '6.1' }];
    const answered = rows(
      [...WEB, sticky(100)],
      { to: to({ node: 'n1' }), ratePerSecond: 5, stopNs: 60 * SECOND },
      { clients },
    );
    const byClient = new Map<string, Set<string | null>>();
    for (const { clientIp, pod: name } of answered)
      byClient.set(clientIp, (byClient.get(clientIp) ?? new Set()).add(name));
    expect([...byClient.values()].every((names) => names.size === 1)).toBe(true);
    expect(new Set(answered.map(({ pod: name }) => name)).size).toBe(3);
  });

  /** Some four requests of each of so many addresses, to two pods, in the order of their start. */
  const crowd = (count: number, mode: 'iptables' | 'nftables', protocol: Protocol = 'TCP'): RequestRow[] => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.1'], count, kernel: '6.1' }];
    const web = sticky(10_000);
    const ports = web.spec.ports!.map((port) => ({ ...port, protocol }));
    const answered = rows(
      [...WEB.slice(0, 2), { ...web, spec: { ...web.spec, ports } }],
      { to: to({ node: 'n1' }), protocol, ratePerSecond: 50, count: 4 * count, stopNs: 100 * SECOND },
      { clients, version: '1.33', kubeProxy: { mode } },
    );
    expect([answered.length, answered.every(({ outcome }) => outcome === 'ok')]).toEqual([4 * count, true]);
    return answered.sort((one, other) => one.atMs - other.atMs);
  };
  const pairs = (all: RequestRow[]) => new Set(all.map(({ clientIp, pod: name }) => `${clientIp} ${name}`)).size;
  const addresses = (all: RequestRow[]) => new Set(all.map(({ clientIp }) => clientIp)).size;

  it.each<[Protocol]>([['TCP'], ['UDP'], ['SCTP']])('holds over %s', (protocol) => {
    const all = crowd(150, 'iptables', protocol);
    expect(pairs(all)).toBe(addresses(all));
  });

  it('forgets who was away for longest where a list of xt_recent is full', () => {
    const all = crowd(250, 'iptables');
    // Each pod's last addresses, the latest at the end: who is among a hundred of them must come back there.
    const lists = new Map<string | null, string[]>();
    let [held, forgotten] = [0, 0];
    for (const { clientIp, pod: name } of all) {
      const holder = [...lists].find(([, list]) => list.includes(clientIp))?.[0];
      if (holder !== undefined) expect([clientIp, name]).toEqual([clientIp, holder]);
      holder === undefined ? forgotten++ : held++;
      const others = (lists.get(name) ?? []).filter((ip) => ip !== clientIp);
      lists.set(name, [...others, clientIp].slice(-100));
    }
    expect(held).toBeGreaterThan(0);
    // More than were there for the first time, and some of those met the other pod.
    expect(forgotten).toBeGreaterThan(addresses(all));
    expect(pairs(all)).toBeGreaterThan(addresses(all));
  });

  it('forgets nobody in sets of nftables, which do not end there', () => {
    const all = crowd(250, 'nftables');
    expect(pairs(all)).toBe(addresses(all));
  });

  it('ends when the pod leaves the service, and is not on another node', () => {
    const names = podsOf(
      1000,
      { ratePerSecond: 1, stopNs: 20 * SECOND },
      {
        timeline: WEB.map((_, n) => ({
          atNs: 10 * SECOND,
          do: 'readiness' as const,
          pod: `default/${'ab'[n] ?? 'b'}`,
          ready: false,
        })),
      },
    );
    expect(new Set(names.slice(0, 10)).size).toBe(1);
    expect(new Set(names.slice(12))).toEqual(new Set(['default/c']));
  });
});

describe('a pod', () => {
  const CIDR = { kubeProxy: { clusterCIDR: '10.1.0.0/16' } };
  const from = (name: string): Partial<Traffic> => ({ from: { pod: `default/${name}` } });
  const lb = service('web', { type: 'LoadBalancer' });
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'Proxy' as const }] } };

  it('keeps its address to a cluster IP, whatever detects it', () => {
    for (const over of [{}, CIDR])
      expect(
        seen(
          row(
            [pod('a', '10.1.1.2'), pod('c', '10.1.3.2', { labels: {} }), service('web')],
            { ...from('c'), to: to() },
            over,
          ),
        ),
      ).toEqual(['ok', 'default/a', '10.1.3.2', 'pod']);
  });

  it('reaches itself through its service by the bridge’s address', () => {
    expect(seen(row([pod('a', '10.1.1.2'), service('web')], { ...from('a'), to: to() }))).toEqual([
      'ok',
      'default/a',
      '10.1.1.1',
      'bridge',
    ]);
  });

  it('is masqueraded at a node port of its own or another node', () => {
    const objects = [pod('a', '10.1.1.2'), pod('c', '10.1.3.2', { labels: {} }), service('web', { type: 'NodePort' })];
    const asked = (node: string) => row(objects, { ...from('c'), to: to({ via: 'nodePort', node }) }, CIDR);
    expect(seen(asked('n3'))).toEqual(['ok', 'default/a', '10.0.0.3', 'node']);
    expect(seen(asked('n2'))).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
    expect([asked('n3').entryNode, asked('n2').entryNode]).toEqual(['n3', 'n3']);
  });

  it('reaches a load balancer’s address without ever leaving its node', () => {
    const answered = row([pod('a', '10.1.1.2'), pod('c', '10.1.3.2', { labels: {} }), lb], {
      ...from('c'),
      to: to({ via: 'loadBalancer' }),
    });
    expect(seen(answered)).toEqual(['ok', 'default/a', '10.0.0.3', 'node']);
    expect([answered.lb, answered.entryNode]).toEqual([null, 'n3']);
  });

  it('goes out to a load balancer whose address kube-proxy leaves alone', () => {
    const proxied = service('web', { type: 'LoadBalancer' }, status);
    const answered = row(
      [pod('a', '10.1.1.2'), pod('c', '10.1.3.2', { labels: {} }), proxied],
      { ...from('c'), to: to({ via: 'loadBalancer' }) },
      {
        loadBalancers: {
          default: profile({ kind: 'proxy', destination: 'nodePort', addresses: ['192.0.2.10'] }),
          byService: {},
        },
      },
    );
    expect([answered.outcome, answered.lb]).toEqual(['ok', 'default/web']);
    expect(answered.latencyUs).toBeGreaterThan(answered.connectUs as number);
    expect(answered.connectUs).toBe((2 * (TIMINGS.nodeToPodNs + TIMINGS.loadBalancerToNodeNs)) / 1e3);
  });

  it('loses the answer that goes past the node which translated', () => {
    const objects = [
      pod('b', '10.1.3.2'),
      pod('c', '10.1.1.2', { labels: {} }),
      service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' }),
    ];
    const asked = (node: string) =>
      row(objects, { ...from('c'), to: to({ via: 'nodePort', node }), connectTimeoutNs: 5 * SECOND }, CIDR);
    expect(seen(asked('n1'))).toEqual(['ok', 'default/b', '10.1.1.2', 'pod']);
    expect(seen(asked('n3'))).toEqual(['ok', 'default/b', '10.1.1.2', 'pod']);
    const lost = asked('n2');
    expect(lost).toMatchObject({
      outcome: 'timeout',
      pod: 'default/b',
      sourceIp: null,
      firstPackets: 3,
      latencyUs: 5e6,
    });
    expect(lost.reason).toBe('default/b answers, but past the node that has to undo the translation');
  });

  it('loses it also where the endpoint is on a node’s own address', () => {
    const onHost = pod('h', '10.0.0.3', { spec: { nodeName: 'n3', hostNetwork: true } });
    const objects = [
      onHost,
      pod('c', '10.1.1.2', { labels: {} }),
      service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' }),
    ];
    const asked = (node: string) => row(objects, { ...from('c'), to: to({ via: 'nodePort', node }) }, CIDR);
    expect(seen(asked('n3'))).toEqual(['ok', 'default/h', '10.1.1.2', 'pod']);
    expect(asked('n2')).toMatchObject({ outcome: 'timeout', pod: 'default/h', sourceIp: null });
  });

  it('that does not run sends nothing', () => {
    const answered = row([...WEB, service('web')], { ...from('nobody'), to: to() });
    expect(answered).toMatchObject({
      outcome: 'unreachable',
      firstPackets: 0,
      reason: 'pod default/nobody is not running',
      cause: 'sender-gone',
    });
  });

  it('on a node’s own address is as that node’s processes', () => {
    const onHost = pod('h', '10.0.0.1', { labels: {}, spec: { nodeName: 'n1', hostNetwork: true } });
    const asked = row([pod('a', '10.1.1.2'), onHost, service('web')], { ...from('h'), to: to() }, CIDR);
    expect(seen(asked)).toEqual(['ok', 'default/a', '10.1.1.1', 'bridge']);
    expect(seen(row([pod('a', '10.1.1.2'), onHost], { ...from('h'), to: { ip: '10.1.1.2', port: 8080 } }))).toEqual([
      'ok',
      'default/a',
      '10.1.1.1',
      'node',
    ]);
  });
});

describe('a process of a node', () => {
  const CIDR = { kubeProxy: { clusterCIDR: '10.1.0.0/16' } };
  const objects = [pod('a', '10.1.1.2'), service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })];
  const asked = (node: string, where: Partial<ServiceDestination>, over: SmallScenario = CIDR) =>
    row(objects, { from: { node }, to: to(where) }, over);

  it('is masqueraded to a cluster IP where pods are told from others, and keeps its address where not', () => {
    expect(seen(asked('n2', {}))).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
    expect(seen(asked('n1', {}))).toEqual(['ok', 'default/a', '10.1.1.1', 'bridge']);
    expect(seen(asked('n1', {}, {}))).toEqual(['ok', 'default/a', '10.0.0.1', 'node']);
  });

  it('uses every endpoint at its own node port and at a load balancer’s address, as with policy Cluster', () => {
    expect(seen(asked('n2', { via: 'nodePort', node: 'n2' }))).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
    expect(seen(asked('n2', { via: 'loadBalancer' }))).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
  });

  it('is a client like others at the node port of another node', () => {
    expect(asked('n1', { via: 'nodePort', node: 'n2' }).outcome).toBe('dropped');
    expect(seen(asked('n2', { via: 'nodePort', node: 'n1' }))).toEqual(['ok', 'default/a', '10.0.0.2', 'node']);
  });

  it('reaches node ports on localhost', () => {
    expect(seen(row(objects, { from: { node: 'n2' }, to: { ip: '127.0.0.1', port: 30086 } }))).toEqual([
      'ok',
      'default/a',
      '10.0.0.2',
      'node',
    ]);
  });
});

describe('a load balancer', () => {
  const web = service('web', { type: 'LoadBalancer' });
  const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  const proxy = profile({
    kind: 'proxy',
    destination: 'nodePort',
    addresses: ['192.0.2.10', '192.0.2.11'],
    forwards: 'x-forwarded-for',
  });
  const by = (over: ReturnType<typeof profile>): SmallScenario => ({ loadBalancers: { default: over, byService: {} } });

  it('that passes packets on keeps the client’s address; the node’s policy decides', () => {
    for (const destination of ['vip', 'nodePort'] as const) {
      const answered = row([pod('a', '10.1.1.2'), local], { to: to() }, by(profile({ destination })));
      expect(seen(answered)).toEqual(['ok', 'default/a', '198.51.100.79', 'client']);
      expect(answered).toMatchObject({ lb: 'default/web', entryNode: 'n1', forwardedFor: null });
    }
    const cluster = rows([pod('a', '10.1.1.2'), web], { to: to(), stopNs: 10 * SECOND });
    expect(new Set(cluster.map(({ sourceIp }) => sourceIp))).toEqual(new Set(['10.1.1.1', '10.0.0.2', '10.0.0.3']));
  });

  it('that ends connections is the source itself, and tells of the client where it can', () => {
    const answered = rows([pod('a', '10.1.1.2'), local], { to: to(), stopNs: 10 * SECOND }, by(proxy));
    expect(new Set(answered.map(({ sourceIp }) => sourceIp))).toEqual(new Set(['192.0.2.10', '192.0.2.11']));
    expect(
      answered.every(({ sourceKind, forwardedFor }) => sourceKind === 'lb' && forwardedFor === '198.51.100.79'),
    ).toBe(true);
    expect(answered[0]?.connectUs).toBe((2 * TIMINGS.clientToClusterNs) / 1e3);
    expect(answered[0]?.latencyUs).toBeGreaterThan((4 * TIMINGS.clientToClusterNs) / 1e3);
  });

  it('that ends connections resets them when the node refuses or drops what it sends', () => {
    const rejected = row([web], { to: to() }, by(proxy));
    expect([rejected.outcome, rejected.connectUs]).toEqual(['reset', (2 * TIMINGS.clientToClusterNs) / 1e3]);
    expect(rejected.reason).toContain('has no endpoints');
    const unchecked = { ...proxy, localCheck: 'none' as const };
    const lost = rows(
      [pod('a', '10.1.1.2'), local],
      { to: to(), connectTimeoutNs: null, stopNs: 10 * SECOND },
      by(unchecked),
    );
    const dropped = lost.find(({ outcome }) => outcome !== 'ok');
    expect(dropped).toMatchObject({ outcome: 'reset', firstPackets: 1 });
    expect(dropped?.latencyUs).toBeGreaterThan(5e6);
  });

  it('without a target in use is silent, or refuses where it ends connections', () => {
    const nobody = [local];
    expect(row(nobody, { to: to() })).toMatchObject({
      outcome: 'lb-unavailable',
      latencyUs: 1e6,
      reason: 'load balancer of default/web: no target is in use',
    });
    expect(row(nobody, { to: to() }, by(proxy))).toMatchObject({ outcome: 'lb-unavailable', latencyUs: 4000 });
    expect(row(nobody, { to: to() }, by(profile({ allDown: 'open' }))).outcome).toBe('rejected');
  });

  it('forwards no port that its service does not have', () => {
    expect(row([...WEB, web], { to: { ip: '203.0.113.1', port: 81 } })).toMatchObject({
      outcome: 'timeout',
      reason: 'load balancer of default/web: it forwards no port 81',
    });
  });

  it('that has no address yet cannot be asked', () => {
    const created = kubectl(1 * SECOND, { verb: 'apply', object: web });
    const asked = rows(WEB, { to: to(), ratePerSecond: 1, stopNs: 45 * SECOND }, { timeline: [created] });
    const phases = asked.map(({ outcome }) => outcome).filter((outcome, n, all) => outcome !== all[n - 1]);
    expect(phases).toEqual(['unreachable', 'lb-unavailable', 'ok']);
    expect(asked.filter(({ outcome }) => outcome === 'unreachable')).toHaveLength(31);
    expect(asked[0]?.reason).toBe('default/web: there is no such service');
    expect(asked[2]?.reason).toBe('default/web: it has no loadBalancer address');
  });

  it('whose address no rule knows does not keep a packet going round', () => {
    const stored = service(
      'web',
      { type: 'LoadBalancer', clusterIP: '10.96.0.9' },
      {
        loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'Proxy' }] },
      },
    );
    const answered = row([...WEB, stored], { to: to({ via: 'loadBalancer' }) }, by(profile({ destination: 'vip' })));
    expect(answered.outcome).toBe('timeout');
    expect(answered.reason).toContain('it goes in circles');
  });
});

describe('endpoints on nodes’ own addresses', () => {
  const onHost = pod('h', '10.0.0.2', { spec: { nodeName: 'n2', hostNetwork: true } });
  const nodePort = service('web', { type: 'NodePort' });

  it('see the client itself where the packet never leaves their node, and the other node where it does', () => {
    expect(seen(row([onHost, nodePort], { to: to({ node: 'n2' }) }))).toEqual([
      'ok',
      'default/h',
      '198.51.100.79',
      'client',
    ]);
    expect(seen(row([onHost, nodePort], { to: to({ node: 'n1' }) }))).toEqual(['ok', 'default/h', '10.0.0.1', 'node']);
  });

  it('listen only where a service or their declaration says so', () => {
    expect(row([onHost, nodePort], { to: { ip: '10.0.0.2', port: 8080 } }).outcome).toBe('refused');
    const declared = pod('h', '10.0.0.2', {
      spec: { nodeName: 'n2', hostNetwork: true, containers: [{ ports: [{ containerPort: 8080 }] }] },
    });
    expect(row([declared], { to: { ip: '10.0.0.2', port: 8080 } }).outcome).toBe('ok');
  });

  it('may come from slices alone', () => {
    const objects = [nodePort, slice('web', [{ addresses: ['10.0.0.3'], nodeName: 'n3' }])];
    expect(seen(row(objects, { to: to({ node: 'n3' }) }))).toEqual(['ok', '10.0.0.3', '198.51.100.79', 'client']);
  });
});

describe('time-outs', () => {
  const objects = [pod('a', '10.1.1.2'), service('web', { type: 'NodePort' })];

  it('of the connection count until the handshake is done', () => {
    const asked = row(objects, { to: to({ node: 'n1' }), connectTimeoutNs: 3 * MS });
    expect(asked).toMatchObject({
      outcome: 'timeout',
      connectUs: null,
      latencyUs: 3000,
      reason: 'the connection came too late',
    });
    expect(row(objects, { to: to({ node: 'n1' }), connectTimeoutNs: 5 * MS }).outcome).toBe('ok');
  });

  it('of the request count until the answer', () => {
    const asked = row(objects, { to: to({ node: 'n1' }), requestTimeoutNs: 6 * MS });
    expect(asked).toMatchObject({
      outcome: 'timeout',
      latencyUs: 6000,
      reason: 'the answer came too late',
      pod: 'default/a',
    });
    expect(asked.connectUs).toBeGreaterThan(4000);
    expect(asked.sourceIp).toBe('10.1.1.1');
  });

  it('end a refusal that comes too late', () => {
    const asked = row([], { to: { ip: '10.0.0.1', port: 9999 }, connectTimeoutNs: 1 * MS });
    expect([asked.outcome, asked.latencyUs]).toEqual(['timeout', 1000]);
  });
});

it('a dual-stack node remembers what each family’s rules said, and its clients', () => {
  const both = { ...nodeSettings(), localAddresses: ['fd00::1'] };
  const sticky = service('web', { type: 'NodePort', sessionAffinity: 'ClientIP' });
  const scenario = smallScenario({
    objects: [...WEB, sticky],
    clients: [
      { name: 'laptop', ips: ['198.51.100.79'], count: 1, kernel: '6.1' },
      { name: 'six', ips: ['2001:db8::79'], count: 1, kernel: '6.1' },
    ],
    cluster: { nodes: { n1: both, n2: nodeSettings(), n3: nodeSettings() } },
    traffic: [
      traffic({ to: to({ node: 'n1' }) }),
      traffic({ name: 'six', from: { client: 'six' }, to: { ip: 'fd00::1', port: 30086 } }),
    ],
  });
  const { rows: all } = simulated(scenario);
  expect(new Set(all.filter(({ client }) => client === 'laptop').map(({ pod: name }) => name)).size).toBe(1);
  expect(all.filter(({ client }) => client === 'six').every(({ outcome }) => outcome === 'refused')).toBe(true);
});
