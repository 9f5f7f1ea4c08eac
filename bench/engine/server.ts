/** The built server as `npm start` starts it, with SQLite in a folder and one thread for simulations. */
import { type ChildProcess, spawn } from 'node:child_process';

export function startServer(main: string, folder: string): ChildProcess {
  return spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, DATABASE_URL: '', LOG_LEVEL: 'error', WORKER_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The address that the server prints when it is ready. */
export function originOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (piece: Buffer) => {
      text += piece.toString();
      const origin = /http:\/\/[\d.:]+/.exec(text)?.[0];
      if (origin !== undefined) resolve(origin);
    });
    child.on('exit', () => reject(new Error(`the server did not start: ${text}`)));
  });
}
