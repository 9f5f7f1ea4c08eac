import type { HttpExchange, Step } from '#sim';

export type HttpStep = Extract<Step, { do: 'curl' }>;

/** What a command-line HTTP client leaves behind on the terminal. */
export interface ClientEnd {
  exitCode: number;
  /** On stdout, so grep sees it. */
  body: string;
  /** On stderr; empty where the client says nothing. */
  message: string;
}

/** How a request failed in terms of the sockets API, which is what clients report; null: an answer came. */
export type SocketFailure = 'refused' | 'noRoute' | 'reset' | 'connectTimeout' | 'requestTimeout' | 'kernelTimeout';

/** Past this a client without a timeout of its own was not refused: it waited for the kernel to give up. */
const SOON_NS = 1e9;

export function socketFailure(step: HttpStep, exchange: HttpExchange): SocketFailure | null {
  switch (exchange.outcome) {
    case 'ok':
    case 'http-error':
      return null;
    case 'rejected':
    case 'refused':
      return 'refused';
    case 'unreachable':
      return 'noRoute';
    case 'reset':
      return 'reset';
    case 'dropped':
    case 'timeout':
      return timeoutKind(step, exchange);
    case 'lb-unavailable':
      // Some load balancers refuse, others stay silent; the time tells which one it was.
      return exchange.elapsedNs < (smallestTimeoutNs(step) ?? SOON_NS) ? 'refused' : timeoutKind(step, exchange);
  }
}

/** A packet that was dropped never made a connection; of other silence only the time tells which limit ended it. */
function timeoutKind(step: HttpStep, { outcome, elapsedNs }: HttpExchange): SocketFailure {
  const { connectTimeoutNs, maxTimeNs } = step;
  if (connectTimeoutNs === null && maxTimeNs === null) return 'kernelTimeout';
  const tookAll = maxTimeNs !== null && elapsedNs >= maxTimeNs;
  return tookAll && outcome !== 'dropped' ? 'requestTimeout' : 'connectTimeout';
}

function smallestTimeoutNs({ connectTimeoutNs, maxTimeNs }: HttpStep): number | null {
  if (connectTimeoutNs === null || maxTimeNs === null) return connectTimeoutNs ?? maxTimeNs;
  return Math.min(connectTimeoutNs, maxTimeNs);
}

/** Where a URL connects to: `http://[fd00::1]:31234/x` is host `fd00::1`, port `31234`. */
export function hostAndPort(url: string): { host: string; port: string } {
  const authority = url.replace(/^[a-z]+:\/\//i, '').replace(/[/?#].*$/s, '');
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority);
  return { host: match?.[1] ?? match?.[2] ?? authority, port: match?.[3] ?? '80' };
}
