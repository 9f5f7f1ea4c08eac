/** Deliveries: what has become of each, written under its lease; the log of attempts; sending once more. */
import {
  type DataSource,
  type EntityManager,
  type FindManyOptions,
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  Not,
} from 'typeorm';
import { AppError } from '../errors.js';
import type { Lease } from '../queue/job-queue.js';
import { newestFirst, type Position } from '../store/newest-first.js';
import { oneByOne } from '../store/one-by-one.js';
import type { SimulationRow } from '../store/simulation.entity.js';
import { type TraceContext, traceOf } from '../telemetry/trace-context.js';
import { type AttemptRow, type DeliveryRow, type DeliveryStatus, subjectOf } from './delivery.entity.js';
import type { DeliveryJobs } from './delivery-jobs.js';
import { heldAsItIs, testDelivery } from './outbox.js';
import type { Exchange } from './send.js';
import type { WebhookRow } from './webhook.entity.js';

/** The log of a delivery that is sent again and again keeps its last attempts. */
const KEPT_ATTEMPTS = 50;
const TIDY_BATCH = 1000;
/** The log of a webhook keeps so many, however young: one that is told of everything would fill the disk within days. */
const MOST_ENDED = 10_000;
const ENDED = { finishedAtMs: Not(IsNull()) };
/** As the log is listed. */
const NEWEST_FIRST = { createdAtMs: 'DESC', id: 'DESC' } as const;
/** Of one webhook, while more may be asked for. */
const MOST_UNSENT = 100;

/** What follows from an attempt. `disable`: why the webhook is to get nothing more. */
export type Verdict =
  | { status: 'succeeded' }
  | { status: 'queued'; dueAtMs: number }
  | { status: 'failed'; reason: string; disable: string | null };

export interface LoggedDelivery {
  row: DeliveryRow;
  log: AttemptRow[];
}

export interface Held {
  delivery: DeliveryRow;
  webhook: WebhookRow;
  trace: TraceContext | null;
}

export class DeliveryStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: DeliveryJobs,
    private readonly now: () => number = Date.now,
  ) {}

  /** For the worker that holds it; the webhook too, and the trace of the request that made what it tells of. */
  async held({ id }: Lease): Promise<Held | null> {
    const { manager } = this.dataSource;
    const delivery = await manager.findOneBy<DeliveryRow>('webhook_delivery', { id });
    const webhook = delivery && (await manager.findOneBy<WebhookRow>('webhook', { id: delivery.webhookId }));
    return webhook && { delivery, webhook, trace: await this.traceOf(delivery) };
  }

  private async traceOf(delivery: DeliveryRow): Promise<TraceContext | null> {
    const { kind, id } = subjectOf(delivery);
    if (kind === 'webhook') return null;
    const row = await this.dataSource.manager.findOne<
      Pick<SimulationRow, 'id' | 'tenant' | 'traceparent' | 'tracestate'>
    >(kind === 'simulation' ? kind : 'experiment', {
      where: { tenant: delivery.tenant, id },
      select: { traceparent: true, tracestate: true },
    });
    return row && traceOf(row);
  }

  /**
   * An attempt and what follows from it, whole or not at all; resolves with what that was: to a webhook that is disabled, or
   * is being disabled, nothing is sent again unasked. Throws LeaseLost.
   */
  async settle(lease: Lease, delivery: DeliveryRow, exchange: Exchange | null, wanted: Verdict): Promise<Verdict> {
    const now = this.now();
    const number = delivery.attempts + 1;
    const webhook = { id: delivery.webhookId };
    return this.dataSource.transaction(async (manager) => {
      // The delivery first, in the order in which whoever deletes a webhook locks them.
      await this.jobs.mustHold(manager, lease, { attempts: exchange ? number : delivery.attempts });
      const again = wanted.status !== 'queued' || (await staysEnabled(manager, webhook.id));
      const verdict: Verdict = again ? wanted : { status: 'failed', reason: 'The webhook is disabled.', disable: null };
      const released = { leaseToken: null, leaseUntilMs: null };
      await this.jobs.mustHold(manager, lease, { ...columnsOf(verdict, delivery, now), ...released });
      if (exchange) {
        await manager.insert<AttemptRow>('webhook_attempt', attemptRow(delivery.id, number, exchange));
        const dropped = LessThanOrEqual(number - KEPT_ATTEMPTS);
        await manager.delete<AttemptRow>('webhook_attempt', { deliveryId: delivery.id, number: dropped });
      }
      if (verdict.status === 'succeeded')
        await manager.update<WebhookRow>('webhook', webhook, { lastSuccessAtMs: now });
      if (verdict.status === 'failed' && verdict.disable !== null)
        await disable(manager, delivery.webhookId, verdict.disable, now);
      return verdict;
    });
  }

  /** Newest first, from after `position` on, with their log. */
  async list(
    tenant: string,
    { webhookId, status }: { webhookId: string; status?: DeliveryStatus | undefined },
    position: Position | null,
    limit: number,
  ): Promise<LoggedDelivery[]> {
    const query = this.dataSource.manager
      .createQueryBuilder<DeliveryRow>('webhook_delivery', 'd')
      .where('d.tenant = :tenant AND d.webhookId = :webhookId', { tenant, webhookId });
    if (status !== undefined) query.andWhere('d.status = :status', { status });
    return this.withLog(await newestFirst(query, position, limit).getMany());
  }

  async find(tenant: string, webhookId: string, id: string): Promise<LoggedDelivery | null> {
    const where = { tenant, webhookId, id };
    const row = await this.dataSource.manager.findOneBy<DeliveryRow>('webhook_delivery', where);
    return row && (await this.withLog([row]))[0]!;
  }

  /** Stores a message that says nothing but that it is a test. AppError `quota-exceeded`. */
  async addTest(webhook: WebhookRow): Promise<DeliveryRow> {
    const row = testDelivery(webhook, this.now());
    await this.dataSource.transaction(async (manager) => {
      await this.makeSureOfRoom(manager, webhook.id);
      await manager.insert<DeliveryRow>('webhook_delivery', row);
    });
    return row;
  }

  /** Whoever asks for one more to be sent now waits while many are to be sent; what waits for its next try does not count. */
  private async makeSureOfRoom(manager: EntityManager, webhookId: string): Promise<void> {
    await oneByOne(manager, 'deliveries of', webhookId);
    const unsent = {
      webhookId,
      status: In<DeliveryStatus>(['queued', 'running']),
      dueAtMs: LessThanOrEqual(this.now()),
    };
    if ((await manager.countBy<DeliveryRow>('webhook_delivery', unsent)) < MOST_UNSENT) return;
    throw new AppError(
      'quota-exceeded',
      `${MOST_UNSENT} deliveries of this webhook are to be sent already; try again when some have been.`,
      { headers: { 'retry-after': '10' } },
    );
  }

  /**
   * To be sent now, under the same id: what has ended begins its schedule anew, what waits is brought forward, what is being
   * sent stays. Returns whether there is such a delivery. AppError `quota-exceeded`.
   */
  async redeliver(tenant: string, webhookId: string, id: string): Promise<boolean> {
    const now = this.now();
    const where = { tenant, webhookId, id };
    return this.dataSource.transaction(async (manager) => {
      await this.makeSureOfRoom(manager, webhookId);
      await manager.update<DeliveryRow>(
        'webhook_delivery',
        { ...where, status: In(['queued', 'succeeded', 'failed'] satisfies DeliveryStatus[]) },
        // Processes that died of it before are forgiven.
        { status: 'queued', reason: null, dueAtMs: now, retries: 0, finishedAtMs: null, attempt: () => '"attempts"' },
      );
      return manager.existsBy<DeliveryRow>('webhook_delivery', where);
    });
  }

  async countByStatus(): Promise<Record<string, number>> {
    const rows = await this.dataSource.manager
      .createQueryBuilder<DeliveryRow>('webhook_delivery', 'd')
      .select('d.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .groupBy('d.status')
      .getRawMany<{ status: string; count: string | number }>();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Drops deliveries, with their log, that ended more than `keptMs` ago, and those that are not among the newest of their webhook. */
  async tidy(keptMs: number, signal: AbortSignal, mostEnded = MOST_ENDED): Promise<void> {
    await this.drop(signal, { where: { finishedAtMs: LessThan(this.now() - keptMs) } });
    for (const webhookId of await this.withMoreThan(mostEnded))
      await this.drop(signal, { where: { webhookId, ...ENDED }, order: NEWEST_FIRST, skip: mostEnded });
  }

  private async drop(signal: AbortSignal, which: FindManyOptions<DeliveryRow>): Promise<void> {
    const { manager } = this.dataSource;
    while (!signal.aborted) {
      const rows = await manager.find<DeliveryRow>('webhook_delivery', {
        ...which,
        select: { id: true },
        take: TIDY_BATCH,
      });
      if (rows.length === 0) return;
      // One that somebody has sent again meanwhile stays.
      await manager.delete<DeliveryRow>('webhook_delivery', { id: In(rows.map(({ id }) => id)), ...ENDED });
    }
  }

  /** Webhooks with more deliveries, ended or not: an index alone tells. */
  private async withMoreThan(deliveries: number): Promise<string[]> {
    const rows = await this.dataSource.manager
      .createQueryBuilder<DeliveryRow>('webhook_delivery', 'd')
      .select('d.webhookId', 'webhookId')
      .groupBy('d.webhookId')
      .having('COUNT(*) > :deliveries', { deliveries })
      .getRawMany<Pick<DeliveryRow, 'webhookId'>>();
    return rows.map(({ webhookId }) => webhookId);
  }

  private async withLog(rows: DeliveryRow[]): Promise<LoggedDelivery[]> {
    const attempts = await this.dataSource.manager.find<AttemptRow>('webhook_attempt', {
      where: { deliveryId: In(rows.map(({ id }) => id)) },
      order: { number: 'ASC' },
    });
    const logs = new Map(rows.map(({ id }): [string, AttemptRow[]] => [id, []]));
    for (const attempt of attempts) logs.get(attempt.deliveryId)?.push(attempt);
    return rows.map((row) => ({ row, log: logs.get(row.id) ?? [] }));
  }
}

/** Whether it is enabled; whoever disables it then waits for the end of the transaction, and sees what that stores. */
async function staysEnabled(manager: EntityManager, id: string): Promise<boolean> {
  const where = { id, enabled: true };
  return (
    (await manager.findOne<WebhookRow>('webhook', { select: { id: true }, where, ...heldAsItIs(manager) })) !== null
  );
}

/** Ends what waits for a webhook that gets nothing more. */
export async function endWaiting(manager: EntityManager, webhookId: string, reason: string, now: number) {
  await manager.update<DeliveryRow>(
    'webhook_delivery',
    { webhookId, status: 'queued' },
    { status: 'failed', reason, finishedAtMs: now },
  );
}

async function disable(manager: EntityManager, id: string, reason: string, now: number): Promise<void> {
  const { affected } = await manager.update<WebhookRow>(
    'webhook',
    { id, enabled: true },
    { enabled: false, disabledReason: reason, disabledAtMs: now, updatedAtMs: now },
  );
  if (affected === 1) await endWaiting(manager, id, `The webhook was disabled: ${reason}`, now);
}

function columnsOf(verdict: Verdict, { retries }: DeliveryRow, now: number): Partial<DeliveryRow> {
  const { status } = verdict;
  if (status === 'queued') return { status, dueAtMs: verdict.dueAtMs, retries: retries + 1 };
  return { status, finishedAtMs: now, reason: status === 'failed' ? verdict.reason : null };
}

function attemptRow(deliveryId: string, number: number, exchange: Exchange): AttemptRow {
  const { startedAtMs, durationMs, requestHeaders, response, error } = exchange;
  return {
    deliveryId,
    number,
    startedAtMs,
    durationMs,
    requestHeaders: JSON.stringify(requestHeaders),
    status: response?.status ?? null,
    responseHeaders: response && JSON.stringify(response.headers),
    responseBody: response?.body ?? null,
    responseBytes: response?.bodyBytes ?? null,
    responseTruncated: response?.truncated ?? null,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
  };
}
