/** Swagger UI in a real browser, under the server's content policy: every operation is opened, and executed as it stands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chromium, hasChromium } from '../support/chromium.js';
import { startServer, type TestServer } from './server.js';

if (!hasChromium)
  console.warn('\n!!! SKIPPED: Swagger UI in a browser. There is no chromium here (apt install chromium).\n');

/** Runs in the page: the status of each operation, by its id. What the server sends itself is shown too, and cannot be tried. */
const EXECUTE_ALL = `(async () => {
  const until = async (value) => {
    for (let n = 0; n < 100; n++) {
      const found = value();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return null;
  };
  const codes = {};
  await until(() => document.querySelector('.opblock'));
  for (const block of document.querySelectorAll('.opblock:not([id^="operations-webhooks-"])')) {
    block.querySelector('.opblock-summary-control')?.click();
    (await until(() => block.querySelector('button.execute')))?.click();
    const status = await until(() => block.querySelector('.live-responses-table tr.response .response-col_status'));
    codes[block.id] = status?.textContent.trim().slice(0, 3) ?? 'no answer';
    block.querySelector('.opblock-summary-control')?.click();
  }
  return codes;
})()`;

// On CI a missing browser is a failure, not a skip.
describe.skipIf(!hasChromium && process.env.CI !== 'true')('Swagger UI', () => {
  let server: TestServer;
  let browser: Chromium;
  beforeAll(async () => {
    server = await startServer();
    browser = new Chromium();
    await browser.open(`${server.origin}/docs/`);
  }, 60_000);
  afterAll(async () => {
    browser.close();
    await server.close();
  });

  it('executes every operation unchanged, and nothing is refused by the content policy', async () => {
    const codes = await browser.evaluate<Record<string, string>>(EXECUTE_ALL);
    const operations = Object.entries(codes);
    console.log(`Swagger UI: ${operations.length} operations executed in Chromium`);
    expect(operations.length).toBeGreaterThanOrEqual(23);
    for (const [operation, code] of operations) expect(code, operation).toMatch(/^2\d\d$/);
    expect(browser.complaints).toEqual([]);
  }, 300_000);
});
