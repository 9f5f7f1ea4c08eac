/** Incidents of connections: what the presets say happens, computed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { sigmasOff } from '../../libs/sim/src/testing/sigmas-off.js';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

function run(preset: string, change: (text: string) => string = (text) => text) {
  const text = readFileSync(new URL(`../../presets/incidents/${preset}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(change(text), { format: 'yaml' });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  return {
    rows,
    failed: rows.filter(({ outcome }) => outcome !== 'ok'),
    passed: result.expectations.map(({ passed }) => passed),
  };
}
const endings = (rows: { outcome: string; cause: string | null }[]) =>
  new Set(rows.map(({ outcome, cause }) => `${outcome} ${cause}`));

describe('I-08, segments that conntrack takes for invalid', () => {
  it('reset transfers in mode nftables', () => {
    const { failed, passed } = run('i-08-invalid-conntrack');
    expect(passed).toEqual([true, true]);
    expect(endings(failed)).toEqual(new Set(['reset invalid-packet']));
  });

  it('are taken where conntrack is liberal', () => {
    expect(run('i-08-invalid-conntrack-cured').passed).toEqual([true]);
  });

  it('are dropped and sent again in mode iptables, which costs 200 ms', () => {
    const { rows, failed } = run('i-08-invalid-conntrack', (text) => text.replace('mode: nftables', 'mode: iptables'));
    expect(failed).toEqual([]);
    const late = rows.filter(({ latencyUs }) => latencyUs > 2.1e6);
    expect(sigmasOff(late.length, rows.length, 0.05)).toBeLessThan(4);
    expect(late.every(({ latencyUs }) => latencyUs > 2.2e6 && latencyUs < 2.21e6)).toBe(true);
  });
});

describe('I-09, two questions that race', () => {
  it('cost one look-up in fifty five seconds, and none its answer', () => {
    const { rows, passed } = run('i-09-dns-five-seconds');
    expect(passed).toEqual([true, true]);
    const late = rows.filter(({ latencyUs }) => latencyUs >= 5e6);
    expect(sigmasOff(late.length, rows.length, 0.02)).toBeLessThan(4);
    expect(rows.filter(({ latencyUs }) => latencyUs > 0.1e6 && latencyUs < 5e6)).toEqual([]);
  });

  it('do not where one follows the other', () => {
    const { rows, passed } = run('i-09-dns-five-seconds-cured');
    expect(passed).toEqual([true, true]);
    expect(Math.max(...rows.map(({ latencyUs }) => latencyUs))).toBeLessThan(0.1e6);
  });
});

describe('I-10, sockets that conntrack holds to a pod that is gone', () => {
  it('ask in vain to the end, and nobody else does', () => {
    const { rows, failed, passed } = run('i-10-stale-udp-entry');
    expect(passed).toEqual([true, true]);
    expect(endings(failed)).toEqual(new Set(['timeout stale-conntrack']));
    const held = new Set(failed.map(({ client }) => client));
    expect(held.has('default/fresh')).toBe(false);
    const late = rows.filter(({ client, atMs }) => held.has(client) && atMs > 27_000);
    expect(late.length).toBeGreaterThan(100);
    expect(late.every(({ outcome, pod }) => outcome === 'timeout' && pod === 'default/dns-a')).toBe(true);
  });

  it('are let go by a kube-proxy that reconciles conntrack', () => {
    const { failed, passed } = run('i-10-stale-udp-entry-cured');
    expect([passed, failed]).toEqual([[true], []]);
  });

  it('are let go with the sync after the freeze in 1.22, which waits for the endpoint to go', () => {
    const { failed } = run('i-10-stale-udp-entry', (text) => text.replace('version: "1.30"', 'version: "1.22"'));
    expect(failed.length).toBeGreaterThan(10);
    expect(failed.every(({ atMs }) => atMs < 33_200)).toBe(true);
  });
});

describe('I-11, connections whose node dies', () => {
  it('hang until TCP gives up, where the client does not', () => {
    const { rows, failed, passed } = run('i-11-connections-hang');
    expect(passed).toEqual([true, true]);
    expect(endings(failed)).toEqual(new Set(['timeout node-down']));
    const times = failed.map(({ atMs }) => atMs / 1e3);
    expect(Math.min(...times)).toBeGreaterThan(59);
    expect(Math.max(...times)).toBeGreaterThan(60 + 900);
    expect(Math.max(...times)).toBeLessThan(60 + 924.6 + 30);
    expect(new Set(failed.map(({ pod }) => pod))).toEqual(new Set(['default/db-a']));
    // Each connection keeps to its endpoint for as long as it lives.
    const after = rows.filter(({ client, atMs }) => client === 'default/kept' && atMs > 1_020_000);
    expect(after.every(({ outcome, pod }) => outcome === 'ok' && pod === 'default/db-b')).toBe(true);
  });

  it('cost one request each where the client gives them up', () => {
    const { failed, passed } = run('i-11-connections-hang-cured');
    expect(passed).toEqual([true, true]);
    expect(endings(failed)).toEqual(new Set(['timeout node-down']));
    // With a connection for each hanging request, the same dice have kept as many open to the dead machine.
    const hanging = run('i-11-connections-hang');
    const whileItHangs = hanging.rows.filter(
      ({ client, atMs }) => client === 'default/kept' && atMs > 60e3 && atMs < 980e3,
    );
    expect(sigmasOff(hanging.failed.length, whileItHangs.length, failed.length / 8)).toBeLessThan(4);
  });
});

describe('I-19, ports that IPVS remembers', () => {
  it('lead to pods that are gone', () => {
    const { rows, failed, passed } = run('i-19-ipvs-reused-ports');
    expect(passed).toEqual([true, true]);
    // The first old pod ends seven seconds after the restart: it takes 2 s to be ready for the new one, and 5 s to stop.
    expect(Math.min(...failed.map(({ atMs }) => atMs))).toBeGreaterThan(65_000);
    const lost = failed.filter(({ outcome }) => outcome === 'unreachable');
    expect(endings(lost)).toEqual(new Set(['unreachable stale-conntrack']));
    // It goes on for as long as the client does, for all ports: no more is lost than what comes after the first old pod's end.
    expect(lost.length).toBeLessThan(rows.filter(({ atMs }) => atMs > 65_000).length);
    expect(rows.filter(({ atMs, outcome }) => atMs > 75_000 && outcome !== 'unreachable')).toEqual([]);
  });

  const setting = (kernel: string, mode: number | null) => (text: string) =>
    text
      .replaceAll('kernel: "5.4"', `kernel: "${kernel}"`)
      .replace('  nodes:\n', `${mode === null ? '' : `  conntrack: {connReuseMode: ${mode}}\n`}  nodes:\n`);

  it('cost a second each on an old kernel where conn_reuse_mode is 1', () => {
    const { rows, failed } = run('i-19-ipvs-reused-ports', setting('5.4', 1));
    expect(failed).toEqual([]);
    // Each port is met again after 40 s, and remembered for 120.
    const again = rows.filter(({ atMs }) => atMs > 45_000);
    expect(
      again.every(({ firstPackets, latencyUs }) => firstPackets === 2 && latencyUs > 1e6 && latencyUs < 1.1e6),
    ).toBe(true);
    expect(rows.filter(({ atMs, firstPackets }) => atMs < 35_000 && firstPackets > 1)).toEqual([]);
    const hasty = run('i-19-ipvs-reused-ports', (text) =>
      setting('5.4', 1)(text).replace('connectTimeout: 10s', 'connectTimeout: 900ms'),
    );
    expect(endings(hasty.failed)).toEqual(new Set(['dropped stale-conntrack']));
  });

  it.each([
    ['3.10', null, true],
    ['3.10', 1, true],
    ['5.8', null, true],
    ['5.9', null, false],
    ['5.9', 0, true],
    ['6.6', 1, false],
  ] as const)('on kernel %s with conn_reuse_mode %s: met %s', (kernel, mode, isMet) => {
    const { failed, rows } = run('i-19-ipvs-reused-ports', setting(kernel, mode));
    expect(failed.length > 0).toBe(isMet);
    expect(rows.every(({ firstPackets }) => firstPackets === 1 || isMet)).toBe(true);
  });

  it('are scheduled anew from kernel 5.9 on', () => {
    expect(run('i-19-ipvs-reused-ports-cured').passed).toEqual([true]);
  });
});

describe('I-21, source ports that run out', () => {
  it('drop what finds none, from 67 s on', () => {
    const { rows, failed, passed } = run('i-21-no-source-port');
    expect(passed).toEqual([true, true, true]);
    expect(endings(failed)).toEqual(new Set(['dropped no-source-port']));
    // 240 tries at random find one of 300 free ports of 10,000 all but once in 1,400 times.
    expect(Math.min(...failed.map(({ atMs }) => atMs))).toBeGreaterThan(63_000);
    expect(rows.filter(({ atMs, outcome }) => atMs > 72_000 && atMs < 118_000 && outcome === 'ok')).toEqual([]);
  });

  it('suffice where connections are kept', () => {
    expect(run('i-21-no-source-port-cured').passed).toEqual([true]);
  });

  it('suffice where the kernel forgets what is closed', () => {
    const { failed } = run('i-21-no-source-port', (text) =>
      text.replace('  conntrack:', '  nodes: {node-a: {kernel: "6.6"}}\n  conntrack:'),
    );
    expect(failed).toEqual([]);
  });
});
