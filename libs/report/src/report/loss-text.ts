/** Why requests failed, in words. */
import type { Cause, LossGroup, Outcome } from '#sim';
import { countText, timeText } from './figures.js';

/** Causes whose name does not say it all; the others are their names. */
const CAUSE_TEXT: Partial<Record<Cause, string>> = {
  'no-endpoint': 'the service has no endpoint that may be used',
  'no-local-endpoint': 'traffic policy Local, and no endpoint on that node',
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

/** `were dropped`, as a client met it. */
export const ENDED_TEXT: Record<Outcome, string> = {
  ok: 'were answered',
  dropped: 'were dropped',
  rejected: 'were rejected',
  refused: 'were refused',
  reset: 'were reset',
  timeout: 'timed out',
  unreachable: 'found no way',
  'lb-unavailable': 'found no node behind the load balancer',
  'http-error': 'were answered with an error',
};

/** Losses that differ in nothing but the rule: how they ended, why, where. */
export interface Loss {
  outcome: Outcome | null;
  cause: Cause | null;
  /** The node that the packet had come to, or the pod; null where it came to none. */
  place: string | null;
  requests: number;
  firstMs: number;
  lastMs: number;
  first: number;
  /** In words; of the largest part. */
  reason: string | null;
}

/** The greatest first; what stands for many is last. */
export function lossesOf(groups: readonly LossGroup[]): Loss[] {
  const losses = new Map<string, Loss>();
  for (const group of groups) {
    const { outcome, cause, requests, firstMs, lastMs, first, reason } = group;
    const place = group.pod ?? group.entryNode;
    const key = JSON.stringify([outcome, cause, place, cause === null ? reason : null]);
    const loss = losses.get(key);
    if (!loss) {
      losses.set(key, { outcome, cause, place, requests, firstMs, lastMs, first, reason });
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

/** `127 were dropped on a from 20.2 s to 25.8 s: traffic policy Local, and no endpoint on that node`. */
export function lossSentence({ outcome, cause, place, requests, firstMs, lastMs }: Loss): string {
  const ended = outcome === null ? 'failed in other ways' : ENDED_TEXT[outcome];
  const was = requests === 1 ? ended.replace(/^were /, 'was ') : ended;
  const where = place === null ? '' : ` ${place.includes('/') ? 'at' : 'on'} ${place.replace(/^default\//, '')}`;
  const why = causeText(cause);
  return `${countText(requests)} ${was}${where} ${whenText(firstMs, lastMs)}${why === null ? '' : `: ${why}`}`;
}
