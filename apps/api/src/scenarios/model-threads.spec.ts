import { afterEach, expect, it } from 'vitest';
import { AppError } from '#platform';
import { parseScenario } from '#scenario';
import { loadScenario } from '../../../../test/e2e/load-scenario.js';
import { compiledThread } from '../../../../test/support/compiled-threads.js';
import { ModelThreads } from './model-threads.js';

let threads: ModelThreads;
afterEach(() => threads.close());

const small = JSON.stringify(parseScenario(loadScenario({ ratePerSecond: 1, seconds: 1 })).scenario);
/** Read, it takes some 100 MB. */
const large = `{"objects": [${'{},'.repeat(3_000_000)}{}]}`;

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
