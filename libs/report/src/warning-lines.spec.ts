import { expect, it } from 'vitest';
import { warningLines, warningMarkdown } from './warning-lines.js';

const warnings = [
  { path: '/traffic/0/x', message: 'The field "x" is\nnot known.', hint: 'Remove it.' },
  { path: '', message: 'Odd \u001b[2J.', hint: 'Look.' },
];

it('makes one line of each warning, with its place, that no terminal obeys', () => {
  expect(warningLines(warnings)).toBe(
    '# warning: /traffic/0/x: The field "x" is not known. Remove it.\n# warning: Odd \ufffd[2J. Look.\n',
  );
  expect(warningMarkdown(warnings.slice(0, 1))).toBe(
    '> warning: /traffic/0/x: The field "x" is not known. Remove it.\n\n',
  );
  expect([warningLines([]), warningMarkdown([])]).toEqual(['', '']);
});
