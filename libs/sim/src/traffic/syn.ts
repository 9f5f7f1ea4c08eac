/**
 * When a client's kernel sends its SYN again, and when it gives up.
 *
 * Models: exponential backoff from 1 s; from Linux 6.5 on the first four retransmissions one second apart.
 * Source: tcp(7) tcp_syn_retries (6) and tcp_syn_linear_timeouts (4, Linux 6.5), as in the kernel's ip-sysctl.
 * Simplified: no jitter of the timer.
 * Who could tell: nobody below a few milliseconds.
 */
const SECOND = 1e9;
const CLASSIC = [0, 1, 3, 7, 15, 31, 63];
const CLASSIC_GIVES_UP = 127;
const LINEAR = [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67];
const LINEAR_GIVES_UP = 131;

export interface SynSchedule {
  /** Ns after the first SYN, one for each that is sent. */
  sentNs: readonly number[];
  /** Ns after the first SYN: connect() fails with ETIMEDOUT. */
  givesUpNs: number;
}

/** `kernel`: `major.minor` of the client's Linux; a text that is none counts as an older one. */
export function synSchedule(kernel: string): SynSchedule {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const linear = major > 6 || (major === 6 && minor >= 5);
  return {
    sentNs: (linear ? LINEAR : CLASSIC).map((seconds) => seconds * SECOND),
    givesUpNs: (linear ? LINEAR_GIVES_UP : CLASSIC_GIVES_UP) * SECOND,
  };
}
