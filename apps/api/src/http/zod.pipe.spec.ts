import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AppError } from '#platform';
import { OUTCOMES } from '#sim';
import { RequestsQuery } from '../simulations/result-shapes.js';
import { checked, ZodPipe } from './zod.pipe.js';

function issuesOf(check: () => unknown): unknown {
  try {
    return check();
  } catch (error) {
    return (error as AppError).issues;
  }
}

it.each([['droped'], ['ok,droped'], [['ok', 'droped']], [['ok,droped', 'ok']]])(
  'a query that misspells a value, %j, is told the nearest',
  (outcome) => {
    const pipe = new ZodPipe();
    expect(
      issuesOf(() => pipe.transform({ outcome }, { schema: RequestsQuery, type: 'query' } as never)),
    ).toMatchObject([
      {
        code: 'bad-value',
        path: '?outcome',
        message: expect.stringContaining(`"droped" is none of ${OUTCOMES.join(', ')}.`),
        hint: 'Did you mean "dropped"?',
      },
    ]);
  },
);

it('a body with a wrong type or value is told in words', () => {
  const schema = z.strictObject({ seed: z.int(), mode: z.enum(['iptables', 'ipvs']) });
  expect(issuesOf(() => checked(schema, { seed: 'x', mode: 'iptable' }))).toMatchObject([
    { path: '/seed', message: 'seed: takes a number, not "x".' },
    { path: '/mode', message: 'mode: "iptable" is none of iptables, ipvs.', hint: 'Did you mean "iptables"?' },
  ]);
});
