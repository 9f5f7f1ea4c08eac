import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointChainName, servicePortHash } from './chain-names.js';
import { sha256 } from './sha256.js';

describe('chain names', () => {
  it('are those of a real cluster', () => {
    expect(servicePortHash('ns1/svc1:p80', 'TCP')).toBe('XPGD46QRK7WJZT7O');
    expect(endpointChainName('ns1/svc1:p80', 'TCP', '10.180.0.1:80')).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ');
  });

  it('tell protocols of one port name apart', () => {
    expect(servicePortHash('ns1/dns', 'UDP')).not.toBe(servicePortHash('ns1/dns', 'TCP'));
  });
});

describe('sha256', () => {
  it('agrees with the platform for any ASCII text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
        const digest = createHash('sha256').update(text, 'latin1').digest();
        expect([...sha256(text)]).toEqual(Array.from({ length: 8 }, (_, word) => digest.readInt32BE(4 * word)));
      }),
    );
  });
});
