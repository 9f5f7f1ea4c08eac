import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile } from '../testing/small-scenario.js';
import { Balancer, type Check, type Target } from './balancer.js';

const check = (over: Partial<Check> = {}, healthyThreshold = 2, unhealthyThreshold = 3): Check => ({
  kind: 'health-check-node-port',
  port: 32000,
  settings: { intervalNs: 5e9, timeoutNs: 2e9, healthyThreshold, unhealthyThreshold },
  ...over,
});

/** Nodes 0 to `nodes` - 1, all healthy. */
function balancer(nodes: number, over: Parameters<typeof profile>[0] = {}, what: Check | null = check()): Balancer {
  const lb = new Balancer('default/web', profile(over));
  lb.configure(what);
  for (let node = 0; node < nodes; node++) lb.include(node, 0);
  for (const target of lb.targets) lb.setState(target, 'healthy', 0);
  return lb;
}
const target = (lb: Balancer, node: number) => lb.targets.find((known) => known.node === node) as Target;
const results = (lb: Balancer, node: number, passed: boolean[]) =>
  passed.map((pass, n) => {
    lb.onResult(target(lb, node), pass, n);
    return target(lb, node).state;
  });

describe('a target', () => {
  it('is taken out by as many failures in a row as the threshold says, and taken in by as many passes', () => {
    const lb = balancer(1);
    expect(results(lb, 0, [false, false, true, false, false, false])).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'unhealthy',
    ]);
    expect(results(lb, 0, [true, false, true, true])).toEqual(['unhealthy', 'unhealthy', 'unhealthy', 'healthy']);
  });

  it('that is new has to pass its check first; without a check it is in use at once', () => {
    const checked = balancer(1);
    checked.include(1, 5);
    expect(target(checked, 1)).toMatchObject({ state: 'unhealthy', history: [{ state: 'absent' }, { atNs: 5 }] });
    expect(checked.nodesInUse).toEqual([0]);
    const unchecked = balancer(1, {}, check({ kind: 'none' }));
    unchecked.include(1, 5);
    expect(unchecked.nodesInUse).toEqual([0, 1]);
  });

  it('that is already there keeps its state', () => {
    const lb = balancer(1);
    lb.setState(target(lb, 0), 'unhealthy', 3);
    lb.include(0, 4);
    expect(target(lb, 0).history).toEqual([
      { atNs: 0, state: 'healthy' },
      { atNs: 3, state: 'unhealthy' },
    ]);
  });

  it('that is absent counts no results', () => {
    const lb = balancer(2);
    lb.setState(target(lb, 1), 'absent', 1);
    expect(results(lb, 1, [true, true, true])).toEqual(['absent', 'absent', 'absent']);
  });

  it('keeps its state when the check becomes another one, but begins to count anew', () => {
    const lb = balancer(1);
    results(lb, 0, [false, false]);
    lb.configure(check({ port: 32001 }));
    expect(results(lb, 0, [false, false, false])).toEqual(['healthy', 'healthy', 'unhealthy']);
  });

  it('is measured by new numbers at once where only those changed', () => {
    const lb = balancer(1);
    const { generation } = lb;
    results(lb, 0, [false]);
    lb.configure(check({}, 1, 2));
    expect(lb.generation).toBe(generation);
    expect(results(lb, 0, [false])).toEqual(['unhealthy']);
  });
});

describe('a new connection', () => {
  it('gets a healthy target, each with the same chance', () => {
    const lb = balancer(4);
    lb.setState(target(lb, 2), 'unhealthy', 0);
    expect([0, 0.34, 0.67, 0.999].map((u) => lb.pick(u))).toEqual([0, 1, 3, 3]);
  });

  it('gets any target when all are down and the family opens, and none where it closes', () => {
    const down = (allDown: 'open' | 'closed') => {
      const lb = balancer(2, { allDown });
      for (const each of lb.targets) lb.setState(each, 'unhealthy', 0);
      return lb;
    };
    expect(down('open').pick(0.9)).toBe(1);
    expect(down('closed').pick(0.9)).toBe(-1);
    const empty = down('open');
    for (const each of empty.targets) empty.setState(each, 'absent', 0);
    expect(empty.pick(0)).toBe(-1);
  });
});

it('forwards the ports of its service; to node ports only those that have one', () => {
  const ports = [{ port: 80, nodePort: 30080 }, { port: 81 }];
  const asked = (destination: 'vip' | 'nodePort') => {
    const lb = balancer(1, { destination });
    lb.forward(ports);
    return [80, 81, 82].map((port) => lb.nodePortFor(port, 'TCP'));
  };
  expect(asked('vip')).toEqual([30080, 0, -1]);
  expect(asked('nodePort')).toEqual([30080, -1, -1]);
});

it('forwards a port for each protocol apart, as its service has it now', () => {
  const lb = balancer(1, {});
  lb.forward([{ port: 53, nodePort: 30053 }, { port: 53, protocol: 'UDP', nodePort: 30054 }, { port: 80 }]);
  lb.forward([
    { port: 53, nodePort: 30053 },
    { port: 53, protocol: 'UDP', nodePort: 30055 },
  ]);
  expect([lb.nodePortFor(53, 'TCP'), lb.nodePortFor(53, 'UDP'), lb.nodePortFor(53, 'SCTP')]).toEqual([
    30053, 30055, -1,
  ]);
  expect(lb.nodePortFor(80, 'TCP')).toBe(-1);
});

it('opens its connections from an address of the family that it is asked in', () => {
  const { sources } = balancer(1, { addresses: ['192.0.2.10', '192.0.2.11', '2001:db8::5'] });
  expect(sources).toEqual({ IPv4: ['192.0.2.10', '192.0.2.11'], IPv6: ['2001:db8::5'] });
  expect(balancer(1, { addresses: ['192.0.2.10'] }).sources.IPv6).toEqual(['2001:db8::10']);
});

it('is exactly what was said last, whatever order results come in', () => {
  const probes = fc.array(fc.boolean(), { maxLength: 60 });
  fc.assert(
    fc.property(
      probes,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (passed, healthy, unhealthy) => {
        const lb = balancer(1, {}, check({}, healthy, unhealthy));
        let expected = true;
        let row = 0;
        for (const [n, pass] of passed.entries()) {
          lb.onResult(target(lb, 0), pass, n + 1);
          row = pass === expected ? 0 : row + 1;
          if (row === (expected ? unhealthy : healthy)) {
            expected = !expected;
            row = 0;
          }
          expect(target(lb, 0).state).toBe(expected ? 'healthy' : 'unhealthy');
          expect(lb.nodesInUse).toEqual(expected ? [0] : []);
        }
        const states = target(lb, 0).history;
        for (const [n, { atNs, state }] of states.entries()) {
          expect(atNs).toBeGreaterThan(states[n - 1]?.atNs ?? -1);
          expect(state).not.toBe(states[n - 1]?.state);
        }
      },
    ),
    { numRuns: 200, seed: 2 },
  );
});
