/** Mode ipvs where it differs from iptables for whoever sends: in traces and in runs alike. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from './objects.js';
import { rulesText, traceScenario } from './questions.js';
import type { RequestRow } from './results/result.js';
import type { KubeProxyConfig, Origin, Traffic } from './scenario.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from './testing/small-scenario.js';
import type { TraceOutcome } from './trace-result.js';

const IPVS: Partial<KubeProxyConfig> = { mode: 'ipvs', clusterCIDR: '10.1.0.0/16' };
const A = pod('a', '10.1.1.2');
const B = pod('b', '10.1.2.2');
const C = pod('c', '10.1.3.2');
const CLIENTS = [{ name: 'laptop', ips: ['198.51.100.1'], count: 30, kernel: '6.1' }];
const ON_N1: Origin = { node: 'n1' } as Origin;

function rows(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] {
  const scenario = smallScenario({
    objects,
    traffic: [traffic({ count: 1, stopNs: 300 * SECOND, ...load })],
    durationNs: 200 * SECOND,
    kubeProxy: IPVS,
    ...over,
  });
  return simulated(scenario).rows;
}

const toCluster = (port: number | null = null): Traffic['to'] => ({
  service: 'default/web',
  port,
  via: 'clusterIP',
  node: null,
  ipFamily: null,
  ip: null,
});
const toNode = (node: string): Traffic['to'] =>
  ({ ...toCluster(), service: 'default/web', via: null, node }) as Traffic['to'];

const podsByClient = (answered: readonly RequestRow[]): Map<string, Set<string | null>> => {
  const byClient = new Map<string, Set<string | null>>();
  for (const { clientIp, pod: name } of answered)
    byClient.set(clientIp, (byClient.get(clientIp) ?? new Set()).add(name));
  return byClient;
};

describe('mode ipvs', () => {
  const local = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });

  it('sends on what policy Local finds no endpoint for since 1.24, and masquerades nothing', () => {
    const asked = (version: string): (string | null)[][] =>
      rows([A, local], { to: toNode('n2') }, { version }).map(({ outcome, reason }) => [outcome, reason]);
    expect(asked('1.23')).toEqual([['rejected', 'n2: virtual server 10.0.0.2:30086/TCP has no real server']]);
    const [[outcome, reason]] = asked('1.31') as [[string, string]];
    // The pod answers the client itself, past the node that translated.
    expect([outcome, reason]).toEqual(['timeout', expect.stringContaining('past the node')]);
  });

  it('refuses another port of a cluster IP at the node since 1.26, and lets nobody answer before', () => {
    const trace = (version: string) =>
      traceScenario(
        smallScenario({ objects: [A, service('web', { clusterIP: '10.96.0.9' })], kubeProxy: IPVS, version }),
        {
          from: { kind: 'pod', pod: 'default/a' },
          to: { kind: 'address', ip: '10.96.0.9', port: 9999 },
          protocol: 'TCP',
        },
        0,
      ).outcomes.map(({ verdict }) => verdict);
    expect([trace('1.25'), trace('1.26')]).toEqual([['passthrough'], ['rejected']]);
  });

  it.each(['sh', 'mh'])('takes one endpoint for each client address by the scheduler %s', (scheduler) => {
    const answered = rows(
      [A, B, C, service('web', { type: 'NodePort' })],
      { to: toNode('n1'), count: null, ratePerSecond: 5, stopNs: 60 * SECOND } as Partial<Traffic>,
      { clients: CLIENTS, kubeProxy: { ...IPVS, ipvs: { scheduler } as KubeProxyConfig['ipvs'] } },
    );
    const byClient = podsByClient(answered);
    expect(byClient.size).toBeGreaterThan(20);
    expect([...byClient.values()].some((names) => names.size > 1)).toBe(scheduler === 'mh');
    expect(new Set(answered.map(({ pod: name }) => name)).size).toBe(3);
  });

  it('takes any endpoint for each connection by the scheduler rr, and keeps a client under session affinity', () => {
    const answered = (affinity: 'None' | 'ClientIP') =>
      podsByClient(
        rows(
          [A, B, C, service('web', { type: 'NodePort', sessionAffinity: affinity })],
          { to: toNode('n1'), count: null, ratePerSecond: 5, stopNs: 60 * SECOND } as Partial<Traffic>,
          { clients: CLIENTS },
        ),
      );
    expect([...answered('None').values()].some((names) => names.size > 1)).toBe(true);
    expect([...answered('ClientIP').values()].every((names) => names.size === 1)).toBe(true);
  });

  it('forgets a client whose pod has left, and no other one', () => {
    const answered = rows(
      [A, B, C, service('web', { type: 'NodePort', sessionAffinity: 'ClientIP' })],
      { to: toNode('n1'), count: null, ratePerSecond: 5, stopNs: 60 * SECOND } as Partial<Traffic>,
      {
        clients: CLIENTS,
        timeline: [{ atNs: 30 * SECOND, do: 'readiness', pod: 'default/a', ready: false }],
      },
    );
    const byClient = podsByClient(answered);
    for (const names of byClient.values()) if (names.size > 1) expect([...names][0]).toBe('default/a');
    expect([...byClient.values()].some((names) => names.has('default/a') && names.size === 2)).toBe(true);
  });

  it('gives a process of the node the virtual IP as its source, which leaves masqueraded', () => {
    const seen = rows([B, service('web')], { from: ON_N1, to: toCluster() }).map(
      ({ outcome, pod: name, sourceIp, sourceKind }) => [outcome, name, sourceIp, sourceKind],
    );
    expect(seen).toEqual([['ok', 'default/b', '10.0.0.1', 'node']]);
  });

  it('lets no pod hear itself by way of another node, which masquerades nothing', () => {
    const scenario = smallScenario({ objects: [A, local], kubeProxy: IPVS, version: '1.31' });
    const packet = {
      from: { kind: 'pod', pod: 'default/a' },
      to: { kind: 'address', ip: '10.0.0.2', port: 30_086 },
      protocol: 'TCP',
    } as const;
    expect(traceScenario(scenario, packet, 0).outcomes).toMatchObject([
      { verdict: 'dropped', reason: 'default/a takes no packet from outside that comes from its own address' },
    ]);
  });
});

describe('own rules of a node in mode ipvs', () => {
  const objects = [A, B, service('web', { type: 'NodePort' })];
  const scenario = smallScenario({ objects, kubeProxy: IPVS });
  const text = (format: 'iptables' | 'ipset') =>
    rulesText(scenario, {
      node: 'n1',
      ipFamily: 'IPv4',
      atNs: 0,
      format,
      view: format === 'ipset' ? 'restore' : 'save',
    });
  const texts = { iptablesSave: text('iptables'), ip6tablesSave: null, nftRuleset: null, ipsetSave: text('ipset') };
  /** iptables-save writes the same rule in its own way. */
  const spelledAlike = (outcome: TraceOutcome) => ({
    ...outcome,
    steps: outcome.steps.map((step) => ({ ...step, rule: null })),
  });
  const ask = (via: 'clusterIP' | 'nodePort', own: boolean) => {
    const from =
      via === 'nodePort'
        ? ({ kind: 'client', client: 'laptop' } as const)
        : { kind: 'node' as const, node: 'n1', ip: null };
    const to = {
      kind: 'service',
      service: 'default/web',
      port: null,
      via,
      node: via === 'nodePort' ? 'n1' : null,
      ipFamily: null,
      ip: null,
    } as const;
    return traceScenario(scenario, { from, to, protocol: 'TCP' }, 0, own ? { n1: texts } : {}).outcomes.map(
      spelledAlike,
    );
  };

  it('leave its virtual servers and their addresses in place: the text of what it has changes nothing', () => {
    for (const via of ['clusterIP', 'nodePort'] as const) {
      expect(ask(via, true).map(({ verdict, probability }) => [verdict, probability])).toEqual([
        ['delivered', 0.5],
        ['delivered', 0.5],
      ]);
      expect(ask(via, true)).toEqual(ask(via, false));
    }
  });

  it('leave them in a run too, whose virtual servers follow the endpoints', () => {
    const { cluster } = scenario;
    const n1 = { ...cluster.nodes.n1!, rules: texts };
    const over = {
      timeline: [{ atNs: 5 * SECOND, do: 'readiness' as const, pod: 'default/a', ready: false }],
      cluster: { nodes: { ...cluster.nodes, n1 } },
      durationNs: 20 * SECOND,
    };
    const load = { from: ON_N1, to: toCluster(), count: null, ratePerSecond: 20, stopNs: 20 * SECOND };
    const answered = rows(objects, load, over);
    expect(answered.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(new Set(answered.filter(({ atMs }) => atMs < 5000).map(({ pod: name }) => name)).size).toBe(2);
    expect(new Set(answered.filter(({ atMs }) => atMs > 8000).map(({ pod: name }) => name))).toEqual(
      new Set(['default/b']),
    );
  });
});
