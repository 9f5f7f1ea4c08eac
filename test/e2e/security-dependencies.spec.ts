/** What `npm test` says of the packages that are installed. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';

interface Lock {
  packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean }>;
}
interface Audit {
  lockFaults(lock: Lock, manifest: object): string[];
  auditVerdict(printed: string): { verdict: string; names?: string[]; why?: string };
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json');
let lock: Lock;
let audit: Audit;
beforeAll(async () => {
  audit = (await import(new URL('../../bin/audit.mjs', import.meta.url).href)) as Audit;
  lock = read('package-lock.json');
});

describe('the lock file', () => {
  it('pins every package by its hash, and names every one that runs a script', () => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(300);
    expect(audit.lockFaults(lock, manifest)).toEqual([]);
  });

  it('is at fault when a hash is missing, a package comes in the clear, or runs a script that nobody has allowed', () => {
    const tampered = structuredClone(lock);
    delete tampered.packages['node_modules/express']!.integrity;
    tampered.packages['node_modules/helmet']!.resolved = 'http://registry.example.com/helmet.tgz';
    tampered.packages['node_modules/yaml']!.hasInstallScript = true;
    expect(audit.lockFaults(tampered, manifest).sort()).toEqual([
      'node_modules/express is not pinned by a SHA-512',
      'node_modules/helmet does not come by https',
      'yaml runs a script when it is installed, and allowScripts does not name it',
    ]);
    expect(audit.lockFaults(lock, { ...manifest, dependencies: {} })).toHaveLength(1);
  });
});

describe('the audit', () => {
  const report = (high: number, vulnerabilities: object) =>
    JSON.stringify({ vulnerabilities, metadata: { vulnerabilities: { moderate: 1, high, critical: 0 } } });

  it('fails for what is high, and names it', () => {
    const found = { a: { name: 'a', severity: 'high' }, b: { name: 'b', severity: 'moderate' } };
    expect(audit.auditVerdict(report(1, found))).toEqual({ verdict: 'found', names: ['a (high)'] });
    expect(audit.auditVerdict(report(0, {}))).toEqual({ verdict: 'clean' });
  });

  it('is unanswered, not clean, where the registry has no answer', () => {
    for (const printed of [
      '',
      'npm error audit endpoint returned an error',
      '{"message": "405 Method Not Allowed"}',
      '{"error": {"summary": "no"}}',
    ])
      expect(audit.auditVerdict(printed).verdict, printed).toBe('unanswered');
  });
});
