/** The largest report that there can be stays within its size. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { reportHtml } from '#report';
import { madeUpRun } from '../../libs/report/src/report/testing/made-up-run.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

it.each(['x', '&', '𝕏'])('stays below 1.5 MB where everything is at its limit, with names full of %s', (sign) => {
  const long = sign.repeat(240);
  const html = reportHtml(
    madeUpRun({
      requests: 20_000,
      seconds: 7200,
      nodes: 100,
      events: 500,
      segments: 2000,
      failEvery: 2,
      reasons: 2000,
      named: (name) => `${name}-${long}`,
    }),
    sha256,
  );
  console.log(`the largest report with ${sign}: ${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB`);
  expect(Buffer.byteLength(html)).toBeLessThan(1.5e6);
  expect(html).toContain('more came after these');
  expect(html).toContain('Not drawn:');
});
