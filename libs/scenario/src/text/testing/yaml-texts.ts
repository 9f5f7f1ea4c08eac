/** Documents that the plain reader reads, and such as it leaves to the package; and what each of the two makes of a text. */
import { parseAllDocuments } from 'yaml';
import { readPlainYaml } from '../plain-yaml.js';

/** Null: it is left to the package. */
export const values = (text: string): unknown[] | null => readPlainYaml(text, 100)?.map(({ value }) => value) ?? null;

/** Undefined for a document that is no YAML. */
export const byPackage = (text: string): unknown[] =>
  parseAllDocuments(text, { stringKeys: true, merge: true })
    .map((document) => (document.errors.length > 0 ? undefined : (document.toJS() as unknown)))
    .filter((value) => value !== null);

export const PLAIN = [
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
export const LEFT_TO_THE_PACKAGE = [
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
