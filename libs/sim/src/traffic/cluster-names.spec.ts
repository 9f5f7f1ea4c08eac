import { describe, expect, it } from 'vitest';
import { slicesOf } from '../cluster/endpoint-slices.js';
import type { IpFamily, KubeObject, ServiceObject } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { pod, service, slice } from '../testing/small-scenario.js';
import { behindNames, lookedUp, type NameWorld, serviceNamed } from './cluster-names.js';

function world(objects: KubeObject[]): NameWorld {
  const { api } = loneCluster({ objects });
  return {
    service: (key) => api.get<ServiceObject>('Service', key),
    endpointSlices: (key) => slicesOf(api, key),
  };
}
const named = (name: string, externalName: string) => service(name, { type: 'ExternalName', externalName, ports: [] });
const headless = service('db', { clusterIP: 'None' });
const addresses = (objects: KubeObject[], key = 'default/db') => {
  const found = lookedUp(world(objects), key, []);
  return found !== null && 'addresses' in found ? found.addresses.map(({ text }) => text) : found;
};
const unready = { phase: 'Running' as const, conditions: [{ type: 'Ready', status: 'False' as const }] };

describe('a host name means', () => {
  it.each<[string, string | null, string | null]>([
    ['web', 'shop', 'shop/web'],
    ['web', null, null],
    ['web.', 'shop', null],
    ['web.other', 'shop', 'other/web'],
    ['web.other.svc', 'shop', 'other/web'],
    ['web.other.svc', null, null],
    ['Web.Other.svc.Cluster.Local', null, 'other/web'],
    ['web.other.svc.cluster.local.', null, 'other/web'],
    ['a.web.other.svc.cluster.local', 'shop', null],
    ['web.other.svc.example.com', 'shop', null],
    ['www.example.com', 'shop', null],
    ['.svc.cluster.local', 'shop', null],
    ['', 'shop', null],
    ['.', 'shop', null],
  ])('%j, in namespace %s: %s', (host, namespace, expected) => {
    expect(serviceNamed(host, namespace)).toBe(expected);
  });
});

describe('the name of a headless service has', () => {
  it('the addresses of its ready pods', () => {
    const objects = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2', { status: unready }), pod('c', '10.1.3.2'), headless];
    expect(addresses(objects)).toEqual(['10.1.1.2', '10.1.3.2']);
  });

  it('those of all where it publishes them', () => {
    const all = service('db', { clusterIP: 'None', publishNotReadyAddresses: true });
    expect(addresses([pod('a', '10.1.1.2'), pod('b', '10.1.2.2', { status: unready }), all])).toHaveLength(2);
  });

  it('those of its slices where it selects nothing, each once', () => {
    const plain = service('db', { clusterIP: 'None', selector: {} });
    const given = slice('db', ['10.1.1.7', '10.1.1.7', { addresses: ['10.1.2.7'], conditions: { ready: false } }]);
    expect(addresses([plain, given])).toEqual(['10.1.1.7']);
  });

  it('nothing without a ready endpoint', () => {
    expect(addresses([headless])).toBeNull();
  });
});

describe('the name of an ExternalName service leads', () => {
  it('to a service, over others, or out of the cluster', () => {
    const objects = [
      service('web', { clusterIP: '10.96.0.9' }),
      named('one', 'two.default.svc.cluster.local.'),
      named('two', 'web.default.svc.cluster.local'),
      named('far', 'www.example.com.'),
      named('short', 'web'),
    ];
    expect(addresses(objects, 'default/one')).toEqual(['10.96.0.9']);
    expect(lookedUp(world(objects), 'default/far', [])).toEqual({ outside: 'www.example.com' });
    expect(lookedUp(world(objects), 'default/short', [])).toEqual({ outside: 'web' });
  });

  it('nowhere in circles, or where nobody is', () => {
    const objects = [
      named('a', 'b.default.svc.cluster.local'),
      named('b', 'a.default.svc.cluster.local'),
      named('c', 'gone.default.svc.cluster.local'),
    ];
    expect(behindNames(world(objects), 'default/a')).toMatchObject({
      why: 'the names behind default/a lead in circles',
    });
    expect(behindNames(world(objects), 'default/c')).toMatchObject({ why: 'there is no service default/gone' });
    expect(lookedUp(world(objects), 'default/a', [])).toBeNull();
  });
});

it('a name stands for the address that the asker can send to', () => {
  const both = service('web', { ipFamilies: ['IPv4', 'IPv6'], clusterIPs: ['10.96.0.9', 'fd00:96::9'] });
  const asked = (...families: IpFamily[]) => {
    const found = lookedUp({ service: () => both, endpointSlices: () => [] }, 'default/web', families);
    return found !== null && 'addresses' in found ? found.addresses.map(({ text }) => text) : found;
  };
  expect([asked('IPv4', 'IPv6'), asked('IPv6'), asked()]).toEqual([['10.96.0.9'], ['fd00:96::9'], ['10.96.0.9']]);
});
