/** Which URLs a webhook may have, as far as that can be told without asking anybody. The address is looked at again when it is connected to. */
import { isIP } from 'node:net';
import type { AddressPolicy } from './address-policy.js';

export const MAX_URL_CHARS = 2048;

/** Below it are the ports of the system's services, of which none is a webhook but HTTP's own. */
const FIRST_FREE_PORT = 1024;
const HTTP_PORTS = [80, 443];

/** The host as a connection takes it: an address without its brackets, or a name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Null for a URL that may be stored; else what is wrong with it, in a sentence that begins with "it". */
export function urlProblem(text: string, policy: AddressPolicy): string | null {
  if (text.length > MAX_URL_CHARS) return `it is longer than ${MAX_URL_CHARS} characters`;
  if (!URL.canParse(text)) return 'it is no absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it is neither https nor http';
  if (url.protocol === 'http:' && !policy.allowsSome)
    return 'it is not https; plain http may only lead into a network of WEBHOOK_ALLOW_NETWORKS';
  if (url.username !== '' || url.password !== '') return 'it carries a user name or a password';
  if (url.hash !== '') return 'it has a fragment, which is not sent';
  const port = Number(url.port);
  if (url.port !== '' && port < FIRST_FREE_PORT && !HTTP_PORTS.includes(port))
    return `its port is ${port}; 80, 443 and those from ${FIRST_FREE_PORT} on may be used`;
  return hostProblem(hostOf(url), policy);
}

function hostProblem(host: string, policy: AddressPolicy): string | null {
  const address = /^(.+\.)?localhost\.?$/.test(host) ? '127.0.0.1' : host;
  if (isIP(address) === 0) return null;
  const refusal = policy.refusal(address);
  return refusal === null ? null : `its host ${refusal}, and no network of WEBHOOK_ALLOW_NETWORKS has it`;
}
