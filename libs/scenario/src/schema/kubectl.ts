/** kubectl's verbs, as steps and the timeline take them. */
import { z } from 'zod';
import { exactlyOne } from './exactly-one.js';
import { problem } from './problem.js';
import {
  isLabelKey,
  isLabelValue,
  zLabels,
  zName,
  zNamespacedName,
  zPort,
  zPositiveDuration,
  zProtocol,
  zText,
} from './scalars.js';

export const zGrep = zText(200).min(1).optional();
const zImage = zText(300).min(1);
const zReplicas = z.int().min(0).max(100_000);

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
  'replicaset',
  'replicasets',
  'rs',
  'statefulset',
  'statefulsets',
  'sts',
  'daemonset',
  'daemonsets',
  'ds',
  'endpointslice',
  'endpointslices',
  'poddisruptionbudget',
  'poddisruptionbudgets',
  'pdb',
] as const;
const DELETE_KEYS = [
  'service',
  'services',
  'svc',
  'pod',
  'pods',
  'deployment',
  'deployments',
  'replicaset',
  'replicasets',
  'statefulset',
  'statefulsets',
  'daemonset',
  'daemonsets',
  'node',
  'nodes',
  'endpointslice',
  'endpointslices',
  'poddisruptionbudget',
  'poddisruptionbudgets',
] as const;
const WORKLOADS = {
  deployment: zNamespacedName.optional(),
  replicaset: zNamespacedName.optional(),
  statefulset: zNamespacedName.optional(),
  daemonset: zNamespacedName.optional(),
};
const WORKLOAD_KEYS = ['deployment', 'replicaset', 'statefulset', 'daemonset'] as const;
const PATCH_KEYS = ['service', 'svc', ...WORKLOAD_KEYS, 'node', 'pod'] as const;

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

/** kubectl: "Error from server (NotFound): the server could not find the requested resource". */
const noScale = z
  .never({
    error: problem(
      'bad-value',
      'A DaemonSet cannot be scaled: it has a pod on each node that it may be on.',
      'Change its nodeSelector by patch, or taint nodes.',
    ),
  })
  .optional();

const ROLLED_OUT = {
  deployment: zNamespacedName.optional(),
  daemonset: zNamespacedName.optional(),
  statefulset: zNamespacedName.optional(),
};
const ROLLED_OUT_KEYS = ['deployment', 'daemonset', 'statefulset'] as const;

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
      ...WORKLOADS,
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
  scale: exactlyOne(z.strictObject({ ...WORKLOADS, daemonset: noScale, replicas: zReplicas }), [
    'deployment',
    'replicaset',
    'statefulset',
  ]),
  rolloutRestart: exactlyOne(z.strictObject(ROLLED_OUT), ROLLED_OUT_KEYS),
  rolloutStatus: exactlyOne(z.strictObject({ ...ROLLED_OUT, timeout: zPositiveDuration.optional() }), ROLLED_OUT_KEYS),
  setImage: exactlyOne(z.strictObject({ ...WORKLOADS, image: zImage, container: zName.optional() }), WORKLOAD_KEYS),
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
      ...WORKLOADS,
      labels: zChangedLabels,
    }),
    ['node', 'pod', 'service', ...WORKLOAD_KEYS],
  ),
} as const;

export type KubectlVerb = keyof typeof KUBECTL_VERBS;

export const zKubectl = z.union(
  Object.entries(KUBECTL_VERBS).map(([verb, schema]) => z.strictObject({ [verb]: schema })) as unknown as [
    z.ZodType,
    z.ZodType,
  ],
);
