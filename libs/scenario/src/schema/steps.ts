/**
 * Steps, timeline, traffic and expectations of a scenario document. A step is told by its verb (the key that names what
 * is done), so that each verb has a schema of its own and a mistake is measured against the right one.
 */

import { z } from 'zod';
import { CAUSES, OUTCOMES, SOURCE_KINDS } from '#sim';
import { zCloudProviderUpgrade, zZoneLoss } from './balancer-events.js';
import { FAULT_VERBS } from './faults.js';
import { problem } from './problem.js';
import {
  isLabelKey,
  isLabelValue,
  zDuration,
  zIp,
  zLabels,
  zName,
  zNamespacedName,
  zPort,
  zPositiveDuration,
  zRate,
  zRunDuration,
  zText,
} from './scalars.js';

/** A refinement: exactly one of some optional fields is given. */
function exactlyOne<T extends z.ZodObject>(schema: T, keys: readonly string[]): T {
  return schema
    .refine(
      (value) => keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined).length === 1,
      problem('bad-value', `Exactly one of ${keys.join(', ')} must be given.`),
    )
    .meta({ description: `Exactly one of ${keys.join(', ')}.` });
}

export const zOrigin = exactlyOne(
  z.strictObject({ client: zName.optional(), node: zName.optional(), pod: zNamespacedName.optional() }),
  ['client', 'node', 'pod'],
).meta({ id: 'Origin' });

const zOn = { on: zOrigin };
const zUrl = zText(2048).min(1);
const zGrep = zText(200).min(1).optional();

const zRequest = {
  ...zOn,
  forEach: z.strictObject({ node: z.array(zName).min(1).max(1000) }).optional(),
  connectTimeout: zPositiveDuration.optional(),
  maxTime: zPositiveDuration.optional(),
  grep: zGrep,
};

const zImage = zText(300).min(1);
const zReplicas = z.int().min(0).max(100_000);
const zProtocol = z.enum(['TCP', 'UDP', 'SCTP']);

/** `all` or nothing: every object. */
const zWhich = z.union([z.literal(['', 'all']), zNamespacedName]);
const GET_KEYS = [
  'node',
  'nodes',
  'no',
  'pod',
  'pods',
  'po',
  'service',
  'services',
  'svc',
  'deployment',
  'deployments',
  'deploy',
  'endpointslice',
  'endpointslices',
] as const;
const DELETE_KEYS = [
  'service',
  'services',
  'svc',
  'pod',
  'pods',
  'deployment',
  'deployments',
  'node',
  'nodes',
  'endpointslice',
  'endpointslices',
] as const;
const PATCH_KEYS = ['service', 'svc', 'deployment', 'node', 'pod'] as const;

const TAINT = /^([^=:]{1,317})(?:=([^:]{0,63}))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?(-)?$/;

export interface TaintInput {
  key: string;
  value: string | null;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | null;
  remove: boolean;
}

function readTaint(written: string): TaintInput | null {
  const [, key, value, effect, minus] = TAINT.exec(written) ?? [];
  // Without an effect there is nothing to hold the dash off the key.
  const name = effect === undefined && minus === undefined && key?.endsWith('-') ? key.slice(0, -1) : key;
  const remove = minus !== undefined || name !== key;
  if (name === undefined || !isLabelKey(name) || (effect === undefined && !remove)) return null;
  if (value !== undefined && !isLabelValue(value)) return null;
  return { key: name, value: value ?? null, effect: (effect as TaintInput['effect']) ?? null, remove };
}

const zTaint = z
  .string()
  .transform((written, context): TaintInput => {
    const taint = readTaint(written);
    if (taint !== null) return taint;
    const hint = 'Write "key=value:NoSchedule", "key:NoExecute", or "key:NoSchedule-" and "key-" to remove.';
    context.addIssue({
      code: 'custom',
      message: problem('bad-value', `"${written.slice(0, 80)}" is not a taint.`, hint),
    });
    return z.NEVER;
  })
  .meta({ description: 'As kubectl takes it.', examples: ['key=value:NoSchedule', 'key:NoSchedule-'] });

const zChangedLabels = z
  .record(
    z.string().refine(isLabelKey, problem('bad-value', 'The key is not one that a label may have.')),
    z.union([
      z.string().refine(isLabelValue, problem('bad-value', 'The value is not one that a label may have.')),
      z.null(),
    ]),
  )
  .meta({ description: 'null takes a label away.' });

type KeysOf<K extends readonly string[]> = { [P in K[number]]: z.ZodOptional<typeof zWhich> };
const whichOf = <const K extends readonly string[]>(keys: K) =>
  Object.fromEntries(keys.map((key) => [key, zWhich.optional()])) as KeysOf<K>;

export const KUBECTL_VERBS = {
  create: z.strictObject({
    deployment: zNamespacedName,
    image: zImage,
    replicas: zReplicas.optional(),
    labels: zLabels.optional(),
  }),
  expose: z.strictObject({
    deployment: zNamespacedName,
    name: zNamespacedName.optional(),
    port: zPort,
    targetPort: z.union([zPort, z.string().min(1).max(15)]).optional(),
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).optional(),
    protocol: zProtocol.optional(),
  }),
  run: z.strictObject({ pod: zNamespacedName, image: zImage, labels: zLabels.optional() }),
  get: exactlyOne(
    z.strictObject({
      ...whichOf(GET_KEYS),
      selector: zLabels.optional(),
      output: z.enum(['table', 'wide', 'yaml', 'name']).optional(),
      grep: zGrep,
    }),
    GET_KEYS,
  ),
  patch: exactlyOne(
    z.strictObject({
      service: zNamespacedName.optional(),
      svc: zNamespacedName.optional(),
      deployment: zNamespacedName.optional(),
      node: zName.optional(),
      pod: zNamespacedName.optional(),
      patch: z.record(z.string(), z.unknown()),
    }),
    PATCH_KEYS,
  ),
  apply: z.looseObject({ apiVersion: z.string(), kind: z.string() }).meta({ description: 'A Kubernetes object.' }),
  delete: exactlyOne(
    z.strictObject({ ...whichOf(DELETE_KEYS), selector: zLabels.optional(), namespace: zName.optional() }),
    DELETE_KEYS,
  ),
  scale: z.strictObject({ deployment: zNamespacedName, replicas: zReplicas }),
  rolloutRestart: exactlyOne(
    z.strictObject({
      deployment: zNamespacedName.optional(),
      daemonset: zNamespacedName.optional(),
      statefulset: zNamespacedName.optional(),
    }),
    ['deployment', 'daemonset', 'statefulset'],
  ),
  rolloutStatus: z.strictObject({ deployment: zNamespacedName, timeout: zPositiveDuration.optional() }),
  setImage: z.strictObject({ deployment: zNamespacedName, image: zImage, container: zName.optional() }),
  drain: z.strictObject({
    node: zName,
    force: z.boolean().optional().meta({ description: 'Evict pods that no controller brings back, too.' }),
    ignoreDaemonsets: z.boolean().optional().meta({ description: 'Default true, other than with kubectl.' }),
    timeout: zPositiveDuration.optional(),
  }),
  cordon: z.strictObject({ node: zName }),
  uncordon: z.strictObject({ node: zName }),
  taint: z.strictObject({ node: zName, taint: zTaint }),
  label: exactlyOne(
    z.strictObject({
      node: zName.optional(),
      pod: zNamespacedName.optional(),
      service: zNamespacedName.optional(),
      deployment: zNamespacedName.optional(),
      labels: zChangedLabels,
    }),
    ['node', 'pod', 'service', 'deployment'],
  ),
} as const;

export type KubectlVerb = keyof typeof KUBECTL_VERBS;

const zKubectl = z.union(
  Object.entries(KUBECTL_VERBS).map(([verb, schema]) => z.strictObject({ [verb]: schema })) as unknown as [
    z.ZodType,
    z.ZodType,
  ],
);

const zCount = z.int().min(0).max(100_000);

/** Every step but kubectl's, which has verbs of its own. */
export const STEP_VERBS = {
  curl: z.strictObject({ ...zRequest, curl: zUrl }),
  wget: z.strictObject({ ...zRequest, wget: zUrl }),
  run: z.strictObject({ ...zOn, run: zText(200) }),
  waitUntil: z.strictObject({
    waitUntil: exactlyOne(
      z.strictObject({
        loadBalancer: zNamespacedName.optional(),
        pods: zLabels.optional(),
        namespace: zName.optional(),
        healthy: zCount.optional(),
        unhealthy: zCount.optional(),
        ready: zCount.optional(),
        timeout: zPositiveDuration.optional(),
      }),
      ['healthy', 'unhealthy', 'ready'],
    ).refine(
      (wait) =>
        (wait.ready === undefined) === (wait.pods === undefined) &&
        (wait.ready === undefined) !== (wait.loadBalancer === undefined),
      problem('bad-value', 'Wait for {loadBalancer, healthy | unhealthy} or for {pods, ready}.'),
    ),
  }),
  sleep: z.strictObject({ sleep: zRunDuration }),
} as const;

export type StepVerb = keyof typeof STEP_VERBS;

/** What a timeline entry may do beside kubectl's writing verbs. */
export const zReadiness = z.strictObject({ pod: zNamespacedName, ready: z.boolean() });

export const TIMELINE_KUBECTL_VERBS = [
  'create',
  'expose',
  'run',
  'patch',
  'apply',
  'delete',
  'scale',
  'rolloutRestart',
  'setImage',
  'drain',
  'cordon',
  'uncordon',
  'taint',
  'label',
] as const satisfies readonly KubectlVerb[];

export const zSteps = z
  .array(z.union([...Object.values(STEP_VERBS), z.strictObject({ kubectl: zKubectl })]))
  .meta({ description: 'One after the other on the virtual clock; each prints into the transcript.' });

export const zTimeline = z
  .array(
    z.union([
      ...TIMELINE_KUBECTL_VERBS.map((verb) => z.strictObject({ at: zDuration, [verb]: KUBECTL_VERBS[verb] })),
      z.strictObject({ at: zDuration, readiness: zReadiness }),
      z.strictObject({ at: zDuration, upgrade: zCloudProviderUpgrade }),
      z.strictObject({ at: zDuration, lose: zZoneLoss }),
      ...Object.entries(FAULT_VERBS).map(([verb, schema]) => z.strictObject({ at: zDuration, [verb]: schema })),
    ] as unknown as [z.ZodType, z.ZodType]),
  )
  .meta({ description: 'Things that happen at a time.' });

const zDestination = z
  .strictObject({
    service: zNamespacedName.optional(),
    port: z.union([zPort, z.string().min(1).max(15)]).optional(),
    via: z.enum(['clusterIP', 'nodePort', 'loadBalancer', 'externalIP', 'endpoint']).optional(),
    node: zName.optional(),
    ipFamily: z.enum(['IPv4', 'IPv6']).optional(),
    ip: zIp.optional(),
  })
  .refine(
    (to) => to.service !== undefined || (to.ip !== undefined && typeof to.port === 'number'),
    problem('missing-field', 'The destination is neither a service nor an ip with a port number.'),
  )
  .meta({ id: 'Destination', description: 'A service, or an ip and a port number.' });

const zKeepAlive = z
  .union([
    z.boolean(),
    z.strictObject({
      requests: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .meta({ description: 'The client closes a connection after so many.' })
        .optional(),
      idle: zPositiveDuration.meta({ description: 'It closes one that it has not used for so long; 90s.' }).optional(),
      multiplexed: z
        .boolean()
        .meta({ description: 'Any number of requests at a time on one connection, as in HTTP/2.' })
        .optional(),
    }),
  ])
  .meta({ description: 'Connections are kept open, and used again.' });

const zRetries = z
  .strictObject({
    attempts: z.int().min(2).max(100).meta({ description: 'Tries in all, the first one included.' }),
    backoff: zDuration.meta({ description: 'Before the second try; it doubles with each. 100ms.' }).optional(),
    on: z
      .array(z.enum(['refused', 'reset', 'timeout', 'unreachable', 'http-error']))
      .min(1)
      .max(5)
      .meta({ description: 'After which endings; refused, reset and unreachable without it.' })
      .optional(),
  })
  .meta({ id: 'Retries', description: 'The client tries again. A row stands for all tries of a request.' });

export const zTraffic = z
  .strictObject({
    name: zText(100).min(1).optional(),
    from: zOrigin,
    to: zDestination,
    protocol: zProtocol.optional(),
    start: zDuration.optional(),
    stop: zDuration.optional(),
    rate: zRate,
    arrivals: z.enum(['poisson', 'constant']).optional(),
    count: z.int().min(0).optional(),
    connectTimeout: zPositiveDuration.optional(),
    requestTimeout: zPositiveDuration.optional(),
    reuseSocket: z
      .boolean()
      .meta({
        description: 'Over UDP: all datagrams of a client leave by one socket, so conntrack holds them together.',
      })
      .optional(),
    ports: z
      .int()
      .min(1)
      .max(64_512)
      .meta({
        description: 'Over TCP: each client address takes so many ports by turns. Without it no port comes twice.',
      })
      .optional(),
    atOnce: z
      .union([z.literal(1), z.literal(2)])
      .meta({ description: 'Over UDP: 2 for pairs that leave one socket at once, as a resolver asks for A and AAAA.' })
      .optional(),
    outOfWindow: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Over TCP: share of answers with a segment that conntrack finds outside the window.' })
      .optional(),
    keepAlive: zKeepAlive.optional(),
    connections: z
      .int()
      .min(1)
      .max(10_000)
      .meta({ description: 'With keepAlive: connections of each client address; 1 without it.' })
      .optional(),
    retries: zRetries.optional(),
  })
  .refine(({ keepAlive, protocol }) => !keepAlive || protocol === undefined || protocol === 'TCP', {
    path: ['keepAlive'],
    error: problem('bad-value', 'keepAlive goes with protocol: TCP; over UDP say reuseSocket.'),
  })
  .refine(({ ports, protocol }) => ports === undefined || protocol === undefined || protocol === 'TCP', {
    path: ['ports'],
    error: problem('bad-value', 'ports goes with protocol: TCP; over UDP say reuseSocket.'),
  })
  .refine(({ atOnce, protocol }) => atOnce !== 2 || protocol === 'UDP', {
    path: ['atOnce'],
    error: problem('bad-value', 'atOnce: 2 goes with protocol: UDP.'),
  })
  .refine(({ outOfWindow, protocol }) => outOfWindow === undefined || protocol === undefined || protocol === 'TCP', {
    path: ['outOfWindow'],
    error: problem('bad-value', 'outOfWindow goes with protocol: TCP: others have no windows.'),
  })
  .refine(({ keepAlive, connections }) => Boolean(keepAlive) || connections === undefined, {
    path: ['connections'],
    error: problem('bad-value', 'Only connections that are kept are counted: say keepAlive: true.'),
  })
  .refine(({ reuseSocket, protocol }) => reuseSocket !== true || protocol === 'UDP', {
    path: ['reuseSocket'],
    error: problem('bad-value', 'reuseSocket goes with protocol: UDP; over TCP say keepAlive.'),
  })
  .meta({ id: 'Traffic' });

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
