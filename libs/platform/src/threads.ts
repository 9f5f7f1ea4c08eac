import { Piscina } from 'piscina';

export interface ThreadPoolOptions {
  /** At most so many at once; threads start when they are needed and end when they were idle for a while. */
  threads: number;
  /** Heap of one thread, without typed arrays; beyond it the thread dies and its task fails. */
  heapMb: number;
}

const IDLE_MS = 30_000;
/** Of one thread; V8's own. With a quarter of it short runs take a tenth longer. */
export const YOUNG_GENERATION_MB = 48;

/**
 * Piscina requires its file before it tries to import it. A thread that ends while Node requires an ES module takes the
 * whole process with it (`v8::Module::IsGraphAsync must be used on an instantiated module`), so threads cannot require one.
 */
const WITHOUT_REQUIRED_MODULES = '--no-experimental-require-module';

/** Threads that run the default export of `file`. An aborted task's thread is killed, whatever it is at. */
export function createThreadPool<Task, Result>(file: URL, options: ThreadPoolOptions): Piscina<Task, Result> {
  return new Piscina<Task, Result>({
    filename: file.href,
    minThreads: 0,
    maxThreads: options.threads,
    idleTimeout: IDLE_MS,
    execArgv: [WITHOUT_REQUIRED_MODULES],
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}

/** The thread was killed by an abort. */
export function wasAborted(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The thread ran out of the memory that it may take. */
export function ranOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
