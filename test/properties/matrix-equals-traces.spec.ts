/** A matrix shares work between senders that rules cannot tell apart and folds equal rows: each cell against a trace of its own. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type {
  MatrixOutcome,
  MatrixQuestion,
  MatrixResult,
  MatrixSource,
  MatrixTable,
} from '../../libs/sim/src/matrix/result.js';
import type { Variant } from '../../libs/sim/src/matrix/variants.js';
import type { ServiceObject } from '../../libs/sim/src/objects.js';
import { matrixOf } from '../../libs/sim/src/questions.js';
import type { Client, Scenario } from '../../libs/sim/src/scenario.js';
import { createRun, type Run } from '../../libs/sim/src/simulate.js';
import { LAPTOP, pod, type SmallScenario, smallScenario } from '../../libs/sim/src/testing/small-scenario.js';
import { ModelError } from '../../libs/sim/src/trace-question.js';
import type { TraceFrom, TraceOutcome } from '../../libs/sim/src/trace-result.js';
import { smallWorld } from './small-worlds.js';

const EVERYTHING: MatrixQuestion = { sources: [], services: [], families: [], via: [], onlyDifferences: false };

/** Inside and outside of the source ranges that the worlds' services may have. */
const CLIENTS: Client[] = [
  LAPTOP,
  { ...LAPTOP, name: 'neighbour', ips: ['198.51.100.80'] },
  { ...LAPTOP, name: 'office', ips: ['203.0.113.200'] },
  { ...LAPTOP, name: 'inside', ips: ['10.9.0.1'] },
];

/** Pods that serve nothing: on each node two, so that there is something to fold. */
const BYSTANDERS = [1, 2, 3].flatMap((on) =>
  ['a', 'b'].map((name, n) =>
    pod(`bystander-${name}${on}`, `10.1.${on}.${200 + n}`, { labels: {}, status: { phase: 'Running' } }),
  ),
);

function fromOf({ kind, name }: MatrixSource): TraceFrom {
  if (kind === 'pod') return { kind, pod: name };
  return kind === 'node' ? { kind, node: name, ip: null } : { kind, client: name };
}

/** Sums of probability by everything else that a cell tells. */
type Told = Record<string, number>;

function add(
  told: Told,
  outcome: Pick<TraceOutcome, 'verdict' | 'masquerade' | 'node'>,
  seen: unknown,
  reason: unknown,
  endpoint: string,
  probability: number,
  accepted: boolean,
) {
  const key = JSON.stringify([outcome.verdict, outcome.masquerade, outcome.node, seen, reason, endpoint, accepted]);
  told[key] = (told[key] ?? 0) + probability;
}

/** Of an outcome of several endpoints it is only known that each may get it; so traces are told in the same way. */
function tracedBy(run: Run, from: TraceFrom, ip: string, port: number, protocol: 'TCP'): Told | null {
  try {
    const { outcomes } = run.trace({ from, to: { kind: 'address', ip, port }, protocol });
    const groups = new Map<string, TraceOutcome[]>();
    for (const outcome of outcomes) {
      const key = JSON.stringify([
        outcome.verdict,
        outcome.masquerade,
        outcome.node,
        outcome.sourceIp,
        outcome.sourceKind,
        outcome.reason,
        outcome.accepted,
      ]);
      groups.set(key, [...(groups.get(key) ?? []), outcome]);
    }
    const told: Told = {};
    for (const group of groups.values()) {
      const [first] = group as [TraceOutcome];
      const endpoints = [
        ...new Set(group.flatMap(({ endpoint }) => (endpoint ? `${endpoint.ip}:${endpoint.port}` : []))),
      ];
      const probability = group.reduce((sum, outcome) => sum + outcome.probability, 0);
      const seen = first.sourceIp === null ? null : [first.sourceKind, first.sourceIp];
      add(told, first, seen, first.reason ?? null, endpoints.sort().join(), probability, first.accepted === true);
    }
    return told;
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

/** The cell, read for one of the senders of its row. */
function unfolded(answer: readonly MatrixOutcome[], source: MatrixSource, { endpoints }: MatrixTable): Told {
  const own = endpoints.findIndex(({ ip }) => source.ips.includes(ip));
  const told: Told = {};
  for (const outcome of answer) {
    const meant =
      outcome.itself === 'only' ? [own] : outcome.endpoints.filter((n) => outcome.itself !== 'never' || n !== own);
    const names = meant.map((n) => `${endpoints[n]!.ip}:${endpoints[n]!.port}`);
    const seen = outcome.seen === null ? null : [outcome.seen.kind, outcome.seen.ip ?? source.ips[0]];
    add(told, outcome, seen, outcome.reason, names.sort().join(), outcome.probability, outcome.accepted);
  }
  return told;
}

const rounded = (told: Told) =>
  Object.entries(told)
    .map(([key, probability]) => `${key} ${probability.toFixed(4)}`)
    .sort();

function compare(scenario: Scenario): { cells: number; rows: number; senders: number } {
  const matrix = matrixOf(scenario, EVERYTHING, 0, []);
  const run = createRun(scenario, { onChunk: () => {} });
  let cells = 0;
  let rows = 0;
  for (const table of matrix.tables) {
    rows += table.rows.length;
    const asked = table.rows.flatMap(({ sources }) => sources).sort((a, b) => a - b);
    expect(asked, 'each source has one row').toEqual(matrix.sources.map((_, n) => n));
    for (const row of table.rows)
      for (const n of row.sources)
        for (const [at, { ip, port }] of table.destinations.entries()) {
          const source = matrix.sources[n]!;
          const traced = tracedBy(run, fromOf(source), ip, port, 'TCP');
          const answer = row.cells[at]![0] ?? null;
          cells++;
          if (traced === null) {
            expect(answer).toBeNull();
            continue;
          }
          const told = answer === null ? null : unfolded(table.answers[answer]!, source, table);
          expect(told === null ? null : rounded(told), `${source.name} to ${ip}:${port}`).toEqual(rounded(traced));
        }
  }
  return { cells, rows, senders: matrix.sources.length * matrix.tables.length };
}

function worldsWithBystanders(world: SmallScenario): Scenario {
  return smallScenario({ ...world, clients: CLIENTS, objects: [...(world.objects ?? []), ...BYSTANDERS] });
}

/** The first version that has all of nftables' rules as they are today, and the last one with userspace; else any. */
const VERSIONS = { iptables: {}, ipvs: {}, nftables: { version: '1.34' }, userspace: { version: '1.25' } };

it.each(['iptables', 'nftables', 'ipvs', 'userspace'] as const)(
  'says of every sender and destination what a trace says, mode %s',
  (mode) => {
    const sum = { cells: 0, rows: 0, senders: 0 };
    fc.assert(
      fc.property(smallWorld, (world) => {
        const moded = { ...world, ...VERSIONS[mode], kubeProxy: { ...world.kubeProxy, mode } };
        const { cells, rows, senders } = compare(worldsWithBystanders(moded));
        sum.cells += cells;
        sum.rows += rows;
        sum.senders += senders;
      }),
      { numRuns: 100, seed: 8 },
    );
    console.log(
      `Matrix, mode ${mode}: ${sum.cells} cells equal their traces; ${sum.senders} senders in ${sum.rows} rows`,
    );
    // Both must have been met often enough for the comparison to mean something.
    expect(sum.cells).toBeGreaterThan(3000);
    expect(sum.rows).toBeLessThan(0.8 * sum.senders);
  },
  120_000,
);

it('says of a variant what it says of a cluster that is so from the start', () => {
  let different = 0;
  fc.assert(
    fc.property(smallWorld, fc.constantFrom('Cluster' as const, 'Local' as const), (world, policy) => {
      const scenario = worldsWithBystanders(world);
      const variant: Variant = {
        name: 'variant',
        settings: {},
        cluster: null,
        externalTrafficPolicy: policy,
        internalTrafficPolicy: policy,
      };
      const objects = scenario.objects.map((object) =>
        object.kind === 'Service' ? { ...object, spec: { ...object.spec, ...policiesOf(object, policy) } } : object,
      );
      const varied = matrixOf(scenario, EVERYTHING, 0, [variant]);
      const given = matrixOf({ ...scenario, objects }, EVERYTHING, 0, []);
      const rows = ({ tables }: MatrixResult) =>
        tables.map(({ destinations, endpoints, answers, rows }) => ({ destinations, endpoints, answers, rows }));
      expect(rows(varied)).toEqual(rows(given));
      if (JSON.stringify(rows(given)) !== JSON.stringify(rows(matrixOf(scenario, EVERYTHING, 0, [])))) different++;
    }),
    { numRuns: 100, seed: 9 },
  );
  expect(different).toBeGreaterThan(20);
}, 120_000);

function policiesOf({ spec }: ServiceObject, policy: 'Cluster' | 'Local'): Partial<ServiceObject['spec']> {
  const isExternal = spec.type !== 'ClusterIP' || (spec.externalIPs ?? []).length > 0;
  return { internalTrafficPolicy: policy, ...(isExternal ? { externalTrafficPolicy: policy } : {}) };
}
