/**
 * Pending events by the thousand, in two steps: an event is appended to one of some hundred buckets by its time and
 * stays there unsorted; the bucket that comes up is sorted into the run, which is read off. Each event is touched three
 * times, always in cache, so the cost hardly grows with their number, where a heap's does.
 *
 * Models: the ladder queue of Tang, Goh and Thng (ACM TOMACS 15(3), 2005) with two rungs, and with a heap, the caller's,
 * for what is scheduled into the bucket that is the run already.
 *
 * Everything is appended and moved in order of scheduling, so equal times stay in order without a sequence number.
 */
import type { EventHeap } from './event-heap.js';

/** Doubles of a chunk, 64 entries of time and word. Chunk 0 is not used: a cursor of 0 is that of an empty bucket. */
const CHUNK = 128;
const FIRST_CHUNKS = 1024;
/** A bucket's integers: its first chunk, its cursor (where the next entry goes), its number of entries. */
const FIRST = 0;
const CURSOR = 1;
const COUNT = 2;
const STRIDE = 4;
const MOST_BUCKETS = 4096;
/** The list of what is later than the last bucket. */
const FAR = MOST_BUCKETS * STRIDE;
const SAMPLES = 256;
const MOST_CELLS = 2 ** 16;
/** With more entries than this in one cell, sorting by insertion would crawl. */
const MOST_IN_CELL = 64;
/** Nanoseconds; what is nearer together than that counts as one instant when buckets are laid out. */
const LEAST_SPAN = 1e-6;
/** An entry's word: phase (4 bits), payload (30). */
const PHASE_SPAN = 2 ** 30;

export class EventLadder {
  /** The entry that the last `take` took. */
  time = 0;
  payload = 0;

  /** Entries in the run, the buckets and beyond. */
  size = 0;

  private pool = new Float64Array(CHUNK * FIRST_CHUNKS);
  /** By chunk: the next one of its bucket or of the free list; 0 after the last. */
  private nextChunks = new Int32Array(FIRST_CHUNKS);
  private freeChunk = 0;
  private usedChunks = 1;

  private readonly buckets = new Int32Array(FAR + STRIDE);
  private bucketCount = 0;
  /** The bucket that became the run; those before it are empty. -1 before the first. */
  private current = -1;
  /** The bucket of a time is (time - base) * scale, rounded down. */
  private base = 0;
  private scale = 0;

  /** Sorted; Infinity stands after the last. */
  private runTimes = new Float64Array(1024).fill(Infinity);
  private runWords = new Float64Array(1024);
  private runAt = 0;
  private runEnd = 0;
  private cells = new Int32Array(1024);

  /** False where the time belongs to the run or before it: then the entry is the heap's. */
  push(time: number, phase: number, payload: number): boolean {
    const place = (time - this.base) * this.scale;
    if (place < this.current + 1) return false;
    const bucket = place < this.bucketCount ? (place | 0) * STRIDE : FAR;
    this.append(bucket, time, phase * PHASE_SPAN + payload);
    this.size++;
    return true;
  }

  /** Time of the first entry of the run, Infinity after the last. */
  runTime(): number {
    return this.runTimes[this.runAt]!;
  }

  runPhase(): number {
    return phaseOf(this.runWords[this.runAt]!);
  }

  /** Takes the first entry of the run into `time` and `payload`; only where there is one. */
  take(): void {
    const at = this.runAt;
    this.time = this.runTimes[at]!;
    this.payload = payloadOf(this.runWords[at]!);
    this.runAt = at + 1;
    this.size--;
  }

  /** Makes the next bucket the run; run and heap are empty, `size` is not 0. */
  advance(): void {
    for (;;) {
      while (++this.current < this.bucketCount) {
        const bucket = this.current * STRIDE;
        if (this.buckets[bucket + COUNT] === 0) continue;
        this.sortIntoRun(bucket);
        return;
      }
      this.spread();
    }
  }

  /** Takes over everything from the heap, and spreads all there is anew over buckets that fit it. */
  takeOver(heap: EventHeap): void {
    const { runTimes, runWords } = this;
    for (let at = this.runAt; at < this.runEnd; at++) this.append(FAR, runTimes[at]!, runWords[at]!);
    this.endRun();
    this.size += heap.size;
    while (heap.size > 0) {
      const phase = heap.peekPhase();
      heap.pop();
      this.append(FAR, heap.time, phase * PHASE_SPAN + heap.payload);
    }
    for (let bucket = 0; bucket < this.bucketCount * STRIDE; bucket += STRIDE) this.moveToFar(bucket);
    this.spread();
  }

  /** Gives everything to the heap; the run is empty. */
  handBack(heap: EventHeap): void {
    for (let bucket = 0; bucket < this.bucketCount * STRIDE; bucket += STRIDE) this.pour(bucket, heap);
    this.pour(FAR, heap);
    this.endRun();
  }

  private append(bucket: number, time: number, word: number): void {
    const { buckets } = this;
    let cursor = buckets[bucket + CURSOR]!;
    if (cursor % CHUNK === 0) cursor = this.addChunk(bucket, cursor);
    this.pool[cursor] = time;
    this.pool[cursor + 1] = word;
    buckets[bucket + CURSOR] = cursor + 2;
    buckets[bucket + COUNT]!++;
  }

  /** @returns the cursor of the new chunk */
  private addChunk(bucket: number, cursor: number): number {
    let chunk = this.freeChunk;
    if (chunk !== 0) {
      this.freeChunk = this.nextChunks[chunk]!;
    } else {
      chunk = this.usedChunks++;
      if (chunk === this.nextChunks.length) this.growPool();
    }
    this.nextChunks[chunk] = 0;
    if (cursor === 0) this.buckets[bucket + FIRST] = chunk;
    else this.nextChunks[cursor / CHUNK - 1] = chunk;
    return chunk * CHUNK;
  }

  private growPool(): void {
    const pool = new Float64Array(this.pool.length * 2);
    pool.set(this.pool);
    this.pool = pool;
    const nextChunks = new Int32Array(this.nextChunks.length * 2);
    nextChunks.set(this.nextChunks);
    this.nextChunks = nextChunks;
  }

  /** Empties a bucket whose chunks the caller walks from here on with `afterChunk`. @returns its first chunk, 0: none */
  private detach(bucket: number): number {
    const first = this.buckets[bucket + FIRST]!;
    this.buckets.fill(0, bucket, bucket + STRIDE);
    return first;
  }

  /** Frees a chunk. @returns the one after it, 0: none */
  private afterChunk(chunk: number): number {
    const next = this.nextChunks[chunk]!;
    this.nextChunks[chunk] = this.freeChunk;
    this.freeChunk = chunk;
    return next;
  }

  /** Where the entries of a chunk end, in a bucket whose cursor is (was) this. */
  private endOf(chunk: number, cursor: number): number {
    return this.nextChunks[chunk] === 0 ? cursor : (chunk + 1) * CHUNK;
  }

  private pour(bucket: number, heap: EventHeap): void {
    const cursor = this.buckets[bucket + CURSOR]!;
    this.size -= this.buckets[bucket + COUNT]!;
    for (let chunk = this.detach(bucket); chunk !== 0; chunk = this.afterChunk(chunk)) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) {
        const word = this.pool[at + 1]!;
        heap.push(this.pool[at]!, phaseOf(word), payloadOf(word));
      }
    }
  }

  private moveToFar(bucket: number): void {
    const cursor = this.buckets[bucket + CURSOR]!;
    for (let chunk = this.detach(bucket); chunk !== 0; chunk = this.afterChunk(chunk)) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) this.append(FAR, this.pool[at]!, this.pool[at + 1]!);
    }
  }

  /**
   * Lays buckets over the pending times and moves what lies there out of the far list. Their width comes from the nearer
   * quarter, so that timers days ahead do not spoil it; 16 times its span covers 99 % where times are exponential.
   */
  private spread(): void {
    const count = this.buckets[FAR + COUNT]!;
    const cursor = this.buckets[FAR + CURSOR]!;
    const samples = new Float64Array(Math.min(SAMPLES, count));
    let [first, last, index] = [Infinity, 0, 0];
    for (let chunk = this.buckets[FAR + FIRST]!; chunk !== 0; chunk = this.nextChunks[chunk]!) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) {
        const time = this.pool[at]!;
        if (time < first) first = time;
        if (time > last) last = time;
        samples[Math.floor((index++ * samples.length) / count)] = time;
      }
    }
    samples.sort();
    const span = Math.max(16 * (samples[samples.length >> 2]! - first) || last - first, LEAST_SPAN);
    this.bucketCount = Math.min(MOST_BUCKETS, 2 ** Math.ceil(Math.log2(Math.sqrt(count)) + 1));
    this.base = first;
    this.scale = this.bucketCount / span;
    this.current = -1;
    for (let chunk = this.detach(FAR); chunk !== 0; chunk = this.afterChunk(chunk)) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) {
        const time = this.pool[at]!;
        const place = (time - first) * this.scale;
        this.append(place < this.bucketCount ? (place | 0) * STRIDE : FAR, time, this.pool[at + 1]!);
      }
    }
  }

  private sortIntoRun(bucket: number): void {
    const count = this.buckets[bucket + COUNT]!;
    if (this.runTimes.length <= count) {
      this.runTimes = new Float64Array(count * 2);
      this.runWords = new Float64Array(count * 2);
    }
    const cellCount = Math.min(MOST_CELLS, 2 ** (32 - Math.clz32(count)));
    if (this.countCells(bucket, cellCount)) {
      this.scatter(bucket, cellCount);
      sortByInsertion(this.runTimes, this.runWords, 0, count);
    } else {
      this.scatter(bucket, 1);
      sortByMerging(this.runTimes, this.runWords, count);
    }
    this.runTimes[count] = Infinity;
    this.runAt = 0;
    this.runEnd = count;
  }

  /** Moves a bucket into the run, each cell's entries to where `cells` says. One cell: all as they are. */
  private scatter(bucket: number, cellCount: number): void {
    const { runTimes, runWords, cells } = this;
    if (cellCount === 1) cells[0] = 0;
    const cursor = this.buckets[bucket + CURSOR]!;
    for (let chunk = this.detach(bucket); chunk !== 0; chunk = this.afterChunk(chunk)) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) {
        const time = this.pool[at]!;
        const place = cells[this.cellOf(time, cellCount)]!++;
        runTimes[place] = time;
        runWords[place] = this.pool[at + 1]!;
      }
    }
  }

  /** Leaves in `cells` where in the run each cell begins. @returns false where a cell holds too many */
  private countCells(bucket: number, cellCount: number): boolean {
    if (this.cells.length < cellCount) this.cells = new Int32Array(cellCount);
    const { cells } = this;
    cells.fill(0, 0, cellCount);
    const cursor = this.buckets[bucket + CURSOR]!;
    for (let chunk = this.buckets[bucket + FIRST]!; chunk !== 0; chunk = this.nextChunks[chunk]!) {
      const end = this.endOf(chunk, cursor);
      for (let at = chunk * CHUNK; at < end; at += 2) cells[this.cellOf(this.pool[at]!, cellCount)]!++;
    }
    let [start, most] = [0, 0];
    for (let cell = 0; cell < cellCount; cell++) {
      const tally = cells[cell]!;
      if (tally > most) most = tally;
      cells[cell] = start;
      start += tally;
    }
    return most <= MOST_IN_CELL;
  }

  private cellOf(time: number, cellCount: number): number {
    return (((time - this.base) * this.scale - this.current) * cellCount) | 0;
  }

  private endRun(): void {
    this.runAt = 0;
    this.runEnd = 0;
    this.runTimes[0] = Infinity;
  }
}

function phaseOf(word: number): number {
  return Math.floor(word / PHASE_SPAN);
}

function payloadOf(word: number): number {
  return word & (PHASE_SPAN - 1);
}

/** By time, then phase; equal ones stay as they are. For what is nearly sorted, or short. */
function sortByInsertion(times: Float64Array, words: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const time = times[i]!;
    if (times[i - 1]! < time) continue;
    const word = words[i]!;
    const phase = phaseOf(word);
    let at = i;
    while (at > from) {
      const before = times[at - 1]!;
      if (before < time || (before === time && phaseOf(words[at - 1]!) <= phase)) break;
      times[at] = before;
      words[at] = words[at - 1]!;
      at--;
    }
    times[at] = time;
    words[at] = word;
  }
}

/** The same order, for any number of entries. */
function sortByMerging(times: Float64Array, words: Float64Array, count: number): void {
  const short = 16;
  for (let from = 0; from < count; from += short) sortByInsertion(times, words, from, Math.min(from + short, count));
  const otherTimes = new Float64Array(count);
  const otherWords = new Float64Array(count);
  for (let width = short; width < count; width *= 2) {
    otherTimes.set(times.subarray(0, count));
    otherWords.set(words.subarray(0, count));
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(from + width, count);
      const end = Math.min(from + 2 * width, count);
      let [left, right] = [from, middle];
      for (let at = from; at < end; at++) {
        const fromRight = left === middle || (right < end && isBefore(otherTimes, otherWords, right, left));
        const taken = fromRight ? right++ : left++;
        times[at] = otherTimes[taken]!;
        words[at] = otherWords[taken]!;
      }
    }
  }
}

function isBefore(times: Float64Array, words: Float64Array, i: number, j: number): boolean {
  return times[i]! < times[j]! || (times[i] === times[j] && phaseOf(words[i]!) < phaseOf(words[j]!));
}
