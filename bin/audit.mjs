/**
 * What is installed, and whether something is known against it: the lock file pins every package by its hash, no package
 * runs a script that package.json does not name, and `npm audit` finds nothing high.
 */
import { readFileSync } from 'node:fs';
import { attemptBeside } from './project.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

/** What is wrong with the lock file, in sentences. */
export function lockFaults(lock, manifest) {
  const packages = Object.entries(lock.packages).filter(([path, { link }]) => path !== '' && !link);
  const faults = [];
  for (const [path, { integrity = '', resolved = '', hasInstallScript, optional }] of packages) {
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)) faults.push(`${path} is not pinned by a SHA-512`);
    // Without an address it comes from the registry that is configured; the hash decides.
    if (resolved !== '' && !resolved.startsWith('https://')) faults.push(`${path} does not come by https`);
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (hasInstallScript && !optional && manifest.allowScripts?.[name] === undefined)
      faults.push(`${name} runs a script when it is installed, and allowScripts does not name it`);
  }
  for (const kind of ['dependencies', 'devDependencies'])
    if (JSON.stringify(lock.packages[''][kind] ?? {}) !== JSON.stringify(manifest[kind] ?? {}))
      faults.push(`${kind} of package.json and of the lock file differ`);
  return faults;
}

/** Of what `npm audit --json` prints: `clean`, `found` with what, or `unanswered` by a registry that has no such service. */
export function auditVerdict(printed) {
  let report;
  try {
    report = JSON.parse(printed);
  } catch {
    return { verdict: 'unanswered', why: printed.trim().slice(0, 300) };
  }
  const counts = report.metadata?.vulnerabilities;
  if (!counts) return { verdict: 'unanswered', why: report.error?.summary || report.message || 'no answer' };
  const names = Object.values(report.vulnerabilities ?? {})
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ name, severity }) => `${name} (${severity})`);
  return counts.high + counts.critical === 0 ? { verdict: 'clean' } : { verdict: 'found', names };
}

export async function auditDependencies(tally) {
  const faults = lockFaults(read('package-lock.json'), read('package.json'));
  console.log(`\n> lock file: ${faults.length === 0 ? 'nothing found' : `FAILED\n${faults.join('\n')}`}`);
  tally.count('lock file', faults.length === 0);
  const { output } = await attemptBeside('npm', ['audit', '--omit=dev', '--audit-level=high', '--json']);
  const audit = auditVerdict(output.slice(Math.max(0, output.indexOf('{')), output.lastIndexOf('}') + 1) || output);
  if (audit.verdict === 'unanswered') {
    console.log(`\n!!! SKIPPED: npm audit. The registry does not tell what is known against packages: ${audit.why}\n`);
    tally.skipped++;
    return;
  }
  console.log(`\n> npm audit: ${audit.verdict === 'clean' ? 'nothing high' : `FAILED\n${audit.names.join('\n')}`}`);
  tally.count('npm audit', audit.verdict === 'clean');
}
