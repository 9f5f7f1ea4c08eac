/** A command that goes on after it has been typed, and says more as it does. */
import type { StepOutput } from '../results/result.js';
import type { Nanos } from '../scenario.js';

export interface Waiting {
  /** Grows until the command is done. */
  readonly output: Extract<StepOutput, { kind: 'text' }>;
  readonly done: boolean;
  /** Told when it has come to its end. */
  onDone: (nowNs: Nanos) => void;
  /** Ctrl-C. */
  interrupt(nowNs: Nanos): void;
}
