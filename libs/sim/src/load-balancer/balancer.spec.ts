import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profile } from '../testing/small-scenario.js';
import { Balancer, type Check, LOST_ZONE, NO_TARGET, type Target } from './balancer.js';

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

describe('several probers', () => {
  const three = () => balancer(2, { probers: 3 });

  it('each come to their own end: a target leaves by thirds', () => {
    const lb = three();
    const [n0] = lb.targets as [Target];
    const shareOf0 = () => lb.shares().targets.find(({ target: { node } }) => node === 0)?.share ?? 0;
    const seen = [0, 1, 2].map((prober) => {
      for (let n = 0; n < 3; n++) lb.onResult(n0, false, prober * 10 + n, prober);
      return [n0.state, shareOf0()];
    });
    expect(seen).toEqual([
      ['healthy', expect.closeTo(1 / 3, 9)],
      ['healthy', expect.closeTo(1 / 6, 9)],
      ['unhealthy', 0],
    ]);
    expect(n0.views.map(({ history }) => history.at(-1)?.atNs)).toEqual([2, 12, 22]);
  });

  it('share a connection as its hash says, each target of a machine alike', () => {
    const lb = three();
    const picks = Array.from({ length: 600 }, (_, n) => lb.pick(n / 600));
    expect([0, 1].map((node) => picks.filter((picked) => picked === node).length)).toEqual([300, 300]);
  });

  it('in zones keep to their zone unless cross-zone balancing is on, and a zone without healthy targets gets nothing', () => {
    const shares = (crossZone: boolean, sick: number[] = []) => {
      const lb = new Balancer('default/web', profile({ zones: ['a', 'b'], crossZone, allDown: 'open' }));
      lb.configure(check());
      for (const [node, zone] of ['a', 'b', 'b', 'b'].entries()) lb.include(node, 0, null, zone);
      for (const each of lb.targets) lb.setState(each, sick.includes(each.node) ? 'unhealthy' : 'healthy', 0);
      return lb.shares().targets.map(({ target: { node }, share }) => [node, Math.round(share * 1000) / 1000]);
    };
    expect(shares(true).map(([, share]) => share)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(shares(false).map(([, share]) => share)).toEqual([0.5, 0.167, 0.167, 0.167]);
    expect(shares(false, [0])).toEqual([1, 2, 3].map((node) => [node, 0.333]));
    expect(shares(false, [0, 1, 2, 3]).map(([node]) => node)).toEqual([0, 1, 2, 3]);
  });

  it('of a lost zone still get their share until everybody knows', () => {
    const lb = new Balancer('default/web', profile({ zones: ['a', 'b'] }));
    lb.configure(check({ kind: 'none' }));
    lb.include(0, 0);
    lb.setZoneLost('a', true, 10e9);
    lb.noticeZones(70e9 - 1);
    expect([lb.pick(0.1), lb.pick(0.9), lb.shares().lost]).toEqual([LOST_ZONE, 0, 0.5]);
    lb.noticeZones(70e9);
    expect([lb.pick(0.1), lb.shares().lost]).toEqual([0, 0]);
    lb.setZoneLost('b', true, 80e9);
    lb.noticeZones(140e9);
    expect(lb.pick(0.1)).toBe(NO_TARGET);
    lb.setZoneLost('a', false, 150e9);
    expect(lb.pick(0.1)).toBe(0);
  });
});
