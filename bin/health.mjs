/**
 * `node bin/health.mjs [URL]`: ends with 0 where URL answers 2xx. For containers, which have no curl. Without a URL it asks
 * the program that runs beside it whether it lives, the API or a worker: one image is both.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LONGEST_MS = 2_500;

/** `commands`: those that run, the first process first. */
export function healthUrl({ PORT, WORKER_PORT }, commands) {
  const program = commands.map((command) => /apps\/(api|worker)\/src\/main\.js\b/.exec(command)?.[1]).find(Boolean);
  const port = program === 'worker' ? WORKER_PORT || 3001 : PORT || 3000;
  return `http://127.0.0.1:${port}/livez`;
}

/** Of the container, where every process is one of its own. */
function runningCommands() {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.sort((one, other) => one - other).map(commandOf);
}

function commandOf(number) {
  try {
    return readFileSync(`/proc/${number}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

async function ask(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LONGEST_MS) });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  } catch (error) {
    console.error(`${url}: ${error.message}`);
    process.exitCode = 1;
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await ask(process.argv[2] ?? healthUrl(process.env, runningCommands()));
