/**
 * Runs one simulation in a thread of its own: in slices of a few milliseconds, so that it can be stopped, and with its
 * chunks handed on while it runs, so that memory does not grow with the number of requests.
 */
import { chunkStats, createRun, ModelError, PackedChunk, type Run, type Scenario, type SealedChunk } from '#sim';
import {
  CHUNKS_IN_FLIGHT,
  CONTROL,
  type SimulationTask,
  type ThreadEnd,
  type ThreadMessage,
} from './thread-protocol.js';

const SLICE_MS = 5;
const PROGRESS_MS = 100;
const FIRST_SLICE_EVENTS = 2_000;

/** The run takes more than is allowed. */
class LimitReached extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Stopped while it waited for chunks to be stored. */
class Stopped extends Error {}

export default function runSimulation(task: SimulationTask): ThreadEnd {
  try {
    return new ThreadRun(task).toTheEnd();
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped' };
    if (error instanceof LimitReached || error instanceof ModelError)
      return { kind: 'failed', code: error.code, message: error.message };
    return { kind: 'failed', code: 'model-crashed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    task.port.close();
  }
}

class ThreadRun {
  private readonly control: Int32Array;
  private readonly run: Run;
  private readonly startedMs = performance.now();
  private toldMs = 0;
  private chunks = 0;
  private requests = 0;

  constructor(private readonly task: SimulationTask) {
    this.control = new Int32Array(task.control);
    const scenario: Scenario = { ...(JSON.parse(task.scenario) as Scenario), seed: task.seed };
    this.run = createRun(scenario, { onChunk: (chunk) => this.handOn(chunk) });
  }

  toTheEnd(): ThreadEnd {
    let slice = FIRST_SLICE_EVENTS;
    let events = 0;
    for (;;) {
      if (Atomics.load(this.control, CONTROL.stop) !== 0) return { kind: 'stopped' };
      const beganMs = performance.now();
      const done = this.run.step(slice);
      if (done) return this.end();
      events += slice;
      const nowMs = performance.now();
      this.checkLimits(events, nowMs);
      if (nowMs - this.toldMs > PROGRESS_MS) {
        this.toldMs = nowMs;
        this.checkMemory();
        this.post({ kind: 'progress', progress: this.run.progress, events });
      }
      slice = Math.max(100, Math.min(slice * 2, Math.round((slice * SLICE_MS) / Math.max(0.1, nowMs - beganMs))));
    }
  }

  private handOn(chunk: SealedChunk): void {
    this.requests += chunk.rows;
    this.waitForStore();
    const stats = JSON.stringify(chunkStats(new PackedChunk(chunk.data)));
    const { first, rows, data } = chunk;
    this.post({ kind: 'chunk', progress: this.run.progress, chunk: { first, rows, stats, data } }, [data.buffer]);
    this.chunks++;
  }

  private waitForStore(): void {
    for (;;) {
      const stored = Atomics.load(this.control, CONTROL.stored);
      if (this.chunks - stored < CHUNKS_IN_FLIGHT) return;
      if (Atomics.load(this.control, CONTROL.stop) !== 0) throw new Stopped();
      Atomics.wait(this.control, CONTROL.stored, stored, PROGRESS_MS);
    }
  }

  private checkLimits(events: number, nowMs: number): void {
    const { limits } = this.task;
    if (events > limits.events)
      throw new LimitReached('too-many-events', `The run has had more than ${limits.events} events (MAX_EVENTS).`);
    if (this.requests > limits.requests)
      throw new LimitReached(
        'too-many-requests',
        `The run has sent more than ${limits.requests} requests (MAX_REQUESTS).`,
      );
    if (nowMs - this.startedMs > limits.wallMs)
      throw new LimitReached('too-long', `The run has taken longer than ${limits.wallMs / 1000} s (MAX_RUN_SECONDS).`);
  }

  /** V8's own limit knows nothing of typed arrays, and where it is met inside V8 it ends the whole process. */
  private checkMemory(): void {
    const { memoryMb } = this.task.limits;
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers > memoryMb * 2 ** 20)
      throw new LimitReached('too-much-memory', `The run needs more than ${memoryMb} MB (MAX_RUN_MEMORY_MB).`);
  }

  private post(message: ThreadMessage, transfer: ArrayBufferLike[] = []): void {
    this.task.port.postMessage(message, transfer as ArrayBuffer[]);
  }

  private end(): ThreadEnd {
    const { modelVersion, fingerprint, summary, dictionaries, healthz, transcript, expectations } = this.run.result();
    return {
      kind: 'succeeded',
      chunks: this.chunks,
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
}
