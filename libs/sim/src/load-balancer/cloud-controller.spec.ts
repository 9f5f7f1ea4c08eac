import { describe, expect, it } from 'vitest';
import { ApiServer, type Change } from '../cluster/api-server.js';
import type { NodeObject, ServiceObject } from '../objects.js';
import type { LoadBalancerProfile, Nanos } from '../scenario.js';
import { node, profile, SECOND, service, smallCluster, smallScenario, TIMINGS } from '../testing/small-scenario.js';
import { CloudController } from './cloud-controller.js';
import { SILENCE } from './probe-runs.js';

const REPLIES = { pass: 200, fail: 503, silent: SILENCE };
type ProbeAnswer = keyof typeof REPLIES;

interface Event {
  atNs: Nanos;
  run: () => void;
}

/** The controller, a clock, and nodes that answer as the test says. */
class Cloud {
  now = 0;
  answers: Record<string, ProbeAnswer> = {};
  probes: { node: string; atNs: Nanos }[] = [];
  readonly closed: [string, Nanos][] = [];
  readonly said: string[] = [];
  readonly named = new Map<string, readonly string[]>();
  private events: Event[] = [];
  private readonly names = ['n1', 'n2', 'n3'];
  readonly api: ApiServer;
  readonly controller: CloudController;

  constructor(
    over: {
      profile?: Partial<LoadBalancerProfile>;
      version?: string;
      services?: ServiceObject[];
      nodes?: NodeObject[];
      admission?: 'apply' | 'asStored';
    } = {},
  ) {
    const { version = '1.31', services = [], nodes = [node(1), node(2), node(3)], admission = 'apply' } = over;
    const scenario = smallScenario({
      version,
      cluster: { admission },
      loadBalancers: { default: profile(over.profile), byService: {} },
    });
    let live = false;
    this.api = new ApiServer(smallCluster(), (change) => live && this.onChange(change));
    for (const each of nodes) this.api.replace(each);
    for (const each of services) admission === 'apply' ? this.api.create(each, 0) : this.api.replace(each);
    this.controller = new CloudController(scenario, this.api, {
      nodeIndex: (name) => (this.api.get('Node', name) === undefined ? -1 : this.names.indexOf(name)),
      nodeName: (index) => this.names[index] ?? '',
      zoneOf: () => '',
      closes: (_, target) => this.closed.push([this.names[target.node] ?? '', this.now]),
      moves: () => {},
      placeOf: (name) => this.names.indexOf(name),
      name: (hostname, addresses) => this.named.set(hostname, addresses),
      probe: (_, { node: index }) => {
        this.probes.push({ node: this.names[index] as string, atNs: this.now });
        return REPLIES[this.answers[this.names[index] as string] ?? 'pass'];
      },
      now: () => this.now,
      event: (about, reason) => this.said.push(`${about} ${reason}`),
      scheduleUpdate: (delayNs, slot) => this.at(delayNs, () => this.controller.onUpdate(slot, this.now)),
      scheduleProbe: (delayNs, slot) => this.at(delayNs, () => this.controller.onProbeAtNode(slot, this.now)),
      scheduleResult: (delayNs, slot) => this.at(delayNs, () => this.controller.onProbeResult(slot, this.now)),
    });
    this.controller.settle();
    this.controller.settleTargets();
    this.probes = [];
    live = true;
  }

  until(nowNs: Nanos): void {
    for (;;) {
      this.events.sort((a, b) => a.atNs - b.atNs);
      if (this.events[0] === undefined || this.events[0].atNs > nowNs) break;
      const { atNs, run } = this.events.shift() as Event;
      this.now = atNs;
      run();
    }
    this.now = nowNs;
  }

  states(name = 'web'): Record<string, string> {
    const targets = this.controller.balancerOf(`default/${name}`)?.targets ?? [];
    return Object.fromEntries(targets.map((target) => [this.names[target.node], target.state]));
  }

  history(nodeName: string): [string, Nanos][] {
    const targets = this.controller.balancerOf('default/web')?.targets ?? [];
    const found = targets.find((target) => this.names[target.node] === nodeName);
    return (found?.history ?? []).map(({ state, atNs }) => [state, atNs]);
  }

  ingress(name = 'web'): string[] {
    const found = this.api.get<ServiceObject>('Service', `default/${name}`);
    return (found?.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');
  }

  patchNode(name: string, patch: Record<string, unknown>): void {
    this.api.patch('Node', name, patch);
  }

  patch(spec: Record<string, unknown>, name = 'web'): void {
    const written = this.api.patch('Service', `default/${name}`, { spec });
    if ('error' in written) throw new Error(written.error);
  }

  private onChange(change: Change): void {
    if (change.kind === 'Service') this.controller.onServiceChange(change.object as ServiceObject | null, change.key);
    if (change.kind === 'Node') this.controller.onNodeChange(change);
  }

  private at(delayNs: Nanos, run: () => void): void {
    this.events.push({ atNs: this.now + delayNs, run });
  }
}

const LB = { type: 'LoadBalancer' } as const;
const web = service('web', LB);
const local = service('web', { ...LB, externalTrafficPolicy: 'Local' });
const notReady = { conditions: [{ type: 'Ready', status: 'False' as const }] };
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';

describe('provisioning', () => {
  it('takes its time, then the address stands in the status and the first probes go out', () => {
    const cloud = new Cloud();
    cloud.api.create(web, 0);
    cloud.until(30 * SECOND - 1);
    expect([cloud.ingress(), cloud.probes]).toEqual([[], []]);
    cloud.until(30 * SECOND);
    expect(cloud.ingress()).toEqual(['203.0.113.1']);
    expect(cloud.controller.at('203.0.113.1')?.service).toBe('default/web');
    expect(cloud.states()).toEqual({ n1: 'unhealthy', n2: 'unhealthy', n3: 'unhealthy' });
    cloud.until(45 * SECOND);
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
  });

  it('has come to its end for what the scenario starts with, and targets are what a check finds', () => {
    const cloud = new Cloud({ services: [web] });
    expect(cloud.ingress()).toEqual(['203.0.113.1']);
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
  });

  it('of a stored cluster takes the addresses that are there, and gives none', () => {
    const stored = service('web', LB, { loadBalancer: { ingress: [{ ip: '192.0.2.80' }] } });
    const cloud = new Cloud({ services: [stored, service('pending', LB)], admission: 'asStored' });
    expect(cloud.controller.at('192.0.2.80')?.service).toBe('default/web');
    expect(cloud.controller.balancerOf('default/pending')).toBeUndefined();
    expect(cloud.ingress('pending')).toEqual([]);
  });

  it('of a stored cluster answers at a name where no rule of kube-proxy is needed for that', () => {
    const named = service('web', LB, { loadBalancer: { ingress: [{ hostname: 'web.example.com' }] } });
    const at = (destination: LoadBalancerProfile['destination']) => {
      const cloud = new Cloud({ services: [named], admission: 'asStored', profile: { destination } });
      return cloud.named.get('web.example.com');
    };
    expect([at('vip'), at('nodePort')]).toEqual([undefined, ['203.0.113.1']]);
  });

  it('is taken back with the type, and starts anew with it', () => {
    const cloud = new Cloud({ services: [web] });
    cloud.patch({ type: 'ClusterIP' });
    cloud.until(1 * SECOND);
    expect([cloud.ingress(), cloud.controller.at('203.0.113.1')]).toEqual([[], undefined]);
    expect(cloud.states()).toEqual({ n1: 'absent', n2: 'absent', n3: 'absent' });
    const sent = cloud.controller.sentProbes;
    cloud.until(60 * SECOND);
    expect(cloud.controller.sentProbes).toBe(sent);
    cloud.patch({ type: 'LoadBalancer' });
    cloud.until(100 * SECOND);
    expect(cloud.ingress()).toEqual(['203.0.113.1']);
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
  });

  it('gives the address of a service that is gone to the next one', () => {
    const cloud = new Cloud({ services: [web] });
    cloud.api.delete('Service', 'default/web');
    cloud.until(2 * SECOND);
    cloud.api.create(service('next', LB), 0);
    cloud.until(60 * SECOND);
    expect(cloud.ingress('next')).toEqual(['203.0.113.1']);
    expect(cloud.controller.at('203.0.113.1')?.service).toBe('default/next');
  });

  it('gives an address to a service that comes back under its name at once', () => {
    const cloud = new Cloud({ services: [web] });
    cloud.api.delete('Service', 'default/web');
    cloud.api.create(web, 0);
    cloud.until(60 * SECOND);
    expect(cloud.ingress()).toHaveLength(1);
    expect(cloud.controller.at(cloud.ingress()[0] as string)?.service).toBe('default/web');
  });
});

describe('probes', () => {
  const generic = {
    clusterHealthCheck: { intervalNs: 5 * SECOND, timeoutNs: 2 * SECOND, healthyThreshold: 2, unhealthyThreshold: 3 },
  };

  it('come every interval, each node in its own phase', () => {
    const cloud = new Cloud({ services: [web], profile: generic });
    cloud.until(20 * SECOND - 1);
    for (const name of ['n1', 'n2', 'n3']) {
      const times = cloud.probes.filter((probe) => probe.node === name).map(({ atNs }) => atNs);
      expect(times).toHaveLength(4);
      expect(times[0]).toBeLessThan(5 * SECOND);
      for (let n = 1; n < times.length; n++) expect((times[n] as number) - (times[n - 1] as number)).toBe(5 * SECOND);
    }
    expect(new Set(cloud.probes.slice(0, 3).map(({ atNs }) => atNs)).size).toBe(3);
  });

  it('that fail at once take a node out with the answer of the last one that counts', () => {
    const cloud = new Cloud({ services: [web], profile: generic });
    cloud.answers = { n2: 'fail' };
    cloud.until(60 * SECOND);
    const third = cloud.probes.filter((probe) => probe.node === 'n2')[2]?.atNs as number;
    expect(cloud.history('n2').at(-1)).toEqual(['unhealthy', third + TIMINGS.loadBalancerToNodeNs]);
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'unhealthy', n3: 'healthy' });
  });

  it('that nobody answers take it out a timeout later', () => {
    const cloud = new Cloud({ services: [web], profile: generic });
    cloud.answers = { n2: 'silent' };
    cloud.until(60 * SECOND);
    const third = cloud.probes.filter((probe) => probe.node === 'n2')[2]?.atNs as number;
    expect(cloud.history('n2').at(-1)).toEqual(['unhealthy', third + 2 * SECOND - TIMINGS.loadBalancerToNodeNs]);
  });

  it('of one service keep their phase whatever other services and nodes there are', () => {
    const alone = new Cloud({ services: [web] });
    const beside = new Cloud({ services: [service('a', LB), web], nodes: [node(2), node(3), node(1)] });
    alone.until(5 * SECOND);
    beside.until(5 * SECOND);
    for (const { node: name, atNs } of alone.probes)
      expect(beside.probes.filter((probe) => probe.node === name).map((probe) => probe.atNs)).toContain(atNs);
  });

  it('of the old kind stop where the policy changes, and leave the targets as they are', () => {
    const cloud = new Cloud({ services: [web], profile: generic });
    cloud.until(9 * SECOND);
    cloud.answers = { n1: 'fail', n2: 'fail' };
    cloud.patch({ externalTrafficPolicy: 'Local' });
    cloud.until(10 * SECOND);
    const balancer = cloud.controller.balancerOf('default/web');
    expect(balancer?.check).toMatchObject({ kind: 'health-check-node-port', port: 30087 });
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
    const before = cloud.probes.length;
    cloud.until(40 * SECOND);
    expect(cloud.states()).toEqual({ n1: 'unhealthy', n2: 'unhealthy', n3: 'healthy' });
    expect(cloud.probes.length - before).toBeLessThanOrEqual(3 * 6);
  });

  it('are not sent where the family checks nothing: every node is in use', () => {
    const cloud = new Cloud({ services: [local], profile: { clusterCheck: 'none', localCheck: 'none' } });
    cloud.until(60 * SECOND);
    expect([cloud.controller.sentProbes, cloud.states()]).toEqual([0, { n1: 'healthy', n2: 'healthy', n3: 'healthy' }]);
  });

  it('ask what the family and the policy say', () => {
    const asked = (what: ServiceObject, over: Partial<LoadBalancerProfile> = {}) => {
      const { check } = new Cloud({ services: [what], profile: over }).controller.balancerOf('default/web') ?? {};
      return [check?.kind, check?.port];
    };
    expect(asked(web)).toEqual(['proxy-healthz', 10256]);
    expect(asked(local)).toEqual(['health-check-node-port', 30087]);
    expect(asked(web, { clusterCheck: 'tcp-node-port' })).toEqual(['tcp-node-port', 30086]);
    expect(asked(local, { localCheck: 'tcp-node-port' })).toEqual(['tcp-node-port', 30086]);
  });
});

describe('the nodes of a load balancer', () => {
  const chosen = (version: string, what: ServiceObject, changed: Partial<NodeObject>) => {
    const nodes = [node(1), node(2), { ...node(3), ...changed } as NodeObject];
    return Object.keys(new Cloud({ version, services: [what], nodes }).states()).includes('n3');
  };
  const tainted = { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } };
  const labelled = (value: string) => ({ metadata: { name: 'n3', labels: { [EXCLUDE]: value } } });

  it.each([
    ['1.21', true, true],
    ['1.22', true, true],
    ['1.24', true, true],
    ['1.26', true, false],
    ['1.27', false, false],
    ['1.31', false, false],
  ])('of version %s heed readiness: with policy Cluster %s, with Local %s', (version, cluster, policyLocal) => {
    const status = { ...node(3).status, ...notReady };
    expect(chosen(version, web, { status })).toBe(!cluster);
    expect(chosen(version, local, { status })).toBe(!policyLocal);
  });

  it('without a Ready condition are ready', () => {
    expect(chosen('1.21', web, {})).toBe(true);
  });

  it('do not include what the autoscaler is about to delete, since 1.23', () => {
    expect(['1.22', '1.23', '1.31'].map((version) => chosen(version, web, tainted))).toEqual([true, false, false]);
  });

  it('do not include those with the label, since 1.34 only where it is not false', () => {
    expect(['1.21', '1.33', '1.34'].map((version) => chosen(version, web, labelled('false')))).toEqual([
      false,
      false,
      true,
    ]);
    expect(chosen('1.34', web, labelled(''))).toBe(false);
  });

  it('change with what the controller of the version acts on', () => {
    const afterPatch = (version: string, patch: Record<string, unknown>) => {
      const cloud = new Cloud({ version, services: [web] });
      cloud.patchNode('n3', patch);
      cloud.until(2 * SECOND);
      return cloud.states().n3;
    };
    expect(['1.24', '1.26', '1.27'].map((version) => afterPatch(version, tainted))).toEqual([
      'healthy',
      'absent',
      'healthy',
    ]);
    expect(['1.26', '1.27'].map((version) => afterPatch(version, { status: notReady }))).toEqual(['absent', 'healthy']);
    expect(afterPatch('1.31', labelled('true'))).toBe('absent');
  });

  it('come and go with their objects, an update later', () => {
    const cloud = new Cloud({ services: [web] });
    cloud.api.delete('Node', 'n3');
    cloud.until(1 * SECOND - 1);
    expect(cloud.states().n3).toBe('healthy');
    cloud.until(1 * SECOND);
    expect(cloud.states().n3).toBe('absent');
    cloud.api.replace(node(3));
    cloud.until(2 * SECOND);
    expect(cloud.states().n3).toBe('unhealthy');
    cloud.until(30 * SECOND);
    expect(cloud.states().n3).toBe('healthy');
  });
});

describe('the node set over time', () => {
  const LB = service('web', { type: 'LoadBalancer' });
  const taint = (cloud: Cloud) =>
    cloud.api.replace(node(1, { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }));
  const allLost = (cloud: Cloud) => {
    for (const n of [1, 2, 3])
      cloud.api.replace(node(n, { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }));
  };

  it.each([
    ['1.22', null],
    ['1.24', 'by the resync'],
    ['1.25', 'at once'],
    ['1.27', null],
  ])('loses a node that the autoscaler has tainted in %s %s', (version, when) => {
    const cloud = new Cloud({ version, services: [LB] });
    cloud.until(10 * SECOND);
    taint(cloud);
    cloud.until(12 * SECOND);
    expect(cloud.states().n1).toBe(when === 'at once' ? 'absent' : 'healthy');
    cloud.until(112 * SECOND);
    expect(cloud.states().n1).toBe(when === null ? 'healthy' : 'absent');
  });

  it.each([
    ['1.24', 'absent'],
    ['1.27', 'healthy'],
  ])('with every node lost is empty in 1.24, and as it was in 1.27: %s', (version, state) => {
    const cloud = new Cloud({ version, services: [LB] });
    allLost(cloud);
    cloud.until(2 * SECOND);
    expect(cloud.states()).toEqual({ n1: state, n2: state, n3: state });
    expect(cloud.said).toEqual(state === 'absent' ? ['service/default/web UnAvailableLoadBalancer'] : []);
  });

  it('is kept by a provider that builds nothing without nodes, until there are some again', () => {
    const cloud = new Cloud({ version: '1.24', services: [LB], profile: { family: 'gce-1.21' } });
    cloud.until(1 * SECOND);
    cloud.api.patch('Service', 'default/web', { spec: { sessionAffinity: 'ClientIP' } });
    allLost(cloud);
    cloud.until(4 * SECOND);
    expect(cloud.states()).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
    expect(cloud.said.at(-1)).toBe('service/default/web SyncLoadBalancerFailed');
    const said = cloud.said.length;
    cloud.until(40 * SECOND);
    // Tried again after 5, 10 and 20 s.
    expect(cloud.said.length - said).toBe(6);
    cloud.api.replace(node(2));
    cloud.until(60 * SECOND);
    expect(cloud.states()).toEqual({ n1: 'absent', n2: 'healthy', n3: 'absent' });
  });
});
