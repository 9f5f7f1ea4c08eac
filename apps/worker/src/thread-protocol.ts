/** What a simulation's thread and the process say to each other. Everything can be cloned or transferred. */
import type { MessagePort } from 'node:worker_threads';
import type { RunLimits } from '#platform';

export interface SimulationTask {
  /** The normalised scenario as JSON. */
  scenario: string;
  /** Instead of the scenario's own. */
  seed: number;
  limits: RunLimits;
  /** Two 32-bit numbers, see CONTROL. */
  control: SharedArrayBuffer;
  /** Where chunks and progress go. */
  port: MessagePort;
}

/** Places in `control`. */
export const CONTROL = {
  /** Not 0: stop at the end of the slice. */
  stop: 0,
  /** How many chunks are stored. */
  stored: 1,
} as const;

/** So many chunks may wait to be stored; then the run waits, so that memory stays flat behind a slow disk. */
export const CHUNKS_IN_FLIGHT = 64;

/** `events`: so many were handled until here. */
export type ThreadMessage =
  | { kind: 'progress'; progress: number; events: number }
  | { kind: 'chunk'; progress: number; chunk: { first: number; rows: number; stats: string; data: Uint8Array } };

/** How a run in a thread ended. Texts are JSON. */
export type ThreadEnd =
  | {
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
  | { kind: 'stopped' }
  | { kind: 'failed'; code: string; message: string };
