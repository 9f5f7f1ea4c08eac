/** `node bin/health.mjs [URL]`: ends with 0 where URL answers 2xx. For containers, which have no curl. */
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT || 3000}/livez`;
const LONGEST_MS = 2_500;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(LONGEST_MS) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
} catch (error) {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
}
