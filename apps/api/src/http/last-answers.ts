import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** An answer that takes longer than this when the process ends is cut off. */
const LAST_ANSWER_MS = 10_000;
/** A connection on which an answer has just ended is closed after at most this time. */
const LOOK_MS = 50;

/** When the process ends, requests under way get their answers; kept-alive connections without one are closed. */
@Injectable()
export class LastAnswers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Connections on which no request has come yet: none of them is idle in the eyes of the server. */
  private readonly fresh = new Set<Socket>();

  constructor(private readonly adapter: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    const server = this.adapter.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket: Socket) => {
      this.fresh.add(socket);
      socket.once('close', () => this.fresh.delete(socket));
    });
    server.on('request', ({ socket }) => this.fresh.delete(socket));
  }

  /** The framework closes the server after this, and waits until its last connection has ended. */
  beforeApplicationShutdown(): void {
    const server = this.adapter.httpAdapter.getHttpServer() as Server;
    if (!server.listening) return;
    const looking = setInterval(() => server.listening || this.closeQuiet(server), LOOK_MS);
    const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS);
    server.once('close', () => {
      clearInterval(looking);
      clearTimeout(late);
    });
  }

  private closeQuiet(server: Server): void {
    server.closeIdleConnections();
    for (const socket of this.fresh) if (socket.bytesRead === 0) socket.destroy();
  }
}
