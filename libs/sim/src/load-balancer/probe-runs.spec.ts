import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CONNECTED, NOT_CONNECTED, noteProbe, type ProbeRun, passes, SILENCE } from './probe-runs.js';

const told = (runs: ProbeRun[]) =>
  runs.flatMap(({ fromNs, everyNs, count, reply }) =>
    Array.from({ length: count }, (_, n) => [fromNs + n * everyNs, reply]),
  );

it('every probe can be told from the runs, whatever the replies and distances', () => {
  const probe = fc.record({ after: fc.integer({ min: 1, max: 3 }), reply: fc.constantFrom(200, 503, SILENCE) });
  fc.assert(
    fc.property(fc.array(probe, { maxLength: 40 }), (probes) => {
      const runs: ProbeRun[] = [];
      let now = 0;
      const sent = probes.map(({ after, reply }) => {
        now += after;
        expect(noteProbe(runs, reply, now, true)).toBe(true);
        return [now, reply];
      });
      expect(told(runs)).toEqual(sent);
    }),
    { seed: 5 },
  );
});

it('a thousand equal probes are one run, and a full memory takes no other one', () => {
  const runs: ProbeRun[] = [];
  for (let n = 0; n < 1000; n++) noteProbe(runs, 200, n * 5e9, true);
  expect(runs).toEqual([{ fromNs: 0, everyNs: 5e9, count: 1000, reply: 200 }]);
  expect(noteProbe(runs, 503, 5000e9, false)).toBe(false);
  expect(runs).toHaveLength(1);
});

it('a 200 and an open connection pass, nothing else does', () => {
  expect([200, CONNECTED, 204, 404, 503, NOT_CONNECTED, SILENCE].map(passes)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
