/** What one connection may take before there is a request to answer: time, headers, and a word to whoever exceeds it. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '#platform';
import { problemOf } from './problem.filter.js';

export interface ConnectionLimits {
  headersMs: number;
  /** Headers and body. */
  requestMs: number;
  /** Without a byte in either direction. */
  idleMs: number;
  /** After an answer, for the next request. */
  keptMs: number;
  headers: number;
  connections: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 120_000,
  // Event streams say something every 15 s, and no answer takes longer than a minute to begin.
  idleMs: 120_000,
  // Longer than load balancers and proxies keep theirs (60 s, mostly): who closes first must be the one that sends, or a
  // request meets a connection that is being closed.
  keptMs: 75_000,
  headers: 100,
  connections: 10_000,
};

/** How often slow connections are looked for. */
const LOOK_MS = 1_000;

/** Before the server listens. */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  server.headersTimeout = limits.headersMs;
  server.requestTimeout = limits.requestMs;
  server.timeout = limits.idleMs;
  server.keepAliveTimeout = limits.keptMs;
  server.maxHeadersCount = limits.headers;
  server.maxConnections = limits.connections;
  // Of the options of a server that Nest has made already; read when it begins to listen.
  Object.assign(server, { connectionsCheckingInterval: LOOK_MS });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket));
}

const CODES: Record<string, [ErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'Path, query and headers together are over 16 KB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
};

function refuse({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  const answering = (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent;
  if (code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const [kind, message] = CODES[code] ?? ['malformed-request', 'This is no HTTP/1.1 request.'];
  const problem = problemOf(new AppError(kind, message), '');
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
