import { type Config, HairpinLogger, KeyRing, Metrics, SHUTDOWN_SIGNALS } from '#platform';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { apiModule } from './api.module.js';
import { serveDocs } from './docs/serve-docs.js';
import { allowedMethods } from './http/allowed-methods.js';
import { bodyReader } from './http/body.js';
import { identify, refuseStrangers } from './http/key-check.js';
import { ProblemFilter } from './http/problem.filter.js';
import { requestMetrics } from './http/request-metrics.js';
import { securityHeaders } from './http/security.js';
import { ZodPipe } from './http/zod.pipe.js';

/** The whole application, ready to listen. */
export async function createApp(config: Config): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(apiModule(config), {
    logger: new HairpinLogger(config),
    bodyParser: false,
    // Keep-alive connections and event streams must not keep the process from ending.
    forceCloseConnections: true,
    // What keeps it from starting is told once, by whoever starts it.
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(securityHeaders, requestMetrics(app.get(Metrics)));
  app.use(identify(app.get(KeyRing)), refuseStrangers, bodyReader(config.maxBodyBytes));
  app.useGlobalPipes(new ZodPipe());
  app.enableShutdownHooks(SHUTDOWN_SIGNALS);
  app.useGlobalFilters(new ProblemFilter(allowedMethods(serveDocs(app))));
  return app;
}
