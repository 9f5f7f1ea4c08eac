/** Runs checks and tests, all of them whatever fails, and counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptBeside, program } from './project.mjs';

const CHANGED_ONLY = (name) => ['--incremental', '--tsBuildInfoFile', join('.work', `${name}.tsbuildinfo`)];

/** What is checked without running anything. */
const STATIC_CHECKS = [
  { name: 'types', command: program('tsc'), args: ['--noEmit', ...CHANGED_ONLY('types')] },
  {
    name: 'types of the model, without those of Node',
    command: program('tsc'),
    args: ['-p', 'libs/sim', ...CHANGED_ONLY('types-of-the-model')],
  },
  { name: 'lint and format', command: program('biome'), args: ['check', '.'] },
  {
    name: 'imports',
    command: program('depcruise'),
    args: [
      ...['--config', '.dependency-cruiser.cjs', '--cache', join('.work', 'imports'), '--cache-strategy', 'content'],
      ...['libs', 'apps', 'migrations'],
    ],
  },
];

/** One after the other beside the tests, which do not wait for them; what they say is shown as each ends. */
export async function checkStatically(tally) {
  for (const { name, command, args } of STATIC_CHECKS) {
    const { status, output } = await attemptBeside(command, args);
    console.log(`\n> ${name}: ${status === 0 ? 'nothing found' : 'FAILED'}\n${output}`);
    tally.count(name, status === 0);
  }
}

export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  failures = [];

  count(name, passed) {
    if (passed) this.passed++;
    else {
      this.failed++;
      this.failures.push(name);
    }
  }

  /** Prints the sum and ends the process. */
  end() {
    for (const name of this.failures) console.log(`FAILED: ${name}`);
    console.log(`\n${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    process.exit(this.failed === 0 ? 0 : 1);
  }
}

/** A vitest run; its tests are counted one by one. */
export async function runTests(tally, args) {
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-tests-'));
  const file = join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { status } = await attemptBeside(program('vitest'), ['run', ...reporters, ...args], { shown: true });
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    tally.passed += results.numPassedTests;
    tally.failed += results.numFailedTests;
    tally.skipped += results.numPendingTests + results.numTodoTests;
    for (const suite of results.testResults)
      for (const test of suite.assertionResults)
        if (test.status === 'failed')
          tally.failures.push(`${suite.name.split('/').slice(-2).join('/')}: ${test.fullName}`);
    // A file that could not even be loaded has no tests to count.
    if (status !== 0 && results.numFailedTests === 0) tally.count(`vitest ${args.join(' ')}`, false);
  } catch {
    tally.count(`vitest ${args.join(' ')}`, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
