import { expect, it } from 'vitest';
import { ProgressLine } from './progress-line.js';

function terminal(isTTY: boolean) {
  let written = '';
  const line = new ProgressLine({
    isTTY,
    write(text: string | Uint8Array) {
      written += text;
      return true;
    },
  });
  return { line, written: () => written };
}

it('is written over on a terminal, and gone before anything else is written', () => {
  const { line, written } = terminal(true);
  line.clear();
  line.tell(0.5);
  // So soon after the last one nothing new is told.
  line.tell(0.6);
  line.clear();
  line.clear();
  expect(written()).toBe('\r\x1b[K50 %\r\x1b[K');
});

it('is not there where nobody looks', () => {
  const { line, written } = terminal(false);
  line.tell(0.5);
  line.clear();
  expect(written()).toBe('');
});
