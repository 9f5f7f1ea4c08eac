import { describe, expect, it } from 'vitest';
import { SECOND } from '../testing/small-scenario.js';
import { RestartBackOff } from './restart-back-off.js';

/** Each life lasts so long from its start; how long kubelet waits after each. */
function waits(end: 'afterExit' | 'afterKill', livesS: number[]): number[] {
  const backOff = new RestartBackOff();
  let now = 0;
  return livesS.map((lifeS) => {
    now += lifeS * SECOND;
    const waitNs = backOff[end](now);
    now += waitNs;
    return waitNs / SECOND;
  });
}

describe('a container is started again', () => {
  it('that ended by itself: at once, then after 10 s, doubled up to 5 min', () => {
    expect(waits('afterExit', Array(9).fill(1))).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('at once again when it has run for more than 10 min', () => {
    expect(waits('afterExit', [1, 1, 1, 600, 1, 601, 1, 1])).toEqual([0, 10, 20, 40, 80, 0, 10, 20]);
  });

  it('that kubelet has killed: held against the exit before, so without a wait where it ran for longer than the back-off', () => {
    // The back-offs are 10, 20, 40, 80, 160 and 300 s; a life that is longer passes one by.
    expect(waits('afterKill', Array(8).fill(30))).toEqual([0, 0, 0, 0, 40, 80, 160, 300]);
    expect(waits('afterKill', Array(8).fill(5))).toEqual([0, 0, 10, 20, 40, 80, 160, 300]);
    // At 5 min the wait itself is as long as the back-off, so that every second one is passed by.
    expect(waits('afterKill', Array(12).fill(5)).slice(7)).toEqual([300, 0, 300, 0, 300]);
    expect(waits('afterKill', Array(12).fill(601))).toEqual(Array(12).fill(0));
  });

  it('and one that crashes after a kill is held against its own exit', () => {
    const backOff = new RestartBackOff();
    expect(backOff.afterKill(30 * SECOND)).toBe(0);
    expect(backOff.afterKill(60 * SECOND)).toBe(0);
    expect(backOff.afterExit(200 * SECOND)).toBe(10 * SECOND);
  });
});
