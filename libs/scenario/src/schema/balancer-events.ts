/** What a timeline may do to load balancers. */
import { z } from 'zod';
import { zLoadBalancer } from './cluster.js';
import { zName, zPositiveDuration } from './scalars.js';

export const zCloudProviderUpgrade = z
  .strictObject({
    cloudProvider: z.union([z.string().min(1), zLoadBalancer]).meta({
      description:
        'A family, or what changes in the load balancer of the document: what `loadBalancer` says is kept where this says nothing. Services with an entry of their own in `loadBalancers` keep it.',
    }),
  })
  .meta({ description: "The provider's controller is upgraded or configured anew; it acts on every load balancer." });

export const zZoneLoss = z
  .strictObject({ zone: zName, for: zPositiveDuration.optional() })
  .meta({ description: "A zone of the load balancers that are in it (`zones`) is lost, and with 'for' comes back." });
