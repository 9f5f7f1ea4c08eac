/** Runs a simulation, a trial or a comparison in a thread of its own. */
import {
  COMPARISON_BUDGET,
  chunkStats,
  compareScenarios,
  createRun,
  ModelError,
  PackedChunk,
  type Run,
  RunFigures,
  type Scenario,
  type SealedChunk,
} from '#sim';
import { BoundedRun, LimitReached, Stopped } from './bounded-run.js';
import type {
  Bounds,
  ComparisonEnd,
  ComparisonTask,
  RunTask,
  SimulationEnd,
  SimulationTask,
  ThreadEnd,
  TrialEnd,
  TrialTask,
} from './thread-protocol.js';

export default function run(task: RunTask & Bounds): ThreadEnd {
  try {
    const bounded = new BoundedRun(task);
    switch (task.kind) {
      case 'simulation':
        return simulation(task, bounded);
      case 'trial':
        return trial(task, bounded);
      case 'comparison':
        return comparison(task, bounded);
    }
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped' };
    if (error instanceof LimitReached || error instanceof ModelError)
      return { kind: 'failed', code: error.code, message: error.message };
    return { kind: 'failed', code: 'model-crashed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    task.port.close();
  }
}

/** Chunks are handed on while it runs, so that memory does not grow with the number of requests. */
function simulation(task: SimulationTask, bounded: BoundedRun): SimulationEnd {
  const onChunk = ({ first, rows, data }: SealedChunk): void => {
    const stats = JSON.stringify(chunkStats(new PackedChunk(data)));
    bounded.handOn({ first, rows, stats, data }, run.progress);
  };
  const run: Run = createRun(scenarioOf(task.scenario, task.seed), { onChunk });
  bounded.toTheEnd(run);
  const { modelVersion, fingerprint, summary, dictionaries, healthz, transcript, expectations } = run.result();
  return {
    kind: 'succeeded',
    chunks: bounded.chunks,
    modelVersion,
    fingerprint,
    requests: summary.requests,
    events: summary.events,
    summary: JSON.stringify(summary),
    expectations: JSON.stringify(expectations),
    documents: {
      dictionaries: JSON.stringify(dictionaries),
      healthz: JSON.stringify(healthz),
      transcript: JSON.stringify(transcript),
    },
  };
}

function trial(task: TrialTask, bounded: BoundedRun): TrialEnd {
  const figures = new RunFigures(task.figures);
  const run = createRun(scenarioOf(task.scenario, task.seed), figures);
  bounded.toTheEnd(run);
  const result = run.result();
  const { requests, events } = result.summary;
  return { kind: 'succeeded', fingerprint: result.fingerprint, figures: figures.of(result), requests, events };
}

function comparison({ scenarios, seed, show }: ComparisonTask, bounded: BoundedRun): ComparisonEnd {
  const read = scenarios.map(({ name, scenario }) => ({ name, scenario: scenarioOf(scenario, seed) }));
  const compared = compareScenarios(read, show, COMPARISON_BUDGET, (progress) => bounded.pause(progress));
  const runs = [compared.base, ...compared.variants];
  const sum = (of: 'requests' | 'events') => runs.reduce((total, { summary }) => total + summary[of], 0);
  return { kind: 'succeeded', comparison: compared, requests: sum('requests'), events: sum('events') };
}

function scenarioOf(json: string, seed: number): Scenario {
  return { ...(JSON.parse(json) as Scenario), seed };
}
