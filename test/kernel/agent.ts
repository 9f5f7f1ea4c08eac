/** The process that owns a cluster's namespaces and sockets (`agent.c`), and the commands that it understands. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type Transport = 'tcp' | 'udp';

export interface Place {
  ip: string;
  port: number;
}

export interface Connection {
  /** Namespace that connects. */
  from: string;
  transport: Transport;
  /** Source address to bind; null: the kernel picks. */
  source: string | null;
  /** fwmark of the connection, for policy routing in the client's namespace; 0: none. */
  mark: number;
  ip: string;
  port: number;
  timeoutMs: number;
}

/** What became of one connection. `peer` is the address that the listener saw. */
export type Observation =
  | { kind: 'answered'; by: string; peer: string }
  | { kind: 'rejected' | 'refused' | 'timeout' }
  | { kind: 'unreachable'; error: string };

interface Pending<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

/** Path of the compiled agent; compiles it where that source was not compiled before. */
export function compileAgent(): string {
  const source = fileURLToPath(new URL('agent.c', import.meta.url));
  const folder = fileURLToPath(new URL('../../node_modules/.cache/hairpin-kernel', import.meta.url));
  const header = fileURLToPath(new URL('addresses.h', import.meta.url));
  const text = [source, header].map((file) => readFileSync(file));
  const digest = createHash('sha256').update(Buffer.concat(text)).digest('hex').slice(0, 16);
  const path = join(folder, `agent-${digest}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Test files run at the same time: each compiles its own, and what is in place is always whole.
  const own = `${path}.${process.pid}`;
  execFileSync('gcc', ['-O1', '-Wall', '-o', own, source], { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(own, path);
  return path;
}

export class Agent {
  /** By namespace name: a path that `nsenter --net=` and `ip link … netns` take. */
  readonly paths = new Map<string, string>();
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #results = new Map<string, Pending<Observation>>();
  readonly #syncs: Pending<void>[] = [];
  #connections = 0;
  #errors = '';
  #ended: Error | null = null;

  constructor(program: string) {
    this.#process = spawn(program, [], { stdio: 'pipe' });
    this.#process.stderr.on('data', (data) => {
      this.#errors += String(data);
    });
    this.#process.stdin.on('error', () => undefined);
    this.#process.on('close', () => this.#end());
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#read(line));
  }

  addNamespace(name: string): void {
    this.#write(`net ${name}`);
  }

  sysctl(namespace: string, key: string, value: number | string): void {
    this.#write(`sysctl ${namespace} ${key} ${value}`);
  }

  listen(namespace: string, transport: Transport, ip: string, port: number, label: string): void {
    this.#write(`listen ${namespace} ${transport} ${ip} ${port} ${label}`);
  }

  /** As kube-proxy of mode userspace: accepts, then connects to one of the endpoints in turn. */
  relay(namespace: string, transport: Transport, ip: string, port: number, endpoints: readonly Place[]): void {
    const list = endpoints.map((endpoint) => ` ${endpoint.ip} ${endpoint.port}`).join('');
    this.#write(`relay ${namespace} ${transport} ${ip} ${port}${list}`);
  }

  /** Resolves when everything written so far has been done; rejects with the agent's reason where it could not. */
  done(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      this.#syncs.push({ resolve, reject });
      this.#write('sync');
    });
  }

  connect(c: Connection): Promise<Observation> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const id = `c${this.#connections++}`;
      this.#results.set(id, { resolve, reject });
      const target = `${c.mark} ${c.ip} ${c.port} ${c.timeoutMs}`;
      this.#write(`connect ${id} ${c.from} ${c.transport} ${c.source ?? '-'} ${target}`);
    });
  }

  /** Ends the process; its namespaces and all that is in them end with it. */
  close(): Promise<void> {
    if (this.#ended !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#process.once('close', () => resolve());
      this.#process.stdin.end();
    });
  }

  #write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  #read(line: string): void {
    const [what, subject, ...rest] = line.split(' ');
    if (what === 'net') this.paths.set(subject!, `/proc/${this.#process.pid}/fd/${rest[0]}`);
    if (what === 'sync') this.#syncs.shift()?.resolve();
    if (what !== 'result') return;
    this.#results.get(subject!)?.resolve(observationOf(rest));
    this.#results.delete(subject!);
  }

  #end(): void {
    this.#ended = new Error(this.#errors.trim() || 'the agent has ended');
    for (const { reject } of [...this.#syncs, ...this.#results.values()]) reject(this.#ended);
  }
}

function observationOf([kind, first, second]: string[]): Observation {
  if (kind === 'answered') return { kind, by: first!, peer: second! };
  if (kind === 'unreachable') return { kind, error: first! };
  if (kind === 'rejected' || kind === 'refused' || kind === 'timeout') return { kind };
  throw new Error(`the agent said ${kind}`);
}
