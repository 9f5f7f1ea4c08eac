import { QueryFailedError } from 'typeorm';

/** A unique or foreign key forbade it: SQLite's `SQLITE_CONSTRAINT_…`, Postgres' class 23. */
export function isConstraintViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && (code.startsWith('SQLITE_CONSTRAINT') || /^23\d{3}$/.test(code));
}

/** Up to three times, where others were in the way: a transaction, whole. */
export async function tryAgain<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3 || !isWorthAnotherTry(error)) throw error;
    }
  }
}

/** A constraint, a deadlock, a serialization failure. */
function isWorthAnotherTry(error: unknown): boolean {
  if (isConstraintViolation(error)) return true;
  if (!(error instanceof QueryFailedError)) return false;
  const { code = '' } = error.driverError as { code?: string };
  return code === '40P01' || code === '40001';
}

/** A value cannot be stored as what it is: Postgres' class 22, such as U+0000 in a text. */
export function isDataException(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  return /^22[0-9A-Z]{3}$/.test((error.driverError as { code?: string }).code ?? '');
}
