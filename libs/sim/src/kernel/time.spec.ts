import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatMs, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, parseDuration } from './time.js';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['5s', 5 * NS_PER_SECOND],
    ['-5s', -5 * NS_PER_SECOND],
    ['+5s', 5 * NS_PER_SECOND],
    ['5.s', 5 * NS_PER_SECOND],
    ['.5s', 0.5 * NS_PER_SECOND],
    ['1.0040s', 1_004_000_000],
    ['10ns', 10],
    ['11us', 11_000],
    ['12\u00b5s', 12_000],
    ['12\u03bcs', 12_000],
    ['200ms', 200_000_000],
    ['1h30m', 1.5 * NS_PER_HOUR],
    ['10.5s4m', 4 * NS_PER_MINUTE + 10.5 * NS_PER_SECOND],
    ['1h2m3s4ms5us6ns', NS_PER_HOUR + 2 * NS_PER_MINUTE + 3_004_005_006],
    ['0.3333333333333333333h', 20 * NS_PER_MINUTE],
    ['0.100000000000000000000h', 6 * NS_PER_MINUTE],
    ['0.830103483285477580700h', 49 * NS_PER_MINUTE + 48_372_539_827],
    ['0.1ns', 0],
    ['1.9ns', 1],
    ['9007199254740991ns', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  it.each([
    '',
    '3',
    '-',
    '+',
    's',
    '.',
    '-.',
    '.s',
    '+.s',
    '1d',
    '1 s',
    ' 1s',
    '1s ',
    '1h-2m',
    '1e3s',
    '--1s',
    '1S',
    'toStrings',
    '1toString',
    '2540400h',
    '9007199254740993ns',
  ])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1, '1ns'],
    [1100, '1.1\u00b5s'],
    [2_200_000, '2.2ms'],
    [1_500_000_000, '1.5s'],
    [60e9, '1m0s'],
    [245_001_000_000, '4m5.001s'],
    [480_000_000_001, '8m0.000000001s'],
    [5400e9, '1h30m0s'],
    [-200e6, '-200ms'],
  ])('%d ns is %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  it('is read back as the same time', () => {
    fc.assert(
      fc.property(fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }), (ns) => {
        expect(parseDuration(formatDuration(ns))).toBe(ns);
      }),
    );
  });

  it('takes milliseconds too', () => {
    expect([formatMs(1500), formatMs(0.25), formatMs(90_000)]).toEqual(['1.5s', '250\u00b5s', '1m30s']);
  });
});
