import { afterEach, expect, it } from 'vitest';
import { AppError } from '#platform';
import { parseScenario } from '#scenario';
import type { KubeObject } from '#sim';
import type { ExperimentSources } from '../../apps/api/src/experiments/experiment-table.js';
import { ModelThreads } from '../../apps/api/src/scenarios/model-threads.js';
import { loadScenario } from '../e2e/load-scenario.js';
import { compiledThread } from '../support/compiled-threads.js';

let threads: ModelThreads;
afterEach(() => threads.close());

const scenario = parseScenario(loadScenario({ ratePerSecond: 1, seconds: 1 })).scenario!;
const small = JSON.stringify(scenario);
/** Small as text; the rules of 150,000 endpoints take some hundred megabytes, a piece at a time. */
const large = JSON.stringify({ ...scenario, objects: [...scenario.objects, ...manyServices(1_500, 100)] });

function manyServices(count: number, endpointsEach: number): KubeObject[] {
  return Array.from({ length: count }, (_, n): KubeObject[] => {
    const metadata = { name: `s${n}`, namespace: 'default' };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' as const }];
    const endpoints = Array.from({ length: endpointsEach }, (_, e) => ({
      addresses: [`10.${n >> 8}.${n & 255}.${e}`],
    }));
    return [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: `10.0.${n >> 8}.${n & 255}`, ports } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
        addressType: 'IPv4',
        endpoints,
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ];
  }).flat();
}

const questions = {
  trace: (scenario: string) =>
    threads.trace(scenario, {
      packet: {
        protocol: 'TCP',
        from: { kind: 'client', client: 'laptop' },
        to: { kind: 'address', ip: '10.240.0.4', port: 31_234 },
      },
      atNs: 0,
      rules: {},
    }),
  rules: (scenario: string) => threads.rules(scenario, { node: 'n1', ipFamily: 'IPv4', format: 'iptables', atNs: 0 }),
};

it.each([
  ['trace', 'time', small, { memoryMb: 512, mostMs: 1 }],
  ['rules', 'time', small, { memoryMb: 512, mostMs: 1 }],
  ['trace', 'memory', large, { memoryMb: 64, mostMs: 30_000 }],
  ['rules', 'memory', large, { memoryMb: 64, mostMs: 30_000 }],
] as const)('%s that take too much %s are refused with a hint', async (question, _, scenario, bounds) => {
  threads = new ModelThreads({ threadFile: compiledThread }, bounds);
  const error = (await questions[question](scenario).catch((thrown: unknown) => thrown)) as AppError;
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'took-too-long', issues: [{ hint: expect.stringMatching(/\w/) }] });
});

it('makes large tables of experiments in a thread, and small ones at once', async () => {
  threads = new ModelThreads({ threadFile: compiledThread }, { memoryMb: 512, mostMs: 1 });
  const table = (runs: number) =>
    threads.experiment('csv', {
      outline: { runs: { total: runs, done: 0, failed: 0 } } as ExperimentSources['outline'],
      figures: ['ok'],
      cells: [{ name: 'base', settings: '{}', digest: '', warnings: '[]' }],
      trials: Array.from({ length: runs }, (_, seed) => ({
        cell: 0,
        result: JSON.stringify([{ seed, fingerprint: '0123456789abcdef', figures: [1] }]),
      })),
    });
  expect(await table(100)).toContain('base,ok,share,100,1,0,');
  await expect(table(10_000)).rejects.toMatchObject({ code: 'took-too-long' });
});
