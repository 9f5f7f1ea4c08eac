import type { Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { VERSION } from '../version.js';
import { AddressPolicy } from './address-policy.js';
import { DeliveryStore } from './delivery.store.js';
import { DeliveryJobs } from './delivery-jobs.js';
import { nameServers } from './resolve.js';
import { SecretBox } from './secret-box.js';
import { Sender } from './send.js';
import { WebhookStore } from './webhook.store.js';

export const WEBHOOK_PROVIDERS = [AddressPolicy, Sender, WebhookStore, DeliveryJobs, DeliveryStore];

/** Of WEBHOOKS_AT_ONCE: a tenant whose receivers are all slow leaves the rest to the others. */
const SHARE_OF_TENANT = 1 / 4;
const USER_AGENT = `Hairpin/${VERSION}`;

/** What webhooks need, in both apps. */
export function webhookProviders({ webhooks }: Config): Provider[] {
  const fromDatabase = [getDataSourceToken()];
  const box = new SecretBox(webhooks.secretKeys);
  return [
    { provide: AddressPolicy, useFactory: () => new AddressPolicy(webhooks.allowNetworks) },
    {
      provide: Sender,
      inject: [AddressPolicy],
      useFactory: (policy: AddressPolicy) => new Sender({ policy, resolve: nameServers(), userAgent: USER_AGENT }),
    },
    {
      provide: WebhookStore,
      inject: fromDatabase,
      useFactory: (db: DataSource) => new WebhookStore(db, box, webhooks.mostPerTenant),
    },
    {
      provide: DeliveryJobs,
      inject: fromDatabase,
      useFactory: (db: DataSource) => new DeliveryJobs(db, Date.now, Math.ceil(webhooks.atOnce * SHARE_OF_TENANT)),
    },
    {
      provide: DeliveryStore,
      inject: [...fromDatabase, DeliveryJobs],
      useFactory: (db: DataSource, jobs: DeliveryJobs) => new DeliveryStore(db, jobs),
    },
  ];
}
