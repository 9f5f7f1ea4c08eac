import { afterEach, expect, it, vi } from 'vitest';
import { HairpinLogger } from './logger.js';

const isTTY = { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY };
afterEach(() => {
  process.stdout.isTTY = isTTY.stdout;
  process.stderr.isTTY = isTTY.stderr;
  vi.restoreAllMocks();
});

function logged(toTerminal: boolean, logFormat: 'text' | 'json'): string {
  process.stdout.isTTY = toTerminal;
  process.stderr.isTTY = toTerminal;
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += piece;
    return true;
  });
  new HairpinLogger({ logLevel: 'info', logFormat }).log('a word', 'Test');
  return text;
}

it('colours what it prints on a terminal, and nothing else', () => {
  const colour = '\u001b[';
  expect(logged(true, 'text')).toContain(colour);
  expect(logged(false, 'text')).not.toContain(colour);
  expect(logged(true, 'json')).not.toContain(colour);
});
