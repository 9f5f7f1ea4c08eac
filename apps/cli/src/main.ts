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
import { ProgressLine } from './progress-line.js';
import { projectRoot } from './project-root.js';
import { readScenario } from './read-scenario.js';
import { Failure, issueLine, Refusal } from './refusal.js';
import { checkHere, issuesHere, runHere, type ScenarioFile } from './run-here.js';
import { runThere } from './run-there.js';

/** What bin/hairpin.mjs says to --help, where nothing may be built yet. */
const USAGE = readFileSync(join(projectRoot(), 'bin', 'hairpin.txt'), 'utf8');
const COMMANDS = ['run', 'check', 'import'];
const OPTIONS = {
  seed: { type: 'string' },
  server: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  // bin/hairpin.mjs answers these.
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
} as const;
const NO_PASS = 1;
const REFUSED = 2;
const FAILED = 3;
/** Of no use to `check`. */
const RUN_ALONE = ['seed', 'server', 'report', 'quiet'] as const;
const progress = new ProgressLine(process.stderr);

type Options = ReturnType<typeof argumentsOf>['values'];

async function main(): Promise<number> {
  const { values, positionals } = argumentsOf();
  const [command, file, ...more] = positionals;
  if (command !== undefined && !COMMANDS.includes(command)) throw unknown('command', command, COMMANDS);
  if (command === undefined || file === undefined || more.length > 0)
    throw new Refusal(`hairpin run FILE, hairpin check FILE or hairpin import FILE is needed.\n\n${USAGE}`);
  if (command === 'check') return check(file, values);
  const scenario = readScenario(file);
  const onNote = notesUnless(values.quiet);
  if (command === 'import') {
    const { document, warnings } = importHere(scenario, values.json);
    for (const warning of warnings) onNote(issueLine(scenario.file, warning));
    process.stdout.write(document);
    return 0;
  }
  if (values.report !== undefined) mustBeWritable(values.report);
  const { ended, report } = await run(scenario, values, onNote);
  progress.clear();
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

function check(file: string, options: Options): number {
  const idle = RUN_ALONE.find((name) => options[name] !== undefined && options[name] !== false);
  if (idle !== undefined) throw new Refusal(`hairpin check takes no --${idle}: it is for hairpin run.`);
  const scenario = readScenario(file);
  if (options.json) return checkAsJson(scenario, options.strict);
  for (const warning of checkHere(scenario, options.strict))
    process.stdout.write(`${issueLine(scenario.file, warning)}\n`);
  process.stdout.write(`${scenario.file}: can be run\n`);
  return 0;
}

function checkAsJson(scenario: ScenarioFile, isStrict: boolean): number {
  const issues = issuesHere(scenario);
  const passed = !issues.some(({ severity }) => isStrict || severity === 'error');
  process.stdout.write(`${JSON.stringify({ file: scenario.file, passed, issues }, null, 2)}\n`);
  return passed ? 0 : REFUSED;
}

/** Lines on standard error that are no result. */
function notesUnless(isQuiet: boolean): (line: string) => void {
  return (line) => {
    progress.clear();
    if (!isQuiet) process.stderr.write(`${line}\n`);
  };
}

function run(
  scenario: ScenarioFile,
  options: Options,
  onNote: (line: string) => void,
): Promise<ReportedRun> | ReportedRun {
  const seed = options.seed === undefined ? null : seedOf(options.seed);
  const wantsReport = options.report !== undefined;
  const onProgress = (done: number) => {
    if (!options.quiet) progress.tell(done);
  };
  if (options.server !== undefined) {
    const order = { seed, wantsReport, isStrict: options.strict };
    return runThere(serverOf(options.server), process.env.HAIRPIN_KEY || null, scenario, order, { onProgress, onNote });
  }
  for (const warning of checkHere(scenario, options.strict)) onNote(issueLine(scenario.file, warning));
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

try {
  process.exitCode = await main();
} catch (error) {
  progress.clear();
  const known = error instanceof Refusal || error instanceof Failure;
  process.stderr.write(`${known ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof Refusal ? REFUSED : FAILED;
}
