import type { NextFunction, Request, Response } from 'express';
import type { Metrics } from '#platform';

/** Others exist, and anybody may send them. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Express middleware: how long each answer took. The labels are those of the program, never of the caller: the pattern of
 * the route instead of the path, `none` where no route is meant, `other` for methods that nothing here takes.
 */
export function requestMetrics(metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const stop = metrics.httpSeconds.startTimer();
    metrics.httpUnderWay.inc();
    response.once('close', () => {
      const method = METHODS.has(request.method) ? request.method : 'other';
      stop({ method, route: routeOf(request), status: response.statusCode });
      metrics.httpUnderWay.dec();
    });
    next();
  };
}

/** The pattern that the router has found for it. */
export function routeOf(request: Request): string {
  const { path } = (request.route as { path?: unknown } | undefined) ?? {};
  return typeof path === 'string' ? path : 'none';
}
