import { constants } from 'node:zlib';
import compression from 'compression';

/** Under this size the header costs more than the bytes. */
const LEAST_BYTES = 4096;

/**
 * Answers are gzipped for whoever accepts it: rows, reports and documents to a fifth or less. Streams of events are
 * not, which would wait in the compressor; nor Arrow, whose readers want it as it is.
 */
export const compressed = compression({
  level: constants.Z_BEST_SPEED,
  threshold: LEAST_BYTES,
  filter: (request, response) =>
    !/event-stream|arrow/.test(String(response.getHeader('content-type'))) && compression.filter(request, response),
});
