/** The threads of this process: whatever kind of run, no more at once than there are, and each within its limits. */
import { MessageChannel } from 'node:worker_threads';
import { type Config, createThreadPool, ranOutOfMemory, wasAborted } from '#platform';
import {
  type Began,
  type Bounds,
  CONTROL,
  type RunTask,
  type ThreadEnd,
  type ThreadMessage,
} from './thread-protocol.js';

/** A thread that is asked to stop and does not is killed after this time. */
const KILL_AFTER_MS = 50;
/** A thread past its time stops by itself; one that cannot is killed this much later. */
const OVERTIME_MS = 5_000;

/** A run in a thread, or waiting for one. */
export interface ThreadRun<Task extends RunTask> {
  readonly ended: Promise<ThreadEnd<Task>>;
  /** Soon, by itself or by force: `ended` then says `stopped`. */
  stop(): void;
  /** So many more of its chunks are stored. */
  stored(chunks: number): void;
  /** Nothing more is to be heard of it: messages and answer come by different ways, and some may still be under way. */
  close(): void;
}

/** A run looks at its memory itself, but only between slices. */
export function heapOfRunMb({ memoryMb }: Pick<Config['runLimits'], 'memoryMb'>): number {
  return Math.ceil(memoryMb * 1.5);
}

export class RunThreads {
  private readonly pool;

  constructor(private readonly config: Pick<Config, 'workerThreads' | 'runLimits' | 'threadFile'>) {
    const { workerThreads, runLimits, threadFile } = config;
    const file = threadFile(new URL('./run.thread.js', import.meta.url));
    this.pool = createThreadPool<RunTask & Bounds, ThreadEnd>(file, {
      threads: Math.max(1, workerThreads),
      heapMb: heapOfRunMb(runLimits),
    });
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  /** Stops when `signal` aborts. */
  start<Task extends RunTask>(
    task: Task,
    signal: AbortSignal,
    onMessage: (message: ThreadMessage) => void,
  ): ThreadRun<Task> {
    const control = new Int32Array(new SharedArrayBuffer(8));
    const killer = new AbortController();
    const stop = () => {
      Atomics.store(control, CONTROL.stop, 1);
      Atomics.notify(control, CONTROL.stored);
      setTimeout(() => killer.abort(), KILL_AFTER_MS).unref();
    };
    const stored = (chunks: number) => {
      Atomics.add(control, CONTROL.stored, chunks);
      Atomics.notify(control, CONTROL.stored);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const channel = new MessageChannel();
    const ended = this.run(task, channel, control, killer, onMessage);
    const close = () => {
      signal.removeEventListener('abort', stop);
      channel.port1.close();
    };
    return { ended, stop, stored, close };
  }

  private async run<Task extends RunTask>(
    task: Task,
    { port1: port, port2: threadPort }: MessageChannel,
    control: Int32Array<SharedArrayBuffer>,
    killer: AbortController,
    onMessage: (message: ThreadMessage) => void,
  ): Promise<ThreadEnd<Task>> {
    const { wallMs, memoryMb } = this.config.runLimits;
    let overtime: NodeJS.Timeout | undefined;
    port.on('message', (message: Began | ThreadMessage) => {
      if (message.kind === 'began') overtime ??= setTimeout(() => killer.abort(), wallMs + OVERTIME_MS).unref();
      else onMessage(message);
    });
    try {
      const bounds: Bounds = { limits: this.config.runLimits, control: control.buffer, port: threadPort };
      const options = { signal: killer.signal, transferList: [threadPort] };
      return (await this.pool.run({ ...task, ...bounds }, options)) as ThreadEnd<Task>;
    } catch (error) {
      if (wasAborted(error) && Atomics.load(control, CONTROL.stop) !== 0) return { kind: 'stopped' };
      if (wasAborted(error))
        return {
          kind: 'failed',
          code: 'too-long',
          message: `The run has taken longer than ${wallMs / 1000} s (MAX_RUN_SECONDS).`,
        };
      if (ranOutOfMemory(error))
        return {
          kind: 'failed',
          code: 'too-much-memory',
          message: `The run needs more than ${memoryMb} MB (MAX_RUN_MEMORY_MB).`,
        };
      throw error;
    } finally {
      clearTimeout(overtime);
    }
  }
}
