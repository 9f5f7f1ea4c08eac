/** What webhooks send, for the `webhooks` of the OpenAPI document. */

import { z } from 'zod';
import { EVENT_TYPES, TEST_EVENT } from '#platform';
import type { OperationSpec } from '../http/operation.js';
import { Count, Timestamp } from '../http/shapes.js';
import { Summary } from '../simulations/simulation-shapes.js';

const of = (resource: string) => EVENT_TYPES.filter((type) => type.startsWith(`${resource}.`)) as [string, ...string[]];
const Links = z.record(z.string(), z.string()).describe('Paths on the server.');
const event = (types: [string, ...string[]], data: z.ZodType) =>
  z.object({ type: z.enum(types), timestamp: Timestamp.describe('When it happened.'), data });

const SimulationEvent = event(
  of('simulation'),
  z.object({
    id: z.string(),
    status: z.enum(['succeeded', 'failed', 'cancelled']),
    name: z.string().describe('The first 200 characters.'),
    scenarioId: z.string().nullable(),
    preset: z.string().nullable(),
    seed: Count,
    createdAt: Timestamp.nullable(),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    fingerprint: z.string().nullable(),
    summary: Summary.pick({ requests: true, outcomes: true, latencyUs: true }).nullable(),
    expectations: z.object({ passed: Count, failed: Count }).nullable(),
    links: Links,
  }),
).meta({ id: 'SimulationEvent' });

const endOf = (resource: 'experiment' | 'comparison', id: string) =>
  event(
    of(resource),
    z.object({
      id: z.string(),
      status: z.enum(['succeeded', 'failed', 'cancelled']),
      name: z.string().describe('The first 200 characters.'),
      scenarioId: z.string().nullable(),
      preset: z.string().nullable(),
      seed: Count,
      seeds: Count,
      createdAt: Timestamp.nullable(),
      startedAt: Timestamp.nullable(),
      finishedAt: Timestamp.nullable(),
      runs: z.object({ all: Count, done: Count, failed: Count }),
      links: Links,
    }),
  ).meta({ id });

const TestEvent = event([TEST_EVENT], z.object({ id: z.string(), text: z.string(), links: Links })).meta({
  id: 'TestEvent',
});

const headers = {
  'webhook-id': { description: 'The same in all attempts: one that was seen before is a duplicate', required: true },
  'webhook-timestamp': { description: 'When this attempt was made, in seconds since 1970', required: true },
  'webhook-signature': { description: 'v1 signatures, one for each secret that is valid now', required: true },
};

const told = (summary: string, schema: z.ZodType): OperationSpec => ({
  summary,
  description:
    'Answer with 2xx within 10 s; anything else is tried again for about a day. See docs/webhooks.md for how to check the signature.',
  headers,
  body: { 'application/json': { schema } },
  responses: { 204: { description: 'Taken' } },
});

/** By name. */
export const WEBHOOK_EVENTS: Record<string, OperationSpec> = {
  simulationEnded: told('A simulation has ended', SimulationEvent),
  experimentEnded: told('An experiment has ended', endOf('experiment', 'ExperimentEvent')),
  comparisonEnded: told('A comparison has ended', endOf('comparison', 'ComparisonEvent')),
  test: told('Somebody asked for a test', TestEvent),
};
