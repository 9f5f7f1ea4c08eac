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

/** Delivers for as long as the application lives; in processes that run simulations, since the others only answer. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly processor: DeliveryProcessor;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DELIVERY_QUEUE) private readonly queue: JobQueue,
    private readonly jobs: DeliveryJobs,
    webhooks: WebhookStore,
    deliveries: DeliveryStore,
    sender: Sender,
    metrics: Metrics,
  ) {
    const warn = (message: string) => this.logger.warn(message);
    this.processor = new DeliveryProcessor({ config, webhooks, deliveries, sender, metrics, warn });
  }

  onApplicationBootstrap(): void {
    if (this.config.workerThreads === 0) return;
    const { atOnce } = this.config.webhooks;
    this.queue.work(this.jobs, (lease, signal) => this.processor.process(lease, signal), atOnce);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.stop();
  }
}
