/**
 * When TCP sends again what nobody acknowledges on a connection that stands.
 *
 * Models: the first time after 200 ms, then after twice as long each time, at most 120 s; it gives up 120 s after the 15th.
 * Source: net/ipv4/tcp_timer.c; TCP_RTO_MIN, TCP_RTO_MAX; ip-sysctl: tcp_retries2 (924.6 s).
 * Simplified: the round trip's share of the first 200 ms.
 * Who could tell: someone whose round trips are long beside 200 ms.
 */
import type { Nanos } from '../scenario.js';

const FIRST_NS = 200e6;
const LONGEST_NS = 120e9;
/** tcp_retries2: what is sent and never acknowledged ends a connection. Nobody waits longer for an answer, either. */
export const RETRANSMISSIONS_NS = 924.6e9;

/** The first time, not before `notBeforeNs`, that a segment is sent again which was sent at `sentNs`; Infinity: it never is. */
export function sentAgainNs(sentNs: Nanos, notBeforeNs: Nanos): Nanos {
  let atNs = sentNs;
  for (let waitNs = FIRST_NS; ; waitNs = Math.min(2 * waitNs, LONGEST_NS)) {
    atNs += waitNs;
    if (atNs - sentNs >= RETRANSMISSIONS_NS) return Infinity;
    if (atNs >= notBeforeNs) return atNs;
  }
}
