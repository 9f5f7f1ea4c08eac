/** `clients`, `traffic` and `expect` → the normalised lists, each entry with its place. */

import type { z } from 'zod';
import type { Client, Destination, Traffic } from '#sim';
import type { Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { type PartWithFields, withoutMissingFields } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import { zClient } from '../schema/document.js';
import { zTraffic } from '../schema/traffic.js';
import { validate } from '../schema/validate.js';
import { DEFAULT_KERNEL } from './cluster.js';
import { origin } from './steps.js';

/** IdleConnTimeout of Go's default HTTP client. */
const DEFAULT_IDLE_NS = 90e9;
const DEFAULT_BACKOFF_NS = 100e6;

/** Every entry of a list that fits its schema; the others have issues. */
export function readList<S extends z.ZodType, T>(
  value: unknown,
  part: PartWithFields,
  at: Path,
  schema: S,
  issues: IssueList,
  normalise: (input: z.output<S>, at: Path, index: number) => T,
): Placed<T>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    issues.add('wrong-type', at, `"${at[0]}" takes a list.`);
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const place = [...at, index];
    const input = validate(schema, withoutMissingFields(part, item, place, issues), place, issues);
    return input === null ? [] : [{ value: normalise(input, place, index), at: place }];
  });
}

export function readClients(value: unknown, issues: IssueList): Placed<Client>[] {
  return readList(value, 'client', ['clients'], zClient, issues, ({ name, ip, ips, count, kernel }) => ({
    name,
    ips: ips ?? [ip!],
    count: count ?? 1,
    kernel: kernel ?? DEFAULT_KERNEL,
  }));
}

/** `endNs`: where an entry stops that does not say. */
export function readTraffic(value: unknown, endNs: number, issues: IssueList): Placed<Traffic>[] {
  return readList(value, 'traffic', ['traffic'], zTraffic, issues, (input, at, index) => {
    if (input.protocol === 'UDP' && input.connectTimeout !== undefined) {
      const hint = 'Say requestTimeout: how long the client waits for the answer.';
      issues.add('ignored-setting', [...at, 'connectTimeout'], 'UDP opens no connections.', hint);
    }
    return {
      name: input.name ?? `traffic-${index + 1}`,
      from: origin(input.from),
      to: destination(input.to),
      protocol: input.protocol ?? 'TCP',
      startNs: input.start ?? 0,
      stopNs: input.stop ?? endNs,
      ratePerSecond: input.rate,
      arrivals: input.arrivals ?? 'poisson',
      count: input.count ?? null,
      connectTimeoutNs: input.connectTimeout ?? null,
      requestTimeoutNs: input.requestTimeout ?? null,
      reuseSocket: input.reuseSocket ?? false,
      ports: input.ports ?? null,
      atOnce: input.atOnce ?? 1,
      outOfWindow: input.outOfWindow ?? 0,
      keepAlive: keepAlive(input),
      retries: retries(input),
    };
  });
}

type TrafficInput = z.output<typeof zTraffic>;

function keepAlive({ keepAlive: given, connections }: TrafficInput): Traffic['keepAlive'] {
  if (given === undefined || given === false) return null;
  const { requests, idle, multiplexed } = given === true ? {} : given;
  return {
    connections: connections ?? 1,
    requests: requests ?? null,
    idleNs: idle ?? DEFAULT_IDLE_NS,
    multiplexed: multiplexed ?? false,
  };
}

function retries({ retries: given }: TrafficInput): Traffic['retries'] {
  if (given === undefined) return null;
  const { attempts, backoff, on } = given;
  return { attempts, backoffNs: backoff ?? DEFAULT_BACKOFF_NS, on: on ?? ['refused', 'reset', 'unreachable'] };
}

function destination(to: z.output<typeof zTraffic>['to']): Destination {
  if (to.service === undefined) return { ip: to.ip!, port: to.port as number };
  return {
    service: to.service,
    port: to.port ?? null,
    via: to.via ?? null,
    node: to.node ?? null,
    ipFamily: to.ipFamily ?? null,
    ip: to.ip ?? null,
  };
}
