/**
 * Webhooks by threat: receivers and name servers that mean harm, on real sockets. Nothing may be reached that is not allowed,
 * nothing may take longer or more memory than is said, and every attempt ends with a reason that can be read.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { AddressPolicy, parseNetwork, type Resolve, Sender } from '#platform';

const TIMEOUT_MS = 400;
const never = new AbortController().signal;
const nobody: string[] = [];

const toLoopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
const resolvesTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

function sender(allow: string[], resolve: Resolve = toLoopback, more: { ca?: string; timeoutMs?: number } = {}) {
  const policy = new AddressPolicy(
    allow.map((network) => parseNetwork(network)!),
    () => nobody,
  );
  return new Sender({ policy, resolve, userAgent: 'test', timeoutMs: TIMEOUT_MS, ...more });
}

const LOOPBACK = ['127.0.0.0/8'];
const open: { server: Server; sockets: Set<Socket> }[] = [];

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const receiver = (listener: RequestListener) => listen(createServer(listener));

afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

const post = (by: Sender, url: string) => by.post(url, '{"type":"webhook.test"}', { 'webhook-id': 'm-1' }, never);

describe('a receiver that is where it may not be', () => {
  it.each([
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['fd00:ec2::254'],
    ['10.0.0.7'],
    ['100.64.0.1'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['0.0.0.0'],
  ])('is not asked where its name leads to %s', async (address) => {
    const { response, error } = await post(sender([], resolvesTo(address)), 'https://hooks.example/');
    expect(response).toBeNull();
    expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining(address) });
  });

  it.each(['https://127.0.0.1/', 'https://[::1]/', 'https://0x7f000001/', 'https://169.254.169.254/latest/meta-data'])(
    'is not asked at %s, whatever name servers say',
    async (url) => {
      expect((await post(sender([], resolvesTo('1.1.1.1')), url)).error?.code).toBe('refused');
    },
  );

  it('is not asked when its name led elsewhere while it was looked at: it is resolved once, and that is where it goes', async () => {
    let asked = 0;
    const heard: string[] = [];
    const port = await receiver((request, response) => {
      heard.push(request.url!);
      response.end();
    });
    /** Public for whoever checks, private for whoever connects. */
    const rebinding: Resolve = async () => {
      asked++;
      return [{ address: asked === 1 ? '192.0.2.77' : '127.0.0.1', family: 4 }];
    };
    // 192.0.2.0/24 stands for the public internet here: nothing answers there.
    const { error } = await post(sender(['192.0.2.0/24'], rebinding), `http://rebind.example:${port}/secret`);
    expect(asked).toBe(1);
    expect(error?.code).toMatch(/timeout|connection/);
    expect(heard).toEqual([]);
  });

  it('is not asked when the next attempt finds it elsewhere', async () => {
    let asked = 0;
    const port = await receiver((_, response) => void response.end());
    const moving: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    const by = sender(['127.0.0.1/32'], moving);
    expect((await post(by, `http://moving.example:${port}/`)).error).toBeNull();
    expect((await post(by, `http://moving.example:${port}/`)).error?.code).toBe('refused');
  });

  it('is asked only at those of its addresses that are allowed', async () => {
    const port = await receiver((request, response) => void response.end(request.socket.localAddress));
    const by = sender(['127.0.0.1/32'], resolvesTo('10.0.0.1', 'fd00:ec2::254', '127.0.0.1'));
    expect((await post(by, `http://mixed.example:${port}/`)).response?.body).toBe('127.0.0.1');
  });

  it('is not asked without TLS outside of the networks that are named', async () => {
    const { error } = await post(sender(['10.0.0.0/8'], resolvesTo('1.1.1.1')), 'http://hooks.example/');
    expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('without TLS') });
  });

  it('is not asked through a redirect', async () => {
    const heard: string[] = [];
    const target = await receiver((_, response) => {
      heard.push('target');
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const port = await receiver((_, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${target}/` }).end();
      });
      const { error, response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
      expect(error).toMatchObject({ code: 'redirect' });
      expect(response?.status).toBe(status);
    }
    expect(heard).toEqual([]);
  });

  it('is not asked through the proxy of the environment', async () => {
    const heard: string[] = [];
    const proxy = await receiver((request, response) => {
      heard.push(request.url!);
      response.end();
    });
    const port = await receiver((_, response) => void response.end('straight'));
    const before = { ...process.env };
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
      process.env[name] = `http://127.0.0.1:${proxy}`;
    process.env.NODE_USE_ENV_PROXY = '1';
    try {
      expect((await post(sender(LOOPBACK), `http://hooks.example:${port}/`)).response?.body).toBe('straight');
    } finally {
      process.env = before;
    }
    expect(heard).toEqual([]);
  });
});

describe('a receiver that takes its time', () => {
  const cases: [string, () => Promise<number>][] = [
    ['accepts and says nothing', () => listen(createTcpServer(() => undefined))],
    [
      'never ends its headers',
      () => listen(createTcpServer((socket) => dripping(socket, 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'))),
    ],
    [
      'sends early hints without end',
      () => listen(createTcpServer((socket) => dripping(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n'))),
    ],
    [
      'answers after the time',
      () => receiver((_, response) => void setTimeout(() => response.end(), TIMEOUT_MS * 3).unref()),
    ],
  ];
  it.each(cases)('%s: the attempt ends in time', async (_, start) => {
    const began = performance.now();
    const { error } = await post(sender(LOOPBACK), `http://hooks.example:${await start()}/`);
    expect(error?.code).toBe('timeout');
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 4);
  });

  it('resolves without end: the attempt ends in time', async () => {
    const { error } = await post(
      sender([], () => new Promise(() => undefined)),
      'https://hooks.example/',
    );
    expect(error?.code).toBe('timeout');
  });

  it('sends a body that drips without end: its status counts, and the attempt ends in time', async () => {
    const port = await listen(
      createTcpServer((socket) => dripping(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'x')),
    );
    const began = performance.now();
    const { error, response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(error).toBeNull();
    expect(response).toMatchObject({ status: 200, truncated: true });
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 4);
  });
});

describe('a receiver that sends too much', () => {
  it('is cut off within its body, which may have no end', async () => {
    let sent = 0;
    const port = await receiver((_, response) => {
      const piece = Buffer.alloc(16_384, 'a');
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
    });
    const before = process.memoryUsage().rss;
    const { response, error } = await post(
      sender(LOOPBACK, toLoopback, { timeoutMs: 5000 }),
      `http://hooks.example:${port}/`,
    );
    expect(error).toBeNull();
    expect(response!.bodyBytes).toBeLessThan(200_000);
    expect(response!.body).toHaveLength(2048);
    expect(response!.truncated).toBe(true);
    expect(sent, 'as much as sockets hold').toBeLessThan(20_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('is refused with headers that are too large', async () => {
    const port = await receiver((_, response) => void response.writeHead(200, { 'x-long': 'a'.repeat(40_000) }).end());
    const { error } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(error).toMatchObject({ code: 'connection', message: expect.stringContaining('16384') });
  });

  it('has only the first of many headers kept, each up to a length, and no cookies', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`x-${n}`, n === 0 ? 'b'.repeat(3000) : 'c']));
    const port = await receiver((_, response) => void response.writeHead(200, { 'set-cookie': 'a=b', ...many }).end());
    const { response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(Object.keys(response!.headers)).toHaveLength(40);
    expect(response!.headers['x-0']).toHaveLength(500);
    expect(response!.headers).not.toHaveProperty('set-cookie');
  });

  it('has at most 4 KB of its headers kept, and no control characters', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`x-${n}`, 'b'.repeat(450)]));
    const port = await receiver((_, response) => void response.writeHead(200, many).end('\u0001'.repeat(3000)));
    const { response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    const text = JSON.stringify(response!.headers);
    expect(text.length).toBeGreaterThan(3000);
    expect(text.length).toBeLessThan(4500);
    expect(JSON.stringify(response!.body)).toHaveLength(2048 + 2);
  });

  it('is not unpacked: a small body may be a great one', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(65_536);
    const port = await receiver((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb);
    });
    const { response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(response).toMatchObject({ status: 200, body: '', bodyBytes: bomb.length });
  });

  it('has its text kept whole letter by letter, without what a database cannot store', async () => {
    const port = await receiver((_, response) => void response.end(`\0${'ü'.repeat(3000)}`));
    const { response } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(response!.body).toBe(`\u{FFFD}${'ü'.repeat(1023)}`);
    const binary = await receiver((_, response) => void response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81])));
    expect((await post(sender(LOOPBACK), `http://hooks.example:${binary}/`)).response!.body).toBe('');
  });
});

describe('a receiver that breaks off', () => {
  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['before it answers', (request) => request.socket.destroy()],
    ['with something that is no HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'to speak another protocol',
      (request) => request.socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
  ])('%s leaves an attempt with a reason', async (_, act) => {
    const port = await receiver(act);
    expect((await post(sender(LOOPBACK), `http://hooks.example:${port}/`)).error).toMatchObject({ code: 'connection' });
  });

  it('within its body has answered all the same', async () => {
    const port = await receiver((_, response) => {
      response.writeHead(204, {});
      response.end();
    });
    expect((await post(sender(LOOPBACK), `http://hooks.example:${port}/`)).error).toBeNull();
  });

  it('that is not there leaves an attempt with a reason', async () => {
    const port = await receiver(() => undefined);
    open[0]!.server.close();
    const { error } = await post(sender(LOOPBACK), `http://hooks.example:${port}/`);
    expect(error).toMatchObject({ code: 'connection', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('that has no address leaves an attempt with a reason', async () => {
    expect((await post(sender([], resolvesTo()), 'https://hooks.example/')).error).toMatchObject({ code: 'dns' });
    const unknown: Resolve = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect((await post(sender([], unknown), 'https://hooks.example/')).error).toMatchObject({
      code: 'dns',
      message: expect.stringContaining('ENOTFOUND'),
    });
  });
});

describe('a receiver with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=hooks.example', '-addext', 'subjectAltName=DNS:hooks.example'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'pipe' },
  );
  const pem = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const start = () => listen(createTlsServer(pem, (_, response) => void response.end('secure')));

  it('is asked by its name, at the address that was looked at', async () => {
    const by = sender(LOOPBACK, toLoopback, { ca: pem.cert.toString() });
    const { response, error } = await post(by, `https://hooks.example:${await start()}/`);
    expect(error).toBeNull();
    expect(response).toMatchObject({ status: 200, body: 'secure' });
  });

  it.each([
    ['whose certificate nobody vouches for', 'hooks.example', undefined],
    ['whose certificate is for another name', 'other.example', pem.cert.toString()],
  ])('%s is not told anything, whatever the environment says', async (_, host, ca) => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const by = sender(LOOPBACK, toLoopback, ca === undefined ? {} : { ca });
      expect((await post(by, `https://${host}:${await start()}/`)).error).toMatchObject({ code: 'tls' });
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });
});

it('an attempt that is stopped ends at once', async () => {
  const port = await listen(createTcpServer(() => undefined));
  const stopping = new AbortController();
  setTimeout(() => stopping.abort('shutting-down'), 50);
  const began = performance.now();
  const by = sender(LOOPBACK, toLoopback, { timeoutMs: 10_000 });
  const { response } = await by.post(`http://hooks.example:${port}/`, '{}', {}, stopping.signal);
  expect(response).toBeNull();
  expect(performance.now() - began).toBeLessThan(1000);
});

/** Sends `head`, then `drop` for ever. */
function dripping(socket: Socket, head: string, drop: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.on('close', () => clearInterval(timer));
}
