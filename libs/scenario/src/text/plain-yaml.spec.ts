import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readPlainYaml } from './plain-yaml.js';

const values = (text: string) => readPlainYaml(text, 100)?.map(({ value }) => value) ?? null;
const byPackage = (text: string) =>
  parseAllDocuments(text, { stringKeys: true, merge: true })
    .map((document) => (document.errors.length > 0 ? undefined : (document.toJS() as unknown)))
    .filter((value) => value !== null);

const PLAIN = [
  'a: 1\n',
  'a:\n- b: x\n  c: "y"\n- d:\n  - e\n  -\n  - - f\n    - g\nh: ~\n',
  'a:\n  - b\n  -   c: 1\n      d: 2\nk:{"x":"y"}: {}\n.: []\nf:a b: c\n',
  "message: 'containers with unready status: [web] it''s\n  folded   \n    over lines'\nplain: one\n  two'#x\n",
  'a: one\n  two - three\n  "four"\nb: it"s#1 {x} [y] a:b\n',
  'a: "x\\n\\u00e9\\t\\\\ \\\n  \\ y z\n  w"\n',
  'a: |\n  one\n   two\n\n  three # no comment\n\n\nb: |-\n  x: y\nc:\n- |\n  z\n',
  'a: 0123\nb: -1.5\nc: 1e3\nd: .5\ne: 1.30\nf: 12e45-97\ng: 10.0.0.1\nh: yes\ni: 2026-01-01\nj: -0\nk: +7\nl: 123456789012345678901\n',
  'a: b\n---\n\n---\nc: d\n---\n',
  '- a\n- 1\n- null\n- b: c\n',
  'a:\nb:\n',
  'constructor: 1\ntoString: {}\n8080: a\n',
];
const LEFT_TO_THE_PACKAGE = [
  '# comment\na: 1\n',
  'a: 1 # comment\n',
  'a: &x 1\nb: *x\n',
  'a: !!str 1\n',
  'a: {b: 1}\n',
  'a: [1]\n',
  'a: 1\na: 2\n',
  'a: b: c\n',
  'a:\tb\n',
  'a: b\r\n',
  '"a": b\n',
  '? a\n: b\n',
  'a: >\n  x\n',
  'a: |+\n  x\n',
  'a: |\n  x',
  'a: 1\n  b: 2\n',
  'a: 1\n- b\n',
  ' a: 1\nb: 2\n',
  'a: "b\n',
  "a: 'b'c\n",
  '__proto__: 1\n',
  '<<: {}\n',
  'a: 0x1f\n',
  'a\n',
  '--- a\n',
  '%YAML 1.2\n---\na: 1\n',
];

describe('plain YAML', () => {
  it.each(PLAIN)('%j is read as the package reads it', (text) => {
    expect(values(text)).toEqual(byPackage(text));
  });

  it.each(LEFT_TO_THE_PACKAGE)('%j is left to the package', (text) => {
    expect(values(text)).toBeNull();
  });

  it('is never read otherwise than by the package, whatever lines stand together', () => {
    const parts = PLAIN.flatMap((text) => text.split('\n')).concat(
      LEFT_TO_THE_PACKAGE.flatMap((text) => text.split('\n')),
    );
    let state = 7;
    const roll = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
      const lines = Array.from({ length: 1 + roll(5) }, () => ' '.repeat(roll(4)) + parts[roll(parts.length)]!);
      const text = `${lines.join('\n')}\n`;
      const plain = values(text);
      if (plain === null) continue;
      read++;
      expect(plain, JSON.stringify(text)).toEqual(byPackage(text));
    }
    expect(read).toBeGreaterThan(500);
  });

  it('tells places', () => {
    const [first, second] = readPlainYaml('a:\n- b: 1\n  c:\n    d: x\n---\ne: 1\n', 100)!;
    expect(first!.locate(['a', 0, 'c', 'd'])).toEqual({ line: 4, column: 5 });
    expect(first!.locate(['a', '0', 'x'])).toEqual({ line: 2, column: 3 });
    expect(first!.locate(['z'])).toEqual({ line: 1, column: 1 });
    expect(second!.locate(['e'])).toEqual({ line: 6, column: 1 });
  });

  it('ends at the depth that is allowed', () => {
    const nested = (depth: number) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
    expect(readPlainYaml(nested(100), 100)).not.toBeNull();
    expect(readPlainYaml(nested(101), 100)).toBeNull();
    expect(readPlainYaml(`${'- '.repeat(100_000)}a\n`, 100)).toBeNull();
  });
});
