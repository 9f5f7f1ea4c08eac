/**
 * What happens to a request is among what a trace says can happen: the compiled rules and the arithmetic of connections
 * against the walk of every rule. And in a still cluster everything that a trace holds possible does happen.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Protocol } from '../../libs/sim/src/objects.js';
import { traceScenario } from '../../libs/sim/src/questions.js';
import type { RequestRow } from '../../libs/sim/src/results/result.js';
import type { Origin, Scenario } from '../../libs/sim/src/scenario.js';
import {
  LAPTOP,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallCluster,
  smallScenario,
  traffic,
} from '../../libs/sim/src/testing/small-scenario.js';
import { ModelError } from '../../libs/sim/src/trace-question.js';
import type { TraceFrom, TraceOutcome, TraceTo } from '../../libs/sim/src/trace-result.js';
import { inIPv6, over, type Question, question, smallWorld } from './small-worlds.js';

const REQUESTS = 48;
/** Likely enough to be seen in so many requests. */
const LIKELY = 0.3;

function fromOf(origin: Origin): TraceFrom {
  if ('client' in origin) return { kind: 'client', client: origin.client };
  return 'pod' in origin ? { kind: 'pod', pod: origin.pod } : { kind: 'node', node: origin.node, ip: null };
}

function toOf(to: Question['to']): TraceTo {
  return 'service' in to ? { kind: 'service', ...to } : { kind: 'address', ...to };
}

/** Null where the question makes no sense in that cluster. */
function traced(scenario: Scenario, { from, to }: Question, protocol: Protocol): TraceOutcome[] | null {
  try {
    return traceScenario(scenario, { from: fromOf(from), to: toOf(to), protocol }, 0).outcomes;
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

const pod = ({ endpoint }: TraceOutcome) => endpoint?.pod ?? endpoint?.ip ?? null;
const isLost = ({ reason }: TraceOutcome) => reason?.startsWith('the answer goes past') === true;

/** Whether the row is what the outcome looks like to a client. */
function agrees(row: RequestRow, outcome: TraceOutcome): boolean {
  const proxied = row.outcome === 'reset';
  switch (outcome.verdict) {
    case 'delivered':
      if (isLost(outcome)) return (row.outcome === 'timeout' || proxied) && row.pod === pod(outcome);
      return (
        row.outcome === 'ok' &&
        row.pod === pod(outcome) &&
        row.sourceIp === outcome.sourceIp &&
        row.sourceKind === outcome.sourceKind
      );
    case 'dropped':
      return ['dropped', 'unreachable', 'timeout', 'lb-unavailable'].includes(row.outcome) || proxied;
    case 'rejected':
      return ['rejected', 'refused', 'lb-unavailable'].includes(row.outcome) || proxied;
    case 'passthrough':
      // The node's own sockets answer or refuse; elsewhere nobody does.
      return ['ok', 'http-error', 'refused', 'timeout'].includes(row.outcome) || proxied;
  }
}

interface Met {
  delivered: number;
  refused: number;
  lost: number;
}

/** Throws where one world's requests and its trace disagree; otherwise tells what the trace held possible. */
function compare(world: SmallScenario, asked: Question, protocol: Protocol, reuseSocket: boolean): Met {
  const met = { delivered: 0, refused: 0, lost: 0 };
  const patience = { connectTimeoutNs: 0.5 * SECOND, requestTimeoutNs: protocol === 'UDP' ? 0.5 * SECOND : null };
  const load = {
    ...asked,
    ...patience,
    protocol,
    reuseSocket,
    count: REQUESTS,
    ratePerSecond: 100,
    stopNs: 100 * SECOND,
  };
  const scenario = smallScenario({ ...world, traffic: [traffic(load)] });
  const outcomes = traced(scenario, asked, protocol);
  const { rows } = simulated(scenario);
  expect(rows).toHaveLength(REQUESTS);
  if (outcomes === null) {
    expect(new Set(rows.map((row) => [row.outcome, row.firstPackets].join()))).toEqual(new Set(['unreachable,0']));
    return met;
  }
  for (const row of rows) {
    if (outcomes.some((outcome) => agrees(row, outcome))) continue;
    expect({ row, outcomes: outcomes.map(({ steps, ...rest }) => rest) }).toBe('in agreement');
  }
  // As long as nothing changes, a kept socket has what its first datagram had.
  if (reuseSocket) expect(new Set(rows.map((row) => [row.outcome, row.pod, row.sourceIp].join())).size).toBe(1);
  const isSticky =
    reuseSocket ||
    scenario.objects.some((object) => object.kind === 'Service' && object.spec.sessionAffinity === 'ClientIP');
  for (const outcome of outcomes) {
    met[outcome.verdict !== 'delivered' ? 'refused' : isLost(outcome) ? 'lost' : 'delivered']++;
    if (isSticky || outcome.probability < LIKELY || rows.some((row) => agrees(row, outcome))) continue;
    expect(outcome).toBe('what happened to some request');
  }
  return met;
}

function compareAll(
  worlds: fc.Arbitrary<SmallScenario>,
  questions: fc.Arbitrary<Question>,
  numRuns: number,
  protocol: Protocol = 'TCP',
  reuseSocket = false,
): Met {
  const all = { delivered: 0, refused: 0, lost: 0 };
  fc.assert(
    fc.property(worlds, questions, (world, asked) => {
      const met = compare(world, asked, protocol, reuseSocket);
      for (const [kind, count] of Object.entries(met)) all[kind as keyof Met] += count;
    }),
    { numRuns, seed: 4 },
  );
  return all;
}

it('a request ends as one of the outcomes of its trace, and each likely outcome is the end of some request', () => {
  const { delivered, refused } = compareAll(smallWorld, question, 1000);
  // Both must have been met often enough for the comparison to mean something.
  expect([delivered > 500, refused > 350]).toEqual([true, true]);
}, 120_000);

it.each<[Protocol, 'IPv4' | 'IPv6']>([
  ['UDP', 'IPv4'],
  ['SCTP', 'IPv4'],
  ['TCP', 'IPv6'],
  ['UDP', 'IPv6'],
])(
  'the same over %s and %s',
  (protocol, family) => {
    const sixth = <T>(what: T): T => (family === 'IPv6' ? inIPv6(what) : what);
    const worlds = smallWorld.map((world) => {
      const { serviceCIDRs } = smallCluster();
      const cluster = { ...world.cluster, serviceCIDRs };
      return sixth({ ...over(protocol, world), clients: [LAPTOP], cluster });
    });
    const { delivered, refused } = compareAll(worlds, question.map(sixth), 500, protocol);
    expect([delivered > 250, refused > 150]).toEqual([true, true]);
  },
  120_000,
);

it('so do the datagrams of a kept socket, all of them alike', () => {
  const worlds = smallWorld.map((world) => over('UDP', world));
  const { delivered, refused } = compareAll(worlds, question, 500, 'UDP', true);
  expect([delivered > 250, refused > 150]).toEqual([true, true]);
}, 60_000);

it.each<Protocol>(['TCP', 'UDP'])(
  'so do those that kube-proxy of mode userspace passes on over %s',
  (protocol) => {
    const worlds = fc.tuple(smallWorld, fc.constantFrom('1.21', '1.23', '1.25')).map(([world, version]) => {
      const kubeProxy = { ...world.kubeProxy, mode: 'userspace' as const };
      const userspace = { ...world, version, kubeProxy };
      return protocol === 'UDP' ? over('UDP', userspace) : userspace;
    });
    const { delivered, refused } = compareAll(worlds, question, 400, protocol);
    expect([delivered > 200, refused > 100]).toEqual([true, true]);
  },
  120_000,
);

it('so does one whose answer goes past the node that would have to translate it back', () => {
  // A pod at another node's port: that node takes it for one of its own and sends it to a third one.
  const worlds = smallWorld.map((world) => ({
    ...world,
    version: '1.31',
    kubeProxy: { ...world.kubeProxy, detectLocalMode: 'ClusterCIDR' as const, clusterCIDR: '10.1.0.0/16' },
    objects: (world.objects ?? []).map((object) =>
      object.kind === 'Service' ? service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' }) : object,
    ),
  }));
  const questions = fc.record({
    from: fc.integer({ min: 0, max: 2 }).map((n) => ({ pod: `default/p${n}` })),
    to: fc.constantFrom('n1', 'n2', 'n3').map((node) => ({
      service: 'default/web',
      port: null,
      via: 'nodePort' as const,
      node,
      ipFamily: null,
      ip: null,
    })),
  });
  expect(compareAll(worlds, questions, 300).lost).toBeGreaterThan(50);
}, 60_000);
