import { expect, it } from 'vitest';
import { humanDuration } from './human-duration.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

it.each([
  [-5, '<invalid>'],
  [-1.5, '0s'],
  [0, '0s'],
  [51.9, '51s'],
  [119, '119s'],
  [2 * MINUTE, '2m'],
  [5 * MINUTE + 9, '5m9s'],
  [10 * MINUTE + 9, '10m'],
  [179 * MINUTE, '179m'],
  [3 * HOUR, '3h'],
  [7 * HOUR + 30 * MINUTE, '7h30m'],
  [20 * HOUR + 30 * MINUTE, '20h'],
  [2 * DAY, '2d'],
  [7 * DAY + 5 * HOUR, '7d5h'],
  [300 * DAY, '300d'],
  [3 * 365 * DAY + 4 * DAY, '3y4d'],
  [9 * 365 * DAY, '9y'],
])('writes an age of %s s as %s', (seconds, text) => {
  expect(humanDuration(seconds * 1e9)).toBe(text);
});
