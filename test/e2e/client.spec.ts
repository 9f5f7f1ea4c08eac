/** The typed client is what the API is, and does a script's whole story. `UPDATE_CLIENT=1` writes its types anew. */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHairpin, dataOf, type Hairpin, HairpinError, untilEnded } from '../../clients/typescript/src/index.js';
import { startServer, type TestServer } from './server.js';

const TYPES = new URL('../../clients/typescript/src/api.ts', import.meta.url);
const HEADER =
  '/** Generated from the OpenAPI document: `UPDATE_CLIENT=1 npx vitest run test/e2e/client.spec.ts`. */\n';

let server: TestServer;
let hairpin: Hairpin;

beforeAll(async () => {
  server = await startServer();
  hairpin = createHairpin({ origin: server.origin });
}, 60_000);
afterAll(() => server.close());

describe('the typed client', () => {
  it('has the shapes of the API', async () => {
    const { body } = await server.http.get('/openapi.json').expect(200);
    const types = HEADER + astToString(await openapiTS(body));
    if (process.env.UPDATE_CLIENT) await writeFile(TYPES, types);
    expect(types).toBe(await readFile(TYPES, 'utf8'));
  });

  it('stores a scenario, runs it, and reads what it came to', async () => {
    const preset = await dataOf(
      hairpin.GET('/v1/presets/{name}', { params: { path: { name: 'source-ip-tutorial' } } }),
    );
    const stored = await dataOf(hairpin.POST('/v1/scenarios', { body: preset }));
    const { id } = await dataOf(hairpin.POST('/v1/simulations', { body: { scenarioId: stored.id, seed: 7 } }));
    const seen: number[] = [];
    const simulation = await untilEnded(hairpin, id, (progress) => seen.push(progress), 20);
    expect(simulation).toMatchObject({ status: 'succeeded', seed: 7, scenarioId: stored.id });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    const page = await dataOf(
      hairpin.GET('/v1/simulations/{id}/requests', { params: { path: { id }, query: { outcome: ['ok'], limit: 2 } } }),
    );
    expect(page.items.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(page.next).not.toBeNull();
  });

  it('throws what the server refuses, with place and hint', async () => {
    const refused = dataOf(hairpin.GET('/v1/simulations/{id}', { params: { path: { id: 'nobody' } } }));
    await expect(refused).rejects.toThrow(HairpinError);
    await expect(refused).rejects.toMatchObject({
      name: 'HairpinError',
      message: expect.stringMatching(/^not-found: There is no simulation nobody\. .*GET \/v1\/simulations lists/),
    });
    const body = { name: 'x', cluster: { version: '1.99' } };
    const misspelt = dataOf(hairpin.POST('/v1/scenarios', { body }));
    await expect(misspelt).rejects.toMatchObject({
      status: 422,
      problem: {
        code: 'invalid-scenario',
        issues: expect.arrayContaining([expect.objectContaining({ path: '/cluster/version' })]),
      },
    });
  });
});
