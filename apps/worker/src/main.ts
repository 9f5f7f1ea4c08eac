/** A worker process of its own, beside any number of others on one database. */
import { ConfigError, HairpinLogger, loadConfig, platformModule, SHUTDOWN_SIGNALS } from '#platform';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from './worker.module.js';

@Module({})
class WorkerApp {}

try {
  const config = loadConfig(process.env);
  const logger = new HairpinLogger(config);
  const app = await NestFactory.createApplicationContext(
    { module: WorkerApp, imports: [platformModule(config), WorkerModule] },
    { logger },
  );
  app.enableShutdownHooks(SHUTDOWN_SIGNALS);
  logger.log(`A worker with ${config.workerThreads} threads is ready`, 'Worker');
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
