/** `expect` → what is held against a run when it has ended, each with its place. */
import type { z } from 'zod';
import type { Bounds, Expectation, HealthExpectation } from '#sim';
import type { Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { zExpectation } from '../schema/expectations.js';
import { readList } from './traffic.js';

type Input = z.output<typeof zExpectation>;

export function readExpectations(value: unknown, issues: IssueList): Placed<Expectation>[] {
  return readList(value, 'expect', ['expect'], zExpectation, issues, (input, _at, index) => {
    const { name, share, count, window, latency, healthz, ...fields } = input;
    const where = Object.fromEntries(Object.entries(fields).filter(([, wanted]) => wanted !== undefined));
    return {
      name: name ?? `expectation ${index + 1}`,
      where,
      share: boundsOf(share),
      count: boundsOf(count),
      ...(window === undefined ? {} : { window: { fromNs: window.from ?? 0, toNs: window.to ?? null } }),
      ...(latency === undefined ? {} : { latency: [latency].flat().map(latencyOf) }),
      ...(healthz === undefined ? {} : { health: healthOf(healthz) }),
    };
  });
}

function latencyOf({ quantile, min, max }: { quantile: number; min?: number | undefined; max?: number | undefined }) {
  return { quantile, minNs: min ?? null, maxNs: max ?? null };
}

function healthOf(input: NonNullable<Input['healthz']>): HealthExpectation {
  const { loadBalancer, state, kind, service, status, localEndpoints, node, forAtLeast, forAtMost } = input;
  return {
    of:
      loadBalancer !== undefined
        ? { kind: 'loadBalancer', service: loadBalancer, state: state! }
        : {
            kind: kind ?? (service === undefined ? 'proxy-healthz' : 'healthCheckNodePort'),
            service: service ?? null,
            status: status === 'silent' ? null : status!,
            localEndpoints: localEndpoints ?? null,
          },
    node: node ?? null,
    begins: boundsOf(input.begins),
    ends: boundsOf(input.ends),
    lasts: boundsOf(
      forAtLeast === undefined && forAtMost === undefined ? undefined : { min: forAtLeast, max: forAtMost },
    ),
    never: input.never ?? false,
  };
}

function boundsOf(range: { min?: number | undefined; max?: number | undefined } | undefined): Bounds | null {
  return range ? { min: range.min ?? null, max: range.max ?? null } : null;
}
