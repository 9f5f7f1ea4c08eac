/** What the presets of incidents tell: computed by version. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

function run(preset: string, version: string) {
  const text = readFileSync(new URL(`../../presets/${preset}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(text.replace('version: "1.30"', `version: "${version}"`), {
    format: 'yaml',
  });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  return { rows, passed: result.expectations.map(({ passed }) => passed) };
}

it.each(['1.23', '1.25', '1.28', '1.32', '1.34', '1.37'])(
  'stale-udp-entry: with %s kube-proxy deletes the entries while the pod still answers',
  (version) => {
    const { rows, passed } = run('stale-udp-entry', version);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect([version, passed, lost.length]).toEqual([version, [true], 0]);
  },
);

it('stale-udp-entry: with 1.22 kube-proxy waits for the endpoint to go, which costs what is asked in between', () => {
  const { rows, passed } = run('stale-udp-entry', '1.22');
  expect(passed).toEqual([false]);
  const lost = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(lost.length).toBeLessThan(5);
  for (const { client, atMs } of lost) {
    const later = rows.filter((row) => row.client === client && row.atMs > atMs + 1000);
    expect(new Set(later.map(({ outcome, pod }) => `${outcome} ${pod}`))).toEqual(new Set(['ok default/dns-b']));
  }
});

it.each(['1.29', '1.30', '1.31'])(
  'stale-udp-entry: with %s kept sockets are lost for good, fresh ones are not',
  (version) => {
    const { rows, passed } = run('stale-udp-entry', version);
    expect(passed).toEqual([false]);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    const clients = new Set(lost.map(({ client }) => client));
    expect(clients.has('default/fresh')).toBe(false);
    expect(clients.size).toBeGreaterThan(0);
    // Once lost, lost to the end: none of these sockets has an answer again.
    for (const client of clients) {
      const own = rows.filter((row) => row.client === client);
      const first = own.findIndex(({ outcome }) => outcome !== 'ok');
      expect(own.slice(first).every(({ outcome }) => outcome !== 'ok')).toBe(true);
      expect(own.slice(0, first).every(({ pod }) => pod === 'default/dns-a')).toBe(true);
    }
  },
);
