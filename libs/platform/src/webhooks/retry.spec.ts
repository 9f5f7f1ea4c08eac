import { describe, expect, it } from 'vitest';
import { wants } from './event-types.js';
import { nextTry, RETRY_SECONDS, retryAfterMs } from './retry.js';

describe('the schedule of retries', () => {
  it('is about a day, each wait at least as long as the one before', () => {
    const hours = RETRY_SECONDS.reduce((sum, seconds) => sum + seconds, 0) / 3600;
    expect(hours).toBeGreaterThan(22);
    expect(hours * 1.1).toBeLessThan(27);
    expect([...RETRY_SECONDS].sort((a, b) => a - b)).toEqual(RETRY_SECONDS);
  });

  it('adds up to a tenth by chance, and ends', () => {
    const wait = (retries: number, random: number) => nextTry({ retries, retryAfterMs: null }, [5, 300], random);
    expect([wait(0, 0), wait(0, 1), wait(1, 0.5)]).toEqual([5000, 5500, 315_000]);
    expect(wait(2, 0)).toBeNull();
  });

  it('waits for as long as the receiver asks, not less than planned and not more than a day', () => {
    const wait = (ms: number) => nextTry({ retries: 0, retryAfterMs: ms }, [60], 0);
    expect([wait(1000), wait(120_000), wait(1e12)]).toEqual([60_000, 120_000, 86_400_000]);
  });

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Thu, 01 Jan 2020 00:00:00 GMT', now)).toBe(0);
    for (const text of [undefined, '', 'soon', '99999999999', '-']) expect(retryAfterMs(text, now)).toBeNull();
  });
});

describe('what a subscription asks for', () => {
  it('is a type, all of a resource, or all', () => {
    expect(wants(['simulation.failed'], 'simulation.failed')).toBe(true);
    expect(wants(['simulation.failed'], 'simulation.succeeded')).toBe(false);
    expect(wants(['simulation.*'], 'simulation.cancelled')).toBe(true);
    expect(wants(['simulation.*'], 'experiment.cancelled')).toBe(false);
    expect(wants(['*'], 'comparison.succeeded')).toBe(true);
    expect(wants([], 'simulation.succeeded')).toBe(false);
  });
});
