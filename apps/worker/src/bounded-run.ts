/** Runs in slices of a few milliseconds, so that they can be stopped, and within their limits. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Run } from '#sim';
import { type Began, type Bounds, CHUNKS_IN_FLIGHT, CONTROL, type ThreadMessage } from './thread-protocol.js';

const SLICE_MS = 5;
const PROGRESS_MS = 100;
const FIRST_SLICE_EVENTS = 2_000;
/** Part of the memory allowed that may fill before rubbish is collected by force again. */
const HEADROOM = 1 / 8;
const MB = 2 ** 20;

// A thread takes no V8 options at its start; a context made after the flag is set has the function.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The run takes more than is allowed. */
export class LimitReached extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Somebody asked it to stop. */
export class Stopped extends Error {}

export class BoundedRun {
  /** Handed on. */
  chunks = 0;
  private readonly control: Int32Array;
  private readonly startedMs = performance.now();
  private toldMs = 0;
  /** Bytes in use after the last collection by force. */
  private live = 0;

  constructor(private readonly bounds: Bounds) {
    this.control = new Int32Array(bounds.control);
    this.post({ kind: 'began' });
  }

  toTheEnd(run: Run): void {
    const { limits } = this.bounds;
    let slice = FIRST_SLICE_EVENTS;
    // The world may have taken its time.
    this.pause(0);
    for (;;) {
      const beganMs = performance.now();
      if (run.step(slice)) return;
      if (run.eventCount > limits.events)
        throw new LimitReached('too-many-events', `The run has had more than ${limits.events} events (MAX_EVENTS).`);
      if (run.requests > limits.requests)
        throw new LimitReached(
          'too-many-requests',
          `The run has sent more than ${limits.requests} requests (MAX_REQUESTS).`,
        );
      this.pause(run.progress, run.eventCount);
      const tookMs = Math.max(0.1, performance.now() - beganMs);
      slice = Math.max(100, Math.min(slice * 2, Math.round((slice * SLICE_MS) / tookMs)));
    }
  }

  /** Between two slices: throws Stopped or LimitReached where there is to be no other. */
  pause(progress: number, events = 0): void {
    if (Atomics.load(this.control, CONTROL.stop) !== 0) throw new Stopped();
    const nowMs = performance.now();
    const { wallMs } = this.bounds.limits;
    if (nowMs - this.startedMs > wallMs)
      throw new LimitReached('too-long', `The run has taken longer than ${wallMs / 1000} s (MAX_RUN_SECONDS).`);
    if (nowMs - this.toldMs <= PROGRESS_MS) return;
    this.toldMs = nowMs;
    this.checkMemory();
    this.post({ kind: 'progress', progress, events });
  }

  /** Waits where too many are not stored yet. */
  handOn(chunk: Extract<ThreadMessage, { kind: 'chunk' }>['chunk'], progress: number): void {
    for (;;) {
      const stored = Atomics.load(this.control, CONTROL.stored);
      if (this.chunks - stored < CHUNKS_IN_FLIGHT) break;
      if (Atomics.load(this.control, CONTROL.stop) !== 0) throw new Stopped();
      Atomics.wait(this.control, CONTROL.stored, stored, PROGRESS_MS);
    }
    this.post({ kind: 'chunk', progress, chunk }, [chunk.data.buffer as ArrayBuffer]);
    this.chunks++;
  }

  /**
   * V8's own limit knows nothing of typed arrays, and where it is met inside V8 it ends the whole process. What the run
   * before has left behind is not this one's, and V8 collects it only when it must.
   */
  private checkMemory(): void {
    const limit = this.bounds.limits.memoryMb * MB;
    if (bytesInUse() <= Math.max(limit, this.live + limit * HEADROOM)) return;
    collectGarbage();
    this.live = bytesInUse();
    if (this.live > limit)
      throw new LimitReached(
        'too-much-memory',
        `The run needs more than ${this.bounds.limits.memoryMb} MB (MAX_RUN_MEMORY_MB).`,
      );
  }

  private post(message: Began | ThreadMessage, transfer: ArrayBuffer[] = []): void {
    this.bounds.port.postMessage(message, transfer);
  }
}

function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
