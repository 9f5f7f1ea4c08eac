import { describe, expect, it } from 'vitest';
import type { ServiceObject } from './objects.js';
import type { Destination, ProxyMode } from './scenario.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from './testing/small-scenario.js';

const PODS = [pod('a', '10.1.1.2')];
const MODES: [ProxyMode, string][] = [
  ['iptables', '1.21'],
  ['iptables', '1.24'],
  ['iptables', '1.25'],
  ['iptables', '1.31'],
  ['nftables', '1.29'],
  ['nftables', '1.31'],
  ['nftables', '1.37'],
  ['ipvs', '1.21'],
  ['ipvs', '1.25'],
  ['ipvs', '1.31'],
];

const via = (over: Partial<Extract<Destination, { service: string }>>): Destination => ({
  service: 'default/web',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});

/** Cause, place and outcome of all requests that failed. */
function lost(mode: ProxyMode, version: string, web: ServiceObject, to: Destination, over: SmallScenario = {}) {
  const load = [traffic({ to, ratePerSecond: 5, stopNs: 2 * SECOND })];
  const { rows, result } = simulated(
    smallScenario({ version, kubeProxy: { mode }, objects: [...PODS, web], traffic: load, ...over }),
  );
  const { reasons, places } = result.dictionaries;
  const failed = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(failed.length).toBeGreaterThan(0);
  return [...new Set(failed.map(({ cause, reason }) => `${cause} at ${places[reasons.indexOf(reason ?? '')]?.name}`))];
}

describe.each(MODES)('mode %s of %s tells', (mode, version) => {
  it('a service without endpoints', () => {
    const web = service('web', { type: 'NodePort', selector: { app: 'nobody' } });
    expect(lost(mode, version, web, via({ via: 'nodePort', node: 'n2' }))).toEqual(['no-endpoint at n2']);
    const bare = service('web', { selector: { app: 'nobody' }, clusterIP: '10.96.0.7' });
    const inside = [traffic({ from: { pod: 'default/a' }, to: { ip: '10.96.0.7', port: 80 }, stopNs: 1 * SECOND })];
    expect(lost(mode, version, bare, via({}), { traffic: inside })).toEqual(['no-endpoint at n1']);
  });

  it('a node without endpoints', () => {
    const web = service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' });
    // IPVS falls back to endpoints elsewhere, in some versions, and they answer past the node.
    const cause = mode === 'ipvs' && version !== '1.21' ? 'answer-astray' : 'no-local-endpoint';
    expect(lost(mode, version, web, via({ via: 'nodePort', node: 'n2' }))).toEqual([`${cause} at n2`]);
  });

  const guarded = service('web', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.9.0.0/16'] });

  // Not every version keeps out whom the ranges leave out; those that let them pass refuse nobody.
  if (mode !== 'ipvs' || version !== '1.25')
    it('a process of a node that no range holds', () => {
      const load = [traffic({ from: { node: 'n2' }, to: via({ via: 'loadBalancer' }), stopNs: 1 * SECOND })];
      expect(lost(mode, version, guarded, via({}), { traffic: load })).toEqual(['source-range at n2']);
    });

  // Up to 1.24 what is marked is dropped on its way in and out alone, not where it is passed on.
  const lets = mode === 'iptables' ? Number(version.slice(2)) < 25 : mode === 'nftables' && version === '1.29';
  if (!lets)
    it('a client that no range holds', () => {
      const places = lost(mode, version, guarded, via({ via: 'loadBalancer' }));
      expect(places.map((place) => place.split(' ')[0])).toEqual(places.map(() => 'source-range'));
    });
});
