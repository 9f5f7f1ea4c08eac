import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  ApiKeyStore,
  CONFIG,
  type Config,
  DELIVERY_QUEUE,
  JOB_QUEUE,
  type JobQueue,
  Metrics,
  ResultStore,
  RunSignals,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { DeliveryWorker } from './delivery.worker.js';
import { SimulationProcessor } from './simulation.processor.js';

/** Idempotency keys and snapshots that nobody needs any more go once an hour. */
const TIDY_MS = 3_600_000;

/** Takes simulations from the queue for as long as the application lives. */
@Injectable()
export class SimulationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private readonly processor: SimulationProcessor | null;
  private tidying: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly jobs: SimulationJobs,
    private readonly simulations: SimulationStore,
    private readonly keys: ApiKeyStore,
    results: ResultStore,
    signals: RunSignals,
    metrics: Metrics,
    @Inject(DELIVERY_QUEUE) deliveries: JobQueue,
  ) {
    const warn = (message: string) => this.logger.warn(message);
    const log = (message: string, fields: Record<string, unknown>) => this.logger.log(message, fields);
    this.processor =
      config.workerThreads === 0
        ? null
        : new SimulationProcessor({ config, simulations, jobs, results, signals, deliveries, metrics, warn, log });
  }

  onApplicationBootstrap(): void {
    const { processor } = this;
    if (!processor) return;
    this.queue.work(this.jobs, (lease, signal) => processor.process(lease, signal), this.config.workerThreads);
    this.tidying = setInterval(() => void this.tidy(), TIDY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.tidying);
    await this.queue.stop();
    await this.processor?.close();
  }

  private async tidy(): Promise<void> {
    for (const store of [this.simulations, this.keys])
      await store.tidy().catch((error: unknown) => this.logger.warn(`Tidying failed: ${String(error)}`));
  }
}

@Module({ providers: [SimulationWorker, DeliveryWorker] })
export class WorkerModule {}
