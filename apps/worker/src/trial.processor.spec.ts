import { expect, it, vi } from 'vitest';
import type { Lease, TrialStore } from '#platform';
import { type TrialParts, TrialProcessor } from './trial.processor.js';

it('runs nothing for an experiment that was cancelled, and ends the trial as cancelled', async () => {
  const lease: Lease = { id: 'e.000001', token: 't', attempt: 1, cancelRequested: false };
  const work = { experiment: { id: 'e', kind: 'experiment', status: 'cancelled' }, trial: {}, cells: [] };
  const trials = { work: vi.fn(async () => work), cancel: vi.fn(async () => undefined), begin: vi.fn() };
  const start = vi.fn();
  const parts = { trials: trials as unknown as TrialStore, threads: { start }, warn: vi.fn() } as unknown as TrialParts;
  await new TrialProcessor(parts).process(lease, new AbortController().signal);
  expect(trials.cancel).toHaveBeenCalledWith(lease);
  expect(trials.begin).not.toHaveBeenCalled();
  expect(start).not.toHaveBeenCalled();
});
