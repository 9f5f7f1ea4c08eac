import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { DatabaseNotOpened, openAtStart, whyNot } from './open-at-start.js';

const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
afterEach(() => void warn.mockClear());
afterAll(() => warn.mockRestore());

/** Says no to every session, with this code. */
async function refusingPostgres(code: string, message: string): Promise<number> {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, fields])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const refusalOf = (url: string) =>
  openAtStart({ type: 'postgres', url }, [1, 1]).then(
    () => expect.unreachable(),
    (error: Error) => {
      expect(error).toBeInstanceOf(DatabaseNotOpened);
      expect(error.message).not.toContain('hunter2');
      return error.message;
    },
  );

it.each([
  ['28P01', 'password authentication failed for user "me"', 'Correct user and password in DATABASE_URL'],
  ['3D000', 'database "hairpin" does not exist', 'Make it: createdb -h 127.0.0.1 -p PORT -U me hairpin'],
])('says at once what no second attempt changes: %s', async (code, message, todo) => {
  const port = await refusingPostgres(code, message);
  const told = await refusalOf(`postgres://me:hunter2@127.0.0.1:${port}/hairpin`);
  expect(told).toContain(`Postgres at 127.0.0.1:${port}, database hairpin, user me, cannot be opened: ${message}. `);
  expect(told).toContain(todo.replace('PORT', String(port)));
  expect(warn).not.toHaveBeenCalled();
});

it('tries again what may pass, and tells each attempt in a line', async () => {
  const port = await refusingPostgres('57P03', 'the database system is starting up');
  const told = await refusalOf(`postgres://me:hunter2@127.0.0.1:${port}/hairpin`);
  expect(told).toContain('cannot be opened: the database system is starting up. ');
  const lines = warn.mock.calls.map(([line]) => String(line));
  expect(lines).toEqual([`${told} Attempt 2 of 3 follows.`, `${told} Attempt 3 of 3 follows.`]);
});

it('says where nothing listens, whether the host is an address or a name with several', async () => {
  expect(await refusalOf('postgres://me:hunter2@127.0.0.1:1/hairpin')).toMatch(
    /^Postgres at 127\.0\.0\.1:1, .*: nothing listens there \(.*ECONNREFUSED.*\)\. Start Postgres.*\.$/,
  );
  const one = Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' });
  const several = Object.assign(new AggregateError([one, one], ''), { code: 'ECONNREFUSED' });
  expect(whyNot({ type: 'postgres', url: 'postgres://localhost:1/x' }, several)).toContain('::1:1, connect');
});

it('leaves alone what is no matter of the database being there', () => {
  const defect = Object.assign(new Error('syntax error at or near "SELEC"'), { code: '42601' });
  expect(whyNot({ type: 'postgres', url: 'postgres://127.0.0.1/x' }, defect)).toBeNull();
});

it('says why a file of SQLite cannot be opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-open-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'plain.txt');
  writeFileSync(file, 'no database '.repeat(100));
  await expect(openAtStart({ type: 'sqlite', file })).rejects.toThrow(
    /^The SQLite database \S+plain\.txt cannot be opened: file is not a database \(SQLITE_NOTADB\)\. Set /,
  );
  await expect(openAtStart({ type: 'sqlite', file: join(file, 'hairpin.db') })).rejects.toThrow(
    /^The SQLite database \S+ cannot be opened: .*\. Set DATA_DIR to a folder that this user may write to/,
  );
});
