import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { reportHtml, reportPolicy } from './report-html.js';
import { REPORT_SCRIPT } from './script.js';
import { REPORT_STYLE } from './style.js';
import { elements } from './testing/elements.js';
import { type MadeUp, madeUpRun } from './testing/made-up-run.js';
import { timelinePicture } from './timeline-picture.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const page = (options: MadeUp = {}) => reportHtml(madeUpRun(options), sha256);

describe('the HTML of a report', () => {
  it('asks nobody for anything: no address but its own links, no handler, no style in an attribute', () => {
    const html = page({ named: (name) => `${name} https://example.com/x.png` });
    for (const element of elements(html)) expect(element).not.toMatch(/ (on\w+|style|src|srcset|action|ping)( |$)/);
    for (const [, address] of html.matchAll(/href="([^"]*)"/g))
      expect(address).toMatch(/^(#|data:,$|requests|healthz$|transcript$)/);
    expect(REPORT_STYLE).not.toMatch(/url\(|@import/);
    expect(REPORT_SCRIPT).not.toMatch(/fetch|XMLHttpRequest|import\(|innerHTML|insertAdjacent|eval|Function\(/);
  });

  it('carries a policy that allows its own style and script and nothing else', () => {
    const html = page();
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)![1]!;
    const policy = reportPolicy(sha256);
    expect(policy).toContain(`style-src 'sha256-${sha256(style)}'`);
    expect(policy).toContain(`script-src 'sha256-${sha256(script)}'`);
    expect(policy).toContain("default-src 'none'");
    expect(html).toContain(`content="${policy.replaceAll("'", '&#39;')}"`);
  });

  it('is the same for the same run', () => {
    expect(page()).toBe(page());
  });

  it('names every part, in this order', () => {
    const titles = [...page().matchAll(/<h2[^>]*>([^<]*)</g)].map((match) => match[1]);
    expect(titles).toEqual([
      'Expectations',
      'Outcome over time',
      'Source IPs seen',
      'Where each pod&#39;s traffic came from',
      'Latency',
      'Losses by cause',
      'Requests and their paths',
      'About this run',
    ]);
  });

  it.each([
    ['no requests', { requests: 1, failEvery: 1 }],
    ['one answered request', { requests: 1, failEvery: 0 }],
    ['no time', { requests: 3, seconds: 0 }],
    ['no events, nodes or health checks', { events: 0, segments: 0 }],
    ['nothing but failures', { failEvery: 1 }],
    ['nothing lost', { failEvery: 0 }],
  ] satisfies [string, MadeUp][])('is whole for a run with %s', (_, options) => {
    const html = page(options);
    elements(html);
    expect(html).not.toMatch(/NaN|Infinity|undefined|null</);
  });
});

describe('the picture of a timeline', () => {
  it('shows three failures among a million', () => {
    const input = madeUpRun({ requests: 600, failEvery: 0 });
    const { bins } = input.overview;
    for (const bin of bins) {
      bin.outcomes[0] = 10_000;
      bin.requests = 10_000;
    }
    bins[7]!.outcomes[1] = 3;
    bins[7]!.requests = 10_003;
    const d = /<path class="o1" d="M[\d.]+ ([\d.]+)h([\d.]+)v([\d.]+)/.exec(timelinePicture(input))!;
    expect(Number(d[2])).toBeGreaterThanOrEqual(3);
    expect(Number(d[3])).toBeGreaterThanOrEqual(3);
  });
});
