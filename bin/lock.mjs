/** One process at a time: whoever comes second waits, and says for whom. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LOOK_AGAIN_MS = 200;

/**
 * Does `work` while this process holds `folder`. It holds it with a file in it that is named by its pid; the folder of a
 * process that is gone is empty as soon as somebody takes that file out, and an empty folder is anybody's.
 */
export function holding(folder, what, work) {
  let told = null;
  while (!take(folder)) {
    const holder = holderOf(folder);
    if (holder !== null && holder !== told) {
      console.error(`Waiting for process ${holder}, which ${what}. If it is another program by now, remove ${folder}.`);
      told = holder;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
  }
  try {
    return work();
  } finally {
    rmSync(join(folder, String(process.pid)), { force: true });
  }
}

/** A folder is renamed with what is in it, or not at all: nobody ever sees one that is taken and says not by whom. */
function take(folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const own = mkdtempSync(`${folder}-`);
  writeFileSync(join(own, String(process.pid)), '');
  try {
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(own, folder);
    return true;
  } catch {
    rmSync(own, { recursive: true });
    return false;
  }
}

/** null where it is nobody's, or just became so. */
function holderOf(folder) {
  let holder;
  try {
    [holder] = readdirSync(folder);
  } catch {}
  if (holder === undefined) return null;
  if (isAlive(Number(holder))) return holder;
  rmSync(join(folder, holder), { force: true });
  return null;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
