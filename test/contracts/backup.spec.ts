import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BackupError, backUp, dataSourceOptions, openDatabase, restore, ScenarioStore } from '#platform';

const TENANT = 'default';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hairpin-backup-'));
  file = join(folder, 'hairpin.db');
});
afterEach(() => rm(folder, { recursive: true }));

async function open() {
  const dataSource = await openDatabase(dataSourceOptions({ type: 'sqlite', file }));
  const scenarios = new ScenarioStore(dataSource);
  const names = async () => (await scenarios.list(TENANT, null, 100_000)).map(({ name }) => name).sort();
  const add = (name: string) => scenarios.add(TENANT, { name, document: '{}', digest: 'd'.repeat(64) });
  return { dataSource, names, add, close: () => dataSource.destroy() };
}

/** `npm run backup`, in a process of its own. */
function backupCommand(into: string) {
  const environment = { ...process.env, DATABASE_URL: `sqlite:${file}` };
  let ended = false;
  const output = promisify(execFile)(process.execPath, ['bin/backup.mjs', 'backup', into], { env: environment })
    .then(({ stdout }) => stdout.split('\n').find((line) => line.includes('copied')) ?? stdout)
    .finally(() => {
      ended = true;
    });
  return { output, ended: () => ended };
}

const refusal = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'no refusal',
    (error: BackupError) => `${error.constructor.name}: ${error.message}`,
  );

describe('a backup', () => {
  it('holds all that was stored before it began, while the server goes on writing', async () => {
    const server = await open();
    for (let n = 0; n < 50; n++) await server.add(`before-${n}`);
    const command = backupCommand(join(folder, 'copy.db'));
    let meanwhile = 0;
    for (; !command.ended(); meanwhile++) {
      await server.add(`meanwhile-${meanwhile}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const stored = Number(/^(\d+) scenarios and 0 simulations/.exec(await command.output)?.[1]);
    expect(stored).toBeGreaterThanOrEqual(50);
    expect(stored).toBeLessThanOrEqual(50 + meanwhile);
    await server.close();

    const { kept } = await restore(join(folder, 'copy.db'), file);
    const restored = await open();
    const names = await restored.names();
    expect(names).toHaveLength(stored);
    for (let n = 0; n < 50; n++) expect(names).toContain(`before-${n}`);
    await restored.add('afterwards');
    await restored.close();
    expect(await readdir(folder)).toContain(kept!.slice(folder.length + 1));
    // The command builds first what is not built.
  }, 90_000);

  it('is for whoever runs the server alone, as the database is, one of an earlier version and what a restore keeps too', async () => {
    const modes = async () => {
      const names = await readdir(folder);
      const each = names.map(async (name) => [name, (await stat(join(folder, name))).mode & 0o777] as const);
      return (await Promise.all(each)).filter(([, mode]) => mode !== 0o600);
    };
    const usual = process.umask(0o022);
    try {
      const server = await open();
      await server.add('one');
      await backUp(file, join(folder, 'copy.db'));
      expect((await readdir(folder)).sort()).toEqual(['copy.db', 'hairpin.db', 'hairpin.db-shm', 'hairpin.db-wal']);
      expect(await modes()).toEqual([]);
      for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644);
      const again = await open();
      expect(await modes()).toEqual([['copy.db', 0o644]]);
      await again.close();
      await server.close();
      await chmod(file, 0o644);
      await restore(join(folder, 'copy.db'), file);
      expect(await readdir(folder)).toHaveLength(3);
      expect(await modes()).toEqual([['copy.db', 0o644]]);
      const made = join(folder, 'made', 'here');
      await backUp(file, join(made, 'copy.db'));
      for (const path of [made, join(folder, 'made')]) expect((await stat(path)).mode & 0o777, path).toBe(0o700);
    } finally {
      process.umask(usual);
    }
  });

  it('is put back only when no server has the database open, which keeps what it has', async () => {
    const server = await open();
    await server.add('one');
    await backUp(file, join(folder, 'copy.db'));
    await server.add('two');
    expect(await refusal(restore(join(folder, 'copy.db'), file))).toMatch(
      /^BackupError: A server has .* Stop it first/,
    );
    expect(await server.names()).toEqual(['one', 'two']);
    await server.add('three');
    await server.close();
    await restore(join(folder, 'copy.db'), file);
    const restored = await open();
    expect(await restored.names()).toEqual(['one']);
    await restored.close();
  });

  it('is not taken for one when it is damaged, something else, or of a newer version', async () => {
    const server = await open();
    for (let n = 0; n < 500; n++) await server.add(`scenario-${n}`);
    const copy = join(folder, 'copy.db');
    await backUp(file, copy);
    const bytes = await readFile(copy);
    const damaged = join(folder, 'damaged.db');
    await writeFile(damaged, bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 20_000));
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'not a database at all, though long enough to be looked at '.repeat(20));
    await server.dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (2e12, 'Tomorrow2000000000000')`);
    const newer = join(folder, 'newer.db');
    await server.close();
    expect(await refusal(backUp(file, newer))).toMatch(/newer Hairpin \(Tomorrow2000000000000\)/);
    expect(await refusal(restore(damaged, file))).toMatch(/^BackupError: .*damaged.db/);
    expect(await refusal(restore(text, file))).toMatch(/^BackupError: .*notes.txt is no database of Hairpin/);
    expect(await refusal(restore(join(folder, 'nowhere.db'), file))).toMatch(/There is no backup/);
    expect(await refusal(backUp(join(folder, 'nowhere.db'), newer))).toMatch(/nothing has been stored yet/);
    expect(await refusal(backUp(file, copy))).toMatch(/exists/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });
});
