import { QueryFailedError } from 'typeorm';

/** Postgres: 08 connections, 53 resources, 57014, 57P0x and 25P03 ended from outside, 25006 a standby, 40 deadlocks. */
const POSTGRES = /^(08|53|40)[0-9A-Z]{3}$|^57P0[1-5]$|^57014$|^25P03$|^25006$/;
const SQLITE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY)/;
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/;
/** What the driver and its pool say without a code. */
const DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed) and is not queryable)/;

/** The database cannot be reached, does not answer, or cannot take anything now; the same request may work later. */
export function isUnavailable(error: unknown): boolean {
  const thrown = (error instanceof QueryFailedError ? error.driverError : error) as DriverError | null;
  if (!(thrown instanceof Error)) return false;
  // What is left of a transaction whose session ended in the middle.
  if (/^QueryRunner(Provider)?AlreadyReleasedError$/.test(thrown.name) || DRIVER.test(thrown.message)) return true;
  const { code, syscall } = thrown;
  if (typeof code !== 'string') return false;
  if (NETWORK.test(code)) return code !== 'ENOENT' || syscall === 'connect';
  return POSTGRES.test(code) || SQLITE.test(code);
}

type DriverError = Error & { code?: unknown; syscall?: unknown };
