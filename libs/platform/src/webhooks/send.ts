/**
 * One attempt to deliver: one POST, with everything bounded. The name is resolved once, the addresses are checked, and the
 * connection goes to those and no other: what a name server says a moment later changes nothing. Redirects are answers like
 * others, bodies are not unpacked, and whatever happens it is over within `timeoutMs`.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AddressPolicy } from './address-policy.js';
import type { Resolve, ResolvedAddress } from './resolve.js';
import { readResponse, type SentResponse } from './response.js';
import { hostOf, urlProblem } from './url-rules.js';

/** In all: resolving, connecting, sending, and reading what comes back. */
export const ATTEMPT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;

export interface Exchange {
  startedAtMs: number;
  durationMs: number;
  requestHeaders: Record<string, string>;
  /** Null: none came. */
  response: SentResponse | null;
  /** Null: it was delivered. */
  error: AttemptError | null;
}

/** `gone`: whoever answered wants no more of these. */
export type AttemptCode = 'refused' | 'dns' | 'timeout' | 'tls' | 'connection' | 'redirect' | 'gone' | 'status';

export interface AttemptError {
  code: AttemptCode | 'secret-unreadable';
  message: string;
}

/** An attempt that ends before anything is answered. */
class NotSent extends Error {
  constructor(
    readonly code: AttemptCode,
    message: string,
  ) {
    super(message);
  }
}

export interface SenderOptions {
  policy: AddressPolicy;
  resolve: Resolve;
  userAgent: string;
  timeoutMs?: number;
  /** Certificates to trust instead of the system's. */
  ca?: string;
  now?: () => number;
}

export class Sender {
  private readonly timeoutMs: number;
  private readonly now: () => number;

  constructor(private readonly options: SenderOptions) {
    this.timeoutMs = options.timeoutMs ?? ATTEMPT_MS;
    this.now = options.now ?? Date.now;
  }

  /** Never rejects. `signal` ends it early. */
  async post(url: string, body: string, signed: Record<string, string>, signal: AbortSignal): Promise<Exchange> {
    const startedAtMs = this.now();
    const began = performance.now();
    const requestHeaders = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': this.options.userAgent,
      accept: '*/*',
      ...signed,
    };
    const ended = (response: SentResponse | null, error: AttemptError | null): Exchange => ({
      startedAtMs,
      durationMs: Math.round((performance.now() - began) * 10) / 10,
      requestHeaders,
      response,
      error,
    });
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs)]);
    try {
      const response = await this.exchange(new URL(url), body, requestHeaders, deadline);
      return ended(response, errorOf(response));
    } catch (error) {
      return ended(null, this.whyNotSent(error, deadline));
    }
  }

  private async exchange(url: URL, body: string, headers: Record<string, string>, deadline: AbortSignal) {
    const problem = urlProblem(url.href, this.options.policy);
    if (problem !== null) throw new NotSent('refused', `The URL may not be asked: ${problem}.`);
    const addresses = this.reachable(url, await this.resolved(hostOf(url), deadline));
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request(url, {
      method: 'POST',
      headers,
      lookup: pinnedTo(addresses),
      agent: secure ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false }),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal: deadline,
      ...(secure ? { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const } : {}),
      ...(secure && this.options.ca !== undefined ? { ca: this.options.ca } : {}),
    });
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      // For good: a connection that is given up may break once more.
      request.on('error', reject);
      // After an answer in another protocol nothing else comes.
      request.once('close', () => reject(new Error('The connection was closed before there was an answer.')));
    });
    request.end(body);
    try {
      return await readResponse(await orAborted(answered, deadline), deadline);
    } finally {
      request.destroy();
    }
  }

  private async resolved(host: string, deadline: AbortSignal): Promise<ResolvedAddress[]> {
    try {
      return await orAborted(this.options.resolve(host), deadline);
    } catch (error) {
      if (deadline.aborted) throw error;
      const { code = 'no answer' } = error as NodeJS.ErrnoException;
      throw new NotSent('dns', `The name ${host} cannot be resolved (${code}).`);
    }
  }

  /** Those of `addresses` that may be connected to. */
  private reachable(url: URL, addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
    const { policy } = this.options;
    const [first] = addresses;
    if (!first) throw new NotSent('dns', `The name ${hostOf(url)} has no address.`);
    const allowed = addresses.filter(({ address }) => policy.refusal(address) === null);
    if (allowed.length === 0)
      throw new NotSent(
        'refused',
        `${hostOf(url)} may not be asked: ${first.address} ${policy.refusal(first.address)}, and no network of WEBHOOK_ALLOW_NETWORKS has it.`,
      );
    if (url.protocol === 'https:') return allowed;
    const plain = allowed.filter(({ address }) => policy.isAllowed(address));
    if (plain.length === 0)
      throw new NotSent(
        'refused',
        `${hostOf(url)} may not be asked without TLS: no network of WEBHOOK_ALLOW_NETWORKS has ${first.address}.`,
      );
    return plain;
  }

  private whyNotSent(error: unknown, deadline: AbortSignal): AttemptError {
    if (error instanceof NotSent) return { code: error.code, message: error.message };
    if (deadline.aborted) return { code: 'timeout', message: `No answer within ${this.timeoutMs / 1000} s.` };
    const { code = '', message } = error as NodeJS.ErrnoException;
    const ofTls = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code);
    if (code === 'HPE_HEADER_OVERFLOW')
      return { code: 'connection', message: `The answer's headers are larger than ${MAX_HEADER_BYTES} bytes.` };
    return { code: ofTls ? 'tls' : 'connection', message: `${message.slice(0, 500)}${code ? ` (${code})` : ''}` };
  }
}

function errorOf({ status }: SentResponse): AttemptError | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return { code: 'redirect', message: `Answered with ${status}; redirects are not followed.` };
  if (status === 410) return { code: 'gone', message: 'Answered with 410: nothing more is wanted here.' };
  return { code: 'status', message: `Answered with ${status}.` };
}

/** Nobody is asked again: the connection goes to one of `addresses`. */
function pinnedTo(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    if (all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
