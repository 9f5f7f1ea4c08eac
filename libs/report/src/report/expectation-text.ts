/** What a scenario expects, in a line. */
import type { Expectation, HealthExpectation } from '#sim';
import { countText, latencyShort, timeText } from './figures.js';

type Limits = { min: number | null; max: number | null } | null | undefined;

export function wantedText(expectation: Expectation): string {
  const { where, window, share, count, latency = [], health } = expectation;
  const during = windowText(window);
  if (health) return `${healthText(health)}${during}`;
  const which = Object.entries(where).map(([field, value]) => `${field} ${value}`);
  const limits = [
    limitsText(share, (value) => `${Number((100 * value).toFixed(6))} %`),
    limitsText(count, countText),
    ...latency.map(({ quantile, minNs, maxNs }) => {
      const limit = limitsText({ min: minNs, max: maxNs }, (ns) => latencyShort(ns / 1e3));
      return limit === '' ? '' : `p${Number((100 * quantile).toFixed(6))} ${limit}`;
    }),
  ].filter((limit) => limit !== '');
  const said = which.length === 0 ? 'requests' : which.join(', ');
  return `${said}${during}${limits.length === 0 ? '' : `: ${limits.join(', ')}`}`;
}

function healthText({ of, node, begins, ends, lasts, never }: HealthExpectation): string {
  const where = node === null ? 'some node' : node;
  const what =
    of.kind === 'loadBalancer'
      ? `load balancer of ${short(of.service)} takes ${where} for ${of.state}`
      : `${of.service === null ? of.kind : `health check of ${short(of.service)}`} on ${where} ${answerText(of)}`;
  const time = (ns: number) => timeText(ns / 1e6);
  const limits = [
    ['begins', momentsText(begins, time)],
    ['ends', momentsText(ends, time)],
    ['lasts', limitsText(lasts, time)],
  ] as const;
  const said = limits.flatMap(([name, text]) => (text === '' ? [] : `${name} ${text}`));
  return `${never ? 'never: ' : ''}${what}${said.length === 0 ? '' : `, ${said.join(', ')}`}`;
}

function answerText({ status, localEndpoints }: { status: number | null; localEndpoints: number | null }): string {
  const endpoints = localEndpoints === null ? '' : ` with ${localEndpoints} local endpoints`;
  return status === null ? 'does not listen' : `answers ${status}${endpoints}`;
}

function windowText(window: Expectation['window']): string {
  if (!window) return '';
  const from = timeText(window.fromNs / 1e6);
  return window.toNs === null ? ` from ${from} on` : ` from ${from} to ${timeText(window.toNs / 1e6)}`;
}

function limitsText(limits: Limits, show: (value: number) => string): string {
  if (!limits) return '';
  const { min, max } = limits;
  if (min !== null && min === max) return `exactly ${show(min)}`;
  return [min === null ? '' : `at least ${show(min)}`, max === null ? '' : `at most ${show(max)}`]
    .filter((limit) => limit !== '')
    .join(', ');
}

/** The same of moments. */
function momentsText(limits: Limits, show: (value: number) => string): string {
  if (!limits) return '';
  const { min, max } = limits;
  if (min !== null && max !== null) return min === max ? `at ${show(min)}` : `between ${show(min)} and ${show(max)}`;
  return min === null ? (max === null ? '' : `by ${show(max)}`) : `at ${show(min)} or later`;
}

function short(name: string): string {
  return name.replace(/^default\//, '');
}
