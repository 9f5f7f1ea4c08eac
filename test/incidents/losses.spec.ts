/** I-06: policy Local, met from inside. Who is served hangs on who asks, where, and on kube-proxy's mode. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

function run(preset: string, change: (text: string) => string = (text) => text) {
  const text = readFileSync(new URL(`../../presets/incidents/${preset}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(change(text), { format: 'yaml' });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  return { rows, result, passed: result.expectations.map(({ passed }) => passed) };
}

const setting = (mode: string, version: string, policy: string) => (text: string) =>
  text
    .replace('mode: ipvs', `mode: ${mode}`)
    .replace('version: "1.21"', `version: "${version}"`)
    .replace('externalTrafficPolicy: Local', `externalTrafficPolicy: ${policy}`);

const WAYS: [string, string, string][] = [
  ['client', '203.0.113.10:80', 'client to the load balancer'],
  ['default/near', '203.0.113.10:80', 'pod beside the endpoint to the load balancer'],
  ['default/far', '203.0.113.10:80', 'pod elsewhere to the load balancer'],
  ['default/far', '10.0.0.11:30080', "pod elsewhere to the endpoint's node"],
  ['default/far', '10.0.0.12:30080', 'pod elsewhere to its own node'],
  ['node-b', '203.0.113.10:80', 'node elsewhere to the load balancer'],
  ['node-b', '10.0.0.12:30080', 'node elsewhere to itself'],
];

/** Of each way in: the source that the pod saw, or why nobody was answered. All requests of a way fare alike. */
function table(mode: string, version: string, policy: string): Record<string, string> {
  const { rows } = run('i-06-local-from-inside', setting(mode, version, policy));
  return Object.fromEntries(
    WAYS.map(([client, target, way]) => {
      const fared = rows.filter((row) => row.client === client && row.target === target);
      expect(fared).toHaveLength(100);
      const results = new Set(fared.map(({ sourceIp, cause }) => sourceIp ?? cause));
      return [way, [...results].sort().join(' or ')];
    }),
  );
}

const POD = '10.42.2.20';

describe('I-06, Local breaks access from inside', () => {
  it('in mode ipvs of 1.21: whoever comes in by the node without an endpoint is rejected at once', () => {
    const { result, passed } = run('i-06-local-from-inside');
    expect(passed).toEqual([true, true, true, true]);
    expect(result.summary.losses).toMatchObject([
      { cause: 'no-local-endpoint', place: { kind: 'node', name: 'node-b' }, count: 400, event: null },
    ]);
    expect(table('ipvs', '1.21', 'Local')).toEqual({
      'client to the load balancer': '198.51.100.79',
      'pod beside the endpoint to the load balancer': '10.42.1.20',
      'pod elsewhere to the load balancer': 'no-local-endpoint',
      "pod elsewhere to the endpoint's node": POD,
      'pod elsewhere to its own node': 'no-local-endpoint',
      'node elsewhere to the load balancer': 'no-local-endpoint',
      'node elsewhere to itself': 'no-local-endpoint',
    });
  });

  it("is cured by mode iptables, which sends the cluster's own to every endpoint", () => {
    expect(run('i-06-local-from-inside-cured').passed).toEqual([true, true, true]);
    for (const version of ['1.21', '1.24', '1.31'])
      expect(table('iptables', version, 'Local')).toEqual({
        'client to the load balancer': '198.51.100.79',
        'pod beside the endpoint to the load balancer': '10.42.1.20',
        'pod elsewhere to the load balancer': POD,
        "pod elsewhere to the endpoint's node": POD,
        'pod elsewhere to its own node': POD,
        'node elsewhere to the load balancer': '10.0.0.12',
        'node elsewhere to itself': '10.0.0.12',
      });
    expect(table('nftables', '1.34', 'Local')).toEqual(table('iptables', '1.34', 'Local'));
    // Until then a process's packet met the map of services without endpoints before its destination was translated.
    expect(table('nftables', '1.31', 'Local')).toEqual({
      ...table('iptables', '1.31', 'Local'),
      'node elsewhere to the load balancer': 'no-local-endpoint',
    });
  });

  it('is half cured by ipvs of 1.22 and later, which falls back to other endpoints and does not masquerade for them', () => {
    expect(table('ipvs', '1.24', 'Local')).toMatchObject({
      'pod elsewhere to the load balancer': POD,
      'pod elsewhere to its own node': POD,
      'node elsewhere to the load balancer': 'impossible-source',
      'node elsewhere to itself': 'answer-astray',
    });
  });

  it.each(['ipvs', 'iptables'])('is none with policy Cluster, in mode %s', (mode) => {
    const fared = Object.values(table(mode, '1.21', 'Cluster'));
    expect(fared.filter((result) => !/^[0-9.]+( or [0-9.]+)*$/.test(result))).toEqual([]);
  });
});
