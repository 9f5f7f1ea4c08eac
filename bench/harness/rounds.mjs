/** Runs the programs interleaved, round by round, so that what else the machine does falls on all of them alike. */
import { spawnSync } from 'node:child_process';
import { has } from './peers.mjs';

/** @returns the figures that the program printed */
export function runProgram(program) {
  const { command, args, id, check } = program;
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${id} failed: ${error?.message ?? stderr}`);
  const figures = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  check?.(figures);
  return figures;
}

/**
 * @param workloads each with `rows`; a row has `programs`, by the name that its `measure` calls them
 * @returns by row: what it measured in each round, or nothing where a peer is missing
 */
export function runRounds(workloads, rounds, report) {
  const rows = workloads.flatMap((workload) => workload.rows);
  const runnable = rows.filter((row) => Object.values(row.programs).every(({ tool }) => has(tool)));
  const programs = new Map(
    runnable.flatMap((row) => Object.values(row.programs).map((program) => [program.id, program])),
  );
  const samples = new Map(rows.map((row) => [row, []]));
  for (let round = 1; round <= rounds; round++) {
    const figures = new Map();
    for (const program of shuffled([...programs.values()])) {
      report(`round ${round} of ${rounds}: ${program.id}`);
      figures.set(program.id, runProgram(program));
    }
    for (const row of runnable) {
      const own = Object.entries(row.programs).map(([name, { id }]) => [name, figures.get(id)]);
      samples.get(row).push(row.measure(Object.fromEntries(own)));
    }
  }
  return samples;
}

function shuffled(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
