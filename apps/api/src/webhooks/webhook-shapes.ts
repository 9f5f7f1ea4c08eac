/** Webhooks as the API takes and shows them. */

import { z } from 'zod';
import { EVENT_FILTERS, isSecret, type WebhookRow } from '#platform';
import { Timestamp } from '../http/shapes.js';

const MAX_FILTERS = 20;

const Url = z
  .string()
  .min(1)
  .describe(
    'Where events are sent by POST: https, port 80, 443 or 1024 and above, to an address of the public internet unless WEBHOOK_ALLOW_NETWORKS says otherwise.',
  );
const Description = z.string().max(500).describe('For people.');
const Events = z
  .array(z.enum(EVENT_FILTERS as [string, ...string[]]))
  .min(1)
  .max(MAX_FILTERS)
  .describe('Which events: types, all of one resource (`simulation.*`), or all (`*`).');
const Enabled = z.boolean().describe('Whether events are sent. Enabling forgets why it was disabled.');
const Secret = z
  .string()
  .refine(isSecret, 'must be whsec_ and base64 of 24 to 64 bytes')
  .describe('`whsec_` and base64 of 24 to 64 bytes; without, one is made. It is shown in the answer and never again.');

export const WebhookRequest = z
  .strictObject({
    url: Url,
    description: Description.default(''),
    events: Events.default(['*']),
    enabled: Enabled.default(true),
    secret: Secret.optional(),
  })
  .meta({ id: 'WebhookRequest' });

export const WebhookReplacement = WebhookRequest.omit({ secret: true }).meta({ id: 'WebhookReplacement' });

export const WebhookChange = z
  .strictObject({
    url: Url.optional(),
    description: Description.optional(),
    events: Events.optional(),
    enabled: Enabled.optional(),
  })
  .meta({ id: 'WebhookChange' });

/** In `POST /v1/simulations`. */
export const WebhookOfSimulation = z
  .union([
    z.strictObject({ url: Url, secret: Secret.optional() }),
    z.strictObject({ webhookId: z.string().min(1).max(64).describe('A webhook that is there, whatever it asks for.') }),
  ])
  .meta({ id: 'WebhookOfSimulation', description: 'Told when this simulation has ended, and of nothing else.' });
export type WebhookOfSimulation = z.infer<typeof WebhookOfSimulation>;

export const WebhookOfSimulationView = z
  .object({
    id: z.string(),
    secret: z
      .string()
      .optional()
      .describe('Where one was made for it; it is not shown again, not for the same Idempotency-Key either.'),
  })
  .meta({ id: 'WebhookOfSimulationView' });

export const Webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()).describe('Empty: it was made for one simulation, and is told of that alone.'),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().describe('Why it was disabled, where nobody asked for that.'),
    disabledAt: Timestamp.nullable(),
    lastSuccessAt: Timestamp.nullable().describe('When a delivery was last answered with 2xx.'),
    previousSecretUntil: Timestamp.nullable().describe('Until then messages are signed with the secret before, too.'),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    links: z.object({ self: z.string(), deliveries: z.string() }),
  })
  .meta({ id: 'Webhook' });

export const WebhookWithSecret = Webhook.extend({
  secret: z.string().describe('To check signatures with. It is not shown again.'),
}).meta({ id: 'WebhookWithSecret' });

export const WebhookPage = z
  .object({ items: z.array(Webhook), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'WebhookPage' });

export function webhookView(row: WebhookRow): z.infer<typeof Webhook> {
  const self = `/v1/webhooks/${row.id}`;
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: JSON.parse(row.events) as string[],
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    disabledAt: timeOf(row.disabledAtMs),
    lastSuccessAt: timeOf(row.lastSuccessAtMs),
    previousSecretUntil: timeOf(row.previousSecretUntilMs),
    createdAt: new Date(row.createdAtMs).toISOString(),
    updatedAt: new Date(row.updatedAtMs).toISOString(),
    links: { self, deliveries: `${self}/deliveries` },
  };
}

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
