import type { RunTextInput } from '#report';

/** What either way of running a scenario gives. */
export interface EndedRun extends RunTextInput {
  fingerprint: string;
  modelVersion: string;
}

/** `done`: 0..1. */
export type OnProgress = (done: number) => void;
