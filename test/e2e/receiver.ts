/** A receiver of webhooks on the loopback: it keeps what it hears, checks it with Standard Webhooks' own library, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Heard {
  id: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: { type: string; timestamp: string; data: Record<string, unknown> & { id: string } };
}

export interface Receiver {
  url: string;
  heard: Heard[];
  /** What is answered: a status, or a status with headers and a body. Default: 204. */
  answer: (heard: Heard) => number | { status: number; headers?: Record<string, string>; body?: string };
  /** How long it takes over its answer. */
  holdMs: (heard: Heard) => number;
  close(): Promise<void>;
}

/** `ALLOWED` lets the server reach it. */
export const ALLOWED = { WEBHOOK_ALLOW_NETWORKS: '127.0.0.0/8' };

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      const heard = {
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        body,
        event: JSON.parse(body),
      };
      receiver.heard.push(heard);
      const answer = receiver.answer(heard);
      const { status, headers = {}, body: text = '' } = typeof answer === 'number' ? { status: answer } : answer;
      setTimeout(() => response.writeHead(status, headers).end(text), receiver.holdMs(heard));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    heard: [],
    answer: () => 204,
    holdMs: () => 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** Throws where the signature is not by `secret`. */
export function verify(secret: string, { body, headers }: Heard): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
