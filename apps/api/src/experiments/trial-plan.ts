/** How an experiment is cut into pieces for workers. */
import type { NewExperiment } from '#platform';

/** About so much work is a trial: a second on one core, so that claims and ends of trials cost nothing beside it. */
const REQUESTS_PER_TRIAL = 200_000;
/** A run costs something however few requests it has. */
const LEAST_REQUESTS = 2_000;
/** Few long runs are spread over workers all the same. */
const LEAST_TRIALS = 32;

/** `requests`: expected of a run of each cell. The first seeds of all cells come first, so that a partial table has all of them. */
export function trialsOf(requests: readonly number[], seed: number, seeds: number): NewExperiment['trials'] {
  const heaviest = Math.max(LEAST_REQUESTS, ...requests);
  const byWork = Math.floor(REQUESTS_PER_TRIAL / heaviest);
  const bySpread = Math.ceil((requests.length * seeds) / LEAST_TRIALS);
  const together = Math.max(1, Math.min(byWork, bySpread, seeds));
  const trials: NewExperiment['trials'] = [];
  for (let from = 0; from < seeds; from += together)
    for (const cell of requests.keys())
      trials.push({ cell, seed: seed + from, seeds: Math.min(together, seeds - from) });
  return trials;
}
