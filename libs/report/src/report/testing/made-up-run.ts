/** A run that never ran: as many requests, nodes, reasons and changes of health as a test wants, under any names. */
import { OverviewQuery } from '#sim';
import { NO_CONNECTION } from '../../../../sim/src/results/columns.js';
import { DictionaryBuilder } from '../../../../sim/src/results/dictionaries.js';
import { LossTotals } from '../../../../sim/src/results/loss-totals.js';
import { CAUSES, OUTCOMES, SOURCE_KINDS, type StepRecord } from '../../../../sim/src/results/result.js';
import { type EndArguments, recordRows } from '../../../../sim/src/results/testing/sample-run.js';
import type { Expectation, TimelineEntry } from '../../../../sim/src/scenario.js';
import { smallScenario } from '../../../../sim/src/testing/small-scenario.js';
import type { ReportInput } from '../report-input.js';

export interface MadeUp {
  requests?: number;
  seconds?: number;
  nodes?: number;
  events?: number;
  /** Of each timeline. */
  segments?: number;
  /** Every n-th request fails; 0: none. */
  failEvery?: number;
  /** Different reasons of failures. */
  reasons?: number;
  /** What becomes of every name and text. */
  named?: (plain: string) => string;
}

const OK = OUTCOMES.indexOf('ok');

export function madeUpRun({
  requests = 600,
  seconds = 60,
  nodes = 3,
  events = 3,
  segments = 3,
  failEvery = 5,
  reasons = 8,
  named = (plain) => plain,
}: MadeUp = {}): ReportInput {
  const virtualMs = seconds * 1000;
  const { dictionaries, rows } = requestRows({ requests, seconds, nodes, failEvery, reasons, named });
  const query = new OverviewQuery(dictionaries, { requests, virtualMs });
  const losses = new LossTotals(dictionaries);
  for (const numbered of recordRows(rows, { watchers: [losses] })) query.add(numbered);
  const timeline = Array.from(
    { length: events },
    (_, n): TimelineEntry => ({
      atNs: ((n + 1) * virtualMs * 1e6) / (events + 1),
      do: 'readiness',
      pod: named(`default/web-${n % nodes}`),
      ready: n % 2 === 1,
    }),
  );
  const expect: Expectation[] = [
    { name: named('nothing lost'), where: { outcome: 'ok' }, share: { min: 1, max: null }, count: null },
    { name: named('few enough'), where: { client: named('laptop') }, share: null, count: { min: 1, max: 5 } },
  ];
  const overview = query.answer();
  const ok = overview.bins.reduce((sum, { outcomes }) => sum + outcomes[OK]!, 0);
  return {
    id: '01a2',
    version: '0.0.0',
    seed: 7,
    scenario: smallScenario({ name: named('made up'), notes: named('Nobody ran this.\n\nSecond.'), timeline, expect }),
    overview,
    warnings: [],
    result: {
      modelVersion: '0.0.0',
      fingerprint: '0123456789abcdef',
      summary: {
        requests,
        outcomes: {},
        sourceKinds: {},
        latencyUs: null,
        losses: losses.losses(),
        probes: 10,
        ruleSyncs: 3,
        endpointChanges: 2,
        virtualMs,
        events: 100,
      },
      expectations: [
        { name: named('nothing lost'), passed: ok === requests, matched: ok, of: requests, share: ok / requests },
        { name: named('few enough'), passed: false, matched: requests, of: requests, share: 1 },
      ],
      healthz: health(nodes, segments, virtualMs, named),
      transcript: [refusedStep(named)],
    },
  };
}

function requestRows({
  requests,
  seconds,
  nodes,
  failEvery,
  reasons,
  named,
}: Required<Omit<MadeUp, 'events' | 'segments'>>) {
  const builder = new DictionaryBuilder();
  const lb = builder.loadBalancer(named('default/web'), 'nothing');
  const client = builder.client(named('laptop'), '198.51.100.79');
  const target = builder.target(named('203.0.113.1:80'), named('default/web'), 'GET');
  const rows = Array.from({ length: requests }, (_, n): EndArguments => {
    const node = named(`node-${n % nodes}`);
    const atNs = Math.floor((n * seconds * 1e9) / requests);
    const common = [n, atNs, client, target, lb, builder.node(node)] as const;
    if (failEvery > 0 && n % failEvery === failEvery - 1) {
      const kind = Math.floor(n / failEvery);
      const outcome = 1 + (kind % (OUTCOMES.length - 1));
      const cause = CAUSES[kind % CAUSES.length]!;
      const reason = builder.reason(named(`reason ${kind % reasons}`), cause);
      return [...common, 0, 0, outcome, 0, 2, NO_CONNECTION, 1e9, reason, 1];
    }
    const pod = builder.pod(named(`default/web-${n % nodes}`), node, '10.1.1.1');
    const source = builder.source(`10.0.${n % 7}.${n % 251}`, SOURCE_KINDS[n % SOURCE_KINDS.length]!);
    return [...common, pod, source, OK, 200, 1, 1e6, 1e6 + (n % 1000) * 1e4, 0, 1];
  });
  return { dictionaries: builder.dictionaries, rows };
}

function health(
  nodes: number,
  segments: number,
  virtualMs: number,
  named: (plain: string) => string,
): ReportInput['result']['healthz'] {
  const spans = Array.from({ length: segments }, (_, n) => ({
    fromMs: (n * virtualMs) / segments,
    toMs: ((n + 1) * virtualMs) / segments,
  }));
  const answers = spans.map((span, n) => ({
    ...span,
    status: [200, 503, null][n % 3]!,
    localEndpoints: n % 3 === 2 ? null : (n + 1) % 2,
    body: null,
    headers: {},
  }));
  const names = Array.from({ length: nodes }, (_, n) => named(`node-${n}`));
  return {
    nodes: names.flatMap((node) => [
      { node, service: named('default/web'), kind: 'healthCheckNodePort' as const, port: 32122, segments: answers },
      { node, service: null, kind: 'proxy-healthz' as const, port: 10256, segments: answers.slice(0, 1) },
    ]),
    loadBalancers: names.map((node) => ({
      service: named('default/web'),
      node,
      segments: spans.map((span, n) => ({ ...span, state: (['healthy', 'unhealthy', 'absent'] as const)[n % 3]! })),
      probes: 5,
    })),
  };
}

function refusedStep(named: (plain: string) => string): StepRecord {
  return {
    index: 0,
    step: { do: 'kubectl', command: { verb: 'scale', deployment: named('default/web'), replicas: 3 } },
    fromNs: 2e9,
    toNs: 2e9,
    output: { kind: 'text', text: named('Error from server (NotFound)'), failed: true },
  };
}
