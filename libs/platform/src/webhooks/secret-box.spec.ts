import { describe, expect, it } from 'vitest';
import { SecretBox, SecretUnreadable } from './secret-box.js';
import { newSecret } from './signature.js';

const [FIRST, SECOND] = ['a key of thirty-two characters, or more', 'another key of thirty-two characters'];

describe('secrets in the database', () => {
  it('cannot be read there, and come back with the key', () => {
    const box = new SecretBox([FIRST]);
    const secret = newSecret();
    const sealed = box.seal(secret, 'w-1');
    expect(sealed).not.toContain(secret.slice(6, 20));
    expect(box.seal(secret, 'w-1')).not.toBe(sealed);
    expect(box.open(sealed, 'w-1')).toBe(secret);
  });

  it('are of their webhook alone', () => {
    const box = new SecretBox([FIRST]);
    expect(() => box.open(box.seal(newSecret(), 'w-1'), 'w-2')).toThrow(SecretUnreadable);
  });

  it('are refused when they were changed, or cut off', () => {
    const box = new SecretBox([FIRST]);
    const sealed = box.seal(newSecret(), 'w-1');
    for (const bad of [sealed.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')), sealed.slice(0, 30), 'aes256gcm:'])
      expect(() => box.open(bad, 'w-1')).toThrow(SecretUnreadable);
  });

  it('outlive a change of the key as long as the old one is named too', () => {
    const sealed = new SecretBox([FIRST]).seal('whsec_x', 'w-1');
    expect(new SecretBox([SECOND, FIRST]).open(sealed, 'w-1')).toBe('whsec_x');
    expect(() => new SecretBox([SECOND]).open(sealed, 'w-1')).toThrow(/WEBHOOK_SECRET_KEYS/);
    expect(() => new SecretBox([]).open(sealed, 'w-1')).toThrow(SecretUnreadable);
  });

  it('lie there as they are without a key, and are still read when there is one', () => {
    expect(new SecretBox([]).seal('whsec_x', 'w-1')).toBe('whsec_x');
    expect(new SecretBox([FIRST]).open('whsec_x', 'w-1')).toBe('whsec_x');
  });
});
