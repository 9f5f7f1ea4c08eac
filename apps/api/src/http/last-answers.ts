import type { Server } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** An answer that takes longer than this when the process ends is cut off. */
const LAST_ANSWER_MS = 10_000;
/** A connection on which an answer has just ended is closed after at most this time. */
const LOOK_MS = 50;

/** When the process ends, requests under way get their answers; kept-alive connections without one are closed. */
@Injectable()
export class LastAnswers implements BeforeApplicationShutdown {
  constructor(private readonly adapter: HttpAdapterHost) {}

  /** The framework closes the server after this, and waits until its last connection has ended. */
  beforeApplicationShutdown(): void {
    const server = this.adapter.httpAdapter.getHttpServer() as Server;
    if (!server.listening) return;
    const looking = setInterval(() => server.listening || server.closeIdleConnections(), LOOK_MS);
    const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS);
    server.once('close', () => {
      clearInterval(looking);
      clearTimeout(late);
    });
  }
}
