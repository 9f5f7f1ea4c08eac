import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { CONFIG, type Config, platformModule, ResultStore, ScenarioStore, SimulationStore } from '#platform';
import { WorkerModule } from '#worker';
import { ComparisonsController } from './comparisons/comparisons.controller.js';
import { HomeController } from './docs/home.controller.js';
import { ExperimentWriter } from './experiments/experiment-writer.js';
import { ExperimentsController } from './experiments/experiments.controller.js';
import { ExperimentsService } from './experiments/experiments.service.js';
import { AcceptGuard } from './http/accept.js';
import { AccessGuard } from './http/key-check.js';
import { LastAnswers } from './http/last-answers.js';
import { WaitingCalls } from './http/waiting-calls.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysService } from './keys/keys.service.js';
import { OpsController } from './ops/ops.controller.js';
import { PresetFiles } from './presets/preset-files.js';
import { PresetsController } from './presets/presets.controller.js';
import { ModelThreads } from './scenarios/model-threads.js';
import { RulesController } from './scenarios/rules.controller.js';
import { ScenarioSource } from './scenarios/scenario-source.js';
import { ScenariosController } from './scenarios/scenarios.controller.js';
import { EventFollower } from './simulations/event-follower.js';
import { EventsController } from './simulations/events.controller.js';
import { ReportController } from './simulations/report.controller.js';
import { ReportWriter } from './simulations/report-writer.js';
import { RequestsController } from './simulations/requests.controller.js';
import { ResultsController } from './simulations/results.controller.js';
import { RunReader } from './simulations/run-reader.js';
import { RunWatch } from './simulations/run-watch.js';
import { SimulationsController } from './simulations/simulations.controller.js';
import { SimulationsService } from './simulations/simulations.service.js';
import { TranscriptWriter } from './simulations/transcript-writer.js';
import { TracesController } from './traces/traces.controller.js';
import { DeliveriesController } from './webhooks/deliveries.controller.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { WebhooksService } from './webhooks/webhooks.service.js';

@Module({})
class ApiModule implements OnApplicationShutdown {
  constructor(@Inject(ModelThreads) private readonly threads: ModelThreads) {}

  onApplicationShutdown(): Promise<void> {
    return this.threads.close();
  }
}

/** The composition root: the API with a worker in the same process. */
export function apiModule(config: Config): DynamicModule {
  return {
    module: ApiModule,
    imports: [platformModule(config), WorkerModule],
    controllers: [
      SimulationsController,
      EventsController,
      RequestsController,
      ResultsController,
      ReportController,
      TracesController,
      ComparisonsController,
      ExperimentsController,
      ScenariosController,
      RulesController,
      PresetsController,
      KeysController,
      WebhooksController,
      DeliveriesController,
      OpsController,
      HomeController,
    ],
    providers: [
      LastAnswers,
      PresetFiles,
      RunWatch,
      EventFollower,
      SimulationsService,
      ExperimentsService,
      ExperimentWriter,
      KeysService,
      ThrottlerStorageService,
      {
        provide: WaitingCalls,
        inject: [CONFIG],
        useFactory: ({ quotas }: Config) => new WaitingCalls(quotas.waiting),
      },
      { provide: APP_GUARD, useClass: AccessGuard },
      { provide: APP_GUARD, useClass: AcceptGuard },
      WebhooksService,
      TranscriptWriter,
      { provide: ModelThreads, inject: [CONFIG], useFactory: (settings: Config) => new ModelThreads(settings) },
      {
        provide: ScenarioSource,
        inject: [ScenarioStore, PresetFiles, ModelThreads, CONFIG],
        useFactory: (scenarios: ScenarioStore, presets: PresetFiles, threads: ModelThreads, settings: Config) =>
          new ScenarioSource(scenarios, presets, threads, settings),
      },
      {
        provide: RunReader,
        inject: [ResultStore, SimulationStore],
        useFactory: (results: ResultStore, simulations: SimulationStore) => new RunReader(results, simulations),
      },
      {
        provide: ReportWriter,
        inject: [RunReader, ResultStore, SimulationStore, ModelThreads],
        useFactory: (reader: RunReader, results: ResultStore, simulations: SimulationStore, threads: ModelThreads) =>
          new ReportWriter(reader, results, simulations, threads),
      },
    ],
  };
}
