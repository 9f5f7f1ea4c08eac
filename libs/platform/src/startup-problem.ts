import { ConfigError } from './config.js';
import { DatabaseNotOpened } from './store/open-at-start.js';

/** Why a process does not start, for the person who starts it: in a line, unless it is a defect. `port`: the setting. */
export function startupProblem(error: unknown, port: 'PORT' | 'WORKER_PORT'): string {
  if (error instanceof ConfigError || error instanceof DatabaseNotOpened) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `The port is taken (${message}). Stop what listens there, or set ${port}=0 for a free one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `Cannot listen: ${message}`;
  return stack ?? message;
}
