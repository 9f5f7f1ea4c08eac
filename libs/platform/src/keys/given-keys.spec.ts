import { describe, expect, it } from 'vitest';
import { readGivenKeys } from './given-keys.js';
import { hashOf } from './key-text.js';

const SECRET = `hp_${'s'.repeat(40)}`;

describe('keys of the environment', () => {
  it('have a tenant, a name and a scope; their secrets are not kept', () => {
    const read = readGivenKeys(`ops:admin:${SECRET}, team-a/ci:write:${SECRET}2`);
    expect(read).toEqual({
      keys: [
        { principal: { tenant: 'default', scope: 'admin', keyId: 'default/ops', name: 'ops' }, hash: hashOf(SECRET) },
        { principal: { tenant: 'team-a', scope: 'write', keyId: 'team-a/ci', name: 'ci' }, hash: hashOf(`${SECRET}2`) },
      ],
    });
    expect(JSON.stringify(read)).not.toContain(SECRET);
  });

  it.each([
    ['ops', 'is not tenant/name:scope:secret'],
    [`ops:root:${SECRET}`, 'the scope is one of read, write, admin'],
    ['ops:admin:short', 'the secret must be 32 to 200'],
    [`Team A/ops:admin:${SECRET}`, 'a tenant is small letters'],
    [`a/b/ops:admin:${SECRET}`, 'is not tenant/name:scope:secret'],
    [`ops:admin:${SECRET},`, 'entry 2 is not'],
    [`ops:admin:${SECRET},ops:read:${SECRET}`, 'there is another ops'],
  ])('that are wrong are told without their secret: %s', (text, words) => {
    const read = readGivenKeys(text);
    expect(read).toEqual({ error: expect.stringMatching(words) });
    expect(JSON.stringify(read)).not.toContain(SECRET);
    expect(JSON.stringify(read)).not.toContain('short');
  });
});
