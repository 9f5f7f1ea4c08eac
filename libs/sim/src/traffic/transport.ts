/**
 * What TCP, UDP and SCTP make of the network: handshakes before a request, errors that end it, packets that are sent again.
 *
 * Models: TCP's three-way and SCTP's four-way handshake; a datagram and its answer; which ICMP errors a client hears of.
 * Source: RFC 9293, RFC 9260 section 5.1; net/ipv4/icmp.c (icmp_err_convert), tcp_ipv4.c, udp.c, net/sctp/input.c: "port
 *   unreachable" ends TCP and UDP, "host unreachable" TCP alone, and SCTP keeps either until it has timed out anyway;
 *   nf_conntrack_sctp_timeout_cookie_wait (3 s) is over when an INIT is sent again; resolv.conf(5) (5 s).
 * Simplified: UDP clients connect their sockets, others hear of no error; a datagram is never sent again; data follows SCTP's handshake.
 * Who could tell: someone with unconnected UDP sockets, with retries, or who bundles data with COOKIE ECHO.
 */
import type { Protocol } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { type Attempts, initAttempts, ONE_ATTEMPT, synAttempts } from './attempts.js';

export interface Transport {
  readonly protocol: Protocol;
  /** 0 … TRANSPORT_COUNT - 1. */
  readonly index: number;
  /** Round trips before the request is sent. */
  readonly handshakes: number;
  /** ICMP "port unreachable" ends the request. */
  readonly heedsRejection: boolean;
  /** So does "host unreachable". */
  readonly heedsNoNeighbour: boolean;
  /** The sender's own call fails where a rule drops the packet in OUTPUT. */
  readonly failsOnOutput: boolean;
  /** When the first packet is sent again, conntrack still knows it. */
  readonly isRemembered: boolean;
  /** HTTP, as far as this model goes. */
  readonly hasStatus: boolean;
  /** How long a client waits for an answer that does not say. */
  readonly answerTimeoutNs: Nanos;
  /** When a client with that kernel sends its first packet again. */
  attempts(kernel: string): Attempts;
}

export const TRANSPORT_COUNT = 3;

export const TRANSPORTS: Readonly<Record<Protocol, Transport>> = {
  TCP: {
    protocol: 'TCP',
    index: 0,
    handshakes: 1,
    heedsRejection: true,
    heedsNoNeighbour: true,
    failsOnOutput: false,
    isRemembered: true,
    hasStatus: true,
    answerTimeoutNs: Infinity,
    attempts: synAttempts,
  },
  UDP: {
    protocol: 'UDP',
    index: 1,
    handshakes: 0,
    heedsRejection: true,
    heedsNoNeighbour: false,
    failsOnOutput: true,
    isRemembered: true,
    hasStatus: false,
    answerTimeoutNs: 5e9,
    attempts: () => ONE_ATTEMPT,
  },
  SCTP: {
    protocol: 'SCTP',
    index: 2,
    handshakes: 2,
    heedsRejection: false,
    heedsNoNeighbour: false,
    failsOnOutput: false,
    isRemembered: false,
    hasStatus: false,
    answerTimeoutNs: Infinity,
    attempts: initAttempts,
  },
};
