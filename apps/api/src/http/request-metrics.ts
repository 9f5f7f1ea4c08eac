import type { NextFunction, Request, Response } from 'express';
import type { Metrics } from '#platform';

/** Express middleware: how long each answer took, by route pattern, so that ids do not multiply the series. */
export function requestMetrics(metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const stop = metrics.httpSeconds.startTimer();
    response.once('close', () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      stop({ method: request.method, route, status: response.statusCode });
    });
    next();
  };
}
