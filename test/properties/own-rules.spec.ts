/** Rules that come as text: the compiled path gives what the walk gives, and the text of what was read reads the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from '../../libs/sim/src/netfilter/address.js';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import { compileRuleset } from '../../libs/sim/src/netfilter/compile.js';
import { type Choice, SOURCE_KEPT } from '../../libs/sim/src/netfilter/decision.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import { readIpSets } from '../../libs/sim/src/netfilter/ipset-text.js';
import { writeRestore, writeSaved } from '../../libs/sim/src/netfilter/iptables-save.js';
import { RULES_LIMITS, readIptables } from '../../libs/sim/src/netfilter/iptables-text/read.js';
import type { NodeContext } from '../../libs/sim/src/netfilter/packet.js';
import type { IptablesTable, Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import { rulesText } from '../../libs/sim/src/questions.js';
import { smallScenario } from '../../libs/sim/src/testing/small-scenario.js';
import { diceOf, ownRulesText, ownSetsText } from './own-rules-shaped.js';
import { smallWorld } from './small-worlds.js';

const RUNS = 300;
const ip = (text: string): Ip => parseIp(text)!;

function read(text: string, setsText?: string): Ruleset<IptablesTable> {
  const { sets, problems: ofSets } = setsText === undefined ? { problems: [] } : readIpSets(setsText);
  const { tables, problems } = readIptables(text, 'IPv4', RULES_LIMITS, sets?.IPv4 ?? null);
  expect([...ofSets, ...problems].filter(({ code }) => code !== 'rules-assumed')).toEqual([]);
  return { ipFamily: 'IPv4', tables, ...(sets === undefined ? {} : { sets: sets.IPv4 }) };
}

const OWN = ['192.168.0.11', '10.1.1.1', '127.0.0.1'];
const node: NodeContext = {
  name: 'n1',
  bridge: 'cni0',
  routeLocalnet: true,
  isLocalAddress: ({ text }) => OWN.includes(text),
  addressesOf: (name) => (name === 'eth0' ? [ip('192.168.0.11')] : name === 'cni0' ? [ip('10.1.1.1')] : []),
  egress({ text }) {
    if (OWN.includes(text)) return { interface: 'lo', address: ip('192.168.0.11'), local: true };
    if (text.startsWith('10.1.1.')) return { interface: 'cni0', address: ip('10.1.1.1'), local: false };
    return { interface: 'eth0', address: ip('192.168.0.11'), local: false };
  },
};

const SOURCES = [
  '10.1.1.10',
  '10.1.1.20',
  '10.1.2.10',
  '203.0.113.9',
  '203.0.113.77',
  '192.168.0.11',
  '192.168.0.12',
  '127.0.0.1',
];
const DESTINATIONS = ['10.1.1.10', '10.1.2.10', '192.168.0.11', '10.96.0.10', '198.51.100.1', '10.1.1.1'];
const packetShape = fc.record({
  entry: fc.constantFrom('arriving' as const, 'local' as const),
  destination: fc.constantFrom(...DESTINATIONS),
  port: fc.constantFrom(80, 53, 8080, 9000),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
  inInterface: fc.constantFrom('eth0', 'cni0'),
});

/** As far as a run sees it. */
function seen(outcome: WalkOutcome, client: string) {
  const { verdict, probability, destinationIp, destinationPort, reason, dnat } = outcome;
  const source = outcome.snat ? outcome.sourceIp!.text : client;
  return { verdict, probability, to: `${destinationIp.text}:${destinationPort}`, source, reason, dnat };
}

function seenChoice(
  { verdict, probability, ip: to, port, source, reason, dnat }: Choice,
  client: string,
  book: AddressBook,
) {
  return {
    verdict,
    probability,
    to: `${to}:${port}`,
    source: source === SOURCE_KEPT ? client : book.at(source).text,
    reason,
    dnat,
  };
}

describe('rules of a text', () => {
  it.each([
    ['decide every packet alike, walked and compiled, whatever was asked before', false],
    ['that ask sets do so as well', true],
  ])('%s', (_, sets) => {
    let refused = 0;
    let translated = 0;
    let parted = 0;
    fc.assert(
      fc.property(fc.nat(), fc.array(packetShape, { minLength: 1, maxLength: 4 }), (seed, packets) => {
        const dice = diceOf(seed);
        const ruleset = sets
          ? read(ownRulesText(dice, { forKernel: false, sets }), ownSetsText(dice))
          : read(ownRulesText(dice, { forKernel: false }));
        const book = new AddressBook();
        const compiled = compileRuleset(ruleset, node, 0x4000, book);
        for (const { entry, destination, port, protocol, ...shape } of packets) {
          const inInterface = entry === 'local' ? null : shape.inInterface;
          for (const source of SOURCES) {
            const packet = {
              sourceIp: ip(source),
              sourcePort: null,
              destinationIp: ip(destination),
              destinationPort: port,
              protocol,
              inInterface,
            };
            const walked = evaluate(entry, ruleset, node, packet, { masqueradeMark: 0x4000, steps: false });
            const decision = compiled.decide(
              entry,
              book.idOf(source),
              inInterface,
              book.idOf(destination),
              port,
              protocol,
            );
            expect(decision.choices.map((choice) => seenChoice(choice, source, book))).toEqual(
              walked.map((outcome) => seen(outcome, source)),
            );
            expect(walked.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
            if (walked.some(({ reason }) => reason !== null)) refused++;
            if (walked.some(({ dnat, snat }) => dnat || snat)) translated++;
            if (walked.length > 1) parted++;
          }
        }
      }),
      { numRuns: RUNS, seed: 51 },
    );
    expect(Math.min(refused, translated, parted)).toBeGreaterThan(RUNS);
  });

  it('read the same when they have been written, in both forms', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const ruleset = read(ownRulesText(diceOf(seed), { forKernel: false }));
        const restore = writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
        expect(writeSaved(read(restore))).toBe(writeSaved(ruleset));
        expect(writeSaved(read(writeSaved(ruleset)))).toBe(writeSaved(ruleset));
      }),
      { numRuns: RUNS, seed: 52 },
    );
  });
});

describe('kube-proxy’s rules as text', () => {
  it('decide every packet as they do themselves, in both forms', () => {
    let walks = 0;
    fc.assert(
      fc.property(smallWorld, (world) => {
        const scenario = smallScenario(world);
        const question = { node: 'n1', ipFamily: 'IPv4', atNs: 0 } as const;
        const [restore, save] = (['restore', 'save'] as const).map((view) =>
          read(rulesText(scenario, { ...question, view })),
        );
        for (const destination of ['10.96.0.1', '10.0.0.1', '203.0.113.1', '192.0.2.7', '10.1.1.10']) {
          for (const source of ['198.51.100.7', '10.1.1.10', '10.0.0.2']) {
            for (const port of [80, 30080, 8080]) {
              const packet = {
                sourceIp: ip(source),
                sourcePort: null,
                destinationIp: ip(destination),
                destinationPort: port,
                protocol: 'TCP',
                inInterface: 'eth0',
              } as const;
              const ends = [restore!, save!].map((ruleset) =>
                evaluate('arriving', ruleset, node, packet, { masqueradeMark: 0x4000, steps: false }).map(
                  (outcome) => ({
                    ...seen(outcome, source),
                    reason: outcome.reason === null,
                    probability: Math.round(outcome.probability * 1e6),
                  }),
                ),
              );
              expect(ends[1]).toEqual(ends[0]);
              walks++;
            }
          }
        }
      }),
      { numRuns: 60, seed: 53 },
    );
    expect(walks).toBeGreaterThan(1000);
  });
});
