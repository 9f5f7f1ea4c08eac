import { describe, expect, it } from 'vitest';
import { parseIp } from '../netfilter/address.js';
import type { EndpointInfo } from './endpoint-map.js';
import { RoundRobin } from './round-robin.js';

const SECOND = 1e9;

function endpoint(name: string, ready = true): EndpointInfo {
  return {
    ip: parseIp(`10.1.0.${name.charCodeAt(0)}`)!,
    port: 80,
    endpoint: name,
    nodeName: '',
    ready,
    serving: true,
    terminating: !ready,
    zoneHints: [],
    nodeHints: [],
    topology: {},
  };
}

const named = (names: string): EndpointInfo[] => [...names].map((name) => endpoint(name));

function balancer(names: string, { affinity = null as number | null, seed = 1, node = 'n1' } = {}): RoundRobin {
  const roundRobin = new RoundRobin(seed, node);
  roundRobin.serviceOpened('web', affinity);
  roundRobin.endpointsChanged('web', named(names));
  return roundRobin;
}

const take = (from: RoundRobin, count: number, client = 1, nowNs = 0): string =>
  Array.from({ length: count }, () => from.next('web', client, nowNs, false)?.endpoint ?? '-').join('');

const sorted = (text: string): string => [...text].sort().join('');

describe('the round robin', () => {
  it('takes each endpoint in its turn, in an order of chance', () => {
    const turns = take(balancer('abcd'), 8);
    expect(sorted(turns.slice(0, 4))).toBe('abcd');
    expect(turns.slice(4)).toBe(turns.slice(0, 4));
    const orders = new Set(Array.from({ length: 40 }, (_, seed) => take(balancer('abcd', { seed }), 4)));
    expect(orders.size).toBeGreaterThan(12);
    expect(take(balancer('abcd', { node: 'n1' }), 4)).not.toBe(take(balancer('abcd', { node: 'n3' }), 4));
  });

  it('starts anew when the set of ready endpoints changes, and only then', () => {
    const roundRobin = balancer('abc');
    const first = take(roundRobin, 1);
    roundRobin.endpointsChanged('web', [...named('cba'), endpoint('d', false)]);
    const rest = take(roundRobin, 2);
    expect(sorted(first + rest)).toBe('abc');
    take(roundRobin, 1);
    roundRobin.endpointsChanged('web', named('ab'));
    expect(sorted(take(roundRobin, 2))).toBe('ab');
  });

  it('has nothing to give without ready endpoints, and for a service that it does not know', () => {
    const roundRobin = balancer('a');
    roundRobin.endpointsChanged('web', [endpoint('a', false)]);
    expect(take(roundRobin, 1)).toBe('-');
    expect(roundRobin.next('other', 1, 0, false)).toBeNull();
    roundRobin.endpointsChanged('web', named('a'));
    roundRobin.serviceClosed('web');
    expect(take(roundRobin, 1)).toBe('-');
  });
});

describe('session affinity', () => {
  it('keeps a client for as long as it comes within the timeout', () => {
    const roundRobin = balancer('abc', { affinity: 10 });
    const first = take(roundRobin, 1, 7, 0);
    expect(take(roundRobin, 3, 7, 9.9 * SECOND)).toBe(first.repeat(3));
    // Whole seconds count, since the last connection.
    expect(take(roundRobin, 1, 7, 19.8 * SECOND)).toBe(first);
    expect(take(roundRobin, 1, 7, 29.8 * SECOND)).not.toBe(first);
  });

  it('gives clients their endpoints in turn', () => {
    const roundRobin = balancer('abc', { affinity: 10 });
    const each = [1, 2, 3, 1, 2, 3].map((client) => take(roundRobin, 1, client)).join('');
    expect(sorted(each.slice(0, 3))).toBe('abc');
    expect(each.slice(3)).toBe(each.slice(0, 3));
  });

  it('ends where the endpoint does not take the connection, or is gone', () => {
    const roundRobin = balancer('abc', { affinity: 10 });
    const first = take(roundRobin, 1);
    const second = roundRobin.next('web', 1, 0, true)?.endpoint ?? '';
    expect(second).not.toBe(first);
    expect(take(roundRobin, 1)).toBe(second);
    roundRobin.endpointsChanged('web', named('abc'.replace(second, '')));
    const third = take(roundRobin, 1);
    expect(third).not.toBe(second);
    roundRobin.endpointsChanged('web', named('abc'));
    expect(take(roundRobin, 1)).toBe(third);
  });

  it('lasts three hours where the endpoints were heard of before the Service', () => {
    const roundRobin = new RoundRobin(1, 'n1');
    roundRobin.endpointsChanged('web', named('abc'));
    roundRobin.serviceOpened('web', 10);
    const first = take(roundRobin, 1);
    expect(take(roundRobin, 1, 1, 10_799 * SECOND)).toBe(first);
    expect(take(roundRobin, 1, 1, (10_799 + 10_800) * SECOND)).not.toBe(first);
  });
});
