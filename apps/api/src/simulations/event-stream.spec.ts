import type { Response } from 'express';
import { expect, it } from 'vitest';
import { EventStream } from './event-stream.js';

/** What a client that last saw `lastEventId` is told of these states, as `status progress`. */
function told(states: [string, number, number][], lastEventId?: string): string[] {
  let text = '';
  const response = {
    writableEnded: false,
    status: () => response,
    set: () => response,
    flushHeaders() {},
    write(piece: string) {
      text += piece;
    },
    end() {
      response.writableEnded = true;
    },
  };
  const stream = new EventStream(response as unknown as Response, 's', lastEventId);
  for (const [status, attempt, progress] of states) stream.tell({ status, attempt, progress });
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => {
    const { status, progress } = JSON.parse(data!) as { status: string; progress: number };
    return `${status} ${progress}`;
  });
}

it('drops a row that was read before the last word', () => {
  expect(
    told([
      ['queued', 0, 0],
      ['running', 1, 0.5],
      ['running', 1, 0.3],
      ['queued', 0, 0],
      ['running', 1, 0.6],
    ]),
  ).toEqual(['queued 0', 'running 0.5', 'running 0.6']);
});

it('begins again with a new attempt', () => {
  expect(
    told([
      ['running', 1, 0.5],
      ['running', 2, 0],
      ['running', 1, 0.9],
      ['running', 2, 0.1],
    ]),
  ).toEqual(['running 0.5', 'running 0', 'running 0.1']);
});

it('ends with the end, whose progress is not below what was told', () => {
  expect(
    told([
      ['running', 1, 0.5],
      ['cancelled', 1, 0],
      ['running', 1, 0.7],
    ]),
  ).toEqual(['running 0.5', 'cancelled 0.5']);
});

it('goes on after the event that the client has seen', () => {
  expect(
    told(
      [
        ['running', 1, 0.3],
        ['running', 1, 0.5],
        ['succeeded', 1, 1],
      ],
      'running-1-4000',
    ),
  ).toEqual(['running 0.5', 'succeeded 1']);
});
