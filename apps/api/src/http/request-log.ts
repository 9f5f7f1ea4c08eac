import { Logger } from '@nestjs/common';
import type { NextFunction, Response } from 'express';
import { type WorkContext, type WorkSubject, withWork } from '#platform';
import type { RequestWithWork } from './request-context.js';
import { routeOf } from './request-metrics.js';

/** Asked for every few seconds by machines. */
const PROBES = new Set(['/livez', '/readyz', '/metrics']);

/** Express middleware: a line for each answer. Queries are left out: what stands in them is the caller's affair. */
export function requestLog(logger = new Logger('Http')) {
  return (request: RequestWithWork, response: Response, next: NextFunction): void => {
    const beganMs = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const durationMs = Math.round((performance.now() - beganMs) * 1000) / 1000;
      // The client has gone before the whole answer was written.
      const aborted = !response.writableFinished;
      const { statusCode: status } = response;
      const message = `${method} ${path} ${status} in ${durationMs} ms${aborted ? ', broken off' : ''}`;
      const fields = { method, path, route: routeOf(request), status, durationMs, ...(aborted ? { aborted } : {}) };
      withWork({ ...request.work, ...subjectOf(request) }, () => {
        if (PROBES.has(path)) logger.debug(message, fields);
        else logger.log(message, fields);
      });
    });
    next();
  };
}

/** Of what was asked for; anything else that a path may hold could forge lines of a log. */
const ID = /^[\w.-]{1,64}$/;

function subjectOf(request: RequestWithWork): Pick<WorkContext, 'subject'> {
  const { id } = request.params ?? {};
  const [, kind] = /^\/v1\/(simulation|experiment|comparison|webhook)s\/:id/.exec(routeOf(request)) ?? [];
  return kind !== undefined && typeof id === 'string' && ID.test(id)
    ? { subject: { kind: kind as WorkSubject['kind'], id } }
    : {};
}
