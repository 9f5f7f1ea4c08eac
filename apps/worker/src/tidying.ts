import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiKeyStore, CONFIG, type Config, DeliveryStore, Retention, SimulationStore, WebhookStore } from '#platform';

const TIDY_MS = 3_600_000;

/** Removes what is past its time or needed no more: at the start, and once an hour. */
@Injectable()
export class Tidying implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Tidying');
  private timer: NodeJS.Timeout | undefined;
  private readonly ending = new AbortController();
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly simulations: SimulationStore,
    private readonly keys: ApiKeyStore,
    private readonly retention: Retention,
    private readonly deliveries: DeliveryStore,
    private readonly webhooks: WebhookStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const begin = () => {
      this.round = this.tidy().catch((error: unknown) => this.logger.warn(`It failed: ${String(error)}`));
    };
    this.timer = setInterval(begin, TIDY_MS).unref();
    begin();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.ending.abort();
    await this.round;
  }

  private async tidy(): Promise<void> {
    const gone = await this.retention.expire(this.ending.signal);
    if (gone > 0) this.logger.log(`${gone} simulations and experiments were past RETENTION_DAYS and are deleted`);
    await this.simulations.tidy();
    await this.keys.tidy();
    await this.deliveries.tidy(this.config.webhooks.keptMs, this.ending.signal);
    await this.webhooks.tidy();
    await this.retention.reclaim(this.ending.signal);
  }
}
