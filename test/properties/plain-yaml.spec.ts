import { expect, it } from 'vitest';
import { byPackage, LEFT_TO_THE_PACKAGE, PLAIN, values } from '../../libs/scenario/src/text/testing/yaml-texts.js';

it('plain YAML is never read otherwise than by the package, whatever lines stand together', () => {
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
