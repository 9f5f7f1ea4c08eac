import { describe, expect, it } from 'vitest';
import { Remembered } from './remembered.js';

describe('what is remembered', () => {
  const anchor = {};
  const make = (value: string) => () => ({ value });

  it('is the same object for the same parts, and another one for others', () => {
    const remembered = new Remembered<{ value: string }>();
    const first = remembered.get(anchor, ['a', anchor], make('first'));
    expect(remembered.get(anchor, ['a', anchor], make('again'))).toBe(first);
    expect(remembered.get(anchor, ['b', anchor], make('other')).value).toBe('other');
    expect(remembered.get(anchor, ['a'], make('fewer')).value).toBe('fewer');
    expect(remembered.get({}, ['a', anchor], make('elsewhere')).value).toBe('elsewhere');
    expect(remembered.get(anchor, ['a', anchor], make('again'))).toBe(first);
  });

  it('does not grow with the number of different parts', () => {
    const remembered = new Remembered<number>();
    for (let n = 0; n < 100; n++) remembered.get(anchor, [n], () => n);
    expect(remembered.get(anchor, [0], () => -1)).toBe(-1);
    expect(remembered.get(anchor, [99], () => -1)).toBe(99);
  });
});
