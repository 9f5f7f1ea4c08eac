import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import { compileRuleset } from '../../libs/sim/src/netfilter/compile.js';
import {
  type Choice,
  type Decision,
  pick,
  SOURCE_KEPT,
  SOURCE_UNKNOWN,
} from '../../libs/sim/src/netfilter/decision.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { Chain, IptablesTable, Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { WalkOutcome } from '../../libs/sim/src/netfilter/walk-outcome.js';
import {
  contextOf,
  MASQUERADE_MARK,
  rulesetOf,
  type ShapedService,
  shapedNode,
  shapedPacket,
  shapedSources,
} from './kube-proxy-shaped.js';

const RUNS = 400;
/** Each packet with every source in turn, so that sources of different classes meet the same memory. */
const someFlows = fc
  .tuple(fc.array(shapedPacket, { minLength: 1, maxLength: 6, size: 'max' }), shapedSources)
  .map(([packets, sources]) => packets.flatMap((flow) => sources.map((source) => [flow, source] as const)));
const WITHOUT_STEPS = { masqueradeMark: MASQUERADE_MARK, steps: false };

function ofOutcome(outcome: WalkOutcome, clientIp: string) {
  const { verdict, probability, destinationIp, destinationPort, masqueradeMarked, acceptedOnInput, reason, dnat } =
    outcome;
  return {
    verdict,
    probability,
    to: `${destinationIp.text}:${destinationPort}`,
    source: outcome.snat ? (outcome.sourceIp?.text ?? null) : clientIp,
    masqueradeMarked,
    acceptedOnInput,
    reason,
    dnat,
    onOutput: (verdict === 'drop' || verdict === 'reject') && outcome.hook === 'OUTPUT',
    affinity: outcome.affinitySet[0] ?? null,
    outInterface: outcome.egress?.interface ?? null,
  };
}

function ofChoice(choice: Choice, clientIp: string, addresses: AddressBook): ReturnType<typeof ofOutcome> {
  const { verdict, probability, ip, port, source, masqueradeMarked, acceptedOnInput, reason, dnat } = choice;
  return {
    verdict,
    probability,
    to: `${ip}:${port}`,
    source: source === SOURCE_KEPT ? clientIp : source === SOURCE_UNKNOWN ? null : addresses.at(source).text,
    masqueradeMarked,
    acceptedOnInput,
    reason,
    dnat,
    onOutput: choice.refusedOnOutput,
    affinity: choice.affinityName,
    outInterface: choice.outInterface,
  };
}

/** Endpoints come and go; once in a while it is another service. */
function changedTo(service: ShapedService, other: ShapedService | undefined): ShapedService {
  if (other === undefined || other.port === service.port) return other ?? service;
  return { ...service, endpoints: other.endpoints, localEndpoints: other.localEndpoints };
}

/** `next` with the chains of `before` that say the same, as kube-proxy's syncs leave them. */
function sharing(before: Ruleset<IptablesTable>, next: Ruleset<IptablesTable>): Ruleset<IptablesTable> {
  const tables = [...next.tables].map(([key, table]): [string, IptablesTable] => {
    const chains = [...table.chains].map(([name, chain]): [string, Chain] => {
      const known = before.tables.get(key)?.chains.get(name);
      return [name, known !== undefined && JSON.stringify(known) === JSON.stringify(chain) ? known : chain];
    });
    return [key, { ...table, chains: new Map(chains) }];
  });
  return { ...next, tables: new Map(tables) };
}

describe('a compiled ruleset', () => {
  it('decides every packet as the walk does, whatever it was asked before', () => {
    let refused = 0;
    let translated = 0;
    fc.assert(
      fc.property(shapedNode, someFlows, (shape, flows) => {
        const ruleset = rulesetOf(shape);
        const node = contextOf(shape);
        const addresses = new AddressBook();
        const compiled = compileRuleset(ruleset, node, MASQUERADE_MARK, addresses);
        for (const [flow, sourceIp] of flows) {
          const { destinationIp, destinationPort, inInterface, protocol } = flow.packet;
          const decision = compiled.decide(
            flow.entry,
            addresses.idOfIp(sourceIp),
            inInterface,
            addresses.idOfIp(destinationIp),
            destinationPort,
            protocol,
          );
          const walked = evaluate(flow.entry, ruleset, node, { ...flow.packet, sourceIp }, WITHOUT_STEPS);
          expect(decision.choices.map((choice) => ofChoice(choice, sourceIp.text, addresses))).toEqual(
            walked.map((outcome) => ofOutcome(outcome, sourceIp.text)),
          );
          if (walked.some((outcome) => outcome.dnat)) translated++;
          if (walked.some((outcome) => outcome.reason !== null)) refused++;
        }
      }),
      { numRuns: RUNS, seed: 20 },
    );
    // The packets must meet the services often enough for the comparison to mean something.
    expect(translated).toBeGreaterThan(RUNS);
    expect(refused).toBeGreaterThan(RUNS / 4);
  });

  it('decides as the walk does by rules that follow, also where it remembers', () => {
    let kept = 0;
    let changed = 0;
    fc.assert(
      fc.property(
        shapedNode,
        fc.array(shapedNode, { minLength: 1, maxLength: 4 }),
        someFlows,
        (shape, others, flows) => {
          const node = contextOf(shape);
          const addresses = new AddressBook();
          let ruleset = rulesetOf(shape);
          let compiled = compileRuleset(ruleset, node, MASQUERADE_MARK, addresses);
          let before: Decision[] = [];
          let { services } = shape;
          for (const [n, other] of others.entries()) {
            services = services.map((service, i) => (i % 4 === n ? changedTo(service, other.services[i]) : service));
            ruleset = sharing(ruleset, rulesetOf({ ...shape, services }));
            compiled = compiled.followedBy(ruleset);
            const decisions = flows.map(([{ entry, packet }, sourceIp]) => {
              const { destinationIp, destinationPort, inInterface, protocol } = packet;
              const [source, destination] = [addresses.idOfIp(sourceIp), addresses.idOfIp(destinationIp)];
              const decision = compiled.decide(entry, source, inInterface, destination, destinationPort, protocol);
              const walked = evaluate(entry, ruleset, node, { ...packet, sourceIp }, WITHOUT_STEPS);
              expect(decision.choices.map((choice) => ofChoice(choice, sourceIp.text, addresses))).toEqual(
                walked.map((outcome) => ofOutcome(outcome, sourceIp.text)),
              );
              return decision;
            });
            for (const [i, decision] of decisions.entries()) {
              if (decision === before[i]) kept++;
              else if (before.length > 0) changed++;
            }
            before = decisions;
          }
        },
      ),
      { numRuns: RUNS / 4, seed: 23 },
    );
    expect(kept).toBeGreaterThan(RUNS);
    expect(changed).toBeGreaterThan(RUNS);
  });

  it('sends a client with a fresh stamp where the walk sends it', () => {
    let stuck = 0;
    fc.assert(
      fc.property(shapedNode, shapedPacket, fc.nat(), (shape, { entry, packet }, salt) => {
        const ruleset = rulesetOf(shape);
        const node = contextOf(shape);
        const addresses = new AddressBook();
        const { destinationIp, destinationPort, inInterface, protocol, sourceIp } = packet;
        const decision = compileRuleset(ruleset, node, MASQUERADE_MARK, addresses).decide(
          entry,
          addresses.idOfIp(sourceIp),
          inInterface,
          addresses.idOfIp(destinationIp),
          destinationPort,
          protocol,
        );
        const fresh = decision.affinity.filter((_, index) => ((salt >>> (index % 31)) & 1) === 1);
        const first = fresh[0];
        if (first === undefined) return;
        stuck++;
        const names = new Set(fresh.map(({ name }) => name));
        const walked = evaluate(entry, ruleset, node, packet, {
          ...WITHOUT_STEPS,
          recentlySet: (name) => names.has(name),
        });
        const choice = decision.choices[first.choice];
        expect(walked).toHaveLength(1);
        expect(walked.map((outcome) => ofOutcome(outcome, sourceIp.text))).toEqual(
          choice === undefined ? [] : [{ ...ofChoice(choice, sourceIp.text, addresses), probability: 1 }],
        );
      }),
      { numRuns: RUNS * 5, seed: 21 },
    );
    expect(stuck).toBeGreaterThan(RUNS / 20);
  });
});

describe('the outcomes of a walk', () => {
  it('have probabilities that sum to 1, and picks that fall on each in proportion', () => {
    fc.assert(
      fc.property(
        shapedNode,
        shapedPacket,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (shape, shaped, u) => {
          const ruleset = rulesetOf(shape);
          const node = contextOf(shape);
          const addresses = new AddressBook();
          const { destinationIp, destinationPort, inInterface, protocol, sourceIp } = shaped.packet;
          const decision = compileRuleset(ruleset, node, MASQUERADE_MARK, addresses).decide(
            shaped.entry,
            addresses.idOfIp(sourceIp),
            inInterface,
            addresses.idOfIp(destinationIp),
            destinationPort,
            protocol,
          );
          expect(decision.choices.reduce((sum, choice) => sum + choice.probability, 0)).toBeCloseTo(1, 8);
          const index = pick(decision, u);
          expect(u).toBeLessThan(decision.cumulative[index] ?? 0);
          expect(index === 0 || u >= (decision.cumulative[index - 1] ?? 1)).toBe(true);
        },
      ),
      { numRuns: RUNS, seed: 22 },
    );
  });
});
