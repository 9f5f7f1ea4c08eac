import type { HttpExchange } from '#sim';
import { type ClientEnd, type HttpStep, hostAndPort, type SocketFailure, socketFailure } from './http-client.js';

/** wget's words before the URL. Both implementations know `-T`, which bounds the connection as well as the answer. */
export function wgetWords(step: HttpStep): string[] {
  const timeoutNs = step.maxTimeNs ?? step.connectTimeoutNs;
  return ['wget', '-qO -', ...(timeoutNs === null ? [] : [`-T ${timeoutNs / 1e9}`])];
}

/**
 * How wget ends. A pod has BusyBox's wget, which reports errors in spite of `-q`; elsewhere it is GNU's, which then
 * says nothing and tells by its exit code: 4 for the network, 8 for an answer that is an error.
 *
 * Source: busybox networking/wget.c; wget(1), exit status.
 */
export function wgetEnd(step: HttpStep, exchange: HttpExchange): ClientEnd {
  const busybox = 'pod' in step.on;
  const failure = socketFailure(step, exchange);
  if (failure !== null) {
    return busybox ? busyboxError(failure, exchange) : { exitCode: 4, body: '', message: '' };
  }
  if ((exchange.status ?? 200) < 400) return { exitCode: 0, body: exchange.body, message: '' };
  if (!busybox) return { exitCode: 8, body: '', message: '' };
  return { exitCode: 1, body: '', message: `wget: server returned error: HTTP/1.1 ${exchange.status}` };
}

function busyboxError(failure: SocketFailure, { url }: HttpExchange): ClientEnd {
  const cannotConnect = `can't connect to remote host (${hostAndPort(url).host})`;
  const messages: Record<SocketFailure, string> = {
    refused: `${cannotConnect}: Connection refused`,
    noRoute: `${cannotConnect}: No route to host`,
    reset: 'error getting response: Connection reset by peer',
    connectTimeout: 'download timed out',
    requestTimeout: 'download timed out',
    kernelTimeout: `${cannotConnect}: Connection timed out`,
  };
  return { exitCode: 1, body: '', message: `wget: ${messages[failure]}` };
}
