/** What the code that runs belongs to: log lines say it, whoever writes them, without being told. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type TraceContext, traceIdOf } from './trace-context.js';

export interface WorkContext {
  readonly requestId?: string;
  readonly subject?: WorkSubject;
  readonly trace?: TraceContext | null;
}

/** What is worked on, or told of. */
export interface WorkSubject {
  readonly kind: 'simulation' | 'experiment' | 'comparison' | 'webhook';
  readonly id: string;
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
export function workFields({ requestId, subject, trace }: WorkContext): Record<string, string> {
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(subject === undefined ? {} : { [`${subject.kind}Id`]: subject.id }),
    ...(trace ? { traceId: traceIdOf(trace) } : {}),
  };
}
