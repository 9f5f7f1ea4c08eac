import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
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
  TRIAL_QUEUE,
  TrialJobs,
  TrialStore,
} from '#platform';
import { DeliveryWorker } from './delivery.worker.js';
import { RunThreads } from './run-threads.js';
import { SimulationProcessor } from './simulation.processor.js';
import { TrialProcessor } from './trial.processor.js';

/** Idempotency keys and snapshots that nobody needs any more go once an hour. */
const TIDY_MS = 3_600_000;
import { Tidying } from './tidying.js';

/** Takes simulations and trials from their queues for as long as the application lives. */
@Injectable()
export class RunWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private threads: RunThreads | null = null;
  private tidying: NodeJS.Timeout | undefined;
  private readonly processor: SimulationProcessor | null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(TRIAL_QUEUE) private readonly trialQueue: JobQueue,
    private readonly jobs: SimulationJobs,
    private readonly simulations: SimulationStore,
    private readonly keys: ApiKeyStore,
    private readonly results: ResultStore,
    private readonly trialJobs: TrialJobs,
    private readonly trials: TrialStore,
    private readonly signals: RunSignals,
    private readonly metrics: Metrics,
    @Inject(DELIVERY_QUEUE) private readonly deliveries: JobQueue,
  ) {}

  /** Each kind may have as many under way as there are threads; whoever finds none free waits for one. */
  onApplicationBootstrap(): void {
    const { config, simulations, jobs, results, signals, metrics, deliveries } = this;
    if (config.workerThreads === 0) return;
    const threads = new RunThreads(config);
    this.threads = threads;
    const warn = (message: string) => this.logger.warn(message);
    const log = (message: string, fields: Record<string, unknown>) => this.logger.log(message, fields);
    const shared = { config, threads, signals, metrics, warn, log };
    const runs = new SimulationProcessor({ ...shared, simulations, jobs, results, deliveries });
    this.queue.work(jobs, (lease, signal) => runs.process(lease, signal), config.workerThreads);
    const trials = new TrialProcessor({ ...shared, trials: this.trials, jobs: this.trialJobs });
    this.trialQueue.work(this.trialJobs, (lease, signal) => trials.process(lease, signal), config.workerThreads);
    this.tidying = setInterval(() => void this.tidy(), TIDY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.tidying);
    await Promise.all([this.queue.stop(), this.trialQueue.stop()]);
    await this.threads?.close();
    simulations: SimulationStore,
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
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.stop();
    await this.processor?.close();
  }
}

@Module({ providers: [RunWorker, DeliveryWorker] })
@Module({ providers: [SimulationWorker, DeliveryWorker, Tidying] })
export class WorkerModule {}
