import { describe, expect, it } from 'vitest';
import type { HttpExchange, Outcome } from '#sim';
import type { HttpStep } from './http-client.js';
import { httpCommandText, httpOutputLines } from './http-text.js';

const step: HttpStep = {
  do: 'curl',
  tool: 'curl',
  on: { client: 'laptop' },
  url: 'http://10.240.0.5:31234/',
  forEachNode: null,
  connectTimeoutNs: null,
  maxTimeNs: null,
  grep: null,
};
const wget: HttpStep = { ...step, tool: 'wget', on: { pod: 'default/busybox' } };

function exchange(outcome: Outcome, more: Partial<HttpExchange> = {}): HttpExchange {
  const answered = outcome === 'ok' ? { status: 200, body: 'hello\n' } : { status: null, body: '' };
  const url = 'http://10.240.0.5:31234/';
  return { node: null, url, method: 'GET', request: 1, outcome, headers: {}, elapsedNs: 1.001e9, ...answered, ...more };
}

describe('curl', () => {
  it.each<[Outcome, Partial<HttpStep>, string]>([
    ['ok', {}, 'hello'],
    ['rejected', {}, 'curl: (7) Failed to connect to 10.240.0.5 port 31234: Connection refused'],
    ['refused', {}, 'curl: (7) Failed to connect to 10.240.0.5 port 31234: Connection refused'],
    ['unreachable', {}, 'curl: (7) Failed to connect to 10.240.0.5 port 31234: No route to host'],
    ['reset', {}, 'curl: (56) Recv failure: Connection reset by peer'],
    ['dropped', {}, 'curl: (28) Failed to connect to 10.240.0.5 port 31234: Connection timed out'],
    ['dropped', { connectTimeoutNs: 1.001e9 }, 'curl: (28) Connection timed out after 1001 milliseconds'],
    ['dropped', { maxTimeNs: 1e9 }, 'curl: (28) Connection timed out after 1001 milliseconds'],
    ['timeout', { connectTimeoutNs: 1e9, maxTimeNs: 5e9 }, 'curl: (28) Connection timed out after 1001 milliseconds'],
    ['timeout', { maxTimeNs: 1e9 }, 'curl: (28) Operation timed out after 1001 milliseconds with 0 bytes received'],
  ])('ends a request that was %s (%o) with %s', (outcome, options, line) => {
    expect(httpOutputLines({ ...step, ...options }, [exchange(outcome)])).toEqual([line]);
  });

  it('shows a load balancer without nodes as silence or refusal, by the time that it took', () => {
    const limited = { ...step, connectTimeoutNs: 1e9 };
    expect(httpOutputLines(limited, [exchange('lb-unavailable', { elapsedNs: 2e6 })])[0]).toContain('refused');
    expect(httpOutputLines(limited, [exchange('lb-unavailable', { elapsedNs: 1e9 })])[0]).toContain('timed out');
  });

  it('tells the status of an error, which curl itself keeps to the headers', () => {
    const answer = exchange('http-error', { status: 503, body: 'No Service Endpoints Found' });
    expect(httpOutputLines(step, [answer])).toEqual(['No Service Endpoints Found', '# HTTP 503']);
  });

  it('leaves out the scheme and a lone slash, and quotes what a shell would read', () => {
    expect(httpCommandText(step, [])).toBe('curl 10.240.0.5:31234');
    expect(httpCommandText({ ...step, url: 'http://a/?x=1&y=2', maxTimeNs: 1.5e9 }, [])).toBe(
      "curl --max-time 1.5 'a/?x=1&y=2'",
    );
  });
});

describe('a loop over nodes', () => {
  const loop: HttpStep = {
    ...step,
    url: 'http://$node:31234',
    forEachNode: ['n1', 'n2'],
    connectTimeoutNs: 1e9,
    grep: 'CLIENT_address',
  };
  const exchanges = [
    exchange('ok', { node: 'n1', url: 'http://10.240.0.4:31234', body: 'CLIENT VALUES:\nclient_address=1.2.3.4\n' }),
    exchange('dropped', { node: 'n2', url: 'http://10.240.0.5:31234' }),
  ];

  it('is written over the addresses that $node stood for', () => {
    expect(httpCommandText(loop, exchanges)).toBe(
      'for node in 10.240.0.4 10.240.0.5; do curl -s --connect-timeout 1 $node:31234 | grep -i CLIENT_address; done',
    );
  });

  it('prints the lines that match, and a comment for a request that printed nothing', () => {
    expect(httpOutputLines(loop, exchanges)).toEqual([
      'client_address=1.2.3.4',
      '# curl: exit 28 after 1.0s (node n2, dropped)',
    ]);
  });

  it('keeps the brackets of an IPv6 node out of the address', () => {
    const url = 'http://[fd00::4]:31234';
    const command = httpCommandText({ ...loop, url: 'http://[$node]:31234' }, [exchange('ok', { node: 'n1', url })]);
    expect(command).toContain('for node in fd00::4; do curl -s --connect-timeout 1 "[$node]:31234"');
    expect(httpOutputLines(step, [exchange('refused', { url })])[0]).toContain('connect to fd00::4 port 31234');
  });
});

describe('wget', () => {
  it.each<[Outcome, string]>([
    ['ok', 'hello'],
    ['refused', "wget: can't connect to remote host (10.240.0.5): Connection refused"],
    ['timeout', "wget: can't connect to remote host (10.240.0.5): Connection timed out"],
    ['reset', 'wget: error getting response: Connection reset by peer'],
  ])('of BusyBox ends a request that was %s with %s', (outcome, line) => {
    expect(httpOutputLines(wget, [exchange(outcome)])).toEqual([line]);
  });

  it('of BusyBox gives up with a message after -T', () => {
    const limited = { ...wget, connectTimeoutNs: 5e9 };
    expect(httpCommandText(limited, [])).toBe('wget -qO - -T 5 10.240.0.5:31234');
    expect(httpOutputLines(limited, [exchange('dropped')])).toEqual(['wget: download timed out']);
  });

  it('of GNU is silent with -q, so a comment tells its exit code', () => {
    const gnu: HttpStep = { ...wget, on: { node: 'n1' } };
    expect(httpOutputLines(gnu, [exchange('refused')])).toEqual(['# wget: exit 4 after 1.0s (refused)']);
    const answer = exchange('http-error', { status: 503, body: 'x' });
    expect(httpOutputLines(gnu, [answer])).toEqual(['# wget: exit 8 after 1.0s (HTTP 503)']);
    expect(httpOutputLines(wget, [answer])).toEqual(['wget: server returned error: HTTP/1.1 503']);
  });
});
