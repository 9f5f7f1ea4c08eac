/** Bull Board at /admin/queues: for admins alone, to look at, under the content policy in a real browser. */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { postgres, redis } from '../contracts/brokers.js';
import { Chromium, hasChromium } from '../support/chromium.js';
import { startServer, type TestServer } from './server.js';

const brokers = [
  { name: 'Redis', broker: await redis() },
  { name: 'Postgres', broker: await postgres() },
];
const [ADMIN, WRITER, OTHER] = ['a', 'w', 'o'].map((letter) => `hp_${letter.repeat(40)}`);
const KEYS = `root:admin:${ADMIN},writer:write:${WRITER},elsewhere/root:admin:${OTHER}`;

let server: TestServer;
afterEach(() => server?.close());
const start = async (environment: Record<string, string>) => {
  server = await startServer({
    QUEUE_BOARD: '1',
    QUEUE_NAME: `test-${randomBytes(6).toString('hex')}`,
    ...environment,
  });
};
const status = async (headers: Record<string, string>, path = '/admin/queues') =>
  (await fetch(`${server.origin}${path}`, { headers })).status;
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${key}`).toString('base64')}` });

describe.each(brokers)('the board of queues on $name', ({ broker }) => {
  it.skipIf(broker.skip)('is for admin keys of the operator, as a bearer or as the password of a browser', async () => {
    await start({ QUEUE_URL: broker.url, API_KEYS: KEYS });
    const stranger = await fetch(`${server.origin}/admin/queues`);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(await stranger.json()).toMatchObject({ code: 'unauthenticated' });
    for (const path of ['/admin/queues', '/admin/queues/api/queues'])
      for (const key of [WRITER!, OTHER!, 'hp_nonsense']) {
        const refused = key.startsWith('hp_n') ? 401 : 403;
        expect(await status({ authorization: `Bearer ${key}` }, path), `${key} ${path}`).toBe(refused);
        expect(await status(basic(key), path)).toBe(refused);
      }
    expect(await status({ authorization: `Bearer ${ADMIN}` })).toBe(200);
    expect(await status(basic(ADMIN!))).toBe(200);
    const answer = await fetch(`${server.origin}/admin/queues/api/queues`, { headers: basic(ADMIN!) });
    const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues.map(({ readOnlyMode }) => readOnlyMode)).toEqual([true, true, true]);
    const pause = await fetch(`${server.origin}/admin/queues/api/queues/${queues[0]!.name}/pause`, {
      method: 'PUT',
      headers: basic(ADMIN!),
    });
    expect(pause.status).toBe(405);
  });

  it.skipIf(broker.skip)('is behind the limit of calls as everything else: by address, and by key', async () => {
    await start({ QUEUE_URL: broker.url, API_KEYS: KEYS, RATE_LIMIT: '4' });
    const several = (headers: Record<string, string>) => Promise.all([1, 2, 3, 4, 5, 6].map(() => status(headers)));
    expect((await several(basic('hp_nonsense'))).sort()).toEqual([401, 401, 401, 401, 429, 429]);
    expect((await several({ authorization: `Bearer ${ADMIN}` })).sort()).toEqual([200, 200, 200, 200, 429, 429]);
  });

  it.skipIf(broker.skip || (!hasChromium && process.env.CI !== 'true'))(
    'shows its page without a complaint',
    async () => {
      await start({ QUEUE_URL: broker.url });
      const browser = new Chromium();
      try {
        await browser.open(`${server.origin}/admin/queues`);
        const shown = await browser.evaluate(`(async () => {
        for (let n = 0; n < 100 && !document.body.innerText.includes('-deliveries'); n++)
          await new Promise((resolve) => setTimeout(resolve, 100));
        return document.body.innerText;
      })()`);
        expect(shown).toContain('-deliveries');
        // Its fonts would come from elsewhere, which the policy does not allow; letters are there all the same.
        expect(browser.complaints.filter((complaint) => !complaint.includes('fonts.googleapis.com'))).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});

it('is not there unless it is asked for, nor without a broker', async () => {
  await start({ QUEUE_URL: 'redis://127.0.0.1:1', QUEUE_BOARD: '0' });
  expect(await status({})).toBe(404);
  await server.close();
  await start({});
  expect(await status({})).toBe(404);
});
