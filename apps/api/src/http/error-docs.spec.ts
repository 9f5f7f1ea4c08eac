import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERRORS } from '#platform';

it('docs/api.md lists every error with its status', () => {
  const page = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(listed).toEqual(Object.entries(ERRORS).map(([code, { status }]) => [code, status]));
});
