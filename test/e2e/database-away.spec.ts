import { describe, expect, it } from 'vitest';
import { canStartPostgres, startPostgres } from '../support/own-services.js';
import { startServer } from './server.js';

describe.skipIf(!canStartPostgres)('the API without its database', () => {
  it('answers 503 with Retry-After, whether Postgres holds still or is gone, and works again with it', async () => {
    const postgres = await startPostgres();
    const server = await startServer({ DATABASE_URL: postgres.url, WORKER_THREADS: '0' });
    const ask = async () => {
      const answers = await Promise.all([
        server.http.get('/v1/simulations'),
        server.http.get('/v1/experiments'),
        server.http.post('/v1/simulations').send({ preset: 'source-ip-tutorial' }),
      ]);
      return answers.map(({ status, headers, body }) => [status, headers['retry-after'], body.code]);
    };
    const unavailable = Array(3).fill([503, '5', 'unavailable']);
    try {
      const presets = await server.http.get('/v1/presets').expect(200);
      expect(presets.body.items.length).toBeGreaterThan(0);
      postgres.freeze();
      const begun = performance.now();
      expect(await ask()).toEqual(unavailable);
      expect(performance.now() - begun).toBeLessThan(35_000);
      postgres.thaw();
      await expect.poll(async () => (await server.http.get('/v1/simulations')).status, { timeout: 20_000 }).toBe(200);
      await postgres.kill();
      expect(await ask()).toEqual(unavailable);
      await postgres.start();
      await expect.poll(async () => (await server.http.get('/v1/simulations')).status, { timeout: 20_000 }).toBe(200);
    } finally {
      postgres.thaw();
      await server.close();
      await postgres.remove();
    }
  }, 120_000);
});
