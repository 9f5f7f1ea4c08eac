/** Webhooks: kept with their secrets sealed, within a limit for each tenant. */
import { type DataSource, type EntityManager, LessThan } from 'typeorm';
import { AppError } from '../errors.js';
import { isConstraintViolation, tryAgain } from '../store/constraint.js';
import { timeOrderedId } from '../store/ids.js';
import { newestFirst, type Position } from '../store/newest-first.js';
import { oneByOne } from '../store/one-by-one.js';
import type { DeliveryRow } from './delivery.entity.js';
import { endWaiting } from './delivery.store.js';
import { testDelivery } from './outbox.js';
import { type SecretBox, SecretUnreadable } from './secret-box.js';
import { newSecret } from './signature.js';
import type { WebhookCallRow, WebhookRow } from './webhook.entity.js';

export interface WebhookContent {
  url: string;
  description: string;
  events: readonly string[];
  enabled: boolean;
}

/** The only moment at which anybody but the receiver sees the secret. */
export interface WithSecret {
  row: WebhookRow;
  secret: string;
}

/** A simulation's own webhook, before the simulation is stored. `row`: to be stored with it. */
export interface PreparedCall {
  webhookId: string;
  row: WebhookRow | null;
}

export class WebhookStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SecretBox,
    private readonly mostPerTenant: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** AppError `limit-reached`. */
  async add(tenant: string, content: WebhookContent, secret = newSecret()): Promise<WithSecret> {
    const row = this.newRow(tenant, 'subscription', content, secret);
    await this.dataSource.transaction(async (manager) => {
      await oneByOne(manager, 'webhooks of', tenant);
      const there = await manager.countBy<WebhookRow>('webhook', { tenant, scope: 'subscription' });
      if (there >= this.mostPerTenant)
        throw new AppError(
          'limit-reached',
          `There are ${there} webhooks, and no more than ${this.mostPerTenant} may be (MAX_WEBHOOKS); delete one that is not needed.`,
        );
      await manager.insert<WebhookRow>('webhook', row);
    });
    return { row, secret };
  }

  /** Under a given id, with a delivery of the same id: what of it is not there already. */
  async addExample(tenant: string, content: WebhookContent, id: string): Promise<void> {
    const row = this.newRow(tenant, 'subscription', content, newSecret(), id);
    const { manager } = this.dataSource;
    await once(manager.insert<WebhookRow>('webhook', row));
    await once(manager.insert<DeliveryRow>('webhook_delivery', testDelivery(row, this.now(), id)));
  }

  /** For one simulation: nothing is stored before `attachCall`. */
  newCall(tenant: string, url: string, secret = newSecret()): WithSecret {
    const content = { url, description: '', events: [], enabled: true };
    return { row: this.newRow(tenant, 'call', content, secret), secret };
  }

  find(tenant: string, id: string): Promise<WebhookRow | null> {
    return this.dataSource.manager.findOneBy<WebhookRow>('webhook', { tenant, id });
  }

  /** Subscriptions, newest first, from after `position` on. */
  list(tenant: string, position: Position | null, limit: number): Promise<WebhookRow[]> {
    const query = this.dataSource.manager
      .createQueryBuilder<WebhookRow>('webhook', 'w')
      .where('w.tenant = :tenant AND w.scope = :scope', { tenant, scope: 'subscription' });
    return newestFirst(query, position, limit).getMany();
  }

  /** Null: there is none. Enabling forgets why it was disabled; disabling ends what waits. */
  async change(tenant: string, id: string, changes: Partial<WebhookContent>): Promise<WebhookRow | null> {
    const { events, enabled, ...others } = changes;
    const now = this.now();
    const values: Partial<WebhookRow> = { ...others, updatedAtMs: now };
    if (events) values.events = JSON.stringify(events);
    if (enabled !== undefined)
      Object.assign(values, { enabled, disabledReason: null, disabledAtMs: enabled ? null : now });
    const changed = await this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update<WebhookRow>('webhook', { tenant, id }, values);
      if (affected === 1 && enabled === false) await endWaiting(manager, id, 'The webhook was disabled.', now);
      return affected === 1;
    });
    return changed ? this.find(tenant, id) : null;
  }

  /** With its deliveries and their log. Returns whether there was one. */
  async delete(tenant: string, id: string): Promise<boolean> {
    const deleteOnce = async (manager: EntityManager) => {
      if (!(await manager.existsBy<WebhookRow>('webhook', { tenant, id }))) return false;
      // Deliveries first, in the order in which the end of an attempt locks them.
      await manager.delete<DeliveryRow>('webhook_delivery', { webhookId: id });
      const { affected } = await manager.delete<WebhookRow>('webhook', { tenant, id });
      return affected === 1;
    };
    return tryAgain(() => this.dataSource.transaction(deleteOnce));
  }

  /** A new secret; for `overlapMs` messages are signed with the one before too. Null: there is no such webhook. */
  async rotate(tenant: string, id: string, overlapMs: number): Promise<WithSecret | null> {
    const secret = newSecret();
    const changed = await this.dataSource.transaction(async (manager) => {
      const row = await manager.findOneBy<WebhookRow>('webhook', { tenant, id });
      if (!row) return false;
      const now = this.now();
      const previous =
        overlapMs > 0
          ? { previousSecret: row.secret, previousSecretUntilMs: now + overlapMs }
          : { previousSecret: null, previousSecretUntilMs: null };
      const { affected } = await manager.update<WebhookRow>(
        'webhook',
        // Of two at once the second must not take the first's new secret for the one that receivers know.
        { tenant, id, secret: row.secret },
        { ...previous, secret: this.box.seal(secret, id), updatedAtMs: now },
      );
      if (affected !== 1) throw new AppError('conflict', 'The secret was rotated by somebody else at the same moment.');
      return true;
    });
    const row = changed ? await this.find(tenant, id) : null;
    return row && { row, secret };
  }

  /** Those to sign with now, the newest first. Throws SecretUnreadable for the newest alone: the one before is on its way out. */
  secretsOf({ id, secret, previousSecret, previousSecretUntilMs }: WebhookRow): string[] {
    const secrets = [this.box.open(secret, id)];
    if (previousSecret === null || (previousSecretUntilMs ?? 0) <= this.now()) return secrets;
    try {
      return [...secrets, this.box.open(previousSecret, id)];
    } catch (error) {
      if (error instanceof SecretUnreadable) return secrets;
      throw error;
    }
  }

  /** Drops previous secrets whose time is over, and calls that have nothing more to deliver. */
  async tidy(): Promise<void> {
    const { manager } = this.dataSource;
    await manager.update<WebhookRow>(
      'webhook',
      { previousSecretUntilMs: LessThan(this.now()) },
      { previousSecret: null, previousSecretUntilMs: null },
    );
    await manager
      .createQueryBuilder()
      .delete()
      .from('webhook')
      .where(`"scope" = 'call' AND ${noneOf('webhook_calls')} AND ${noneOf('webhook_deliveries')}`)
      .execute();
  }

  private newRow(
    tenant: string,
    scope: WebhookRow['scope'],
    { events, ...content }: WebhookContent,
    secret: string,
    id = timeOrderedId(this.now()),
  ): WebhookRow {
    const now = this.now();
    return {
      ...content,
      id,
      tenant,
      scope,
      events: JSON.stringify(events),
      secret: this.box.seal(secret, id),
      previousSecret: null,
      previousSecretUntilMs: null,
      disabledReason: null,
      disabledAtMs: content.enabled ? null : now,
      lastSuccessAtMs: null,
      createdAtMs: now,
      updatedAtMs: now,
    };
  }
}

/** Somebody else may have been first. */
async function once(inserted: Promise<unknown>): Promise<void> {
  await inserted.catch((error: unknown) => {
    if (!isConstraintViolation(error)) throw error;
  });
}

const noneOf = (table: string) =>
  `NOT EXISTS (SELECT 1 FROM "${table}" WHERE "${table}"."webhookId" = "webhooks"."id")`;

/** Stores with a simulation, in its transaction, whom to tell of its end. AppError `not-found`. */
export async function attachCall(manager: EntityManager, tenant: string, subjectId: string, call: PreparedCall) {
  const { webhookId, row } = call;
  if (row) await manager.insert<WebhookRow>('webhook', row);
  else if (!(await manager.existsBy<WebhookRow>('webhook', { tenant, id: webhookId })))
    throw new AppError('not-found', `There is no webhook ${webhookId}.`);
  await manager.insert<WebhookCallRow>('webhook_call', { subjectId, webhookId });
}
