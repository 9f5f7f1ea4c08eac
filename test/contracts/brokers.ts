/** The brokers that BullMQ is tested on: Redis on 127.0.0.1:6379 and Postgres on 127.0.0.1:5432, where they answer. */
import { connect } from 'node:net';

export interface Broker {
  url: string;
  /** It does not answer here; on CI that is a failure. */
  skip: boolean;
}

export function redis(): Promise<Broker> {
  return broker('Redis', 6379, 'redis://127.0.0.1:6379');
}

export function postgres(): Promise<Broker> {
  return broker('Postgres', 5432, 'postgres://postgres@127.0.0.1:5432/postgres');
}

async function broker(name: string, port: number, url: string): Promise<Broker> {
  const answers = await listensOn(port);
  if (!answers)
    console.warn(`\n!!! SKIPPED: BullMQ on ${name}. None answers on 127.0.0.1:${port}; the other queues are tested.\n`);
  return { url, skip: !answers && process.env.CI !== 'true' };
}

function listensOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
