/** Opens the database when a process starts: tries again what may pass, and says in a line what does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { DatabaseTarget } from '../config.js';
import { dataSourceOptions, openDatabase } from './data-source.js';
import { isUnavailable } from './unavailable.js';

/** The message says what was tried, why it was not to be and what to do; never the password. */
export class DatabaseNotOpened extends Error {}

const PAUSES_MS = [1000, 1000];

/** Throws DatabaseNotOpened, or what nobody expected as it is. */
export async function openAtStart(target: DatabaseTarget, pausesMs = PAUSES_MS): Promise<DataSource> {
  for (const [tried, pauseMs] of [...pausesMs, null].entries()) {
    try {
      return await openDatabase(dataSourceOptions(target));
    } catch (error) {
      const message = whyNot(target, error as DriverError);
      if (message === null) throw error;
      if (pauseMs === null || !isUnavailable(error)) throw new DatabaseNotOpened(message, { cause: error });
      new Logger('Database').warn(`${message} Attempt ${tried + 2} of ${pausesMs.length + 1} follows.`);
      await sleep(pauseMs);
    }
  }
  throw new Error('the last attempt has ended the loop');
}

type DriverError = Error & { code?: string; errors?: Error[] };

/** One line; null where it is no matter of the database being there and open to us. */
export function whyNot(target: DatabaseTarget, error: DriverError): string | null {
  return target.type === 'sqlite' ? ofSqlite(target.file, error) : ofPostgres(target.url, error);
}

function ofSqlite(file: string, { code = '', message }: DriverError): string | null {
  if (!/^(SQLITE_(CANTOPEN|NOTADB|READONLY|BUSY|FULL|IOERR|PERM)|E[A-Z]+$)/.test(code)) return null;
  const todo =
    code === 'SQLITE_NOTADB'
      ? 'Set DATA_DIR to a folder without that file, or DATABASE_URL to another.'
      : 'Set DATA_DIR to a folder that this user may write to, or DATABASE_URL.';
  return `The SQLite database ${file} cannot be opened: ${message} (${code}). ${todo}`;
}

function ofPostgres(url: string, error: DriverError): string | null {
  const { host, port, database = '', user = '' } = new pg.Client(url);
  const found = reason(error, { host, port, database, user });
  if (found === null) return null;
  const [why, todo] = found;
  return `Postgres at ${host}:${port}, database ${database}, user ${user}, cannot be opened: ${why}. ${todo}`;
}

interface Place {
  host: string;
  port: number;
  database: string;
  user: string;
}

/** Why, and what to do. */
function reason(error: DriverError, { host, port, database, user }: Place): [why: string, todo: string] | null {
  const { code = '', errors } = error;
  // Of a name with several addresses it has one error for each, and no message of its own.
  const message = error.message || (errors?.map((one) => one.message).join(', ') ?? code);
  if (code === 'ECONNREFUSED')
    return [
      `nothing listens there (${message})`,
      'Start Postgres, or correct DATABASE_URL; without DATABASE_URL the data lies in a file of SQLite.',
    ];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return [`no address is known for that host (${message})`, 'Correct the host in DATABASE_URL, or the name server.'];
  if (code === '3D000') return [message, `Make it: createdb -h ${host} -p ${port} -U ${user} ${database}`];
  if (/^28/.test(code)) return [message, 'Correct user and password in DATABASE_URL, or what pg_hba.conf lets in.'];
  if (/^SASL.*password must be a (non-empty )?string/.test(message))
    return ['it asks for a password and DATABASE_URL has none', 'Write postgres://user:password@host:port/database.'];
  if (code === '42501')
    return [message, `Let the user make tables there: ALTER DATABASE "${database}" OWNER TO "${user}"`];
  if (isUnavailable(error)) return [message, 'Look whether Postgres is up and this machine may reach it.'];
  return null;
}
