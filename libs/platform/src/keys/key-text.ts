/**
 * What a key looks like: `hp_`, its id, by which it is looked up, and a secret of 256 random bits. SHA-256 is enough of a
 * hash for such a secret: there is nothing to guess that a slow hash would have to protect.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORM = /^hp_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export function newKeyId(): string {
  return randomBytes(8).toString('hex');
}

export function newKey(id: string): string {
  return `hp_${id}_${randomBytes(32).toString('base64url')}`;
}

/** Null: no key that is stored looks like this. */
export function keyIdOf(key: string): string | null {
  return FORM.exec(key)?.[1] ?? null;
}

/** 64 hexadecimal digits. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** In a time that tells nothing of where they differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
