/** One Idempotency-Key, one answer: whatever becomes meanwhile of what the first request named. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ScenarioSource } from '../../apps/api/src/scenarios/scenario-source.js';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const OPERATIONS: [string, object][] = [
  ['simulations', {}],
  ['experiments', { seeds: 2, figures: ['ok'] }],
  ['comparisons', { variants: [{ name: 'other dice', set: { seed: 9 } }] }],
];

describe.each(OPERATIONS)('an Idempotency-Key of /v1/%s', (kind, more) => {
  const post = (key: string, body: object) =>
    server.http
      .post(`/v1/${kind}`)
      .set({ 'idempotency-key': key, prefer: 'wait=30' })
      .send({ ...more, ...body });
  const storeScenario = async () => {
    const scenario = loadScenario({ ratePerSecond: 10, seconds: 1 });
    const { body, headers } = await server.http.post('/v1/scenarios').send(scenario).expect(201);
    return { scenarioId: body.id as string, revision: headers.etag! };
  };

  it('gets the first answer again when the stored scenario is gone, and no other body with it', async () => {
    const { scenarioId, revision } = await storeScenario();
    const first = await post('gone', { scenarioId }).expect(200);
    await server.http.delete(`/v1/scenarios/${scenarioId}`).set('if-match', revision).expect(204);
    const again = await post('gone', { scenarioId }).expect(200);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect((await post('gone', { scenarioId, seed: 5 }).expect(422)).body.code).toBe('idempotency-key-reused');
    await post('another', { scenarioId }).expect(404);
  });

  it('gets the answer of another that was accepted while it was checked, as the stored scenario has gone since', async () => {
    const { scenarioId, revision } = await storeScenario();
    const source = server.app.get(ScenarioSource);
    const { resolve } = source;
    let other = '';
    vi.spyOn(source, 'resolve').mockImplementationOnce(async (...asked) => {
      const { headers } = await post('at once', { scenarioId }).expect(200);
      await server.http.delete(`/v1/scenarios/${scenarioId}`).set('if-match', revision).expect(204);
      other = headers.location!;
      return resolve.apply(source, asked);
    });
    const { headers } = await post('at once', { scenarioId }).expect(200);
    expect(headers).toMatchObject({ location: other, 'idempotency-replayed': 'true' });
  });

  it('makes nothing anew when what it made was deleted', async () => {
    const preset = { preset: 'source-ip-tutorial' };
    const { headers } = await post('deleted', preset).expect(200);
    await server.http.delete(headers.location!).expect(204);
    const { body } = await post('deleted', preset).expect(404);
    expect(body.detail).toContain('of this Idempotency-Key was deleted');
  });
});
