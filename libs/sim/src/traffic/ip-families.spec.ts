import { describe, expect, it } from 'vitest';
import type { KubeObject, NodeObject, PodObject, ServiceObject } from '../objects.js';
import type { HttpExchange, RequestRow } from '../results/result.js';
import type { Client, Destination, Origin, Step, Traffic } from '../scenario.js';
import {
  node,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const CIDRS = { cluster: { serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/112'] } };
const addresses = (...ips: string[]) => ({ addresses: ips.map((address) => ({ type: 'InternalIP', address })) });

/** With both families, IPv4 first. */
function dual(n: number): NodeObject {
  return node(n, {
    spec: { podCIDRs: [`10.1.${n}.0/24`, `fd00:1:${n}::/64`] },
    status: addresses(`10.0.0.${n}`, `fd00::${n}`),
  });
}
const onlyV6 = (n: number): NodeObject =>
  node(n, { spec: { podCIDRs: [`fd00:1:${n}::/64`] }, status: addresses(`fd00::${n}`) });

/** On nN, with the last part of its addresses. */
function dualPod(name: string, n: number, last: number, over: Parameters<typeof pod>[2] = {}): PodObject {
  const ips = [`10.1.${n}.${last}`, `fd00:1:${n}::${last}`];
  return pod(name, ips[0]!, { ...over, status: { podIP: ips[0]!, podIPs: ips.map((ip) => ({ ip })) } });
}
const podV6 = (name: string, n: number, last: number, over: Parameters<typeof pod>[2] = {}): PodObject =>
  pod(name, `fd00:1:${n}::${last}`, { ...over, spec: { nodeName: `n${n}` } });

const web = (spec: Partial<ServiceObject['spec']> = {}, families: ('IPv4' | 'IPv6')[] = ['IPv4', 'IPv6']) =>
  service('web', {
    ipFamilies: families,
    ipFamilyPolicy: families.length === 2 ? 'RequireDualStack' : 'SingleStack',
    ...spec,
  });
const to = (over: Partial<Extract<Destination, { service: string }>> = {}): Destination => ({
  service: 'default/web',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});
const BOTH: Client = { name: 'laptop', ips: ['198.51.100.79', '2001:db8::79'], count: 1, kernel: '6.1' };
const SIX: Client = { ...BOTH, ips: ['2001:db8::79'] };

function rows(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] {
  const all = { to: to(), count: 1, stopNs: 60 * SECOND, ...load };
  const nodes = over.nodes ?? [dual(1), dual(2), dual(3)];
  return simulated(smallScenario({ clients: [BOTH], ...CIDRS, ...over, nodes, objects, traffic: [traffic(all)] })).rows;
}
const row = (...args: Parameters<typeof rows>): RequestRow => rows(...args)[0] as RequestRow;
const seen = ({ outcome, target, sourceIp, sourceKind }: RequestRow) => [outcome, target, sourceIp, sourceKind];

describe('an IPv6 cluster', () => {
  const six = {
    nodes: [onlyV6(1), onlyV6(2), onlyV6(3)],
    clients: [SIX],
    cluster: { serviceCIDRs: ['fd00:96::/112'] },
  };
  const objects = [podV6('a', 1, 2), podV6('shell', 3, 3, { labels: {} })];

  it('shows a pod the bridge’s address, another node’s, or the client’s, as an IPv4 one does', () => {
    const asked = (n: number, spec: Partial<ServiceObject['spec']> = {}) =>
      seen(row([...objects, web({ type: 'NodePort', ...spec }, ['IPv6'])], { to: to({ node: `n${n}` }) }, six));
    expect(asked(1)).toEqual(['ok', '[fd00::1]:30086', 'fd00:1:1::1', 'bridge']);
    expect(asked(2)).toEqual(['ok', '[fd00::2]:30086', 'fd00::2', 'node']);
    expect(asked(1, { externalTrafficPolicy: 'Local' })).toEqual(['ok', '[fd00::1]:30086', '2001:db8::79', 'client']);
    expect(asked(2, { externalTrafficPolicy: 'Local' })[0]).toBe('dropped');
  });

  it('serves pods and nodes by cluster IP, over UDP as well', () => {
    const both = web({ ports: [{ port: 80, targetPort: 8080, protocol: 'UDP' }] }, ['IPv6']);
    const asked = (from: Origin) => seen(row([...objects, both], { from, protocol: 'UDP' }, six));
    expect(asked({ pod: 'default/shell' })).toEqual(['ok', '[fd00:96::101]:80', 'fd00:1:3::3', 'pod']);
    expect(asked({ node: 'n2' })).toEqual(['ok', '[fd00:96::101]:80', 'fd00::2', 'node']);
  });

  it('keeps a client at its pod by session affinity', () => {
    const sticky = web({ type: 'NodePort', sessionAffinity: 'ClientIP' }, ['IPv6']);
    const three = [podV6('a', 1, 2), podV6('b', 2, 2), podV6('c', 3, 2), sticky];
    const pods = rows(three, { to: to({ node: 'n1' }), count: 40 }, six).map(({ pod: name }) => name);
    expect([pods.length, new Set(pods).size]).toEqual([40, 1]);
  });

  it('is reached through load balancers of both kinds', () => {
    const balanced = [...objects, web({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, ['IPv6'])];
    expect(seen(row(balanced, {}, six))).toEqual(['ok', '[2001:db8:cb:7100::1]:80', '2001:db8::79', 'client']);
    const checked = { clusterCheck: 'tcp-node-port', localCheck: 'tcp-node-port' } as const;
    const proxy = profile({ kind: 'proxy', destination: 'nodePort', addresses: ['192.0.2.10'], ...checked });
    const proxied = row(balanced, {}, { ...six, loadBalancers: { default: proxy, byService: {} } });
    expect(seen(proxied)).toEqual(['ok', '[2001:db8:cb:7100::1]:80', '2001:db8::10', 'lb']);
  });

  it('is called by URLs with brackets, $node among them', () => {
    const curl = (on: Origin, url: string, forEachNode: string[] | null = null): Step => ({
      do: 'curl',
      tool: 'curl',
      on,
      url,
      forEachNode,
      connectTimeoutNs: SECOND,
      maxTimeNs: null,
      grep: null,
    });
    const steps = [
      curl({ client: 'laptop' }, 'http://$node:30086/', ['n1', 'n2']),
      curl({ node: 'n1' }, 'http://[::1]:10256/healthz'),
      curl({ pod: 'default/shell' }, 'http://web/'),
      curl({ client: 'laptop' }, 'http://10.0.0.1/'),
    ];
    const { result } = simulated(
      smallScenario({ ...six, objects: [...objects, web({ type: 'NodePort' }, ['IPv6'])], steps }),
    );
    const said = result.transcript.map(({ output }) =>
      output.kind === 'http'
        ? output.exchanges.map(({ status, body }: HttpExchange) => [status, body.split('\n')[1]])
        : output,
    );
    expect(said[0]).toEqual([
      [200, 'client_address=fd00:1:1::1'],
      [200, 'client_address=fd00::2'],
    ]);
    expect(said[1]).toMatchObject([[200, undefined]]);
    expect(said[2]).toEqual([[200, 'client_address=fd00:1:3::3']]);
    expect(said[3]).toMatchObject({ kind: 'text', text: 'error: client laptop has no IPv4 address' });
  });
});

describe('in a dual-stack cluster', () => {
  const objects = [dualPod('a', 1, 2), dualPod('shell', 3, 3, { labels: {} }), web({ type: 'NodePort' })];

  it('a client takes the service’s first family that it has an address of', () => {
    const target = (clients: Client[], families?: ('IPv4' | 'IPv6')[]) =>
      row([...objects.slice(0, 2), web({ type: 'NodePort' }, families)], { to: to({ node: 'n2' }) }, { clients })
        .target;
    expect(target([BOTH])).toBe('10.0.0.2:30086');
    expect(target([BOTH], ['IPv6', 'IPv4'])).toBe('[fd00::2]:30086');
    expect(target([SIX])).toBe('[fd00::2]:30086');
    expect(target([{ ...BOTH, ips: ['198.51.100.79'] }], ['IPv6', 'IPv4'])).toBe('10.0.0.2:30086');
  });

  it('or the one that is asked for, with its address of that family', () => {
    const asked = (ipFamily: 'IPv4' | 'IPv6', from: Origin, via: 'nodePort' | 'clusterIP') =>
      seen(row(objects, { from, to: to({ ipFamily, via, node: via === 'nodePort' ? 'n2' : null }) }));
    expect(asked('IPv6', { client: 'laptop' }, 'nodePort')).toEqual(['ok', '[fd00::2]:30086', 'fd00::2', 'node']);
    expect(asked('IPv4', { client: 'laptop' }, 'nodePort')).toEqual(['ok', '10.0.0.2:30086', '10.0.0.2', 'node']);
    expect(asked('IPv6', { pod: 'default/shell' }, 'clusterIP')).toEqual([
      'ok',
      '[fd00:96::101]:80',
      'fd00:1:3::3',
      'pod',
    ]);
    expect(asked('IPv6', { node: 'n3' }, 'clusterIP')).toEqual(['ok', '[fd00:96::101]:80', 'fd00::3', 'node']);
  });

  it('a client without an address of the family sends nothing', () => {
    const clients = [{ ...BOTH, ips: ['198.51.100.79'] }];
    expect(row(objects, { to: to({ ipFamily: 'IPv6', node: 'n2' }) }, { clients })).toMatchObject({
      outcome: 'unreachable',
      attempts: 1,
      firstPackets: 0,
      reason: 'client laptop has no IPv6 address',
    });
  });

  it('a client’s many addresses are counted from the first of each family', () => {
    const clients = [{ ...BOTH, count: 8 }];
    const local = web({ type: 'NodePort', externalTrafficPolicy: 'Local' });
    const asked = (ipFamily: 'IPv4' | 'IPv6') =>
      rows([objects[0]!, local], { to: to({ node: 'n1', ipFamily }), count: 100 }, { clients }).map((r) => r.sourceIp);
    const last = (family: 'IPv4' | 'IPv6') => [...new Set(asked(family))].sort((a, b) => (a! < b! ? -1 : 1));
    expect(last('IPv4')).toEqual([79, 80, 81, 82, 83, 84, 85, 86].map((n) => `198.51.100.${n}`));
    expect(last('IPv6')).toEqual(['79', '7a', '7b', '7c', '7d', '7e', '7f', '80'].map((n) => `2001:db8::${n}`));
  });
});
