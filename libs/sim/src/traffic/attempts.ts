/**
 * When a client's kernel sends the first packet of a connection again, and when it gives up.
 *
 * Models: TCP's SYN: exponential backoff from 1 s; from Linux 6.5 on the first four retransmissions one second apart.
 *   SCTP's INIT: exponential backoff from 3 s up to 60 s.
 * Source: tcp(7) tcp_syn_retries (6) and tcp_syn_linear_timeouts (4, Linux 6.5), as in the kernel's ip-sysctl; for SCTP
 *   rto_initial (3 s), rto_max (60 s) and max_init_retransmits (8) there, sctp_cmd_t1_timer_update in net/sctp/sm_sideeffect.c.
 * Simplified: no jitter of the timer.
 * Who could tell: nobody below a few milliseconds.
 */
const SECOND = 1e9;
const CLASSIC = [0, 1, 3, 7, 15, 31, 63];
const CLASSIC_GIVES_UP = 127;
const LINEAR = [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67];
const LINEAR_GIVES_UP = 131;
const INITS = [0, 3, 9, 21, 45, 93, 153, 213, 273];
const INITS_GIVE_UP = 333;

export interface Attempts {
  /** Ns after the first packet, one for each that is sent. */
  readonly sentNs: readonly number[];
  /** Ns after the first packet: connect() fails with ETIMEDOUT. */
  readonly givesUpNs: number;
}

/** Nothing is sent again. */
export const ONE_ATTEMPT: Attempts = { sentNs: [0], givesUpNs: Infinity };

/** `kernel`: `major.minor` of the client's Linux; a text that is none counts as an older one. */
export function synAttempts(kernel: string): Attempts {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const linear = major > 6 || (major === 6 && minor >= 5);
  return linear ? inSeconds(LINEAR, LINEAR_GIVES_UP) : inSeconds(CLASSIC, CLASSIC_GIVES_UP);
}

/** The same in every kernel. */
export function initAttempts(): Attempts {
  return inSeconds(INITS, INITS_GIVE_UP);
}

function inSeconds(sent: readonly number[], givesUp: number): Attempts {
  return { sentNs: sent.map((seconds) => seconds * SECOND), givesUpNs: givesUp * SECOND };
}
