import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');

/** `file.spec.ts`: the name of a test, or its beginning. */
const named = [...page.matchAll(/`([\w/.-]+\.spec\.ts)`: (.+?)(?=<br>| \|$)/gm)].map(([, file, name]) => ({
  file: file!.includes('/') ? file! : `test/e2e/${file}`,
  name: name!,
}));

it('docs/security.md names tests that there are, for every threat', () => {
  const threats = page
    .slice(page.indexOf('## Threats'), page.indexOf('## Limits'))
    .split('\n')
    .filter((line) => line.startsWith('| '));
  for (const threat of threats.slice(1)) expect(threat, 'a threat without a test').toMatch(/\.spec\.ts`: /);
  expect(named.length).toBeGreaterThan(50);
  for (const { file, name } of named) {
    expect(existsSync(new URL(file, root)), file).toBe(true);
    const source = readFileSync(new URL(file, root), 'utf8').replaceAll("\\'", "'");
    expect(source.includes(name), `${file} has no test "${name}"`).toBe(true);
  }
});

it('every security test is named in docs/security.md', () => {
  const files = new Set(named.map(({ file }) => file));
  for (const name of [
    'dependencies',
    'keys',
    'limits',
    'occupy',
    'odd-text',
    'scopes',
    'secrets',
    'streams',
    'tenants',
  ])
    expect(files, name).toContain(`test/e2e/security-${name}.spec.ts`);
});
