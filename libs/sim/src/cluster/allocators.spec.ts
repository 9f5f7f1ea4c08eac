import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { service, smallCluster } from '../testing/small-scenario.js';
import { Allocators } from './allocators.js';

const NONE = smallCluster().allocations;
const allocators = (over: Parameters<typeof smallCluster>[0] = {}) => new Allocators(smallCluster(over));
const all = <T>(next: () => T | null): T[] => {
  const values: T[] = [];
  for (let value = next(); value !== null; value = next()) values.push(value);
  return values;
};

describe('cluster IPs', () => {
  it('come from the dynamic band first, as a server of 1.27 and later hands them out', () => {
    const ips = allocators({ serviceCIDRs: ['10.96.0.0/16'] });
    expect([1, 2].map(() => ips.clusterIP('default/web', 'IPv4'))).toEqual(['10.96.1.1', '10.96.1.2']);
  });

  it('use the static band, and nothing beside the range, before a range is exhausted', () => {
    const ips = allocators({ serviceCIDRs: ['10.96.0.0/27'] });
    const given = all(() => ips.clusterIP('default/web', 'IPv4'));
    expect(given).toHaveLength(30);
    expect(new Set(given).size).toBe(30);
    expect(given[0]).toBe('10.96.0.17');
    expect(given).not.toContain('10.96.0.0');
    expect(given).not.toContain('10.96.0.31');
  });

  it('come from the range of their family, and from no other', () => {
    const ips = allocators({ serviceCIDRs: ['10.96.0.0/30', 'fd00::/126'] });
    expect(all(() => ips.clusterIP('default/web', 'IPv6'))).toEqual(['fd00::1', 'fd00::2', 'fd00::3']);
    expect(all(() => ips.clusterIP('default/web', 'IPv4'))).toEqual(['10.96.0.1', '10.96.0.2']);
    expect(allocators({ serviceCIDRs: [] }).clusterIP('default/web', 'IPv4')).toBeNull();
  });

  it('are what the scenario says they are, once', () => {
    const ips = allocators({ allocations: { ...NONE, clusterIP: { 'default/web': '10.96.7.7' } } });
    expect(ips.clusterIP('default/web', 'IPv4')).toBe('10.96.7.7');
    expect(ips.clusterIP('default/web', 'IPv4')).toBe('10.96.1.1');
  });
});

describe('node ports', () => {
  it('use the whole range, its ends included, the static band last', () => {
    const ports = allocators({ nodePortRange: { from: 30000, to: 30001 } });
    expect(all(() => ports.nodePort([], 'TCP'))).toEqual([30000, 30001]);
    const usual = all(() => usualPorts.nodePort([], 'TCP'));
    expect([usual[0], usual.at(-1)]).toEqual([30086, 30085]);
    expect(usual).toHaveLength(2768);
  });
  const usualPorts = allocators();

  it('belong to a protocol, and those of health checks to TCP', () => {
    const ports = allocators({ nodePortRange: { from: 30000, to: 30000 } });
    expect(ports.healthCheckNodePort('default/web')).toBe(30000);
    expect(ports.nodePort([], 'TCP')).toBeNull();
    expect(ports.nodePort([], 'UDP')).toBe(30000);
  });

  it('that a service of the scenario asks for are given to nobody else, until it is gone', () => {
    const ports = allocators({ nodePortRange: { from: 30000, to: 30001 } });
    const owner = service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30000 }] });
    ports.keepFree(owner);
    expect(all(() => ports.nodePort([], 'TCP'))).toEqual([30001]);
    expect(ports.takeNodePort(30000, 'TCP')).toBe(true);
    ports.release(owner);
    expect(ports.nodePort([], 'TCP')).toBe(30000);
  });
});

describe('load balancer addresses', () => {
  it('are the scenario’s, else the asked one, else a documentation address', () => {
    const lb = allocators({ allocations: { ...NONE, loadBalancerIP: { 'default/web': '198.51.100.1' } } });
    expect(lb.loadBalancerIP('default/web', 'IPv4', '198.51.100.9')).toBe('198.51.100.1');
    expect(lb.loadBalancerIP('default/web', 'IPv4', '198.51.100.9')).toBe('198.51.100.9');
    expect(lb.loadBalancerIP('default/web', 'IPv4', '198.51.100.9')).toBe('203.0.113.1');
    expect(lb.loadBalancerIP('default/web', 'IPv6', '198.51.100.8')).toBe('2001:db8:cb:7100::1');
    lb.releaseLoadBalancerIP('203.0.113.1');
    expect(lb.loadBalancerIP('default/other', 'IPv4', '')).toBe('203.0.113.1');
  });
});

it('nothing is ever given to two owners, whatever is released in between', () => {
  const step = fc.record({ release: fc.boolean(), which: fc.nat(50), port: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const given = allocators({ serviceCIDRs: ['10.96.0.0/27'], nodePortRange: { from: 30000, to: 30019 } });
      const ips: string[] = [];
      const ports: number[] = [];
      for (const { release, which, port } of steps) {
        const held: unknown[] = port ? ports : ips;
        if (release && held.length > 0) {
          const [value] = held.splice(which % held.length, 1);
          if (port) given.releasePort(value as number, 'TCP');
          else given.releaseClusterIP(value as string);
          continue;
        }
        const value = port ? given.nodePort([], 'TCP') : given.clusterIP('default/web', 'IPv4');
        if (value === null) expect(held).toHaveLength(port ? 20 : 30);
        else expect(held).not.toContain(value);
        if (value !== null) held.push(value);
      }
    }),
    { numRuns: 100, seed: 3 },
  );
});
