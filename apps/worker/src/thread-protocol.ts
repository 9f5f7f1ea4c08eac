/** What a run's thread and the process say to each other. Everything can be cloned or transferred. */
import type { MessagePort } from 'node:worker_threads';
import type { RunLimits } from '#platform';
import type { Comparison } from '#sim';

/** What every run has. */
export interface Bounds {
  limits: RunLimits;
  /** Two 32-bit numbers, see CONTROL. */
  control: SharedArrayBuffer;
  /** Where chunks and progress go. */
  port: MessagePort;
}

/** `scenario`: normalised, as JSON. `seed`: instead of the scenario's own. */
export interface SimulationTask {
  kind: 'simulation';
  scenario: string;
  seed: number;
}

/** The same without rows: only `figures` of it are wanted. */
export interface TrialTask {
  kind: 'trial';
  scenario: string;
  seed: number;
  figures: string[];
}

/** The first of `scenarios` is the base. `show`: requests that are shown of each of the others. */
export interface ComparisonTask {
  kind: 'comparison';
  scenarios: { name: string; scenario: string }[];
  seed: number;
  show: number;
}

export type RunTask = SimulationTask | TrialTask | ComparisonTask;

/** Places in `control`. */
export const CONTROL = {
  /** Not 0: stop at the end of the slice. */
  stop: 0,
  /** How many chunks are stored. */
  stored: 1,
} as const;

/** So many chunks may wait to be stored; then the run waits, so that memory stays flat behind a slow disk. */
export const CHUNKS_IN_FLIGHT = 64;

/** A thread was free for it. */
export interface Began {
  kind: 'began';
}

/** `events`: so many were handled until here. */
export type ThreadMessage =
  | { kind: 'progress'; progress: number; events: number }
  | { kind: 'chunk'; progress: number; chunk: { first: number; rows: number; stats: string; data: Uint8Array } };

/** Texts are JSON. */
export interface SimulationEnd {
  kind: 'succeeded';
  /** Messages and answer come by different ways: so many chunks must have come before the run is whole. */
  chunks: number;
  modelVersion: string;
  fingerprint: string;
  requests: number;
  events: number;
  summary: string;
  expectations: string;
  documents: { dictionaries: string; healthz: string; transcript: string };
}

export interface TrialEnd {
  kind: 'succeeded';
  fingerprint: string;
  figures: (number | null)[];
  requests: number;
  events: number;
}

export interface ComparisonEnd {
  kind: 'succeeded';
  comparison: Comparison;
  requests: number;
  events: number;
}

interface EndOf {
  simulation: SimulationEnd;
  trial: TrialEnd;
  comparison: ComparisonEnd;
}

/** How a run in a thread ended. */
export type ThreadEnd<Task extends RunTask = RunTask> =
  | EndOf[Task['kind']]
  | { kind: 'stopped' }
  | { kind: 'failed'; code: string; message: string };
