import { expect, it } from 'vitest';
import { InvariantError, invariant } from './invariant.js';

it('invariant throws InvariantError with its message, and only when broken', () => {
  expect(() => invariant(1 < 2, 'fine')).not.toThrow();
  expect(() => invariant(2 < 1, 'slots were lost')).toThrow(new InvariantError('slots were lost'));
});
