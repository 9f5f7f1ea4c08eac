import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, parseCidr, parseIp } from './address.js';
import { candidateRules } from './chain-index.js';
import type { Chain, Match } from './rules.js';

const destinations = ['10.0.0.1', '10.0.0.2', '10.0.0.2/32', '10.0.0.0/30', 'fd00::1', 'fd00:0::1/128', 'fd00::/64'];

const match = fc.oneof(
  fc.record({
    kind: fc.constant('destination' as const),
    cidr: fc.constantFrom(...destinations),
    negate: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('destinationPort' as const), port: fc.constantFrom(80, 443) }),
);

function holds(match: Match, destination: string, port: number): boolean {
  if (match.kind === 'destinationPort') return match.port === port;
  const [ip, cidr] = [parseIp(destination), match.kind === 'destination' ? parseCidr(match.cidr) : null];
  if (ip === null || cidr === null || match.kind !== 'destination') throw new Error('unreadable');
  return contains(cidr, ip) !== (match.negate === true);
}

describe('the index of a chain', () => {
  it('leaves out only rules that cannot match, and keeps the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(match, { maxLength: 3 }), { minLength: 24, maxLength: 60, size: 'max' }),
        fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.9', 'fd00::1'),
        fc.constantFrom(80, 443, 9),
        (matchesOfRules, destination, port) => {
          const chain: Chain = { name: 'C', rules: matchesOfRules.map((matches) => ({ matches, target: null })) };
          const ip = parseIp(destination);
          if (ip === null) throw new Error('unreadable');
          const candidates = candidateRules(chain, ip, port);
          expect(candidates).toEqual([...(candidates ?? [])].sort((a, b) => a - b));
          for (const [number, { matches }] of chain.rules.entries()) {
            if (matches.every((each) => holds(each, destination, port))) expect(candidates).toContain(number);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('looks at a handful of five thousand rules', () => {
    const rules = Array.from({ length: 5000 }, (_, n) => ({
      matches: [{ kind: 'destination' as const, cidr: `10.0.${n >> 8}.${n & 255}` }],
      target: null,
    }));
    const ip = parseIp('10.0.1.2');
    if (ip === null) throw new Error('unreadable');
    const last = { matches: [{ kind: 'addrtype' as const, destination: 'LOCAL' as const }], target: null };
    expect(candidateRules({ name: 'KUBE-SERVICES', rules: [...rules, last] }, ip, 80)).toEqual([258, 5000]);
  });

  it('looks at a handful of the rules of an address that has ten thousand ports', () => {
    const rules = Array.from({ length: 10_000 }, (_, n) => ({
      matches: [
        { kind: 'destination' as const, cidr: '10.0.0.1' },
        { kind: 'destinationPort' as const, port: n + 1 },
      ],
      target: null,
    }));
    const ofAllPorts = { matches: [{ kind: 'destination' as const, cidr: '10.0.0.1' }], target: null };
    const chain: Chain = { name: 'KUBE-SERVICES', rules: [ofAllPorts, ...rules, ofAllPorts] };
    const ip = parseIp('10.0.0.1')!;
    expect(candidateRules(chain, ip, 443)).toEqual([0, 443, 10_001]);
    expect(candidateRules(chain, ip, 20_000)).toEqual([0, 10_001]);
  });

  it('is not made for short chains', () => {
    const ip = parseIp('10.0.1.2');
    if (ip === null) throw new Error('unreadable');
    expect(candidateRules({ name: 'KUBE-SVC-X', rules: [] }, ip, 80)).toBeNull();
  });
});
