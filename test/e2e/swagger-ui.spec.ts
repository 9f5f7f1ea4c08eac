/** Swagger UI in a real browser, under the server's content policy: every operation is opened, and executed as it stands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chromium, hasChromium } from '../support/chromium.js';
import { KEY_OF, startKeyedServer } from './keyed-server.js';
import { startServer, type TestServer } from './server.js';

if (!hasChromium)
  console.warn('\n!!! SKIPPED: Swagger UI in a browser. There is no chromium here (apt install chromium).\n');

/** Of the page. */
const UNTIL = `const until = async (value) => {
    for (let n = 0; n < 100; n++) {
      const found = value();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return null;
  };`;

/** Runs in the page: the status of each operation, by its id. What the server sends itself is shown too, and cannot be tried. */
const EXECUTE_ALL = `(async () => {
  ${UNTIL}
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

/** Opens the operation if it is not, executes it, and tells the status of its answer. */
const EXECUTE_SELF = `(async () => {
  ${UNTIL}
  const block = await until(() => document.querySelector('#operations-Keys-readSelf'));
  if (!block.classList.contains('is-open')) block.querySelector('.opblock-summary-control').click();
  block.querySelector('.btn-clear')?.click();
  await until(() => !block.querySelector('.live-responses-table'));
  (await until(() => block.querySelector('button.execute'))).click();
  const status = await until(() => block.querySelector('.live-responses-table tr.response .response-col_status'));
  return status?.textContent.trim().slice(0, 3) ?? 'no answer';
})()`;

/** What a person does who has a key. React hears of a value only where it is set past it. */
const authorize = (key: string) => `(async () => {
  ${UNTIL}
  (await until(() => document.querySelector('.auth-wrapper .btn.authorize'))).click();
  const field = await until(() => document.querySelector('.modal-ux input'));
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(key)});
  field.dispatchEvent(new Event('input', { bubbles: true }));
  document.querySelector('.modal-ux button.authorize').click();
  (await until(() => document.querySelector('.modal-ux .btn-done'))).click();
  return (await until(() => !document.querySelector('.modal-ux'))) === true;
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

  it('sends the key that was entered at Authorize, and is refused without', async () => {
    const keyed = await startKeyedServer();
    const visitor = new Chromium();
    try {
      await visitor.open(`${keyed.origin}/docs/`);
      expect(await visitor.evaluate(EXECUTE_SELF)).toBe('401');
      expect(await visitor.evaluate(authorize(KEY_OF.reader))).toBe(true);
      expect(await visitor.evaluate(EXECUTE_SELF)).toBe('200');
    } finally {
      visitor.close();
      await keyed.close();
    }
  }, 120_000);
});
