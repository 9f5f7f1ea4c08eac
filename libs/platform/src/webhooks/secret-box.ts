/**
 * How secrets lie in the database. They are needed to sign, so they cannot be hashed: with `WEBHOOK_SECRET_KEYS` they are
 * encrypted with a key that the database does not have (AES-256-GCM, bound to their webhook); without, they lie there as
 * they are. Several keys: the first encrypts, all decrypt, so that a key can be changed.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const SEALED = 'aes256gcm:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key that the secret was encrypted with is none of those that are configured, or it is another webhook's. */
export class SecretUnreadable extends Error {
  constructor(webhookId: string) {
    super(`the secret of webhook ${webhookId} cannot be decrypted with any key of WEBHOOK_SECRET_KEYS`);
  }
}

export class SecretBox {
  private readonly keys: readonly Buffer[];

  /** `keys`: texts with enough chance in them; none: secrets are kept as they are. */
  constructor(keys: readonly string[]) {
    this.keys = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'hairpin webhook secrets', 32)));
  }

  seal(secret: string, webhookId: string): string {
    const [key] = this.keys;
    if (!key) return secret;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(webhookId));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${SEALED}${sealed.toString('base64url')}`;
  }

  /** Throws SecretUnreadable. */
  open(stored: string, webhookId: string): string {
    if (!stored.startsWith(SEALED)) return stored;
    const sealed = Buffer.from(stored.slice(SEALED.length), 'base64url');
    for (const key of this.keys) {
      const secret = decrypted(sealed, key, webhookId);
      if (secret !== null) return secret;
    }
    throw new SecretUnreadable(webhookId);
  }
}

function decrypted(sealed: Buffer, key: Buffer, webhookId: string): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(webhookId))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
