/** Debian's Chromium, driven over its own protocol through a pipe: no port, no package. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export const hasChromium = spawnSync('chromium', ['--version']).status === 0;

interface Message {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: unknown;
  result?: Record<string, unknown>;
  error?: { message: string };
}

export class Chromium {
  /** What the console and the network have complained of. */
  readonly complaints: string[] = [];
  private readonly profile = mkdtempSync(join(tmpdir(), 'hairpin-chromium-'));
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private sent = 0;
  private session: string | undefined;

  constructor() {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--remote-debugging-pipe',
      `--user-data-dir=${this.profile}`,
    ];
    this.child = spawn('chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    let text = '';
    (this.child.stdio[4] as Readable).on('data', (piece) => {
      const messages = (text + piece).split('\0');
      text = messages.pop()!;
      for (const message of messages) this.hear(JSON.parse(message) as Message);
    });
  }

  async open(url: string): Promise<void> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    this.session = sessionId as string;
    for (const domain of ['Log', 'Runtime', 'Page']) await this.send(`${domain}.enable`);
    await this.send('Page.navigate', { url });
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return (answer.result as { value: Value }).value;
  }

  close(): void {
    this.child.kill('SIGKILL');
    // Its own children may still write there for a moment; what then stays in the temporary folder fails no test.
    const patiently = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };
    this.child.once('exit', () => void rm(this.profile, patiently).catch(() => {}));
  }

  private send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.sent;
    const { session } = this;
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result!),
      );
    });
  }

  private hear(message: Message): void {
    if (message.id !== undefined) this.waiting.get(message.id)?.(message);
    else if (message.method === 'Log.entryAdded' || message.method === 'Runtime.exceptionThrown')
      this.complaints.push(JSON.stringify(message.params));
  }
}
