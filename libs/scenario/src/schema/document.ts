/** The scenario document as a whole. Its parts are validated one by one, so that a mistake in one hides none in another. */
import { z } from 'zod';
import { parseIp } from '#sim';
import { zApp } from './apps.js';
import { zCluster, zLoadBalancer, zLoadBalancers } from './cluster.js';
import { zExpectation } from './expectations.js';
import { OBJECT_SCHEMAS, zObject } from './objects.js';
import { problem } from './problem.js';
import { zDuration, zIp, zKernel, zName, zRunDuration, zText } from './scalars.js';
import { zSteps, zTimeline } from './steps.js';
import { zTraffic } from './traffic.js';

export const zClient = z
  .strictObject({
    name: zName,
    ip: zIp.optional(),
    ips: z.array(zIp).length(2).meta({ description: 'Instead of ip: one of each IP family.' }).optional(),
    count: z.int().min(1).max(65_536).meta({ description: 'So many following addresses.' }).optional(),
    kernel: zKernel.optional(),
  })
  .refine(
    ({ ip, ips }) => (ip === undefined) !== (ips === undefined),
    problem('bad-value', 'Exactly one of ip, ips must be given.'),
  )
  .refine(
    ({ ips = [] }) => new Set(ips.map((text) => parseIp(text)?.family)).size === ips.length,
    problem('bad-value', 'ips takes one address of each IP family.'),
  )
  .meta({ id: 'Client', description: 'Exactly one of ip, ips.' });

/** The scalar fields at the top. */
export const TOP_SCALARS = {
  name: zText(100).min(1),
  notes: zText(20_000).optional(),
  seed: z.int().min(0).optional(),
  healthzText: z.enum(['real', 'legacy']).optional(),
  stepPause: zDuration.optional(),
  duration: zRunDuration.optional(),
} as const;

const zAnyObject = z.union([...Object.values(OBJECT_SCHEMAS), zObject] as unknown as [z.ZodType, z.ZodType]);

export const zDocument = z
  .strictObject({
    ...TOP_SCALARS,
    cluster: zCluster.optional(),
    objects: z.union([z.array(zAnyObject), zObject]).optional(),
    clients: z.array(zClient).optional(),
    loadBalancer: zLoadBalancer.optional(),
    loadBalancers: zLoadBalancers.meta({ description: 'By service, where it differs from loadBalancer.' }).optional(),
    apps: z.array(zApp).optional().meta({ description: 'How the program in matching pods behaves.' }),
    steps: zSteps.optional(),
    timeline: zTimeline.optional(),
    traffic: z.array(zTraffic).optional(),
    expect: z.array(zExpectation).optional(),
  })
  .meta({ id: 'Scenario', title: 'Hairpin scenario', description: 'Kubernetes objects, and what happens to them.' });
