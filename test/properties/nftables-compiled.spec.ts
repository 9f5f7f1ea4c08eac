/** The fast path of mode nftables against its walk, over clusters, versions, packets and syncs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NftablesProgram, nftablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import { type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import { compileRuleset } from '../../libs/sim/src/netfilter/compile.js';
import { decisionOf } from '../../libs/sim/src/netfilter/decision.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { Entry, NodeContext, Packet } from '../../libs/sim/src/netfilter/packet.js';
import type { EndpointSliceObject, Protocol } from '../../libs/sim/src/objects.js';
import { trackerOf, vectorNode } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind, slicesOfEveryKind } from '../golden/every-service-kind.js';

const VERSIONS = ['1.29', '1.30', '1.33', '1.34', '1.36', '1.37'];
const MARK = 0x4000;
const SOURCES = [
  '192.168.0.2',
  '10.180.0.1',
  '10.180.4.2',
  '10.180.200.1',
  '203.0.113.7',
  '192.168.0.9',
  '192.168.8.2',
];
const TARGETS: readonly (readonly [ip: string, port: number])[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => [`172.30.0.${n}`, 80] as const),
  ...[1, 2, 3].map((n) => [`192.168.9.${n}`, 80] as const),
  ...[1, 2, 3, 4].map((n) => [`192.168.8.${n}`, 80] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => ['192.168.0.2', 30_000 + n] as const),
  ['172.30.0.1', 81],
  ['172.30.9.9', 80],
  ['10.180.0.1', 8080],
];

const node = parseIp('192.168.0.2')!;
const context: NodeContext = {
  name: 'n1',
  isLocalAddress: (ip: Ip) => sameIp(ip, node) || ip.text.startsWith('127.'),
  addressesOf: () => [node],
  egress: (ip) => ({ interface: sameIp(ip, node) ? 'lo' : 'eth0', address: node, local: sameIp(ip, node) }),
  routeLocalnet: false,
};

const question = fc.record({
  source: fc.constantFrom(...SOURCES),
  target: fc.constantFrom(...TARGETS),
  protocol: fc.constantFrom<Protocol>('TCP', 'UDP'),
});

function fewerEndpoints(slices: EndpointSliceObject[], gone: number): EndpointSliceObject[] {
  return slices.map((slice, at) => (at === gone ? { ...slice, endpoints: slice.endpoints.slice(1) } : slice));
}

describe('the compiled rules of mode nftables', () => {
  it('decide as the walk does, also by the rules of a sync that follows', () => {
    let translated = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...VERSIONS),
        fc.boolean(),
        fc.array(question, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
        (version, masqueradeAll, questions, syncs) => {
          const cluster = { ...nodeOfEveryKind('IPv4'), masqueradeAll, serviceCIDRs: ['172.30.0.0/16'] };
          const proxyNode = vectorNode(cluster, version);
          const tracker = trackerOf(proxyNode);
          for (const service of servicesOfEveryKind('IPv4')) tracker.serviceChanged(service);
          const slices = slicesOfEveryKind('IPv4');
          for (const slice of slices) tracker.endpointSliceChanged(slice);
          const addresses = new AddressBook();
          const nodeLabels = {};
          let program: NftablesProgram = nftablesMode.program({ node: proxyNode, nodeLabels, ...tracker.checkout() });
          let compiled = compileRuleset(program.ruleset, context, MARK, addresses);
          for (const gone of [null, ...syncs]) {
            if (gone !== null) {
              for (const slice of fewerEndpoints(slices, gone)) tracker.endpointSliceChanged(slice);
              program = nftablesMode.program({ node: proxyNode, nodeLabels, ...tracker.checkout() }, program);
              compiled = compiled.followedBy(program.ruleset);
            }
            for (const { source, target, protocol } of questions) {
              const [ip, port] = target;
              const entry: Entry = source === node.text ? 'local' : 'arriving';
              const packet: Packet = {
                sourceIp: parseIp(source)!,
                sourcePort: null,
                destinationIp: parseIp(ip)!,
                destinationPort: port,
                protocol,
                inInterface: entry === 'local' ? null : 'eth0',
              };
              const outcomes = evaluate(entry, program.ruleset, context, packet, {
                masqueradeMark: MARK,
                steps: false,
              });
              const decided = compiled.decide(
                entry,
                addresses.idOf(source),
                packet.inInterface,
                addresses.idOf(ip),
                port,
                protocol,
              );
              expect(decided).toEqual(decisionOf(outcomes, addresses));
              if (outcomes.some(({ dnat }) => dnat)) translated++;
              if (outcomes.some(({ verdict }) => verdict === 'drop' || verdict === 'reject')) refused++;
            }
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(translated).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('of a sync that follows are those of a sync from nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VERSIONS), fc.array(fc.nat({ max: 11 }), { maxLength: 4 }), (version, syncs) => {
        const proxyNode = vectorNode(nodeOfEveryKind('IPv4'), version);
        const tracker = trackerOf(proxyNode);
        for (const service of servicesOfEveryKind('IPv4')) tracker.serviceChanged(service);
        const slices = slicesOfEveryKind('IPv4');
        for (const slice of slices) tracker.endpointSliceChanged(slice);
        const nodeLabels = {};
        let view = { node: proxyNode, nodeLabels, ...tracker.checkout() };
        let program = nftablesMode.program(view);
        for (const gone of syncs) {
          for (const slice of fewerEndpoints(slices, gone)) tracker.endpointSliceChanged(slice);
          view = { node: proxyNode, nodeLabels, ...tracker.checkout() };
          program = nftablesMode.program(view, program);
          for (const form of ['restore', 'save'] as const) {
            expect(nftablesMode.rulesText(program, form)).toBe(
              nftablesMode.rulesText(nftablesMode.program(view), form),
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
