/** A worker process of its own, beside any number of others on one database. */
import {
  ConfigError,
  endInTime,
  HairpinLogger,
  loadConfig,
  misspeltSettings,
  platformModule,
  SHUTDOWN_SIGNALS,
  startupProblem,
} from '#platform';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpsServer } from './ops-server.js';
import { WorkerModule } from './worker.module.js';

@Module({ providers: [OpsServer] })
class WorkerApp {}

try {
  const config = loadConfig(process.env, 'worker');
  if (config.workerThreads === 0) throw new ConfigError('WORKER_THREADS=0: a worker without threads would do nothing.');
  endInTime(0);
  const logger = new HairpinLogger(config);
  for (const misspelt of misspeltSettings(process.env)) logger.warn(misspelt, 'Worker');
  const app = await NestFactory.createApplicationContext(
    // No load balancer sends anything to a worker, so there is nothing to drain.
    { module: WorkerApp, imports: [platformModule({ ...config, drainMs: 0 }), WorkerModule] },
    { logger, abortOnError: false },
  );
  app.enableShutdownHooks(SHUTDOWN_SIGNALS, { useProcessExit: true });
  const origin = await app.get(OpsServer).listen();
  logger.log(`A worker with ${config.workerThreads} threads is ready: ${origin}/readyz`, 'Worker');
} catch (error) {
  console.error(startupProblem(error, 'WORKER_PORT'));
  process.exit(1);
}
