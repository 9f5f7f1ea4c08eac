/** SQLite's file has all scenarios and the secrets of webhooks: it is for whoever runs the server, and for nobody else. */
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes the file, empty, or takes others' permissions away from one that an earlier version made. What SQLite puts beside
 * it later has the permissions of the file; a folder that is made here is private too, one that was there stays as it is.
 */
export async function makePrivate(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a', 0o600);
  await handle.close();
  for (const end of ['', '-wal', '-shm']) await chmod(`${file}${end}`, 0o600).catch(unlessNotOurs);
}

/** No such file; a file of another user, or of a volume that has no permissions: it can be used all the same. */
function unlessNotOurs(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'EPERM', 'ENOTSUP', 'EROFS'].includes(error.code ?? '')) throw error;
}
