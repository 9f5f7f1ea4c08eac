/**
 * Takes one delivery from its lease to the end of one attempt: signs the message, sends it, writes what came of it under the
 * lease. A worker that dies in between leaves a delivery that is sent again, under the same id: at least once, never less.
 */
import {
  type AttemptError,
  type Config,
  type DeliveryRow,
  type DeliveryStore,
  type Exchange,
  type Held,
  type Lease,
  LeaseLost,
  type Metrics,
  nextTry,
  retryAfterMs,
  SecretUnreadable,
  type Sender,
  signedHeaders,
  subjectOf,
  TEST_EVENT,
  type TraceContext,
  traceHeaders,
  type Verdict,
  type WebhookRow,
  type WebhookStore,
  withWork,
} from '#platform';

export interface DeliveryParts {
  config: Pick<Config, 'maxAttempts' | 'webhooks'>;
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  sender: Sender;
  metrics: Metrics;
  /** Hears what went wrong and was dealt with. */
  warn: (message: string) => void;
  now?: () => number;
  random?: () => number;
}

export class DeliveryProcessor {
  private readonly now: () => number;
  private readonly random: () => number;

  constructor(private readonly parts: DeliveryParts) {
    this.now = parts.now ?? Date.now;
    this.random = parts.random ?? Math.random;
  }

  /** A JobHandler. */
  async process(lease: Lease, signal: AbortSignal): Promise<void> {
    const held = await this.parts.deliveries.held(lease);
    if (!held || signal.aborted) return;
    const { delivery, trace } = held;
    await withWork({ subject: subjectOf(delivery), trace }, () => this.deliver(lease, held, signal));
  }

  private async deliver(lease: Lease, { delivery, webhook, trace }: Held, signal: AbortSignal): Promise<void> {
    try {
      if (lease.attempt - delivery.attempts > this.parts.config.maxAttempts) {
        const reason = `The process that sent it died ${lease.attempt - delivery.attempts - 1} times (MAX_ATTEMPTS).`;
        await this.settle(lease, delivery, null, { status: 'failed', reason, disable: null });
        return;
      }
      const exchange = await this.attempt(delivery, webhook, trace, signal);
      // Stopped, and nobody answered before: whoever takes it next begins this attempt anew.
      if (signal.aborted && exchange.response === null) return;
      this.parts.metrics.webhookSeconds.observe({ outcome: exchange.error?.code ?? 'ok' }, exchange.durationMs / 1000);
      await this.settle(lease, delivery, exchange, this.verdict(delivery, webhook, exchange));
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      this.parts.warn(`${error.message}: somebody else has taken it over, or it was deleted`);
    }
  }

  private async attempt(
    delivery: DeliveryRow,
    webhook: WebhookRow,
    trace: TraceContext | null,
    signal: AbortSignal,
  ): Promise<Exchange> {
    const atMs = this.now();
    try {
      const secrets = this.parts.webhooks.secretsOf(webhook);
      const signed = signedHeaders({ id: delivery.id, atMs, body: delivery.payload }, secrets);
      const headers = { ...signed, ...(trace ? traceHeaders(trace) : {}) };
      return await this.parts.sender.post(webhook.url, delivery.payload, headers, signal);
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      this.parts.warn(error.message);
      return notSigned(atMs, { code: 'secret-unreadable', message: `${capital(error.message)}.` });
    }
  }

  private verdict(delivery: DeliveryRow, webhook: WebhookRow, { response, error }: Exchange): Verdict {
    if (error === null) return { status: 'succeeded' };
    if (delivery.type === TEST_EVENT) return { status: 'failed', reason: error.message, disable: null };
    if (error.code === 'gone') return { status: 'failed', reason: error.message, disable: error.message };
    const now = this.now();
    const asked = retryAfterMs(response?.headers['retry-after'], now);
    const { retrySeconds } = this.parts.config.webhooks;
    const waitMs = nextTry({ retries: delivery.retries, retryAfterMs: asked }, retrySeconds, this.random());
    if (waitMs !== null) return { status: 'queued', dueAtMs: now + waitMs };
    const reason = `None of ${retrySeconds.length + 1} attempts was answered with 2xx; the last: ${error.message}`;
    const others = (webhook.lastSuccessAtMs ?? 0) >= delivery.createdAtMs;
    return { status: 'failed', reason, disable: others ? null : `Delivery ${delivery.id}: ${reason}` };
  }

  private async settle(lease: Lease, delivery: DeliveryRow, exchange: Exchange | null, wanted: Verdict): Promise<void> {
    const verdict = await this.parts.deliveries.settle(lease, delivery, exchange, wanted);
    const outcome = verdict.status === 'queued' ? 'retried' : verdict.status;
    this.parts.metrics.webhookDeliveries.inc({ outcome });
    if (verdict.status === 'failed' && verdict.disable !== null) {
      this.parts.metrics.webhooksDisabled.inc();
      this.parts.warn(`webhook ${delivery.webhookId} was disabled. ${verdict.disable}`);
    }
  }
}

function notSigned(startedAtMs: number, error: AttemptError): Exchange {
  return { startedAtMs, durationMs: 0, requestHeaders: {}, response: null, error };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
