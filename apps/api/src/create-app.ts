import { type Config, HairpinLogger, KeyRing, Metrics, SHUTDOWN_SIGNALS, Shutdown } from '#platform';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { apiModule } from './api.module.js';
import { serveDocs } from './docs/serve-docs.js';
import { bodyReader } from './http/body.js';
import { compressed } from './http/compression.js';
import { CONNECTION_LIMITS, limitConnections } from './http/connection-limits.js';
import { corsOptions } from './http/cors.js';
import { identify, refuseStrangers } from './http/key-check.js';
import { refuseOtherSites } from './http/other-sites.js';
import { ProblemFilter } from './http/problem.filter.js';
import { insideRequest, requestContext } from './http/request-context.js';
import { requestLog } from './http/request-log.js';
import { requestMetrics } from './http/request-metrics.js';
import { routesOf } from './http/routes.js';
import { securityHeaders } from './http/security.js';
import { throttleKeys, throttleStrangers } from './http/throttle.js';
import { ZodPipe } from './http/zod.pipe.js';
import { serveQueueBoard } from './ops/queue-board.js';

/** The whole application, ready to listen. */
export async function createApp(config: Config): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(apiModule(config), {
    logger: new HairpinLogger(config),
    bodyParser: false,
    // What keeps it from starting is told once, by whoever starts it.
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(requestContext(app.get(Shutdown)), requestMetrics(app.get(Metrics)), requestLog(), securityHeaders);
  await watchTheDoor(app, config);
  app.use(compressed, bodyReader(config.maxBodyBytes), insideRequest);
  app.useGlobalPipes(new ZodPipe());
  // By itself and not by the signal once more, which the kernel keeps from process 1 of a container.
  app.enableShutdownHooks(SHUTDOWN_SIGNALS, { useProcessExit: true });
  app.useGlobalFilters(new ProblemFilter(routesOf(serveDocs(app))));
  return app;
}

/** Who gets as far as a body that is read. */
async function watchTheDoor(app: NestExpressApplication, config: Config): Promise<void> {
  const { door } = config;
  app.set('trust proxy', [...door.trustedProxies]);
  limitConnections(app.getHttpServer(), CONNECTION_LIMITS);
  app.use(refuseOtherSites(door));
  if (door.corsOrigins.length > 0) app.enableCors(corsOptions(door.corsOrigins));
  const [keys, counts] = [app.get(KeyRing), app.get(ThrottlerStorageService)];
  const ofOneKey = throttleKeys(counts, door.rateLimit);
  app.use(throttleStrangers(counts, door.rateLimit, keys));
  await serveQueueBoard(app, config, ofOneKey);
  app.use(identify(keys), ofOneKey, refuseStrangers);
}
