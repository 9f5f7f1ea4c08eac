/** What a worker answers to those who run it: /livez, /readyz and /metrics, on a port of its own and nothing else. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config, Metrics, Readiness } from '#platform';

/** Nobody has a body to send, and whoever is slow with a head is no probe. */
const HEAD_MS = 5_000;

@Injectable()
export class OpsServer implements OnApplicationShutdown {
  private readonly logger = new Logger('Ops');
  private server: Server | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'workerHost' | 'workerPort'>,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {}

  /** Resolves with `http://host:port`. Rejects where it cannot listen. */
  async listen(): Promise<string> {
    const { workerHost, workerPort } = this.config;
    const answering = (request: IncomingMessage, response: ServerResponse) =>
      void this.answer(request, response).catch((error) => {
        this.logger.error(error instanceof Error ? error.stack : String(error));
        response.destroy();
      });
    const server = createServer({ headersTimeout: HEAD_MS, requestTimeout: HEAD_MS }, answering);
    server.listen(workerPort, workerHost);
    await once(server, 'listening');
    this.server = server;
    const { port } = server.address() as AddressInfo;
    return `http://${workerHost.includes(':') ? `[${workerHost}]` : workerHost}:${port}`;
  }

  /** Last of all: until then readiness says that the worker is about to end. */
  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url?.split('?', 1)[0];
    const send = (status: number, type: string, body: string) =>
      response
        .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
        .end(method === 'HEAD' ? undefined : body);
    if (method !== 'GET' && method !== 'HEAD')
      send(405, 'application/problem+json', problem(405, 'method-not-allowed', `${method} is not taken here.`));
    else if (path === '/livez') send(200, 'text/plain', 'ok\n');
    else if (path === '/metrics') send(200, this.metrics.registry.contentType, await this.metrics.text());
    else if (path === '/readyz') {
      const reason = await this.readiness.check().then(
        () => null,
        (error: Error) => error.message,
      );
      if (reason === null) send(200, 'application/json', JSON.stringify({ status: 'ready' }));
      else send(503, 'application/problem+json', problem(503, 'unavailable', reason));
    } else send(404, 'application/problem+json', problem(404, 'not-found', 'There are /livez, /readyz and /metrics.'));
  }
}

function problem(status: number, code: string, detail: string): string {
  return JSON.stringify({ type: `urn:hairpin:problem:${code}`, title: code, status, code, detail });
}
