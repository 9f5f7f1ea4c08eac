import type { HttpExchange } from '#sim';
import { type ClientEnd, type HttpStep, hostAndPort, type SocketFailure, socketFailure } from './http-client.js';

/** curl's words before the URL. */
export function curlWords(step: HttpStep, silent: boolean): string[] {
  return [
    'curl',
    ...(silent ? ['-s'] : []),
    ...(step.connectTimeoutNs === null ? [] : [`--connect-timeout ${seconds(step.connectTimeoutNs)}`]),
    ...(step.maxTimeNs === null ? [] : [`--max-time ${seconds(step.maxTimeNs)}`]),
  ];
}

/**
 * How curl ends: the body, or an exit code with its message, which `-s` keeps to itself.
 *
 * Source: libcurl-errors(3) for the codes; the messages of curl 7.68 (they changed in 7.83 and later).
 */
export function curlEnd(step: HttpStep, exchange: HttpExchange, silent: boolean): ClientEnd {
  const failure = socketFailure(step, exchange);
  if (failure === null) return { exitCode: 0, body: exchange.body, message: '' };
  const [exitCode, message] = curlError(failure, exchange);
  return { exitCode, body: '', message: silent ? '' : `curl: (${exitCode}) ${message}` };
}

function curlError(failure: SocketFailure, { url, elapsedNs }: HttpExchange): [exitCode: number, message: string] {
  const { host, port } = hostAndPort(url);
  const milliseconds = Math.round(elapsedNs / 1e6);
  switch (failure) {
    case 'refused':
      return [7, `Failed to connect to ${host} port ${port}: Connection refused`];
    case 'noRoute':
      return [7, `Failed to connect to ${host} port ${port}: No route to host`];
    case 'reset':
      return [56, 'Recv failure: Connection reset by peer'];
    case 'connectTimeout':
      return [28, `Connection timed out after ${milliseconds} milliseconds`];
    case 'requestTimeout':
      return [28, `Operation timed out after ${milliseconds} milliseconds with 0 bytes received`];
    case 'kernelTimeout':
      return [28, `Failed to connect to ${host} port ${port}: Connection timed out`];
  }
}

function seconds(durationNs: number): string {
  return String(durationNs / 1e9);
}
