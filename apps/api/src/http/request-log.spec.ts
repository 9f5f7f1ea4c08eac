import { EventEmitter } from 'node:events';
import type { Logger } from '@nestjs/common';
import type { Response } from 'express';
import { describe, expect, it } from 'vitest';
import { currentWork, type WorkSubject } from '#platform';
import type { RequestWithWork } from './request-context.js';
import { requestLog } from './request-log.js';

/** What the line of a GET of an experiment is about. */
function subjectLogged(id: string): WorkSubject | undefined {
  let subject: WorkSubject | undefined;
  const log = () => {
    subject = currentWork().subject;
  };
  const response = Object.assign(new EventEmitter(), { statusCode: 401, writableFinished: true });
  const request = { method: 'GET', path: '/', params: { id }, route: { path: '/v1/experiments/:id' }, baseUrl: '' };
  requestLog({ log, debug: log } as unknown as Logger)(
    request as unknown as RequestWithWork,
    response as unknown as Response,
    () => {},
  );
  response.emit('close');
  return subject;
}

describe('the line of an answer', () => {
  it('names what was asked for', () => {
    const id = '01a21697-66a0-78b3-8471-58afd01e8102';
    expect(subjectLogged(id)).toEqual({ kind: 'experiment', id });
  });

  it.each(['x\n[hairpin] all is well', '\x1b[2J', 'y'.repeat(65), ''])(
    'names nothing that could forge others: %j',
    (id) => {
      expect(subjectLogged(id)).toBeUndefined();
    },
  );
});
