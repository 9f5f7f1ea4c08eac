/**
 * What a pod answers: echoserver 1.4, the image of the source-IP tutorial.
 *
 * Models: the plain-text body with client_address as the pod's kernel saw it.
 * Source: the output that the tutorial prints; the image's nginx/lua template for the lines that it leaves out.
 * Simplified: every pod answers like this, whatever its image; request headers are the tool's own.
 * Who could tell: someone who reads the body for anything but the address.
 */
export interface EchoRequest {
  clientAddress: string;
  method: string;
  path: string;
  query: string | null;
  /** The Host header: what the client typed. */
  host: string;
  tool: 'curl' | 'wget';
  /** Added by a load balancer on the way. */
  forwardedFor: { header: string; client: string } | null;
}

export const ECHO_HEADERS: Readonly<Record<string, string>> = {
  Server: 'nginx/1.10.0',
  'Content-Type': 'text/plain',
};

/** In the order of their names, as the image prints them. */
const TOOL_HEADERS = {
  curl: { before: ['accept=*/*'], after: ['user-agent=curl/7.68.0'] },
  wget: { before: ['connection=close'], after: ['user-agent=Wget'] },
};

export function echoBody({ clientAddress, method, path, query, host, tool, forwardedFor }: EchoRequest): string {
  const target = query === null ? path : `${path}?${query}`;
  const headers = TOOL_HEADERS[tool];
  return [
    'CLIENT VALUES:',
    `client_address=${clientAddress}`,
    `command=${method}`,
    `real path=${target}`,
    `query=${query ?? 'nil'}`,
    'request_version=1.1',
    `request_uri=http://${host.replace(/:\d+$/, '')}:8080${target}`,
    '',
    'SERVER VALUES:',
    'server_version=nginx: 1.10.0 - lua: 10001',
    '',
    'HEADERS RECEIVED:',
    ...headers.before,
    ...(forwardedFor?.header === 'forwarded' ? [`forwarded=for=${nodeText(forwardedFor.client)}`] : []),
    `host=${host}`,
    ...headers.after,
    ...(forwardedFor?.header === 'x-forwarded-for' ? [`x-forwarded-for=${forwardedFor.client}`] : []),
    'BODY:',
    '-no body in request-',
  ].join('\n');
}

/** RFC 7239: an IPv6 address stands in brackets and quotes. */
function nodeText(ip: string): string {
  return ip.includes(':') ? `"[${ip}]"` : ip;
}
