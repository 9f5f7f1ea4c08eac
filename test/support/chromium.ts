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

export interface PageSettings {
  /** In CSS pixels. */
  width?: number;
  height?: number;
  dark?: boolean;
  /** As a reader has it who allows no scripts. */
  withoutScripts?: boolean;
}

export class Chromium {
  /** What the console and the network have complained of. */
  readonly complaints: string[] = [];
  /** Addresses that pages have asked for. */
  readonly requests: string[] = [];
  private readonly profile = mkdtempSync(join(tmpdir(), 'hairpin-chromium-'));
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private sent = 0;
  private session: string | undefined;
  private onLoad: () => void = () => {};

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

  /** A page of its own; resolves when it has loaded. */
  async open(url: string, settings: PageSettings = {}): Promise<void> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    this.session = sessionId as string;
    for (const domain of ['Log', 'Runtime', 'Page', 'Network']) await this.send(`${domain}.enable`);
    const { width = 1280, height = 900, dark = false, withoutScripts = false } = settings;
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
    await this.send('Emulation.setEmulatedMedia', { features });
    if (withoutScripts) await this.send('Emulation.setScriptExecutionDisabled', { value: true });
    const loaded = new Promise<void>((resolve) => {
      this.onLoad = resolve;
    });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** Presses and lets go. `key`: as KeyboardEvent has it. */
  async press(key: string): Promise<void> {
    const text = { Enter: '\r', ' ': ' ' }[key];
    const code = { Tab: 9, Enter: 13, Escape: 27, End: 35, Home: 36, ArrowLeft: 37, ArrowRight: 39 }[key] ?? 0;
    const common = { key, code: key, windowsVirtualKeyCode: code };
    await this.send('Input.dispatchKeyEvent', {
      ...common,
      type: text ? 'keyDown' : 'rawKeyDown',
      ...(text ? { text } : {}),
    });
    await this.send('Input.dispatchKeyEvent', { ...common, type: 'keyUp' });
  }

  async click(x: number, y: number): Promise<void> {
    const common = { x, y, button: 'left', clickCount: 1 };
    for (const type of ['mousePressed', 'mouseReleased'])
      await this.send('Input.dispatchMouseEvent', { ...common, type });
  }

  async pdf(): Promise<Buffer> {
    const { data } = await this.send('Page.printToPDF', { preferCSSPageSize: true });
    return Buffer.from(data as string, 'base64');
  }

  /** What a screen reader is told: the nodes of the page that are not ignored. */
  async accessibleNodes(): Promise<{ role: string; name: string; properties: Record<string, unknown> }[]> {
    interface Node {
      ignored: boolean;
      role?: { value: string };
      name?: { value: string };
      properties?: { name: string; value: { value: unknown } }[];
    }
    const { nodes } = await this.send('Accessibility.getFullAXTree');
    return (nodes as Node[])
      .filter(({ ignored }) => !ignored)
      .map(({ role, name, properties = [] }) => ({
        role: role?.value ?? '',
        name: name?.value ?? '',
        properties: Object.fromEntries(properties.map((property) => [property.name, property.value.value])),
      }));
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
    else if (message.method === 'Network.requestWillBeSent')
      this.requests.push((message.params as { request: { url: string } }).request.url);
    else if (message.method === 'Page.loadEventFired') this.onLoad();
  }
}
