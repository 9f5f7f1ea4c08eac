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
  /** The Host header: what the client typed. */
  host: string;
  userAgent: string;
  /** Added by a load balancer on the way. */
  forwardedFor: string | null;
}

export const ECHO_HEADERS: Readonly<Record<string, string>> = {
  Server: 'nginx/1.10.0',
  'Content-Type': 'text/plain',
};

export function echoBody(request: EchoRequest): string {
  const lines = [
    'CLIENT VALUES:',
    `client_address=${request.clientAddress}`,
    `command=${request.method}`,
    `real path=${request.path}`,
    'query=nil',
    'request_version=1.1',
    `request_uri=http://${request.host}:8080${request.path}`,
    '',
    'SERVER VALUES:',
    'server_version=nginx: 1.10.0 - lua: 10001',
    '',
    'HEADERS RECEIVED:',
    'accept=*/*',
    `host=${request.host}`,
    `user-agent=${request.userAgent}`,
  ];
  if (request.forwardedFor !== null) lines.push(`x-forwarded-for=${request.forwardedFor}`);
  return `${[...lines, 'BODY:', '-no body in request-'].join('\n')}`;
}
