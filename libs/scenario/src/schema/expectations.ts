/** `expect`: what a run has to come to. */
import { z } from 'zod';
import { CAUSES, OUTCOMES, SOURCE_KINDS } from '#sim';
import { problem } from './problem.js';
import { zDuration, zIp, zName, zNamespacedName, zText } from './scalars.js';

const zShareBounds = z.strictObject({
  min: z.number().min(0).max(1).optional(),
  max: z.number().min(0).max(1).optional(),
});
const zCountBounds = z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() });

const zDurationBounds = z.strictObject({ min: zDuration.optional(), max: zDuration.optional() });
const zLatencyBound = z
  .strictObject({
    quantile: z.number().min(0).max(1).meta({ description: '0.99: of a hundred requests the slowest but one.' }),
    min: zDuration.optional(),
    max: zDuration.optional(),
  })
  .meta({ id: 'LatencyBound' });

function noLatencyBounds({ input }: { input?: unknown }): string | undefined {
  if (input === undefined) return undefined;
  const message = '"latency" takes bounds, each of them with its quantile.';
  return problem('wrong-type', message, 'Write latency: [{quantile: 0.99, max: 50ms}].');
}

const zHealthExpectation = z
  .strictObject({
    node: zName.optional(),
    service: zNamespacedName.optional(),
    kind: z.enum(['healthCheckNodePort', 'proxy-healthz', 'proxy-livez']).optional(),
    status: z
      .union([z.int().min(100).max(599), z.literal('silent')])
      .meta({ description: 'What the node answers; `silent`: nothing listens.' })
      .optional(),
    localEndpoints: z.int().min(0).optional(),
    loadBalancer: zNamespacedName.meta({ description: 'Of this service; instead of kind and status.' }).optional(),
    state: z.enum(['healthy', 'unhealthy', 'absent']).optional(),
    begins: zDurationBounds.meta({ description: 'When such a stretch begins, on the virtual clock.' }).optional(),
    ends: zDurationBounds.optional(),
    forAtLeast: zDuration.optional(),
    forAtMost: zDuration.optional(),
    never: z.boolean().meta({ description: 'There must be no such stretch.' }).optional(),
  })
  .refine(
    ({ loadBalancer, state, status, kind, service, localEndpoints }) =>
      loadBalancer === undefined
        ? status !== undefined && state === undefined
        : state !== undefined && [status, kind, service, localEndpoints].every((field) => field === undefined),
    problem('bad-value', 'Say status, of what a node answers, or loadBalancer and state, of what it is taken for.'),
  )
  .meta({ id: 'HealthExpectation' });

const OF_REQUESTS = [
  'outcome',
  'cause',
  'sourceKind',
  'sourceIp',
  'client',
  'service',
  'node',
  'pod',
  'share',
  'count',
  'latency',
] as const;

export const zExpectation = z
  .strictObject({
    name: zText(200).min(1).optional(),
    outcome: z.enum(OUTCOMES).optional(),
    cause: z.enum(CAUSES).optional(),
    sourceKind: z.enum(SOURCE_KINDS).optional(),
    sourceIp: zIp.optional(),
    client: zName.optional(),
    service: zNamespacedName.optional(),
    node: zName.optional(),
    pod: zNamespacedName.optional(),
    window: z
      .strictObject({ from: zDuration.optional(), to: zDuration.optional() })
      .meta({ description: 'Requests that began then; of healthz: what was the case then.' })
      .optional(),
    share: zShareBounds.optional(),
    count: zCountBounds.optional(),
    latency: z.union([zLatencyBound, z.array(zLatencyBound, { error: noLatencyBounds }).min(1).max(10)]).optional(),
    healthz: zHealthExpectation.optional(),
  })
  .refine((given) => given.healthz === undefined || OF_REQUESTS.every((field) => given[field] === undefined), {
    path: ['healthz'],
    error: problem(
      'bad-value',
      'healthz is not about requests: say the bounds of requests in an expectation of their own.',
    ),
  })
  .meta({ id: 'Expectation' });
