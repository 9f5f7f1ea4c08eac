/** `npm run conformance`: as many random clusters as wanted, over processes; the sums, and every disagreement. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileAgent } from '../agent.js';
import type { Mode } from '../cluster-case.js';
import { missingPrerequisites } from '../prerequisites.js';
import type { ClusterReport } from './run.js';
import type { ShardMessage } from './shard.js';

const MODES: Mode[] = ['iptables', 'nftables'];
const PROCESSES = 2;

const USAGE = `npm run conformance -- [options]
  --clusters N   how many clusters a mode (50)
  --seed N       of which seed; without it one of the clock, so that the clusters are new
  --mode MODE    one of ${MODES.join(', ')}; without it each
  --only K       cluster K of the seed alone`;

const { values } = parseArgs({
  options: {
    clusters: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mode: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function wholeNumber(option: 'clusters' | 'seed' | 'only'): number {
  const number = Number(values[option]);
  if (!Number.isSafeInteger(number) || number < 0) fail(`--${option} ${values[option]} is no whole number\n${USAGE}`);
  return number;
}

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}

async function compare(mode: Mode, seed: number, numbers: number[]): Promise<boolean> {
  const reports: ClusterReport[] = [];
  const shards = Array.from({ length: PROCESSES }, (_, shard) =>
    runShard(
      [String(seed), mode, ...numbers.filter((_number, i) => i % PROCESSES === shard).map(String)],
      ({ number, report }) => {
        reports.push(report);
        tell(mode, seed, number, report);
        if (process.stderr.isTTY) process.stderr.write(`\r${mode}: ${reports.length} of ${numbers.length} clusters `);
      },
    ),
  );
  await Promise.all(shards);
  if (process.stderr.isTTY) process.stderr.write('\r');
  return sum(mode, seed, reports);
}

function runShard(args: string[], onMessage: (message: ShardMessage) => void): Promise<void> {
  const program = fileURLToPath(new URL('shard.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(program, args);
    child.on('message', (message) => onMessage(message as ShardMessage));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`a shard has ended with ${code}`))));
  });
}

function tell(mode: Mode, seed: number, number: number, { name, flows, agree, disagreements }: ClusterReport): void {
  if (disagreements.length === 0) return;
  console.log(`${name}: ${flows - agree} of ${flows} flows disagree`);
  console.log(disagreements.join('\n'));
  console.log(`  again: npm run conformance -- --mode ${mode} --seed ${seed} --only ${number}\n`);
}

/** Whether all agree. */
function sum(mode: Mode, seed: number, reports: ClusterReport[]): boolean {
  const total = (of: (report: ClusterReport) => number) => reports.reduce((so, report) => so + of(report), 0);
  const flows = total((report) => report.flows);
  const agree = total((report) => report.agree);
  const kinds = [...new Set(reports.flatMap(({ ends }) => Object.keys(ends)))].sort();
  const ends = kinds.map((kind) => `${kind} ${total((report) => report.ends[kind] ?? 0)}`).join(', ');
  console.log(
    `${mode}: ${flows} flows, ${agree} agree (clusters: ${reports.length}, seed: ${seed}, foretold: ${ends})`,
  );
  return flows === agree;
}

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const missing = missingPrerequisites();
if (missing.length > 0) fail(`this machine lacks: ${missing.join(', ')}`);
const wanted = MODES.filter((mode) => values.mode === undefined || mode === values.mode);
if (wanted.length === 0) fail(`--mode ${values.mode} is none of ${MODES.join(', ')}\n${USAGE}`);
if (!existsSync('/proc/sys/net/ipv4/vs')) console.log('ipvs: NOT COMPARED, this kernel has no ip_vs');

compileAgent();
const seed = wholeNumber('seed');
const numbers = values.only === undefined ? [...Array(wholeNumber('clusters')).keys()] : [wholeNumber('only')];
let agrees = true;
for (const mode of wanted) agrees = (await compare(mode, seed, numbers)) && agrees;
process.exitCode = agrees ? 0 : 1;
