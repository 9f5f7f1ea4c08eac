/** Reports in a real browser: from a disk and from the server, with and without scripts, by keyboard, on a phone, on paper. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chromium, hasChromium } from '../support/chromium.js';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

if (!hasChromium)
  console.warn('\n!!! SKIPPED: reports in a browser. There is no chromium here (apt install chromium).\n');

const PRESETS = ['pod-becomes-unready', 'source-ip-tutorial', 'i-01-local-rollout'];
const FOCUS = `(({ tagName, className, role, textContent }) => [role || tagName.toLowerCase(), className || textContent.slice(0, 40)].join(' '))(document.activeElement)`;
const SLIDER = `(({ role, ariaValueNow, ariaValueText }) => ({ role, now: Number(ariaValueNow), text: ariaValueText }))(document.querySelector('.scrub'))`;

// On CI a missing browser is a failure, not a skip.
describe.skipIf(!hasChromium && process.env.CI !== 'true')('a report in Chromium', () => {
  let server: TestServer;
  let browser: Chromium;
  let folder: string;
  const ids: Record<string, string> = {};
  const file = (name: string) => pathToFileURL(join(folder, `${name}.html`)).href;

  const save = async (name: string, id: string) => {
    ids[name] = id;
    const { text } = await server.http.get(`/v1/simulations/${id}/report`).expect(200);
    writeFileSync(join(folder, `${name}.html`), text);
  };
  beforeAll(async () => {
    server = await startServer();
    browser = new Chromium();
    folder = mkdtempSync(join(tmpdir(), 'hairpin-report-'));
    for (const preset of PRESETS) await save(preset, (await simulate(server, { preset })).id);
    const million = loadScenario({ ratePerSecond: 10_000, seconds: 100, policy: 'Local' });
    await save('million', (await simulate(server, { scenario: million })).id);
  }, 120_000);
  afterAll(async () => {
    browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(PRESETS)('opens from a disk: %s asks for nothing and complains of nothing', async (name) => {
    browser.requests.length = 0;
    await browser.open(file(name));
    expect(await browser.evaluate('document.title')).toBe(`${name}: report`);
    expect(await browser.evaluate(SLIDER)).toMatchObject({ role: 'slider' });
    expect(await browser.evaluate(`document.querySelectorAll('.server:not([hidden])').length`)).toBe(0);
    expect(browser.requests.filter((url) => !url.startsWith('data:'))).toEqual([file(name)]);
    expect(browser.complaints).toEqual([]);
  });

  it('opens from the server under its own policy, with links to what else is there', async () => {
    browser.requests.length = 0;
    const url = `${server.origin}/v1/simulations/${ids['pod-becomes-unready']}/report`;
    await browser.open(url);
    expect(browser.requests.filter((asked) => !asked.startsWith('data:'))).toEqual([url]);
    const links = await browser.evaluate<string[]>(
      `[...document.querySelectorAll('.server:not([hidden]) a')].map((a) => a.href)`,
    );
    expect(links.length).toBeGreaterThan(10);
    for (const link of new Set([links[0]!, ...links.slice(-3)])) expect((await fetch(link)).status, link).toBe(200);
    expect(browser.complaints).toEqual([]);
  });

  it('needs no script: charts, tables and paths are there without', async () => {
    await browser.open(file('pod-becomes-unready'), { withoutScripts: true });
    const shown = await browser.evaluate<number>(
      `[...document.querySelectorAll('.scrub .chart')].filter((chart) => chart.getBoundingClientRect().width > 0).length`,
    );
    expect(shown).toBe(1);
    expect(await browser.evaluate(`document.querySelector('.scrub').getAttribute('role')`)).toBe('img');
    expect(await browser.evaluate(`document.getElementById('moment').hidden`)).toBe(true);
    // A summary opens what it stands over, by the browser alone.
    const place = await browser.evaluate<{ x: number; y: number }>(
      `(() => { const summary = document.querySelector('.req summary'); summary.scrollIntoView({ block: 'center', behavior: 'instant' }); const { x, y, width, height } = summary.getBoundingClientRect(); return { x: x + width / 2, y: y + height / 2 }; })()`,
    );
    await browser.click(place.x, place.y);
    expect(await browser.evaluate(`document.querySelector('.req').open`)).toBe(true);
    expect(await browser.evaluate(`document.querySelector('.req .path').getBoundingClientRect().height > 100`)).toBe(
      true,
    );
    expect(browser.complaints).toEqual([]);
  });

  it.each(PRESETS.flatMap((name) => [320, 360, 768].map((width) => [name, width] as const)))(
    'has nothing to scroll sideways for: %s at %d px',
    async (name, width) => {
      await browser.open(file(name), { width, height: 740 });
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const small = await browser.evaluate<string[]>(
        `[...document.querySelectorAll('.chart')].filter((chart) => chart.clientWidth > 0).map((chart) => chart.getBoundingClientRect().width / chart.viewBox.baseVal.width).filter((scale) => scale < 0.85)`,
      );
      // A text of 12 px is drawn with 10 or more.
      expect(small).toEqual([]);
    },
  );

  it('gives the texts of its tables room on a phone, and breaks no short name', async () => {
    await browser.open(file('i-01-local-rollout'), { width: 375, height: 740 });
    const cells = await browser.evaluate<[string, number][]>(
      `[...document.querySelectorAll('.cards td > div')].map((cell) => [cell.parentElement.dataset.name, cell.getBoundingClientRect().width])`,
    );
    expect(cells.length).toBeGreaterThan(30);
    expect(cells.filter(([, width]) => width < 200)).toEqual([]);
    const lines = await browser.evaluate<number[]>(
      `[...document.querySelectorAll('#sources td code, .losses td .nowrap')].filter((one) => one.offsetParent !== null).map((one) => one.getClientRects().length)`,
    );
    expect(lines.length).toBeGreaterThan(10);
    expect(new Set(lines)).toEqual(new Set([1]));
  });

  it('works by keyboard: along the axis, to a request, its path and back', async () => {
    await browser.open(file('pod-becomes-unready'));
    const order: string[] = [];
    for (let n = 0; n < 30 && !order.at(-1)?.startsWith('slider'); n++) {
      await browser.press('Tab');
      order.push(await browser.evaluate<string>(FOCUS));
    }
    expect(order[0]).toContain('skip');
    expect(order.at(-1)).toBe('slider scrub');
    // It begins where most was lost.
    const start = await browser.evaluate<{ now: number; text: string }>(SLIDER);
    expect(start.text).toMatch(/^20\.0 s to 21\.0 s: .*32 dropped$/);
    await browser.press('ArrowRight');
    expect(await browser.evaluate(SLIDER)).toMatchObject({ now: start.now + 1 });
    await browser.press('End');
    expect(await browser.evaluate(SLIDER)).toMatchObject({ now: 69, text: '69.0 s to 70.0 s: no requests' });
    await browser.press('Home');
    expect(await browser.evaluate(SLIDER)).toMatchObject({ now: 0 });
    for (let n = 0; n < 20; n++) await browser.press('ArrowRight');
    await browser.press('Enter');
    expect(await browser.evaluate(`document.activeElement.closest('.picks') !== null`)).toBe(true);
    await browser.press('Enter');
    expect(await browser.evaluate(`document.querySelector('dialog').open`)).toBe(true);
    const path = await browser.evaluate<string[]>(
      `[...document.querySelectorAll('dialog .path li')].map((item) => item.textContent)`,
    );
    expect(path).toEqual(['Client · 198.51.100.79laptop', 'Load balancerweb', 'dropped', 'Node · entry nodea']);
    await browser.press('Escape');
    expect(await browser.evaluate(`document.querySelector('dialog').open`)).toBe(false);
    expect(await browser.evaluate(`document.activeElement.closest('.picks') !== null`)).toBe(true);
    await browser.press('Escape');
    expect(await browser.evaluate(FOCUS)).toBe('slider scrub');
    expect(browser.complaints).toEqual([]);
  });

  it('shows what a click on the chart points at', async () => {
    await browser.open(file('pod-becomes-unready'));
    const { x, y } = await browser.evaluate<{ x: number; y: number }>(
      `(() => { const chart = [...document.querySelectorAll('.scrub .chart')].find((one) => one.clientWidth > 0); const box = chart.getBoundingClientRect(); const scale = box.width / chart.viewBox.baseVal.width; const left = Number(chart.dataset.left); return { x: box.left + scale * (left + (Number(chart.dataset.right) - left) * 22.5 / 70), y: box.top + 60 }; })()`,
    );
    await browser.click(x, y);
    expect(await browser.evaluate(SLIDER)).toMatchObject({ now: 22 });
    expect(await browser.evaluate(`document.querySelector('#moment h3').textContent`)).toBe('22.0 s to 23.0 s');
    expect(await browser.evaluate(`document.querySelector('#moment').textContent`)).toContain(
      'healthz 503, 0 local endpoints',
    );
  });

  it('tells a screen reader what it tells the eye', async () => {
    await browser.open(file('source-ip-tutorial'));
    const nodes = await browser.accessibleNodes();
    const named = (role: string) => nodes.filter((node) => node.role === role).map(({ name }) => name);
    expect(named('slider')).toEqual([expect.stringContaining('arrow keys')]);
    expect(await browser.evaluate(SLIDER)).toMatchObject({ text: '60.0 s to 65.0 s: 4 answered, 2 dropped' });
    for (const role of ['link', 'button', 'table', 'image', 'region']) {
      expect(named(role).length, role).toBeGreaterThan(0);
      for (const name of named(role)) expect(name, role).not.toBe('');
    }
    const levels = nodes.filter(({ role }) => role === 'heading').map(({ properties }) => Number(properties.level));
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, n) => {
      expect(level).toBeGreaterThan(1);
      expect(level - levels[n]!).toBeLessThanOrEqual(1);
    });
    for (const role of ['banner', 'main', 'navigation', 'contentinfo']) expect(named(role), role).toHaveLength(1);
  });

  it('is dark where the reader wants it, and light on paper', async () => {
    const paper = `getComputedStyle(document.querySelector('section')).backgroundColor`;
    await browser.open(file('pod-becomes-unready'), { dark: true });
    expect(await browser.evaluate(paper)).toBe('rgb(22, 27, 34)');
    await browser.open(file('pod-becomes-unready'));
    expect(await browser.evaluate(paper)).toBe('rgb(255, 255, 255)');
    const pdf = await browser.pdf();
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    console.log(`printed: ${pages} pages, ${(pdf.length / 1e3).toFixed(0)} kB`);
    expect(pages).toBeGreaterThanOrEqual(2);
    expect(pages).toBeLessThanOrEqual(12);
  });

  it('opens soon with a million requests behind it', async () => {
    await browser.open(file('million'));
    const openMs = await browser.evaluate<number>(`performance.getEntriesByType('navigation')[0].loadEventEnd`);
    const items = await browser.evaluate<number>(`document.querySelectorAll('.req').length`);
    console.log(`report of 1e6 requests opened in ${openMs.toFixed(0)} ms with ${items} requests in it`);
    expect(items).toBeGreaterThan(100);
    expect(openMs).toBeLessThan(5000);
    expect(browser.complaints).toEqual([]);
  });

  it('gives the timeline alone as a picture that opens by itself', async () => {
    const svg = await server.http
      .get(`/v1/simulations/${ids['source-ip-tutorial']}/report`)
      .set('Accept', 'image/svg+xml');
    writeFileSync(join(folder, 'timeline.svg'), svg.body);
    await browser.open(pathToFileURL(join(folder, 'timeline.svg')).href);
    expect(await browser.evaluate(`document.documentElement.getElementsByTagName('title')[0].textContent`)).toBe(
      'source-ip-tutorial',
    );
    const outside = await browser.evaluate<number>(
      `(() => { const width = document.documentElement.viewBox.baseVal.width; return [...document.querySelectorAll('text')].filter((text) => { const { left, right } = text.getBoundingClientRect(); return left < 0 || right > width; }).length; })()`,
    );
    expect(outside).toBe(0);
    expect(browser.complaints).toEqual([]);
  });
});
