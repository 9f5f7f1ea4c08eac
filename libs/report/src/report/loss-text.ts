/** Why requests failed, in words. */
import type { Cause, LossGroup, LossPlace, Outcome, RunEvent } from '#sim';
import { fitted } from '../svg-text.js';
import { timeText } from './figures.js';

/** Causes whose name does not say it all; the others are their names. */
const CAUSE_TEXT: Partial<Record<Cause, string>> = {
  'no-endpoint': 'the service has no endpoint that may be used',
  'no-local-endpoint': 'no local endpoint',
  'source-range': 'loadBalancerSourceRanges leave the client out',
  rule: 'a rule of the node',
  'impossible-source': 'a source that the kernel takes from nobody',
  'no-route': 'nobody has that address any more',
  'no-address': 'the name has no address',
  'port-closed': 'nothing listens on the port',
  'pod-starting': 'the pod does not listen yet',
  'pod-stopped': 'the pod had stopped listening',
  'pod-gone': 'the pod was gone',
  'pod-killed': 'the pod ended in the middle of it',
  'node-down': 'the node was down',
  'link-cut': 'a link was cut',
  'packet-lost': 'a link lost the packet',
  'answer-astray': 'the answer went another way',
  loop: 'the packet went round in circles',
  'stale-conntrack': 'conntrack still held the old way',
  'invalid-packet': 'conntrack took the packet for invalid',
  'no-source-port': 'no source port was left',
  hairpin: 'the packet came back to its sender',
  'lb-no-target': 'the load balancer had no target it would use',
  'lb-no-port': 'the load balancer forwards no such port',
  'lb-closed': 'the load balancer closed the connection',
  'proxy-closed': "kube-proxy's userspace proxy closed it",
  'proxy-header-missing': 'a PROXY protocol header was missing',
  'proxy-header-unexpected': 'nobody expected the PROXY protocol header',
  overloaded: 'the pod had too much to do',
  'app-error': 'the application answered with an error',
  'too-late': 'the answer came too late',
};

export function causeText(cause: Cause | null): string | null {
  return cause === null ? null : (CAUSE_TEXT[cause] ?? cause.replaceAll('-', ' '));
}

/** As a client met it. */
export const ENDED_TEXT: Record<Outcome, string> = {
  ok: 'answered',
  dropped: 'dropped',
  rejected: 'rejected',
  refused: 'refused',
  reset: 'reset',
  timeout: 'timed out',
  unreachable: 'unreachable',
  'lb-unavailable': 'turned away',
  'http-error': 'answered with an error',
};

/** Losses that differ in nothing but the rule: how they ended, why, where. */
export interface Loss {
  outcome: Outcome | null;
  cause: Cause | null;
  /** The object that decided, or how far it had come; null where it came to none. */
  place: LossPlace | null;
  requests: number;
  firstMs: number;
  lastMs: number;
  first: number;
  /** In words; of the largest part. */
  reason: string | null;
  event: RunEvent | null;
}

/** The greatest first; what stands for many is last. */
export function lossesOf(groups: readonly LossGroup[]): Loss[] {
  const losses = new Map<string, Loss>();
  for (const group of groups) {
    const { outcome, cause, requests, firstMs, lastMs, first, reason, event } = group;
    const place = placeOf(group);
    const key = JSON.stringify([outcome, cause, place, event?.path ?? null, cause === null ? reason : null]);
    const loss = losses.get(key);
    if (!loss) {
      losses.set(key, { outcome, cause, place, requests, firstMs, lastMs, first, reason, event });
      continue;
    }
    loss.requests += requests;
    loss.firstMs = Math.min(loss.firstMs, firstMs);
    loss.lastMs = Math.max(loss.lastMs, lastMs);
    loss.first = Math.min(loss.first, first);
  }
  const rank = ({ outcome }: Loss) => (outcome === null ? 1 : 0);
  return [...losses.values()].sort((a, b) => rank(a) - rank(b) || b.requests - a.requests || a.first - b.first);
}

/** `at 20.2 s` or `from 20.2 s to 25.8 s`. */
export function whenText(firstMs: number, lastMs: number): string {
  const [from, to] = [timeText(firstMs), timeText(lastMs)];
  return from === to ? `at ${from}` : `from ${from} to ${to}`;
}

const PLACE_TEXT: Record<LossPlace['kind'], string> = {
  node: 'node',
  pod: 'pod',
  loadBalancer: 'load balancer',
  client: 'client',
  link: 'link',
};

const PLURAL: Record<LossPlace['kind'], string> = {
  node: 'nodes',
  pod: 'pods',
  loadBalancer: 'load balancers',
  client: 'clients',
  link: 'links',
};

/** `node a`, but `node-a` where the name says it. */
export function placeText({ kind, name }: LossPlace): string {
  const short = fitted(name.replace(/^default\//, ''), 60);
  return kind === 'node' && short.includes('node') ? short : `${PLACE_TEXT[kind]} ${short}`;
}

function placeOf({ place, pod, entryNode }: LossGroup): LossPlace | null {
  if (place !== null) return place;
  if (pod !== null) return { kind: 'pod', name: pod };
  return entryNode === null ? null : { kind: 'node', name: entryNode };
}

/** What all losses of an outcome, a cause and an event have in common, the most frequent first. */
export function worstLoss(losses: readonly Loss[]): { worst: Loss; places: LossPlace[] } | null {
  const kinds = new Map<string, { worst: Loss; places: LossPlace[] }>();
  for (const loss of losses) {
    const key = JSON.stringify([loss.outcome, loss.cause, loss.event?.path ?? null]);
    const kind = kinds.get(key);
    const places = loss.place === null ? [] : [loss.place];
    if (!kind) {
      kinds.set(key, { worst: { ...loss }, places });
      continue;
    }
    kind.worst.requests += loss.requests;
    kind.worst.firstMs = Math.min(kind.worst.firstMs, loss.firstMs);
    kind.worst.lastMs = Math.max(kind.worst.lastMs, loss.lastMs);
    const known = new Set(kind.places.map(({ name }) => name));
    kind.places.push(...places.filter(({ name }) => !known.has(name)));
  }
  const named = [...kinds.values()].sort(
    (a, b) =>
      Number(a.worst.outcome === null) - Number(b.worst.outcome === null) || b.worst.requests - a.worst.requests,
  );
  return named[0] ?? null;
}

/** `dropped on node a from 20.2 s to 25.8 s: traffic policy Local, and no endpoint on that node`. */
export function lossPhrase({ outcome, cause, firstMs, lastMs }: Loss, places: readonly LossPlace[]): string {
  const ended = outcome === null ? 'in many ways' : ENDED_TEXT[outcome];
  const why = causeText(cause);
  return `${ended}${placesText(places)} ${whenText(firstMs, lastMs)}${why === null ? '' : ` (${why})`}`;
}

function placesText(places: readonly LossPlace[]): string {
  const [first, second] = places;
  if (first === undefined) return '';
  const on = first.kind === 'node' ? 'on' : 'at';
  if (second === undefined) return ` ${on} ${placeText(first)}`;
  if (places.length === 2) return ` ${on} ${placeText(first)} and ${placeText(second)}`;
  const alike = places.every(({ kind }) => kind === first.kind);
  return ` ${on} ${places.length} ${alike ? PLURAL[first.kind] : 'places'}`;
}
