/** What a request is called: by an id of its own, and by the trace that it is part of. Answers and log lines say both. */
import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { newTraceContext, readTraceContext, type Shutdown, type WorkContext, withWork } from '#platform';

/** An id from outside goes into logs and headers as it is, so it may hold nothing that could end a line or a value. */
const REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;

export interface RequestWithWork extends Request {
  work?: WorkContext;
}

/** Express middleware, the first of all: takes `X-Request-Id` and `traceparent`, or makes them; sets `request.work`. */
export function requestContext(shutdown: Pick<Shutdown, 'begun'>) {
  return (request: RequestWithWork, response: Response, next: NextFunction): void => {
    const sent = request.headers['x-request-id'];
    const requestId = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
    const trace =
      readTraceContext(headerOf(request, 'traceparent'), headerOf(request, 'tracestate')) ?? newTraceContext();
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('traceresponse', trace.traceparent);
    // The next request of this client goes to a process that stays.
    if (shutdown.begun) response.setHeader('Connection', 'close');
    request.work = { requestId, trace };
    insideRequest(request, response, next);
  };
}

/** Express middleware, after all that reads the body: its events come from outside of the request's work. */
export function insideRequest(request: RequestWithWork, _: Response, next: NextFunction): void {
  withWork(request.work ?? {}, next);
}

function headerOf(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
