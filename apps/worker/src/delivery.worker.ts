import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  CONFIG,
  type Config,
  DELIVERY_QUEUE,
  DeliveryJobs,
  DeliveryStore,
  type JobQueue,
  Metrics,
  Sender,
  WebhookStore,
} from '#platform';
import { DeliveryProcessor } from './delivery.processor.js';

const TIDY_MS = 3_600_000;

/** Delivers for as long as the application lives; in processes that run simulations, since the others only answer. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly processor: DeliveryProcessor;
  private tidying: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DELIVERY_QUEUE) private readonly queue: JobQueue,
    private readonly jobs: DeliveryJobs,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    sender: Sender,
    metrics: Metrics,
  ) {
    const warn = (message: string) => this.logger.warn(message);
    this.processor = new DeliveryProcessor({ config, webhooks, deliveries, sender, queue, metrics, warn });
  }

  onApplicationBootstrap(): void {
    if (this.config.workerThreads === 0) return;
    const { atOnce } = this.config.webhooks;
    this.queue.work(this.jobs, (lease, signal) => this.processor.process(lease, signal), atOnce);
    this.tidying = setInterval(() => void this.tidy(), TIDY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.tidying);
    await this.queue.stop();
  }

  private async tidy(): Promise<void> {
    try {
      await this.deliveries.tidy(this.config.webhooks.keptMs);
      await this.webhooks.tidy();
    } catch (error) {
      this.logger.warn(`Tidying failed: ${String(error)}`);
    }
  }
}
