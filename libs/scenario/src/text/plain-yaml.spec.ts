import { describe, expect, it } from 'vitest';
import { readPlainYaml } from './plain-yaml.js';
import { byPackage, LEFT_TO_THE_PACKAGE, PLAIN, values } from './testing/yaml-texts.js';

describe('plain YAML', () => {
  it.each(PLAIN)('%j is read as the package reads it', (text) => {
    expect(values(text)).toEqual(byPackage(text));
  });

  it.each(LEFT_TO_THE_PACKAGE)('%j is left to the package', (text) => {
    expect(values(text)).toBeNull();
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
