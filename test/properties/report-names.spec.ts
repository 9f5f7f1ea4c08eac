/** Whatever names and texts hold, reports and diagrams say nothing but what they say. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { reportHtml } from '../../libs/report/src/report/report-html.js';
import { elements } from '../../libs/report/src/report/testing/elements.js';
import { type MadeUp, madeUpRun } from '../../libs/report/src/report/testing/made-up-run.js';
import { timelinePicture } from '../../libs/report/src/report/timeline-picture.js';
import { delivered, hop, node1, packet, trace } from '../../libs/report/src/testing/made-up-traces.js';
import { traceMermaid } from '../../libs/report/src/trace-mermaid.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const page = (options: MadeUp) => reportHtml(madeUpRun(options), sha256);

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

it('the HTML is well formed, and has the same elements whatever names and texts hold', () => {
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

it('the picture of a timeline is well formed whatever names hold, and stands alone', () => {
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

it('the diagram of a trace keeps its structure whatever the names hold', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"]; click node1 "javascript:x"', 'end', 'style x: #35;', '`**x**`', '<img src=x>', '1. x', '\n;'),
  );
  const draw = (names: [string, string, string]) => {
    const through = hop('node', names[1], 'SNAT');
    const pod = hop('endpoint', names[2]);
    const outcome = delivered('n1', [hop('client', names[0]), through, node1, pod], [pod, node1, through]);
    return traceMermaid(trace(outcome), packet);
  };
  const structure = (graph: string) => graph.replace(/"[^"\n]*"/g, '""');
  const expected = structure(draw(['a', 'b', 'c']));
  fc.assert(
    fc.property(fc.tuple(nasty, nasty, nasty), (names) => {
      fc.pre(names[1] !== node1.name);
      const graph = draw(names);
      expect(structure(graph)).toBe(expected);
      expect(graph).not.toMatch(/"[^"\n]*[[\](){}<>|`'\\][^"\n]*"/);
    }),
    { numRuns: 300 },
  );
});
