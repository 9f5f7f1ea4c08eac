export { draw, drawBits, drawExponential, drawInt, Stream, type StreamId } from './draw.js';
export { EventQueue } from './event-queue.js';
export { exponentialOf } from './exponential.js';
export { Fingerprint } from './fingerprint.js';
export { hashName } from './hash-name.js';
export { innerMap } from './inner-map.js';
export { InvariantError, invariant } from './invariant.js';
export { reach } from './reach.js';
export { Sfc32 } from './sfc32.js';
export {
  formatDuration,
  formatMs,
  NS_PER_HOUR,
  NS_PER_MINUTE,
  NS_PER_MS,
  NS_PER_SECOND,
  NS_PER_US,
  parseDuration,
} from './time.js';
