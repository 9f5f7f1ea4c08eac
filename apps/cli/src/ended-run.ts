import type { RunTextInput } from '#report';

/** What either way of running a scenario gives. */
export interface EndedRun extends RunTextInput {
  fingerprint: string;
  modelVersion: string;
  /** Of the simulation, on a server. */
  url?: string;
}

/** With its report, where that was asked for. */
export interface ReportedRun {
  ended: EndedRun;
  report: string | null;
}

/** `done`: 0..1. */
export type OnProgress = (done: number) => void;
