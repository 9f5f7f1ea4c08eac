/**
 * `npm run bench`: the budgets of the project, measured against its peers. See README.md here.
 *
 *   --rounds N   rounds (5); figures are medians over them
 *   --quick      one round, smaller where that changes no ratio
 *   --only WORD  the workloads whose name contains WORD
 *   --write      puts the table into the README
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCpp, buildEngine } from './harness/build.mjs';
import { root } from './harness/folders.mjs';
import { has, tellMissing } from './harness/peers.mjs';
import { runRounds } from './harness/rounds.mjs';
import { missed, table, writeInto } from './harness/table.mjs';
import compile from './workloads/compile.mjs';
import experiments from './workloads/experiments.mjs';
import flow from './workloads/flow.mjs';
import hold from './workloads/hold.mjs';
import load from './workloads/load.mjs';
import model from './workloads/model.mjs';
import nodes from './workloads/nodes.mjs';
import question from './workloads/question.mjs';
import rollout from './workloads/rollout.mjs';
import stored from './workloads/stored.mjs';

/** Add a workload: a file in workloads/ that gives rows, and its name here. */
const all = { hold, flow, model, rollout, compile, nodes, stored, question, experiments, load };

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${options.rounds} is not a number of rounds`);
const report = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);

tellMissing();
report('building');
buildEngine();
if (has('cpp')) buildCpp();

const workloads = Object.entries(all)
  .filter(([name]) => name.includes(options.only))
  .map(([, workload]) => workload({ quick: options.quick }));
for (const workload of workloads) workload.prepare?.();
for (const workload of workloads) workload.selfCheck?.();
const samples = runRounds(workloads, rounds, report);
report('\n');

const text = table(workloads, samples);
console.log(text);
const note = `Medians of ${rounds} interleaved rounds; Node ${process.versions.node}, ${cpus()[0].model.trim()}. Ratios: higher is faster.`;
if (options.write) writeInto(join(root, 'README.md'), text, note);
tellMissing();
process.exitCode = missed(workloads, samples) > 0 ? 1 : 0;
