import { expect, it } from 'vitest';
import { type Attempts, initAttempts, synAttempts } from './attempts.js';

const seconds = ({ sentNs, givesUpNs }: Attempts) => [sentNs.map((ns) => ns / 1e9), givesUpNs / 1e9];
const CLASSIC = [[0, 1, 3, 7, 15, 31, 63], 127];
const LINEAR = [[0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131];

it.each(['2.6', '5.15', '6.1', '6.4', 'unknown', ''])(
  'a kernel %s doubles the wait from the first SYN on',
  (kernel) => {
    expect(seconds(synAttempts(kernel))).toEqual(CLASSIC);
  },
);

it.each(['6.5', '6.12', '7.0', '6.5.0-generic'])('a kernel %s sends four SYNs one second apart first', (kernel) => {
  expect(seconds(synAttempts(kernel))).toEqual(LINEAR);
});

it('an INIT is sent again eight times, the wait doubling from 3 s up to a minute', () => {
  const { sentNs, givesUpNs } = initAttempts();
  const ends = [...sentNs, givesUpNs].map((ns) => ns / 1e9);
  expect(ends.slice(1).map((end, n) => end - ends[n]!)).toEqual([3, 6, 12, 24, 48, 60, 60, 60, 60]);
});
