/** A run from its start to its end at once, with its rows kept. */
import { PackedChunk } from '../results/packed-chunk.js';
import type { NumberedChunk } from '../results/reader.js';
import type { RunResult } from '../results/result.js';
import type { Scenario } from '../scenario.js';
import { createRun, type Run } from '../simulate.js';
import { ModelError } from '../trace-question.js';

export interface WholeRun {
  name: string;
  result: RunResult;
  /** Ascending. */
  chunks: NumberedChunk[];
}

/** What all runs of a comparison may take together. */
export interface RunBudget {
  requests: number;
  events: number;
}

const SLICE = 20_000;

/** Hears of a run every few milliseconds; stops it by throwing. */
export type OnSlice = (run: Pick<Run, 'requests' | 'eventCount' | 'progress'>) => void;

/** Takes what it uses out of the budget. Throws ModelError where that is not enough, and what `onSlice` throws. */
export function wholeRun(name: string, scenario: Scenario, budget: RunBudget, onSlice: OnSlice = () => {}): WholeRun {
  const chunks: NumberedChunk[] = [];
  const onChunk = ({ first, data }: { first: number; data: Uint8Array }) =>
    void chunks.push({ first, chunk: new PackedChunk(data) });
  const run = createRun(scenario, { onChunk });
  while (!run.step(SLICE)) {
    if (run.requests > budget.requests || run.eventCount > budget.events) refuse(name, budget);
    onSlice(run);
  }
  const result = run.result();
  budget.requests -= run.requests;
  budget.events -= run.eventCount;
  if (budget.requests < 0 || budget.events < 0) refuse(name, budget);
  chunks.sort((a, b) => a.first - b.first);
  return { name, result, chunks };
}

function refuse(name: string, { requests, events }: RunBudget): never {
  const left = `${Math.max(0, requests)} requests or ${Math.max(0, events)} events`;
  throw new ModelError(
    'comparison-too-large',
    '',
    `The run "${name}" has more than ${left}, which is what this comparison has left.`,
    'Compare fewer variants, or shorten the traffic; run the variants as simulations and compare their summaries.',
  );
}
