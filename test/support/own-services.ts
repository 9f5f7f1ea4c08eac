/** Redis and Postgres that a test starts itself, so that it may kill them: on free ports, in folders that go with them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OwnService {
  url: string;
  /** With SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** It and its children hold still: connections stay, nothing is answered. `thaw` lets them go on. */
  freeze(): void;
  thaw(): void;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Kills it and removes what it has stored. */
  remove(): Promise<void>;
}

const POSTGRES_HOME = '/usr/lib/postgresql';

export const canStartRedis = isProgram('redis-server');
export const canStartPostgres = existsSync(POSTGRES_HOME);

/** It keeps nothing: whoever needs it must get on without what it knew. */
export async function startRedis(): Promise<OwnService> {
  const port = await freePort();
  const start = () => spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no']);
  return service(`redis://127.0.0.1:${port}`, port, start, () => {});
}

/** A cluster of its own with the user postgres; what it has committed is on the disk. */
export async function startPostgres(): Promise<OwnService> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-postgres-'));
  const programs = join(POSTGRES_HOME, readdirSync(POSTGRES_HOME).sort().at(-1)!, 'bin');
  const identity = postgresIdentity(folder);
  const data = join(folder, 'data');
  const setUp = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'];
  execFileSync(join(programs, 'initdb'), setUp, { ...identity, stdio: 'ignore', cwd: folder });
  const options = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const start = () => spawn(join(programs, 'postgres'), options, { ...identity, cwd: folder });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return service(`postgres://postgres@127.0.0.1:${port}/postgres`, port, start, remove);
}

/** Postgres refuses to run as root. */
function postgresIdentity(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  execFileSync('chown', [`${uid}:${gid}`, folder]);
  return { uid: uid!, gid: gid! };
}

async function service(url: string, port: number, launch: () => ChildProcess, remove: () => void): Promise<OwnService> {
  let child: ChildProcess | null = null;
  const own: OwnService = {
    url,
    async start() {
      const deadline = performance.now() + 60_000;
      for (;;) {
        child = launch();
        const started = child;
        started.stdout?.resume();
        started.stderr?.resume();
        if (await answers(port, () => started.exitCode === null)) return;
        // What a killed Postgres has left must be gone before the next one may start.
        if (performance.now() > deadline) throw new Error(`nothing answers on port ${port}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    freeze: () => signalAll(child!, 'SIGSTOP'),
    thaw: () => signalAll(child!, 'SIGCONT'),
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async remove() {
      await own.kill();
      remove();
    },
  };
  await own.start();
  return own;
}

function signalAll({ pid }: ChildProcess, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const children = () =>
    spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean);
  for (const one of [pid, ...children()]) process.kill(Number(one), signal);
}

/** False as soon as the process is gone. */
async function answers(port: number, lives: () => boolean): Promise<boolean> {
  while (lives()) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function isProgram(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
