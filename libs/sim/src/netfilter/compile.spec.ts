import { describe, expect, it } from 'vitest';
import { parseIp } from './address.js';
import { AddressBook } from './address-book.js';
import { type CompiledRuleset, compileRuleset } from './compile.js';
import { type Decision, pick, SOURCE_KEPT } from './decision.js';
import type { NodeContext } from './packet.js';
import type { Chain, Match, Rule, Ruleset } from './rules.js';

const endpointIp = (service: number, n: number): string => `10.${128 + (service >> 8)}.${service & 255}.${n + 1}`;
const serviceIp = (service: number): string => `172.30.${service >> 8}.${service & 255}`;

/** Cluster IPs with ten endpoints each, every endpoint with its hairpin rule. */
function clusterOf(services: number): Ruleset {
  const chains = new Map<string, Chain>();
  const add = (name: string, rules: Rule[]): unknown => chains.set(name, { name, rules });
  const jump = (chain: string, ...matches: Match[]): Rule => ({ matches, target: { kind: 'jump', chain } });
  const portals: Rule[] = [];
  for (let service = 0; service < services; service++) {
    portals.push(
      jump(
        `SVC-${service}`,
        { kind: 'protocol', protocol: 'TCP' },
        { kind: 'destination', cidr: serviceIp(service) },
        { kind: 'destinationPort', port: 80 },
      ),
    );
    const choices = Array.from({ length: 10 }, (_, n) =>
      jump(`SEP-${service}-${n}`, ...(n < 9 ? [{ kind: 'statistic' as const, probability: 1 / (10 - n) }] : [])),
    );
    add(`SVC-${service}`, [jump('MARK-MASQ', { kind: 'source', cidr: '10.0.0.0/8', negate: true }), ...choices]);
    for (let n = 0; n < 10; n++) {
      const ip = endpointIp(service, n);
      add(`SEP-${service}-${n}`, [
        jump('MARK-MASQ', { kind: 'source', cidr: ip }),
        { matches: [], target: { kind: 'DNAT', ip, port: 8080 } },
      ]);
    }
  }
  add('PREROUTING', portals);
  add('MARK-MASQ', [{ matches: [], target: { kind: 'MARK', operation: 'or', value: 0x4000 } }]);
  add('POSTROUTING', [
    {
      matches: [{ kind: 'mark', value: 0x4000, mask: 0x4000 }],
      target: { kind: 'MASQUERADE', randomFully: true },
    },
  ]);
  return { ipFamily: 'IPv4', tables: new Map([['nat', { syntax: 'iptables', name: 'nat', chains }]]) };
}

const nodeIp = parseIp('192.168.0.2');
const node: NodeContext = {
  name: 'n1',
  routeLocalnet: false,
  isLocalAddress: ({ text }) => text === nodeIp?.text,
  addressesOf: () => [],
  egress: () => ({ interface: 'eth0', address: nodeIp, local: false }),
};

function decide(compiled: CompiledRuleset, source: string, destination: string): Decision {
  const { addresses } = compiled;
  return compiled.decide('arriving', addresses.idOf(source), 'eth0', addresses.idOf(destination), 80, 'TCP');
}

describe('a compiled ruleset', () => {
  it('gives sources that no rule tells apart one and the same decision', () => {
    const compiled = compileRuleset(clusterOf(2), node, 0x4000, new AddressBook());
    const first = decide(compiled, '10.9.9.9', serviceIp(0));
    expect(decide(compiled, '10.7.7.7', serviceIp(0))).toBe(first);
    expect(decide(compiled, '198.51.100.1', serviceIp(0))).not.toBe(first);
    // An endpoint of another service has its own rule only there.
    expect(decide(compiled, endpointIp(1, 0), serviceIp(0))).toBe(first);
    expect(first.choices.every(({ source }) => source === SOURCE_KEPT)).toBe(true);
  });

  it('masquerades an endpoint that reaches itself, and only then', () => {
    const addresses = new AddressBook();
    const compiled = compileRuleset(clusterOf(1), node, 0x4000, addresses);
    const { choices } = decide(compiled, endpointIp(0, 3), serviceIp(0));
    expect(choices.map(({ source }) => (source === SOURCE_KEPT ? 'kept' : addresses.at(source).text))).toEqual(
      Array.from({ length: 10 }, (_, n) => (n === 3 ? '192.168.0.2' : 'kept')),
    );
  });

  it('does not walk again for what it has decided', () => {
    let routes = 0;
    const counting: NodeContext = {
      ...node,
      egress(ip) {
        routes++;
        return node.egress(ip);
      },
    };
    const compiled = compileRuleset(clusterOf(1), counting, 0x4000, new AddressBook());
    decide(compiled, '10.9.9.9', serviceIp(0));
    const walked = routes;
    for (let n = 0; n < 20_000; n++) decide(compiled, `10.9.${n >> 8}.${n & 255}`, serviceIp(0));
    expect(walked).toBe(10);
    expect(routes).toBe(walked);
  });
});

describe('a pick', () => {
  it('finds the first choice whose share reaches beyond the draw', () => {
    const decision = {
      choices: [],
      drawnBy: 'packet' as const,
      affinity: [],
      cumulative: Float64Array.of(0.25, 0.5, 0.5, 1),
    };
    expect([0, 0.2499, 0.25, 0.4999, 0.5, 0.9999].map((u) => pick(decision, u))).toEqual([0, 0, 1, 1, 3, 3]);
  });
});
