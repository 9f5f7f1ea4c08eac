/**
 * Signatures as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. A
 * receiver that knows one of the secrets finds its signature in the list.
 */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** What the specification asks of a secret. */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

export function newSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`;
}

/** `whsec_` and base64 of 24 to 64 bytes, written as base64 is. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const key = keyOf(text);
  return key.length >= LEAST_BYTES && key.length <= MOST_BYTES && key.toString('base64') === text.slice(PREFIX.length);
}

export interface SignedMessage {
  /** The same for all attempts. */
  id: string;
  atMs: number;
  body: string;
}

/** The three headers; one signature for each secret, which is how a secret is changed without a gap. */
export function signedHeaders({ id, atMs, body }: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const seconds = Math.floor(atMs / 1000);
  const signatureBy = (secret: string) =>
    `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map(signatureBy).join(' '),
  };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}
