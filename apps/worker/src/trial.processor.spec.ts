import { expect, it, vi } from 'vitest';
import { type ExperimentRow, type Lease, LeaseLost, Metrics, type RunOutcome, type TrialStore } from '#platform';
import type { ThreadEnd, TrialTask } from './thread-protocol.js';
import { type TrialParts, TrialProcessor } from './trial.processor.js';

const LEASE: Lease = { id: 'e.000001', token: 't', attempt: 1, cancelRequested: false };

it('runs nothing for an experiment that was cancelled, and ends the trial as cancelled', async () => {
  const work = { experiment: { id: 'e', kind: 'experiment', status: 'cancelled' }, trial: {}, cells: [] };
  const trials = { work: vi.fn(async () => work), cancel: vi.fn(async () => undefined), begin: vi.fn() };
  const start = vi.fn();
  const parts = { trials: trials as unknown as TrialStore, threads: { start }, warn: vi.fn() } as unknown as TrialParts;
  await new TrialProcessor(parts).process(LEASE, new AbortController().signal);
  expect(trials.cancel).toHaveBeenCalledWith(LEASE);
  expect(trials.begin).not.toHaveBeenCalled();
  expect(start).not.toHaveBeenCalled();
});

/** A trial of three runs, of which the second fails; what metrics say after it. `saved`: by the worker before; `lost`: another has it by then. */
async function metricsAfter(
  ended: Partial<ExperimentRow>,
  { saved = null, lost = false }: { saved?: RunOutcome[] | null; lost?: boolean } = {},
): Promise<string> {
  const experiment = {
    id: 'e',
    kind: 'experiment',
    status: 'running',
    settings: '{"figures":[]}',
    runs: 3,
    runsDone: 0,
  };
  const now = { ...experiment, createdAtMs: Date.now() - 8_000, startedAtMs: 1_000, finishedAtMs: 43_000, ...ended };
  const stored: RunOutcome[] = [];
  const trials = {
    work: async () => ({
      experiment: { ...now, status: 'running' },
      trial: { seed: 5, seeds: 3, result: saved && JSON.stringify(saved) },
      cells: [{ digest: 'd' }],
    }),
    begin: async () => true,
    finish: async (_lease: Lease, _work: unknown, outcomes: RunOutcome[]) => {
      stored.push(...outcomes);
      if (lost) throw new LeaseLost('trial', LEASE);
      return { ...now, runsDone: 3 };
    },
  };
  const end = (seed: number): ThreadEnd<TrialTask> =>
    seed === 6
      ? { kind: 'failed', code: 'too-long', message: 'It took too long.' }
      : { kind: 'succeeded', requests: 10, events: 20, fingerprint: 'f', figures: [] };
  const start = ({ seed }: TrialTask) => ({ ended: Promise.resolve(end(seed)), close: () => undefined });
  const metrics = new Metrics();
  const rest = { config: { maxAttempts: 3 }, signals: { tell: vi.fn() }, warn: vi.fn(), log: vi.fn() };
  const parts = { ...rest, trials, metrics, threads: { start } } as unknown as TrialParts;
  await new TrialProcessor(parts).process(LEASE, new AbortController().signal);
  expect(stored.map(({ seed }) => seed)).toEqual([5, 6, 7]);
  return metrics.text();
}

it('counts runs by how they ended, and with the last trial the experiment and its time', async () => {
  const text = await metricsAfter({ openTrials: 0, status: 'succeeded' });
  for (const line of [
    'hairpin_trial_runs_total{kind="experiment",outcome="succeeded"} 2',
    'hairpin_trial_runs_total{kind="experiment",outcome="too-long"} 1',
    'hairpin_trial_duration_seconds_count{kind="experiment"} 1',
    'hairpin_experiments_ended_total{kind="experiment",status="succeeded"} 1',
    'hairpin_experiment_duration_seconds_sum{kind="experiment"} 42',
    'hairpin_experiment_wait_seconds_bucket{le="5",kind="experiment"} 0',
    'hairpin_experiment_wait_seconds_bucket{le="10",kind="experiment"} 1',
  ])
    expect(text).toContain(`${line}\n`);
});

it.each([
  ['has trials left', { openTrials: 1, status: 'running' as const }],
  ['was cancelled before', { openTrials: 0, status: 'cancelled' as const }],
])('counts no end of an experiment that %s', async (_, ended) => {
  const text = await metricsAfter(ended);
  expect(text).toContain('hairpin_trial_runs_total{kind="experiment",outcome="succeeded"} 2\n');
  expect(text).not.toMatch(/^hairpin_experiments_ended_total\{/m);
  expect(text).not.toMatch(/^hairpin_experiment_duration_seconds_count\{/m);
});

const SUCCEEDED = 'hairpin_trial_runs_total{kind="experiment",outcome="succeeded"}';

it('counts all runs of a trial that was taken over, as its end is written here', async () => {
  const saved = [{ seed: 5, fingerprint: 'f', figures: [] }];
  expect(await metricsAfter({ openTrials: 1 }, { saved })).toContain(`${SUCCEEDED} 2\n`);
});

it('counts no run of a trial that somebody else has taken over', async () => {
  expect(await metricsAfter({ openTrials: 1 }, { lost: true })).not.toContain(SUCCEEDED);
});
