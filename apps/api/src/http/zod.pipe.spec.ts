import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AppError } from '#platform';
import { OUTCOMES } from '#sim';
import { RequestsQuery } from '../simulations/result-shapes.js';
import { Limit } from './paging.js';
import { WholeNumber } from './shapes.js';
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
        code: 'unknown-value',
        path: '?outcome',
        message: `The value takes one of ${OUTCOMES.join(', ')}; it is "droped".`,
        hint: 'Write "dropped".',
      },
    ]);
  },
);

it('a body with a wrong type or value is told in words', () => {
  const schema = z.strictObject({ seed: z.int(), mode: z.enum(['iptables', 'ipvs']) });
  expect(issuesOf(() => checked(schema, { seed: 'x', mode: 'iptable' }))).toMatchObject([
    { code: 'wrong-type', path: '/seed', message: '"seed" takes a number, not the string "x".' },
    {
      code: 'unknown-value',
      path: '/mode',
      message: '"mode" takes one of iptables, ipvs; it is "iptable".',
      hint: 'Write "iptables".',
    },
  ]);
});

it.each([
  ['0', 'out-of-range', '"limit" is 0; the least is 1.'],
  ['1001', 'out-of-range', '"limit" is 1001; the most is 1000.'],
  ['1.5', 'wrong-type', '"limit" takes a whole number, not the string "1.5".'],
  ['x', 'wrong-type', '"limit" takes a number, not the string "x".'],
])('a number of a query, %s, is told in the words of scenarios', (limit, code, message) => {
  const schema = z.strictObject({ limit: Limit });
  const pipe = new ZodPipe();
  expect(issuesOf(() => pipe.transform({ limit }, { schema, type: 'query' } as never))).toMatchObject([
    { code, path: '?limit', message, hint: expect.stringMatching(/\.$/) },
  ]);
});

it('a number of a path is told by its name', () => {
  const check = () => new ZodPipe().transform('-1', { schema: WholeNumber(0), type: 'param', data: 'n' } as never);
  expect(issuesOf(check)).toMatchObject([{ path: ':n', message: '"n" is -1; the least is 0.' }]);
});

it('a list or a text of the wrong length is told both lengths', () => {
  const schema = z.strictObject({ list: z.array(z.int()).min(1), text: z.string().max(3) });
  expect(issuesOf(() => checked(schema, { list: [], text: 'four' }))).toMatchObject([
    { path: '/list', message: '"list" is a list of 0; the least is 1.' },
    { path: '/text', message: '"text" is 4 characters long; the most is 3.' },
  ]);
});

it('a field that nobody knows is told the nearest, or those that there are', () => {
  const schema = z.strictObject({ node: z.string(), format: z.string().optional() });
  expect(issuesOf(() => checked(schema, { nodes: 'a', x: 1 }))).toMatchObject([
    { code: 'missing-field', path: '/node', message: '"node" is missing.', hint: 'Add the field.' },
    { code: 'unknown-field', path: '/nodes', hint: 'Rename it to "node", or remove it.' },
    { code: 'unknown-field', path: '/x', hint: 'Remove it; known are node, format.' },
  ]);
});
