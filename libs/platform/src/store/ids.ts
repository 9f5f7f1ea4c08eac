import { randomBytes, randomUUID } from 'node:crypto';

/** A UUIDv7 (RFC 9562): 48 bits of epoch milliseconds, then chance, so that ids sort by when they were made. */
export function timeOrderedId(nowMs = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Nobody can guess it; whoever shows it holds the lease. */
export function leaseToken(): string {
  return randomUUID();
}
