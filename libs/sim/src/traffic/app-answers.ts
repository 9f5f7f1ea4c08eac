/**
 * What the program in a pod answers before it does any work: to the header that a load balancer sends first, and by path.
 *
 * Models: a program that expects the PROXY protocol and gets something else closes the connection without an answer; one that
 *   does not expect it takes the header for a broken request line and answers 400; statuses by path.
 * Source: nginx (`listen … proxy_protocol`: "broken header … while reading PROXY protocol" closes), kubernetes/kubernetes#66607,
 *   digitalocean-cloud-controller-manager#811; RFC 9112 for the 400.
 * Simplified: the client meets the closed connection as a reset. Paths are compared as they are written.
 * Who could tell: someone whose program takes connections with and without a header (HAProxy's `accept-netscaler-cip`).
 */
import type { Host } from '../cluster/locations.js';
import { NOT_CONNECTED } from '../load-balancer/probe-runs.js';
import type { Cause } from '../results/result.js';
import type { LoadBalancerProfile } from '../scenario.js';

export type HeaderProblem = Extract<Cause, 'proxy-header-missing' | 'proxy-header-unexpected'>;

export const HTTP_OK = 200;
export const HTTP_BAD_REQUEST = 400;

/** Null: what the program expects has come. `sent`: what the load balancer on the way forwards; null without one. */
export function headerProblem({ app }: Host, sent: LoadBalancerProfile['forwards'] | null): HeaderProblem | null {
  const expects = app?.expects ?? 'nothing';
  const hasHeader = sent === 'proxy-v1' || sent === 'proxy-v2';
  if (expects === 'nothing') return hasHeader ? 'proxy-header-unexpected' : null;
  return hasHeader && (expects === 'proxy' || expects === sent) ? null : 'proxy-header-missing';
}

export function headerText({ name, app }: Host, problem: HeaderProblem): string {
  if (problem === 'proxy-header-unexpected')
    return `${name} takes the PROXY protocol's header for a broken request and answers 400`;
  const wanted = app?.expects === 'proxy' || app === null ? 'a PROXY protocol header' : `a header of ${app.expects}`;
  return `${name} expects ${wanted}, gets none and closes the connection`;
}

export function statusOf({ app }: Host, path: string): number {
  return app === null || !Object.hasOwn(app.paths, path) ? HTTP_OK : (app.paths[path] as number);
}

/** What a health check hears that asks the program itself by HTTP; see `probe-runs.ts`. */
export function replyToCheck(host: Host, path: string, sent: LoadBalancerProfile['forwards'] | null): number {
  const problem = headerProblem(host, sent);
  if (problem === 'proxy-header-missing') return NOT_CONNECTED;
  return problem === null ? statusOf(host, path) : HTTP_BAD_REQUEST;
}
