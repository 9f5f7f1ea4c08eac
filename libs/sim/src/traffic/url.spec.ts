import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUrl } from './url.js';

describe('a URL', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', 80, '/', null, '10.0.0.1'],
    ['http://10.0.0.1:8080/a/b', '10.0.0.1', 8080, '/a/b', null, '10.0.0.1:8080'],
    ['https://web.default/', 'web.default', 443, '/', null, 'web.default'],
    ['HTTP://web', 'web', 80, '/', null, 'web'],
    ['localhost:32122/healthz', 'localhost', 32122, '/healthz', null, 'localhost:32122'],
    ['[fd00::1]:80', 'fd00::1', 80, '/', null, '[fd00::1]:80'],
    ['web/a?b=c&d', 'web', 80, '/a', 'b=c&d', 'web'],
    ['web?b', 'web', 80, '/', 'b', 'web'],
    ['web/a#part', 'web', 80, '/a', null, 'web'],
  ])('%s is read as curl reads it', (text, host, port, path, query, authority) => {
    expect(parseUrl(text)).toEqual({ host, port, path, query, authority });
  });

  it.each(['', 'http://', 'ftp://web', 'web:0', 'web:65536', 'web:123456', 'a b', '[fd00::1', 'http://web:x'])(
    '%j is none',
    (text) => {
      expect(parseUrl(text)).toBeNull();
    },
  );

  it('of any text is read quickly, or not at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true, withFragments: true })), (text) => {
        const target = parseUrl(text.repeat(3));
        if (target !== null) expect(target.port).toBeGreaterThan(0);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
