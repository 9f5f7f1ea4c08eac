import { describe, expect, it } from 'vitest';
import { AddressPolicy, parseNetwork } from './address-policy.js';
import { urlProblem } from './url-rules.js';

const closed = new AddressPolicy([], () => []);
const open = new AddressPolicy([parseNetwork('127.0.0.0/8')!], () => []);

describe('a URL of a webhook', () => {
  it.each([
    'https://example.com/hooks?token=a',
    'https://example.com:8443/',
    'https://example.com:80/',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/',
    'https://bücher.example/',
  ])('may be %s', (url) => {
    expect(urlProblem(url, closed)).toBeNull();
  });

  it.each([
    ['hooks', 'no absolute URL'],
    ['/v1/simulations', 'no absolute URL'],
    ['ftp://example.com/', 'neither https nor http'],
    ['file:///etc/passwd', 'neither https nor http'],
    ['http://example.com/', 'WEBHOOK_ALLOW_NETWORKS'],
    ['https://user@example.com/', 'user name'],
    ['https://user:secret@example.com/', 'password'],
    ['https://example.com/#part', 'fragment'],
    ['https://example.com:22/', 'port is 22'],
    ['https://example.com:0/', 'port is 0'],
    ['https://localhost/', 'loopback'],
    ['https://a.localhost/', 'loopback'],
    ['https://127.0.0.1/', 'loopback'],
    ['https://0x7f.1/', 'loopback'],
    ['https://2130706433/', 'loopback'],
    ['https://017700000001/', 'loopback'],
    ['https://[::1]/', 'loopback'],
    ['https://[::ffff:127.0.0.1]/', 'IPv4 address in an IPv6'],
    ['https://169.254.169.254/latest/meta-data/', 'metadata'],
    [`https://example.com/${'a'.repeat(2048)}`, 'longer than 2048'],
  ])('may not be %s: %s', (url, problem) => {
    expect(urlProblem(url, closed)).toContain(problem);
  });

  it('may be plain http, and lead to the loopback, where the configuration names that', () => {
    for (const url of ['http://127.0.0.1:9000/', 'http://localhost:9000/', 'http://hooks.internal/'])
      expect(urlProblem(url, open)).toBeNull();
    expect(urlProblem('http://10.0.0.1/', open)).toContain('private');
  });
});
