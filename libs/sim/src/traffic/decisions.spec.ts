import { expect, it } from 'vitest';
import type { Client, TimelineEntry, Traffic } from '../scenario.js';
import { pod, SECOND, service, simulated, smallScenario, traffic } from '../testing/small-scenario.js';

const CLIENTS: Client[] = Array.from({ length: 30 }, (_, n) => ({
  name: `client-${n}`,
  ips: [`198.51.100.${n + 1}`],
  count: 1,
  kernel: '6.1',
}));

/** One request of each client, then another one; how many of them have the same pod twice. */
function faithful(timeline: TimelineEntry[]): number {
  const to = { service: 'default/web', port: null, via: 'nodePort', node: 'n1', ipFamily: null, ip: null } as const;
  const once = ({ name }: Client, startS: number): Traffic =>
    traffic({
      name: `${name} at ${startS}`,
      from: { client: name },
      to,
      startNs: startS * SECOND,
      stopNs: (startS + 1) * SECOND,
      ratePerSecond: 1,
    });
  const { rows } = simulated(
    smallScenario({
      objects: [
        ...['10.1.1.2', '10.1.2.2', '10.1.3.2'].map((ip, n) => pod(`web-${n}`, ip)),
        service('web', { type: 'NodePort', sessionAffinity: 'ClientIP' }),
      ],
      clients: CLIENTS,
      traffic: [...CLIENTS.map((client) => once(client, 0)), ...CLIENTS.map((client) => once(client, 20))],
      durationNs: 30 * SECOND,
      timeline,
    }),
  );
  expect(rows.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  return CLIENTS.filter(
    ({ name }) => new Set(rows.filter(({ client }) => client === name).map(({ pod: of }) => of)).size === 1,
  ).length;
}

it('a node keeps clients to their pods until its machine loses its power, even if nobody asks it meanwhile', () => {
  // n1 is back at 8 s, its kube-proxy at 10 s.
  const outage: TimelineEntry = { atNs: 5 * SECOND, do: 'crash', node: 'n1', forNs: 3 * SECOND, vmDeleted: false };
  expect(faithful([])).toBe(CLIENTS.length);
  expect(faithful([outage])).toBeLessThan(CLIENTS.length * 0.75);
});
