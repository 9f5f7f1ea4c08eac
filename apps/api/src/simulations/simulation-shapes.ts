/** Simulations as the API takes and shows them. */

import { z } from 'zod';
import { SIMULATION_STATUSES, type SimulationRow } from '#platform';
import {
  CAUSES,
  type ExpectationResult,
  OUTCOMES,
  type RunEvent,
  type RunLoss,
  type RunSummary,
  SOURCE_KINDS,
} from '#sim';
import { Issue } from '../http/problem.filter.js';
import { Count, Timestamp } from '../http/shapes.js';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';
import { WebhookOfSimulation, WebhookOfSimulationView } from '../webhooks/webhook-shapes.js';
import { RunFailure, runFailure } from './run-failure.js';

export const SimulationRequest = z
  .strictObject({
    ...scenarioChoice,
    webhook: WebhookOfSimulation.optional(),
    seed: z.int().min(0).optional().describe("Instead of the scenario's own: other dice, everything else the same."),
  })
  .check(oneScenario)
  .meta({ id: 'SimulationRequest' });
export type SimulationRequest = z.infer<typeof SimulationRequest>;

const counts = <Name extends string>(names: readonly [Name, ...Name[]]) => z.partialRecord(z.enum(names), Count);

const Event = z
  .object({
    path: z.string().describe('Where it stands in the document: `/timeline/0`, `/steps/3`.'),
    text: z.string().describe('`rolloutRestart default/web at 60 s`.'),
  })
  .meta({ id: 'RunEvent' }) satisfies z.ZodType<RunEvent>;

const Loss = z
  .object({
    outcome: z.enum(OUTCOMES).nullable().describe('Null: several smaller groups together.'),
    cause: z.enum(CAUSES).nullable(),
    place: z
      .object({ kind: z.enum(['node', 'pod', 'loadBalancer', 'client', 'link']), name: z.string() })
      .nullable()
      .describe('The object that decided.'),
    count: Count,
    fromMs: z.number().describe('When the first of them began.'),
    toMs: z.number().describe('When the last of them began.'),
    first: Count.describe('Number of the first of them.'),
    event: Event.nullable().describe('What the timeline or a step did that made them fail.'),
    text: z.string().describe('All that in a sentence.'),
  })
  .meta({ id: 'RunLoss' }) satisfies z.ZodType<RunLoss>;

export const Summary = z
  .object({
    requests: Count,
    outcomes: counts(OUTCOMES).describe('Every outcome that occurred.'),
    sourceKinds: counts(SOURCE_KINDS).describe('Whose address the pods saw.'),
    latencyUs: z
      .object({ mean: z.number(), min: z.number(), max: z.number() })
      .nullable()
      .describe('Over requests with outcome ok.'),
    losses: z
      .array(Loss)
      .optional()
      .describe(
        'What was lost, the greatest groups first: at most 100, and one for all others. Absent from results of model versions before 0.3.0.',
      ),
    refused: z
      .array(z.object({ path: z.string(), text: z.string() }))
      .optional()
      .describe('Entries of the timeline that could not be carried out: where, and what was said. Absent without any.'),
    probes: Count.describe('Health checks of load balancers.'),
    ruleSyncs: Count,
    endpointChanges: Count,
    virtualMs: z.number().describe('How long the run was on the virtual clock.'),
    events: Count,
  })
  .meta({ id: 'RunSummary' }) satisfies z.ZodType<RunSummary>;

export const Expectation = z
  .object({
    name: z.string(),
    passed: z.boolean(),
    matched: Count,
    of: Count,
    share: z.number().nullable(),
    evidence: z
      .object({
        text: z.string().describe('In a sentence: what was found, and what was wanted.'),
        requests: z
          .array(Count)
          .describe('Numbers of the first requests that speak against it; empty where it is met.'),
        latency: z
          .array(
            z.object({
              quantile: z.number(),
              us: z.number().nullable().describe('Off by at most `error` of itself; the verdict is exact.'),
              requests: Count,
              error: z.number(),
              passed: z.boolean(),
            }),
          )
          .optional(),
        segment: z
          .object({ node: z.string(), fromMs: z.number(), toMs: z.number() })
          .nullable()
          .optional()
          .describe('Of a health answer: the first stretch of time that is like that; null: there is none.'),
      })
      .optional()
      .describe('What the verdict rests on.'),
  })
  .meta({ id: 'ExpectationResult' }) satisfies z.ZodType<ExpectationResult>;

export const Simulation = z
  .object({
    id: z.string(),
    status: z.enum(SIMULATION_STATUSES),
    progress: z.number().min(0).max(1),
    name: z.string().describe('Of the scenario.'),
    scenarioId: z.string().nullable(),
    preset: z.string().nullable(),
    digest: z.string().describe('Of the scenario that is run, whatever becomes of the stored one.'),
    seed: Count,
    attempts: Count.describe('How many times a worker has taken it.'),
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    warnings: z
      .array(Issue)
      .nullable()
      .describe('What of the scenario may not be as it was meant; null of a run of an earlier version.'),
    error: RunFailure.nullable().describe('Why it failed.'),
    modelVersion: z.string().nullable(),
    fingerprint: z
      .string()
      .nullable()
      .describe('Over everything that the run decided: same scenario, seed and model version, same fingerprint.'),
    summary: Summary.nullable(),
    expectations: z.array(Expectation).nullable(),
    links: z.record(z.string(), z.string()).describe('Where its results are.'),
  })
  .meta({ id: 'Simulation' });

export const SimulationAccepted = Simulation.extend({
  webhook: WebhookOfSimulationView.optional().describe('Who is told of its end, where the request says so.'),
  warnings: z.array(Issue).describe('What of the scenario may not be as it was meant.'),
}).meta({ id: 'SimulationAccepted' });

export const SimulationPage = z
  .object({ items: z.array(Simulation), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'SimulationPage' });

export function viewOf(row: SimulationRow): z.infer<typeof Simulation> {
  const self = `/v1/simulations/${row.id}`;
  const results = ['requests', 'healthz', 'transcript', 'report'];
  return {
    id: row.id,
    status: row.status,
    progress: row.progress,
    name: row.name,
    scenarioId: row.scenarioId,
    preset: row.preset,
    digest: row.digest,
    seed: row.seed,
    attempts: row.attempt,
    createdAt: new Date(row.createdAtMs).toISOString(),
    startedAt: timeOf(row.startedAtMs),
    finishedAt: timeOf(row.finishedAtMs),
    warnings: row.warnings === null ? null : JSON.parse(row.warnings),
    error: row.errorCode === null ? null : runFailure(row.errorCode, row.errorMessage ?? ''),
    modelVersion: row.modelVersion,
    fingerprint: row.fingerprint,
    summary: row.summary === null ? null : JSON.parse(row.summary),
    expectations: row.expectations === null ? null : JSON.parse(row.expectations),
    links: {
      self,
      events: `${self}/events`,
      ...(row.status === 'succeeded' ? Object.fromEntries(results.map((name) => [name, `${self}/${name}`])) : {}),
    },
  };
}

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
