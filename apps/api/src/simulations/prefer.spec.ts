import { expect, it } from 'vitest';
import { preferredWait } from './prefer.js';

it.each([
  [undefined, null],
  ['wait=10', 10],
  ['respond-async, wait=5', 5],
  ['WAIT = "7"; foo', 7],
  ['wait=100000', 60],
  ['wait=soon', null],
  ['respond-async', 0],
  ['await=5', null],
])('Prefer: %s waits for %i s', (header, seconds) => {
  expect(preferredWait(header)).toBe(seconds);
});
