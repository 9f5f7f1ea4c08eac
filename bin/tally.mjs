/** Runs checks and tests one after the other, all of them whatever fails, and counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, program } from './project.mjs';

/** What is checked without running anything. */
export const STATIC_CHECKS = [
  { name: 'types', command: program('tsc'), args: ['--noEmit'] },
  { name: 'types of the model, without those of Node', command: program('tsc'), args: ['-p', 'libs/sim'] },
  { name: 'lint and format', command: program('biome'), args: ['check', '.'] },
  {
    name: 'imports',
    command: program('depcruise'),
    args: ['--config', '.dependency-cruiser.cjs', 'libs', 'apps', 'migrations'],
  },
];

export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  failures = [];

  check({ name, command, args }) {
    console.log(`\n> ${name}`);
    this.count(name, attempt(command, args).status === 0);
  }

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
export function runTests(tally, vitest, args) {
  console.log(`\n> vitest ${args.join(' ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-tests-'));
  const file = join(folder, 'results.json');
  const { status } = attempt(vitest, [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ]);
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
