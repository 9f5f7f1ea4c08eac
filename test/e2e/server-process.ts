/** The built server as a process of its own, to be killed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ServerProcess {
  origin: string;
  child: ChildProcess;
  /** Everything that it has printed. */
  output: () => string;
  /** Sends the signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null; tookMs: number }>;
}

/** `npm run build`, where `dist` is not of these sources. */
export function buildServer(): void {
  const script = "import { ensureBuilt } from './bin/project.mjs'; ensureBuilt();";
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
}

/** Resolves when it is ready. */
export function startServerProcess(environment: Record<string, string>, node?: string): Promise<ServerProcess> {
  return startProcess('dist/apps/api/src/main.js', /readiness +(\S+)\/readyz/, environment, node);
}

/** A worker; its origin answers probes and metrics. */
export function startWorkerProcess(environment: Record<string, string>): Promise<ServerProcess> {
  return startProcess('dist/apps/worker/src/main.js', /A worker with .* is ready: (\S+)\/readyz/, environment);
}

async function startProcess(
  main: string,
  readiness: RegExp,
  environment: Record<string, string>,
  node = process.execPath,
): Promise<ServerProcess> {
  const child = spawn(node, [main], {
    cwd: root,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const hear = (piece: Buffer) => {
      output += piece;
      const ready = readiness.exec(output)?.[1];
      if (ready) resolve(ready);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${output}`)));
  });
  return {
    origin,
    child,
    output: () => output,
    async end(signal) {
      const began = performance.now();
      const exit = once(child, 'exit');
      child.kill(signal);
      const [code, by] = (await exit) as [number | null, NodeJS.Signals | null];
      return { code, signal: by, tookMs: performance.now() - began };
    },
  };
}
