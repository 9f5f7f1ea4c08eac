/**
 * Steps and timeline of a scenario document. A step is told by its verb (the key that names what is done), so that each verb
 * has a schema of its own and a mistake is measured against the right one.
 */
import { z } from 'zod';
import { zCloudProviderUpgrade, zZoneLoss } from './balancer-events.js';
import { exactlyOne } from './exactly-one.js';
import { FAULT_VERBS } from './faults.js';
import { KUBECTL_VERBS, type KubectlVerb, zGrep, zKubectl } from './kubectl.js';
import { zOrigin } from './origin.js';
import { problem } from './problem.js';
import { zDuration, zLabels, zName, zNamespacedName, zPositiveDuration, zRunDuration, zText } from './scalars.js';

const zOn = { on: zOrigin };
const zUrl = zText(2048).min(1);

const zRequest = {
  ...zOn,
  forEach: z.strictObject({ node: z.array(zName).min(1).max(1000) }).optional(),
  connectTimeout: zPositiveDuration.optional(),
  maxTime: zPositiveDuration.optional(),
  grep: zGrep,
};

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
