/** The target of a curl or wget step, as far as the model can call it. */
import { parseIp } from '#sim';
import { type IssueList, shown } from '../issues.js';
import { refuseUrlPart } from '../not-modelled.js';
import type { Path } from '../pointer.js';

const URL = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)([/?#].*)?$/i;
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?$/i;

/** The host that a URL names, without brackets; empty where there is none. */
export function hostOf(url: string): string {
  const [, , authority = ''] = URL.exec(url) ?? [];
  return (HOST_AND_PORT.exec(authority)?.[1] ?? '').replace(/^\[|\]$/g, '');
}

/** Reports what cannot be called; names are looked up with the other references. True where nothing is wrong. `perNode`: the step has a forEach. */
export function isCallable(url: string, perNode: boolean, at: Path, issues: IssueList): boolean {
  const [, scheme, authority = ''] = URL.exec(url) ?? [];
  const [, host = '', port] = HOST_AND_PORT.exec(authority) ?? [];
  const isBare = (parseIp(authority) ?? parseIp(authority.replace(/:\d+$/, '')))?.family === 'IPv6';
  const bad = (message: string, hint?: string) => {
    issues.add('bad-url', at, message, hint);
    return false;
  };
  if (scheme !== undefined && scheme.toLowerCase() !== 'http') {
    if (scheme.toLowerCase() !== 'https') return bad(`${shown(scheme)} is no scheme that curl and wget have here.`);
    refuseUrlPart('HTTPS', at, 'There is: http.', issues);
    return false;
  }
  if (authority.includes('@'))
    return bad('A URL with a user name is never stored.', 'Leave the user name and the password out.');
  if (isBare) return bad('An IPv6 address stands in brackets.', 'Write http://[fd00::1]:80.');
  if (host === '' || /\s/.test(url)) return bad(`${shown(url)} has no host, or blanks.`);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    return bad(
      `${shown(port)} is no port.`,
      port.startsWith('$') ? 'Write the number; cluster.allocations.nodePort fixes it.' : 'Ports are 1 to 65535.',
    );
  }
  return isCallableHost(host, perNode, at, issues);
}

function isCallableHost(host: string, perNode: boolean, at: Path, issues: IssueList): boolean {
  if (host === '$node') {
    if (!perNode) issues.add('bad-url', at, '$node needs forEach: {node: […]}.');
    return perNode;
  }
  if (host.toLowerCase() === 'localhost') return true;
  const isBracketed = host.startsWith('[');
  const ip = parseIp(isBracketed ? host.slice(1, -1) : host);
  if (ip !== null && isBracketed === (ip.family === 'IPv6')) return true;
  if (isBracketed || /^[0-9.]+$/.test(host)) issues.add('bad-address', at, `${shown(host)} is not an IP address.`);
  else if (host.startsWith('$'))
    issues.add('bad-url', at, `There is no variable ${shown(host)}.`, 'There is: $node, with forEach.');
  else if (NAME.test(host)) return true;
  else issues.add('bad-url', at, `${shown(host)} is no host.`);
  return false;
}
