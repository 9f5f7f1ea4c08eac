import { expect, it } from 'vitest';
import { preferredWait } from './prefer.js';

it.each([
  [undefined, 30, null],
  ['wait=10', 10, 'wait=10'],
  ['wait=0', 0, 'wait=0'],
  ['respond-async, wait=5', 5, 'wait=5'],
  ['WAIT = "7"; foo', 7, 'wait=7'],
  ['wait=100000', 60, 'wait=60'],
  [`wait=${'9'.repeat(400)}`, 60, 'wait=60'],
  ['wait=5, wait=50', 5, 'wait=5'],
  ['wait=soon', 30, 'wait=30'],
  ['wait=10s', 30, 'wait=30'],
  ['wait=-1', 30, 'wait=30'],
  ['wait=', 30, 'wait=30'],
  ['wait', 30, 'wait=30'],
  ['respond-async, wait=soon', 0, 'wait=0'],
  ['respond-async', 0, 'respond-async'],
  ['await=5', 30, null],
  ['return=minimal', 30, null],
])('Prefer: %s waits for %i s and is told as %s', (header, waitS, applied) => {
  expect(preferredWait(header, 30)).toEqual({ waitS, applied });
});

it('whoever waits for nothing by default is told so', () => {
  expect(preferredWait('wait=soon')).toEqual({ waitS: 0, applied: 'wait=0' });
});
