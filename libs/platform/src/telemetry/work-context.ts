/** What the code that runs belongs to: log lines say it, whoever writes them, without being told. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type TraceContext, traceIdOf } from './trace-context.js';

export interface WorkContext {
  readonly requestId?: string;
  readonly simulationId?: string;
  readonly trace?: TraceContext | null;
}

const storage = new AsyncLocalStorage<WorkContext>();

/** Of the request or job under way; empty outside of any. */
export function currentWork(): WorkContext {
  return storage.getStore() ?? {};
}

/** Runs something, and all that comes of it, as part of this work. */
export function withWork<Result>(work: WorkContext, run: () => Result): Result {
  return storage.run(work, run);
}

/** As log lines say it. */
export function workFields({ requestId, simulationId, trace }: WorkContext): Record<string, string> {
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(simulationId === undefined ? {} : { simulationId }),
    ...(trace ? { traceId: traceIdOf(trace) } : {}),
  };
}
