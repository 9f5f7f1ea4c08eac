import { expect, it } from 'vitest';
import { reach } from './reach.js';

it('fills a list up to a place, and leaves what is there', () => {
  const list = [7];
  reach(list, 3, 0);
  expect(list).toEqual([7, 0, 0, 0]);
  reach(list, 1, 9);
  reach(list, -1, 9);
  expect(list).toEqual([7, 0, 0, 0]);
});
