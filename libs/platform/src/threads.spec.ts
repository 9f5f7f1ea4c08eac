import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { createThreadPool } from './threads.js';

it('imports what its threads run: a thread that ends while it requires an ES module ends the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hairpin-threads-'));
  const file = join(folder, 'thread.mjs');
  writeFileSync(
    file,
    `import { createRequire } from 'node:module';
     export default () => { try { createRequire(import.meta.url)('./other.mjs'); return 'required'; } catch ({ code }) { return code; } };`,
  );
  writeFileSync(join(folder, 'other.mjs'), 'export default 1;');
  const pool = createThreadPool<null, string>(pathToFileURL(file), { threads: 1, heapMb: 64 });
  try {
    expect(await pool.run(null)).toBe('ERR_REQUIRE_ESM');
  } finally {
    await pool.destroy();
    await rm(folder, { recursive: true });
  }
});
