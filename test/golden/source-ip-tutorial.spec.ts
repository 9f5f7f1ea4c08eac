/**
 * The measure of the model: the commands and outputs of the Kubernetes v1.21 tutorial "Using Source IP", computed.
 *
 * The lines below are the tutorial's; the whole transcript stands in `source-ip-tutorial.txt`, as a page to read. Ages and
 * times in it may change with the model's timings; then write it anew with `UPDATE_GOLDEN=1 npx vitest run test/golden`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { transcriptText } from '#report';
import { parseScenario } from '#scenario';
import { createRun, type RunResult } from '#sim';

const LINES_IN_ORDER = [
  'deployment.apps/source-ip-app created',
  'iptables',
  'service/clusterip exposed',
  '    inet 10.244.3.8/24 scope global eth0',
  'CLIENT VALUES:',
  'client_address=10.244.3.8',
  'command=GET',
  'service/nodeport exposed',
  'client_address=10.180.1.1',
  'client_address=10.240.0.5',
  'client_address=10.240.0.3',
  'service/nodeport patched',
  'client_address=104.132.1.79',
  'service/loadbalancer exposed',
  'client_address=10.240.0.5',
  'service/loadbalancer patched',
  '  healthCheckNodePort: 32122',
  '1 Service Endpoints found',
  'No Service Endpoints Found',
  'client_address=198.51.100.79',
  'service "clusterip" deleted',
  'deployment.apps "source-ip-app" deleted',
];

const golden = new URL('source-ip-tutorial.txt', import.meta.url);

function runPreset(name: string): RunResult {
  const text = readFileSync(new URL(`../../presets/${name}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(text);
  expect(issues).toEqual([]);
  if (scenario === null) throw new Error(`preset ${name} is no scenario`);
  const run = createRun(scenario, { onChunk: () => {} });
  while (!run.step(500));
  return run.result();
}

const result = runPreset('source-ip-tutorial');
const transcript = transcriptText(result);

test('every output line of the tutorial stands in the transcript, in its order', () => {
  const lines = transcript.split('\n');
  let at = -1;
  for (const line of LINES_IN_ORDER) {
    at = lines.indexOf(line, at + 1);
    expect(at, `"${line}" is missing, or stands too early`).toBeGreaterThanOrEqual(0);
  }
});

test('with Local exactly one of three nodes answers, the other two curls time out after one second', () => {
  const local = result.transcript.filter(({ step }) => step.do === 'curl' && step.connectTimeoutNs === 1e9)[0];
  if (local?.output.kind !== 'http') throw new Error('the preset has no such step');
  const outcomes = local.output.exchanges.map(({ outcome, elapsedNs }) => [outcome, Math.round(elapsedNs / 1e9)]);
  expect(outcomes).toEqual([
    ['ok', 0],
    ['dropped', 1],
    ['dropped', 1],
  ]);
});

test('the load balancer takes two nodes out about ten seconds after the patch', () => {
  const patch = result.transcript.filter(({ step }) => step.do === 'kubectl' && step.command.verb === 'patch')[1];
  const patchedMs = (patch?.toNs ?? 0) / 1e6;
  // A new target is unhealthy until its first probes have passed; that is not what is meant here.
  const out = result.healthz.loadBalancers.flatMap(({ node, segments }) =>
    segments
      .filter(({ state, fromMs }) => state === 'unhealthy' && fromMs > patchedMs)
      .map(({ fromMs }) => ({ node, fromMs })),
  );
  expect(out.map(({ node }) => node).sort()).toEqual(['kubernetes-node-cx31', 'kubernetes-node-jj1t']);
  for (const { fromMs } of out) {
    const afterMs = fromMs - patchedMs;
    expect(afterMs).toBeGreaterThan(5_000);
    expect(afterMs).toBeLessThan(13_000);
  }
});

test('after the deletions a node port is refused and a cluster IP times out', () => {
  const last = result.transcript
    .slice(-2)
    .map(({ output }) => (output.kind === 'http' ? output.exchanges[0]?.outcome : null));
  expect(last).toEqual(['refused', 'timeout']);
});

test('without the old texts the health answers are those of the cluster’s version', () => {
  const real = runPreset('source-ip-real');
  const answers = real.transcript
    .flatMap(({ output }) => (output.kind === 'http' ? output.exchanges : []))
    .filter(({ url }) => url.includes('/healthz'));
  expect(answers.map(({ status }) => status)).toEqual([200, 503]);
  expect(JSON.parse(answers[0]?.body ?? '')).toEqual({
    service: { namespace: 'default', name: 'loadbalancer' },
    localEndpoints: 1,
  });
  expect(answers[0]?.headers['Content-Type']).toBe('application/json');
});

test('the whole transcript is the page that is kept', () => {
  const page = `${transcript}\n# fingerprint ${result.fingerprint}\n`;
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, page);
  expect(page).toBe(readFileSync(golden, 'utf8'));
});
