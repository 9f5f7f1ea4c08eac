import { afterEach, expect, it, vi } from 'vitest';
import { HairpinLogger } from './logger.js';
import { withWork } from './work-context.js';

const isTTY = { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY };
afterEach(() => {
  process.stdout.isTTY = isTTY.stdout;
  process.stderr.isTTY = isTTY.stderr;
  vi.restoreAllMocks();
});

function logged(toTerminal: boolean, logFormat: 'text' | 'json', fields: object[] = []): string {
  process.stdout.isTTY = toTerminal;
  process.stderr.isTTY = toTerminal;
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += piece;
    return true;
  });
  new HairpinLogger({ logLevel: 'info', logFormat }).log('a word', ...(fields as []), 'Test');
  return text;
}

it('colours what it prints on a terminal, and nothing else', () => {
  const colour = '\u001b[';
  expect(logged(true, 'text')).toContain(colour);
  expect(logged(false, 'text')).not.toContain(colour);
  expect(logged(true, 'json')).not.toContain(colour);
});

const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: null };

it('says in JSON what a line belongs to and has to tell, one object a line', () => {
  const work = { requestId: 'r-1', subject: { kind: 'simulation', id: 's-1' }, trace } as const;
  const text = withWork(work, () => logged(false, 'json', [{ status: 200 }]));
  expect(text).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(text)).toEqual({
    timestamp: expect.any(Number),
    pid: process.pid,
    level: 'log',
    context: 'Test',
    message: 'a word',
    requestId: 'r-1',
    simulationId: 's-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    status: 200,
  });
  expect(Object.keys(JSON.parse(logged(false, 'json')))).not.toContain('requestId');
});

it('says to people whose line it is, and leaves fields to machines', () => {
  const work = { requestId: 'r-1', subject: { kind: 'comparison', id: 'c-1' }, trace } as const;
  const text = withWork(work, () => logged(false, 'text', [{ status: 200 }]));
  expect(text).toMatch(/a word \(request r-1, comparison c-1\)\n$/);
  expect(logged(false, 'text')).toMatch(/a word\n$/);
});

it('keeps what a line belongs to over whatever is waited for', async () => {
  const both = ['a', 'b'].map((requestId) =>
    withWork({ requestId }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return (JSON.parse(logged(false, 'json')) as { requestId: string }).requestId;
    }),
  );
  expect(await Promise.all(both)).toEqual(['a', 'b']);
});
