import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isSecret, newSecret, signedHeaders } from './signature.js';

const message = () => ({ id: '0198f2c4-9d7a-7b3e-8a55-0c2f6d1e4b90', atMs: Date.now(), body: '{"type":"ünï – 名前"}' });

describe('a signature', () => {
  it("is what Standard Webhooks' own library takes", () => {
    const secret = newSecret();
    const sent = message();
    expect(new Webhook(secret).verify(sent.body, signedHeaders(sent, [secret]))).toEqual({ type: 'ünï – 名前' });
  });

  it('is what that library makes', () => {
    const secret = newSecret();
    const sent = message();
    expect(signedHeaders(sent, [secret])['webhook-signature']).toBe(
      new Webhook(secret).sign(sent.id, new Date(sent.atMs), sent.body),
    );
  });

  it('of two secrets is taken by who knows either, and by nobody else', () => {
    const [before, now, other] = [newSecret(), newSecret(), newSecret()];
    const sent = message();
    const headers = signedHeaders(sent, [now, before]);
    for (const secret of [before, now]) expect(new Webhook(secret).verify(sent.body, headers)).toBeTruthy();
    expect(() => new Webhook(other).verify(sent.body, headers)).toThrow(WebhookVerificationError);
  });

  it.each<[string, (sent: ReturnType<typeof message>) => ReturnType<typeof message>]>([
    ['body', (sent) => ({ ...sent, body: `${sent.body} ` })],
    ['id', (sent) => ({ ...sent, id: 'another' })],
  ])('holds for its %s alone', (_, change) => {
    const secret = newSecret();
    const sent = message();
    const headers = signedHeaders(sent, [secret]);
    const changed = change(sent);
    expect(() => new Webhook(secret).verify(changed.body, { ...headers, 'webhook-id': changed.id })).toThrow(
      WebhookVerificationError,
    );
  });

  it('is too old for the library after five minutes', () => {
    const secret = newSecret();
    const sent = { ...message(), atMs: Date.now() - 301_000 };
    expect(() => new Webhook(secret).verify(sent.body, signedHeaders(sent, [secret]))).toThrow(/too old/);
  });
});

describe('a secret', () => {
  it('is whsec_ and base64 of 24 to 64 bytes', () => {
    const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
    for (const good of [newSecret(), of(24), of(64)]) expect(isSecret(good), good).toBe(true);
    for (const bad of [
      of(23),
      of(65),
      'whsec_',
      of(32).slice(6),
      `${of(32)}!`,
      of(32).slice(0, -1),
      `whsec_${' '.repeat(44)}`,
    ])
      expect(isSecret(bad), bad).toBe(false);
  });

  it('is never made twice', () => {
    expect(new Set(Array.from({ length: 100 }, newSecret)).size).toBe(100);
  });
});
