import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportHtml, reportPolicy } from './report-html.js';
import { REPORT_SCRIPT } from './script.js';
import { REPORT_STYLE } from './style.js';
import { type MadeUp, madeUpRun } from './testing/made-up-run.js';
import { timelinePicture } from './timeline-picture.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const page = (options: MadeUp = {}) => reportHtml(madeUpRun(options), sha256);

const VOID = new Set(['meta', 'link', 'br', 'rect', 'path', 'line', 'circle']);
const TAG = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g;

/** The names of elements as they open, with their attributes' names; fails where they are not nested, or a `<` is no tag. */
function elements(markup: string): string[] {
  // Raw text: of an element of its own kind, without its end tag inside.
  const plain = markup.replace(/<(style|script)([^>]*)>[\s\S]*?<\/\1>/g, '<$1$2></$1>');
  const open: string[] = [];
  const found: string[] = [];
  const rest = plain.replace(
    TAG,
    (tag, close: string, name: string | undefined, attributes: string, selfClosed: string) => {
      if (name === undefined) return '';
      if (close === '/') expect(open.pop(), tag).toBe(name);
      else {
        if (selfClosed === '' && !VOID.has(name)) open.push(name);
        found.push([name, ...[...attributes.matchAll(/\s([a-zA-Z-]+)(?==|\s|$)/g)].map((match) => match[1])].join(' '));
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  return found;
}

const hostile = fc.oneof(
  fc.constantFrom(
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '" onmouseover="alert(1)',
    "'><svg onload=alert(1)>",
    ']]>&lt;&amp;&#60;',
    '\u0000\u0007\u202e\ufffe',
    '<!--',
    '\ud800 lone',
    '$& $1',
  ),
  // An empty line makes a paragraph of its own in the notes.
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\n', ' ')),
);
const SMALL: MadeUp = { requests: 50 };

describe('the HTML of a report', () => {
  it('is well formed, and has the same elements whatever names and texts hold', () => {
    const plain = elements(page(SMALL));
    expect(plain.filter((element) => element.startsWith('script'))).toHaveLength(2);
    fc.assert(
      fc.property(hostile, (text) => {
        const html = page({ ...SMALL, named: (name) => `${name}${text}` });
        expect(elements(html)).toEqual(plain);
        expect(html.match(/<script/g)).toHaveLength(2);
        expect(/\p{Cc}/u.test(html.replace(/[\n\r\t]/g, ''))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

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
  it('is well formed whatever names hold, and stands alone', () => {
    const plain = elements(timelinePicture(madeUpRun(SMALL)));
    fc.assert(
      fc.property(hostile, (text) => {
        const svg = timelinePicture(madeUpRun({ ...SMALL, named: (name) => `${name}${text}` }));
        expect(elements(svg).filter((element) => !element.startsWith('text'))).toEqual(
          plain.filter((element) => !element.startsWith('text')),
        );
        expect(svg).not.toMatch(/NaN|undefined|href|<script/);
      }),
      { numRuns: 40 },
    );
  });

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
