/**
 * What kube-proxy's listening sockets on a node answer.
 *
 * Models: metrics on 127.0.0.1:10249 (/proxyMode, /healthz), health on port 10256, a healthCheckNodePort per Service.
 * Source: cmd/kube-proxy/app/server.go (serveMetrics), pkg/proxy/healthcheck.
 * Simplified: /metrics and /configz are not served.
 * Who could tell: someone who scrapes them.
 */
import { type HttpAnswer, NOT_FOUND } from './proxy-health.js';

/** Bound to 127.0.0.1 only. */
export const METRICS_PORT = 10_249;
/** Bound to every address. */
export const HEALTHZ_PORT = 10_256;

const PLAIN_HEADERS = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

/** `path` without the query. */
export function metricsAnswer(path: string, proxyMode: string): HttpAnswer {
  if (path === '/proxyMode') return { status: 200, headers: PLAIN_HEADERS, body: proxyMode };
  if (path === '/healthz') return { status: 200, headers: PLAIN_HEADERS, body: 'ok' };
  return NOT_FOUND;
}
