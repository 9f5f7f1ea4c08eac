/** The whole application in the test's process, from source, with a database of its own. */

import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { type Config, loadConfig } from '#platform';
import { createApp } from '../../apps/api/src/create-app.js';
import { compiledThread } from '../support/compiled-threads.js';

export interface TestServer {
  app: NestExpressApplication;
  /** `http://127.0.0.1:PORT` */
  origin: string;
  http: ReturnType<typeof request>;
  close(): Promise<void>;
}

/** `settings`: what no environment could say. */
export async function startServer(
  environment: Record<string, string> = {},
  settings: Partial<Config> = {},
): Promise<TestServer> {
  const fromEnvironment = loadConfig({
    DATABASE_URL: 'sqlite::memory:',
    WORKER_THREADS: '2',
    LOG_LEVEL: 'error',
    ...environment,
  });
  const config: Config = { ...fromEnvironment, threadFile: compiledThread, ...settings };
  const app = await createApp(config);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const origin = `http://127.0.0.1:${port}`;
  return { app, origin, http: request(origin), close: () => app.close() };
}

/** Runs it to its end and returns the simulation. */
export async function simulate(server: TestServer, body: Record<string, unknown>) {
  const { body: simulation } = await server.http
    .post('/v1/simulations')
    .set('Prefer', 'wait=60')
    .send(body)
    .expect(200);
  return simulation as { id: string; status: string; fingerprint: string; [field: string]: unknown };
}
