/**
 * `hairpin`: scenarios from a shell or a pipeline, in this process or on a server.
 *
 * Exit code 0: every expectation is met. 1: one is not, or an entry of the timeline could not be carried out. 2: wrong use,
 * or a scenario that cannot be run. 3: the run failed, or the server did not answer.
 */
import { accessSync, constants, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasPassed, runText } from '#report';
import { nearestName } from '#sim';
import type { ReportedRun } from './ended-run.js';
import { importHere } from './import-here.js';
import { projectRoot } from './project-root.js';
import { readScenario } from './read-scenario.js';
import { Failure, issueLine, type PrintedIssue, Refusal } from './refusal.js';
import { checkHere, runHere, type ScenarioFile } from './run-here.js';
import { runThere } from './run-there.js';

/** What bin/hairpin.mjs says to --help, where nothing may be built yet. */
const USAGE = readFileSync(join(projectRoot(), 'bin', 'hairpin.txt'), 'utf8');
const COMMANDS = ['run', 'check', 'import'];
const OPTIONS = {
  seed: { type: 'string' },
  server: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  // bin/hairpin.mjs answers these.
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
} as const;
const NO_PASS = 1;
const REFUSED = 2;
const FAILED = 3;
const PROGRESS_MS = 250;

async function main(): Promise<number> {
  const { values, positionals } = argumentsOf();
  const [command, file, ...more] = positionals;
  if (command !== undefined && !COMMANDS.includes(command)) throw unknown('command', command, COMMANDS);
  if (command === undefined || file === undefined || more.length > 0)
    throw new Refusal(`hairpin run FILE, hairpin check FILE or hairpin import FILE is needed.\n\n${USAGE}`);
  const scenario = readScenario(file);
  if (command === 'check') return check(scenario);
  const warn = warningsOf(scenario.file, values.quiet);
  if (command === 'import') {
    const { document, warnings } = importHere(scenario, values.json);
    warnings.forEach(warn);
    process.stdout.write(document);
    return 0;
  }
  if (values.report !== undefined) mustBeWritable(values.report);
  const { ended, report } = await run(scenario, values, warn);
  if (values.report !== undefined && report !== null) write(values.report, report);
  const where = ended.url === undefined ? '' : `\n${ended.url}\n`;
  const passed = hasPassed(ended);
  process.stdout.write(values.json ? `${JSON.stringify({ ...ended, passed }, null, 2)}\n` : runText(ended) + where);
  return passed ? 0 : NO_PASS;
}

function argumentsOf() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { message } = error as Error;
    const [, option] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw option === undefined ? new Refusal(`${message}\n\n${USAGE}`) : unknown('option', option, known);
  }
}

/** With the nearest name, or all that there is to say. */
function unknown(what: 'command' | 'option', written: string, known: readonly string[]): Refusal {
  const nearest = nearestName(written, known);
  const rest = nearest === null ? `\n\n${USAGE}` : ` Did you mean ${nearest}? hairpin --help lists them.`;
  return new Refusal(`There is no ${what} ${written}.${rest}`);
}

function check(scenario: ScenarioFile): number {
  const warnings = checkHere(scenario);
  for (const warning of warnings) process.stdout.write(`${issueLine(scenario.file, warning)}\n`);
  process.stdout.write(`${scenario.file}: can be run\n`);
  return 0;
}

function warningsOf(file: string, isQuiet: boolean): (warning: PrintedIssue) => void {
  return (warning) => {
    if (!isQuiet) process.stderr.write(`${issueLine(file, warning)}\n`);
  };
}

function run(
  scenario: ScenarioFile,
  values: ReturnType<typeof argumentsOf>['values'],
  onWarning: (warning: PrintedIssue) => void,
): Promise<ReportedRun> | ReportedRun {
  const seed = values.seed === undefined ? null : seedOf(values.seed);
  const wantsReport = values.report !== undefined;
  const onProgress = values.quiet ? () => {} : progressOnTerminal();
  if (values.server !== undefined) {
    const onlooker = { onProgress, onWarning };
    return runThere(serverOf(values.server), process.env.HAIRPIN_KEY || null, scenario, seed, wantsReport, onlooker);
  }
  checkHere(scenario).forEach(onWarning);
  return runHere(scenario, seed, wantsReport, onProgress);
}

/** Asked before a run that may take long. Throws a Refusal. */
function mustBeWritable(file: string): void {
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw new Error('it is a folder');
    accessSync(there === undefined ? dirname(file) : file, constants.W_OK);
  } catch (error) {
    throw new Refusal(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new Refusal(`--seed takes a whole number from 0 on, not ${text}.`);
}

function serverOf(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text).origin;
  throw new Refusal(`--server takes a URL such as http://127.0.0.1:3000, not ${text}.`);
}

/** A line that is written over, where somebody is looking. */
function progressOnTerminal(): (done: number) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  let toldMs = 0;
  process.on('exit', () => stderr.write('\r\x1b[K'));
  return (done) => {
    const now = performance.now();
    if (now - toldMs < PROGRESS_MS) return;
    toldMs = now;
    stderr.write(`\r\x1b[K${Math.floor(done * 100)} %`);
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof Refusal || error instanceof Failure;
  process.stderr.write(`${known ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof Refusal ? REFUSED : FAILED;
}
