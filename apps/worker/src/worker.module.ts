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
import { Tidying } from './tidying.js';
import { TrialProcessor } from './trial.processor.js';

/** Takes simulations and trials from their queues for as long as the application lives. */
@Injectable()
export class RunWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private threads: RunThreads | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(TRIAL_QUEUE) private readonly trialQueue: JobQueue,
    private readonly jobs: SimulationJobs,
    private readonly simulations: SimulationStore,
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
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.queue.stop(), this.trialQueue.stop()]);
    await this.threads?.close();
  }
}

@Module({ providers: [RunWorker, DeliveryWorker, Tidying] })
export class WorkerModule {}
