import { expect, it } from 'vitest';
import { echoBody } from './echo-server.js';

const request = {
  clientAddress: '10.240.0.5',
  method: 'GET',
  path: '/',
  query: null,
  host: '10.240.0.4:31234',
  tool: 'curl' as const,
  forwardedFor: null,
};

it('a pod answers like echoserver 1.4: its own port in the URI, the typed one in the header', () => {
  expect(echoBody(request)).toBe(`CLIENT VALUES:
client_address=10.240.0.5
command=GET
real path=/
query=nil
request_version=1.1
request_uri=http://10.240.0.4:8080/

SERVER VALUES:
server_version=nginx: 1.10.0 - lua: 10001

HEADERS RECEIVED:
accept=*/*
host=10.240.0.4:31234
user-agent=curl/7.68.0
BODY:
-no body in request-`);
});

it('shows the query, and what a load balancer says of the client', () => {
  const body = echoBody({
    ...request,
    path: '/a',
    query: 'b=c',
    forwardedFor: { header: 'x-forwarded-for', client: '198.51.100.79' },
    tool: 'wget',
  });
  const lines = body.split('\n');
  for (const line of ['real path=/a?b=c', 'query=b=c', 'user-agent=Wget', 'x-forwarded-for=198.51.100.79'])
    expect(lines).toContain(line);
});
