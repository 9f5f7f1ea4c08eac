/** `steps` and `timeline` → what the run does, each with its place. */

import type { z } from 'zod';
import type { LoadBalancerProfile, Origin, Step, TimelineEntry } from '#sim';
import { nearestName } from '#sim';
import type { Placed } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { refuseCommand, refusesVerb } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import { FAULT_VERBS, type FaultVerb } from '../schema/faults.js';
import { KUBECTL_VERBS, type KubectlVerb } from '../schema/kubectl.js';
import { zDuration } from '../schema/scalars.js';
import { STEP_VERBS, type StepVerb, TIMELINE_KUBECTL_VERBS, zReadiness } from '../schema/steps.js';
import { reportOthers, validate } from '../schema/validate.js';
import { readBalancerEvent } from './balancer-events.js';
import { readFault } from './faults.js';
import { readCommand } from './kubectl.js';
import { isCallable } from './url.js';

const SECOND_NS = 1e9;
const DEFAULT_WAIT_NS = 60 * SECOND_NS;
const IP_ADDR = /^ip\s+(?:a|addr|address)(?:\s+show)?$/;

const FAULT_KEYS = Object.keys(FAULT_VERBS) as FaultVerb[];
const isFaultVerb = (verb: string): verb is FaultVerb => Object.hasOwn(FAULT_VERBS, verb);

type Entry = Record<string, unknown>;

export function readSteps(value: unknown, issues: IssueList): Placed<Step>[] {
  return entries(value, ['steps'], issues).flatMap(({ value: entry, at }) => {
    const step = readStep(entry, at, issues);
    return step === null ? [] : [{ value: step, at }];
  });
}

/** `balancer`: what the document says of load balancers. */
export function readTimeline(
  value: unknown,
  balancer: LoadBalancerProfile,
  issues: IssueList,
): Placed<TimelineEntry>[] {
  return entries(value, ['timeline'], issues).flatMap(({ value: entry, at }) => {
    const event = readBalancerEvent(entry, balancer, at, issues);
    const read = event === undefined ? readTimelineEntry(entry, at, issues) : event;
    return read === null ? [] : [{ value: read, at }];
  });
}

function entries(value: unknown, at: Path, issues: IssueList): Placed<Entry>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    issues.add('wrong-type', at, `"${at[0]}" takes a list.`);
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    if (typeof entry === 'object' && entry !== null && !Array.isArray(entry))
      return [{ value: entry as Entry, at: [...at, index] }];
    issues.add('wrong-type', [...at, index], `An entry is a map with a verb, not ${shown(entry)}.`);
    return [];
  });
}

/** The verb of an entry: the one key that is known as such. Null with an issue where there is none, or several. */
function verbOf<V extends string>(entry: Entry, verbs: readonly V[], at: Path, issues: IssueList): V | null {
  const keys = Object.keys(entry);
  const found = verbs.filter((verb) => Object.hasOwn(entry, verb));
  if (found.length === 1) return found[0]!;
  const there = verbs.join(', ');
  if (found.length > 1) {
    issues.add('several-verbs', at, `One entry does one thing; this one has ${found.join(' and ')}.`);
    return null;
  }
  if (keys.some((key) => refusesVerb(key, [...at, key], there, issues))) return null;
  if (Object.hasOwn(entry, 'kubectl')) {
    const hint = 'Write the verb itself, as {at: 10s, patch: …}.';
    issues.add('unknown-verb', [...at, 'kubectl'], '"kubectl" is not written here.', hint);
    return null;
  }
  const misspelt = keys.map((key) => [key, nearestName(key, verbs)] as const).find(([, nearest]) => nearest !== null);
  const hint = misspelt === undefined ? `Use one of ${there}.` : `Rename "${misspelt[0]}" to "${misspelt[1]}".`;
  issues.add(
    'unknown-verb',
    misspelt === undefined ? at : [...at, misspelt[0]],
    `No verb is known among ${keys.map(shown).join(', ') || 'nothing'}.`,
    hint,
  );
  return null;
}

function readStep(entry: Entry, at: Path, issues: IssueList): Step | null {
  const verb = verbOf(entry, [...(Object.keys(STEP_VERBS) as StepVerb[]), 'kubectl'], at, issues);
  switch (verb) {
    case null:
      return null;
    case 'kubectl':
      return readKubectlStep(entry, at, issues);
    case 'curl': {
      const input = validate(STEP_VERBS.curl, entry, at, issues);
      return input && request(input, 'curl', input.curl, [...at, 'curl'], issues);
    }
    case 'wget': {
      const input = validate(STEP_VERBS.wget, entry, at, issues);
      return input && request(input, 'wget', input.wget, [...at, 'wget'], issues);
    }
    case 'run': {
      const input = validate(STEP_VERBS.run, entry, at, issues);
      return input && command(input, [...at, 'run'], issues);
    }
    case 'waitUntil': {
      const input = validate(STEP_VERBS.waitUntil, entry, at, issues);
      return input && wait(input.waitUntil);
    }
    case 'sleep': {
      const input = validate(STEP_VERBS.sleep, entry, at, issues);
      return input && { do: 'sleep', forNs: input.sleep };
    }
  }
}

function readKubectlStep(entry: Entry, at: Path, issues: IssueList): Step | null {
  const place = [...at, 'kubectl'];
  const value = entry.kubectl;
  reportOthers(entry, ['kubectl'], at, issues);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const hint = 'Write {kubectl: {get: {nodes: all}}}.';
    issues.add('wrong-type', place, `"kubectl" takes a map with a verb, not ${shown(value)}.`, hint);
    return null;
  }
  const verb = verbOf(value as Entry, Object.keys(KUBECTL_VERBS) as KubectlVerb[], place, issues);
  if (verb !== null) reportOthers(value, [verb], place, issues);
  const read = verb && readCommand(verb, (value as Entry)[verb], [...place, verb], issues);
  return read && { do: 'kubectl', command: read };
}

function readTimelineEntry(entry: Entry, at: Path, issues: IssueList): TimelineEntry | null {
  const verb = verbOf(entry, [...TIMELINE_KUBECTL_VERBS, 'readiness', ...FAULT_KEYS], at, issues);
  const atNs = validate(zDuration, entry.at, [...at, 'at'], issues);
  if (verb === null) return null;
  reportOthers(entry, ['at', verb], at, issues);
  const place = [...at, verb];
  if (verb === 'readiness') {
    const input = validate(zReadiness, entry.readiness, place, issues);
    return input === null || atNs === null ? null : { atNs, do: 'readiness', pod: input.pod, ready: input.ready };
  }
  if (isFaultVerb(verb)) {
    const fault = readFault(verb, entry[verb], place, issues);
    return fault === null || atNs === null ? null : { atNs, ...fault };
  }
  const read = readCommand(verb, entry[verb], place, issues);
  return read === null || atNs === null ? null : { atNs, do: 'kubectl', command: read };
}

type RequestInput = Omit<z.output<typeof STEP_VERBS.curl>, 'curl'>;

function request(input: RequestInput, tool: 'curl' | 'wget', url: string, at: Path, issues: IssueList): Step | null {
  const nodes = input.forEach?.node ?? null;
  if (!isCallable(url, nodes !== null, at, issues)) return null;
  return {
    do: 'curl',
    tool,
    on: origin(input.on),
    url,
    forEachNode: nodes,
    connectTimeoutNs: input.connectTimeout ?? null,
    maxTimeNs: input.maxTime ?? null,
    grep: input.grep ?? null,
  };
}

function command(input: z.output<typeof STEP_VERBS.run>, at: Path, issues: IssueList): Step | null {
  if (IP_ADDR.test(input.run.trim())) return { do: 'exec', on: origin(input.on), command: 'ip addr' };
  refuseCommand(input.run, at, issues);
  return null;
}

function wait(input: z.output<typeof STEP_VERBS.waitUntil>['waitUntil']): Step {
  const timeoutNs = input.timeout ?? DEFAULT_WAIT_NS;
  const { loadBalancer = '', pods, ready, healthy, unhealthy } = input;
  if (pods !== undefined && ready !== undefined) {
    return { do: 'waitUntil', condition: { pods, namespace: input.namespace ?? 'default', ready }, timeoutNs };
  }
  const condition = unhealthy === undefined ? { loadBalancer, healthy: healthy! } : { loadBalancer, unhealthy };
  return { do: 'waitUntil', condition, timeoutNs };
}

/** The schema has made sure that exactly one is given. */
export function origin(input: {
  client?: string | undefined;
  node?: string | undefined;
  pod?: string | undefined;
}): Origin {
  if (input.client !== undefined) return { client: input.client };
  return input.node === undefined ? { pod: input.pod! } : { node: input.node };
}
