/** The fast path of mode userspace against its walk, over packets and syncs that open and close sockets. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type UserspaceProgram, userspaceMode } from '../../libs/sim/src/kube-proxy/index.js';
import { type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import { compileRuleset } from '../../libs/sim/src/netfilter/compile.js';
import { decisionOf } from '../../libs/sim/src/netfilter/decision.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { Entry, NodeContext, Packet } from '../../libs/sim/src/netfilter/packet.js';
import type { Protocol, ServiceObject } from '../../libs/sim/src/objects.js';
import { trackerOf, vectorNode } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind } from '../golden/every-service-kind.js';

const NODE = parseIp('192.168.0.2')!;
const MARK = 0x4000;
const context: NodeContext = {
  name: 'n1',
  isLocalAddress: (ip: Ip) => sameIp(ip, NODE) || ip.text.startsWith('127.'),
  addressesOf: () => [NODE],
  egress: (ip) => ({ interface: sameIp(ip, NODE) ? 'lo' : 'eth0', address: NODE, local: sameIp(ip, NODE) }),
  routeLocalnet: false,
};

const TARGETS: readonly (readonly [ip: string, port: number])[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => [`172.30.0.${n}`, 80] as const),
  ...[1, 2, 3].map((n) => [`192.168.9.${n}`, 80] as const),
  ...[1, 2, 3, 4].map((n) => [`192.168.8.${n}`, 80] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => ['192.168.0.2', 30_000 + n] as const),
  ['172.30.0.1', 53],
  ['172.30.0.1', 81],
];

const question = fc.record({
  source: fc.constantFrom('192.168.0.2', '10.180.0.1', '203.0.113.7', '127.0.0.1'),
  target: fc.constantFrom(...TARGETS),
  protocol: fc.constantFrom<Protocol>('TCP', 'UDP'),
});

/** One Service goes, comes back, or changes so that it gets another socket. */
const change = fc.record({ service: fc.nat({ max: 11 }), kind: fc.constantFrom('gone', 'there', 'sticky') });

it('the compiled rules of mode userspace decide as the walk does, also by the rules of a sync that follows', () => {
  let redirected = 0;
  let kept = 0;
  fc.assert(
    fc.property(
      fc.array(question, { minLength: 1, maxLength: 12, size: 'max' }),
      fc.array(fc.array(change, { maxLength: 2 }), { maxLength: 4 }),
      (questions, syncs) => {
        const node = vectorNode(nodeOfEveryKind('IPv4'), '1.25');
        const tracker = trackerOf(node);
        const services = servicesOfEveryKind('IPv4');
        for (const service of services) tracker.serviceChanged(service);
        const addresses = new AddressBook();
        const programNow = (before?: UserspaceProgram) =>
          userspaceMode.program({ node, nodeLabels: {}, ...tracker.checkout() }, before);
        let program = programNow();
        let compiled = compileRuleset(program.ruleset, context, MARK, addresses);
        for (const changes of [[], ...syncs]) {
          for (const { service: at, kind } of changes) {
            const service = services[at]!;
            const sticky: ServiceObject = { ...service, spec: { ...service.spec, sessionAffinity: 'ClientIP' } };
            if (kind === 'gone') tracker.serviceDeleted(`${service.metadata.namespace}/${service.metadata.name}`);
            else tracker.serviceChanged(kind === 'there' ? service : sticky);
          }
          const before = program;
          program = programNow(before);
          compiled = compiled.followedBy(program.ruleset);
          if (changes.length > 0 && program.ruleset === before.ruleset) kept++;
          for (const { source, target, protocol } of questions) {
            const [ip, port] = target;
            const entry: Entry = context.isLocalAddress(parseIp(source)!) ? 'local' : 'arriving';
            const packet: Packet = {
              sourceIp: parseIp(source)!,
              sourcePort: null,
              destinationIp: parseIp(ip)!,
              destinationPort: port,
              protocol,
              inInterface: entry === 'local' ? null : 'eth0',
            };
            const options = { masqueradeMark: MARK, steps: false };
            const outcomes = evaluate(entry, program.ruleset, context, packet, options);
            const [from, to] = [addresses.idOf(source), addresses.idOf(ip)];
            const decided = compiled.decide(entry, from, packet.inInterface, to, port, protocol);
            expect(decided).toEqual(decisionOf(outcomes, addresses));
            const [only] = outcomes;
            if (!only?.dnat) continue;
            redirected++;
            const leadsTo = [...program.sockets.values()].find((socket) => socket.port === only.destinationPort);
            expect(leadsTo?.info.protocol).toBe(protocol);
          }
        }
      },
    ),
    { numRuns: 200, seed: 40 },
  );
  expect(redirected).toBeGreaterThan(1000);
  expect(kept).toBeGreaterThan(20);
});
