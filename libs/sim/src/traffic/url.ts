/** URLs as people type them to curl: `http://10.0.0.1:8080/path`, `10.0.0.1`, `localhost:32122/healthz`. */

export interface Target {
  host: string;
  port: number;
  path: string;
  /** Behind the question mark; null without one. */
  query: string | null;
  /** What curl puts into the Host header. */
  authority: string;
}

const URL_FORM =
  /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.$_-]+)(?::(\d{1,5}))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i;

/** Null where the text is no http(s) URL. */
export function parseUrl(text: string): Target | null {
  const match = URL_FORM.exec(text);
  if (match === null) return null;
  const [, scheme, rawHost = '', rawPort, path = '/', query = null] = match;
  const port = rawPort === undefined ? (scheme?.toLowerCase() === 'https' ? 443 : 80) : Number(rawPort);
  if (port < 1 || port > 65535) return null;
  const host = rawHost.startsWith('[') ? rawHost.slice(1, -1) : rawHost;
  return { host, port, path, query, authority: rawPort === undefined ? rawHost : `${rawHost}:${rawPort}` };
}
