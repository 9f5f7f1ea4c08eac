/** What a timeline may do to nodes. */
import { z } from 'zod';
import { zKubeProxy } from './kube-proxy.js';
import { problem } from './problem.js';
import { zDuration, zName, zNamespacedName, zPositiveDuration, zVersion } from './scalars.js';

const SHORTEST_LOOK_NS = 100e6;

const zWord = z.enum(['loadBalancer', 'clients']);
const zFor = zPositiveDuration.meta({ description: 'How long it lasts.' });
const zBetween = z
  .tuple([zName.or(zWord), zName.or(zWord)])
  .refine(([a, b]) => a !== b, problem('bad-value', 'A link has two different ends.'))
  .meta({ description: 'Two of: nodes, clients, "clients" for all of them, "loadBalancer".' });
const zWhich = z.union([z.literal('all'), zName, z.array(zName).min(1).max(5000)]);
const zNodes = z.union([z.literal('all'), z.array(zName).min(1).max(5000)]);

export const FAULT_VERBS = {
  crash: z
    .strictObject({
      node: zName.optional(),
      pod: zNamespacedName.optional(),
      for: zFor.optional(),
      vmDeleted: z.boolean().meta({ description: 'The cloud has no such machine any more.' }).optional(),
    })
    .refine(
      ({ node, pod }) => (node === undefined) !== (pod === undefined),
      problem('bad-value', 'Exactly one of node, pod must be given.'),
    )
    .refine(
      ({ node, vmDeleted, ...rest }) => node !== undefined || (vmDeleted === undefined && rest.for === undefined),
      {
        error: problem(
          'bad-value',
          'A pod that crashes is started again by kubelet: "for" and "vmDeleted" go with a node.',
        ),
      },
    )
    .refine(({ vmDeleted, ...rest }) => vmDeleted !== true || rest.for === undefined, {
      error: problem(
        'bad-value',
        'A machine that the cloud has deleted does not start again: leave "for" or "vmDeleted" out.',
      ),
    })
    .meta({
      description:
        'The machine of a node loses power, and with "for" starts again; or the process of a pod ends by itself.',
    }),
  partition: z
    .strictObject({
      kubelets: zNodes,
      kubeProxy: z.boolean().meta({ description: 'kube-proxy on these nodes hears nothing either.' }).optional(),
      for: zFor,
    })
    .meta({ description: 'The control plane hears nothing of these kubelets; the data plane works.' }),
  freeze: z
    .strictObject({ kubeProxy: zWhich, for: zFor })
    .meta({ description: 'kube-proxy writes no rules; its health server answers on.' }),
  restart: z
    .strictObject({ kubeProxy: zWhich })
    .meta({ description: "kube-proxy's process starts anew; the rules in the kernel stay." }),
  upgrade: z
    .strictObject({
      node: zName.optional(),
      version: zVersion.optional(),
      kubeProxy: zWhich.optional(),
      set: zKubeProxy.optional(),
    })
    .refine(
      ({ node, version, kubeProxy, set }) =>
        (node !== undefined) === (version !== undefined) &&
        (kubeProxy !== undefined) === (set !== undefined) &&
        (node === undefined) !== (kubeProxy === undefined),
      problem('bad-value', 'Write {node, version} or {kubeProxy, set}.'),
    )
    .meta({
      description: 'kubelet and kube-proxy of a node become another version, or kube-proxy gets other settings.',
    }),
  scaleDown: z
    .strictObject({ node: zName, after: zDuration.optional() })
    .meta({ description: 'The cluster autoscaler taints the node, and its machine is gone "after" that.' }),
  cut: z
    .strictObject({ between: zBetween, for: zFor.optional() })
    .meta({ description: 'Silence on a link; without "for" to the end.' }),
  slow: z
    .strictObject({ between: zBetween, by: zPositiveDuration, for: zFor.optional() })
    .meta({ description: 'Each way over a link takes so much longer.' }),
  lose: z
    .strictObject({ between: zBetween, share: z.number().gt(0).max(1), for: zFor.optional() })
    .meta({ description: 'A link loses so many of its packets, by the dice.' }),
} as const;

export type FaultVerb = keyof typeof FAULT_VERBS;

export const zNodeLifecycle = z
  .strictObject({
    leaseRenew: zPositiveDuration.optional(),
    nodeMonitorPeriod: zPositiveDuration
      .refine((ns) => ns >= SHORTEST_LOOK_NS, problem('out-of-range', 'nodeMonitorPeriod is 100ms at least.'))
      .optional(),
    nodeMonitorGracePeriod: zPositiveDuration.optional(),
    unreachableToleration: zDuration.optional(),
    nodeEvictionRate: z.number().min(0).max(1000).optional(),
    secondaryNodeEvictionRate: z.number().min(0).max(1000).optional(),
    unhealthyZoneThreshold: z.number().min(0).max(1).optional(),
    largeClusterSizeThreshold: z.int().min(0).max(5000).optional(),
    whenAllNodesFail: z.enum(['stopEvictions', 'evict', 'keepPodsReady']).optional(),
  })
  .meta({
    id: 'NodeLifecycle',
    description: 'How the control plane finds out that a node is lost; defaults by version.',
  });
