/**
 * Rules that a node brings along: random texts in the words of firewalls and CNIs are loaded into a node, and what becomes
 * of real connections is compared with what a trace through the same text says. `OWN_RULES=200` runs that many texts,
 * `OWN_RULES_SEED` from another seed on.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { type Scenario, type TraceOutcome, traceScenario } from '#sim';
import { diceOf, ownRulesText, ownSetsText } from '../properties/own-rules-shaped.js';
import { compileAgent } from './agent.js';
import { type Attempted, type ClusterCase, pod, readEnds } from './cluster-case.js';
import { objectsOf } from './cluster-objects.js';
import { shapeOf } from './cluster-shape.js';
import { gate1, laptop, n1, n2, shell1, web1, web2 } from './clusters/machines.js';
import { Network } from './network.js';
import { endOf as endSeen, triesFor } from './observe.js';
import { endOf as endTold } from './predict.js';
import { missingPrerequisites } from './prerequisites.js';

const TEXTS = Number(process.env.OWN_RULES ?? 16);
const SEED = Number(process.env.OWN_RULES_SEED ?? 7);

const HAS_SETS = spawnSync('unshare', ['--net', 'ipset', 'create', 'x', 'hash:net']).status === 0;

const CLUSTER: ClusterCase = {
  name: 'own rules',
  version: '1.33',
  cni: 'bridge',
  kubeProxy: {},
  nodes: [n1, n2],
  clients: [laptop],
  pods: [web1, web2, gate1, shell1, pod('dns-1', 'n1', '10.1.1.53', 'udp 53')],
  services: [],
  flows: [],
};

const FLOWS: [from: string, to: string][] = [
  ['laptop', '192.168.0.11:9000'],
  ['laptop', '192.168.0.11:80'],
  ['laptop via n1', '10.1.1.10:8080'],
  ['laptop via n1', '10.96.0.10:80'],
  ['laptop via n1', 'udp 10.1.1.53:53'],
  ['shell-1', '10.96.0.10:80'],
  ['shell-1', '10.1.2.10:8080'],
  ['shell-1', '10.1.1.10:8080'],
  ['shell-1', '192.168.0.11:9000'],
  ['n1', '10.1.1.10:8080'],
  ['n1', '10.1.2.10:8080'],
  ['n1', '192.168.0.11:9000'],
  ['n1', 'udp 10.1.1.53:53'],
];

function scenarioWith(iptablesSave: string, ipsetSave: string): Scenario {
  const { scenario, issues } = parseScenario({
    name: CLUSTER.name,
    cluster: {
      version: CLUSTER.version,
      admission: 'asStored',
      cni: { type: CLUSTER.cni },
      nodes: { n1: { rules: { iptablesSave, ipsetSave } }, n2: { rules: { iptablesSave: '*filter\nCOMMIT\n' } } },
    },
    objects: objectsOf(CLUSTER),
    clients: CLUSTER.clients.map(({ name, ips }) => ({ name, ip: ips[0]! })),
  });
  if (scenario === null) throw new Error(JSON.stringify(issues, null, 2));
  return scenario;
}

const REJECTED: Readonly<Record<string, string>> = {
  'icmp-net-unreachable': 'unreachable ENETUNREACH',
  'icmp-host-prohibited': 'unreachable EHOSTUNREACH',
  'icmp-admin-prohibited': 'unreachable EHOSTUNREACH',
  'tcp-reset': 'refused',
};

/** A reset for what goes from port to port of a bridge is sent as it is: it comes from where DNAT had led, and nobody knows that. */
function isBridged({ from }: Attempted, { steps }: TraceOutcome): boolean {
  const translated = steps.map(({ action }) => /^DNAT to ([\d.]+)/.exec(action)?.[1]).find((ip) => ip !== undefined);
  return from === 'shell-1' && steps.at(-1)?.hook === 'FORWARD' && translated?.startsWith('10.1.1.') === true;
}

/** What the sender meets, in the words of the tables. */
function endOf(flow: Attempted, outcome: TraceOutcome): string {
  const last = outcome.steps.at(-1);
  const kind = /^REJECT with (\S+)$/.exec(last?.action ?? '')?.[1];
  // What a rule takes from the node's own process fails its system call, before any ICMP error comes.
  if (kind !== undefined && last?.hook === 'OUTPUT' && flow.transport === 'udp') return 'unreachable EPERM';
  if (kind === 'tcp-reset' && isBridged(flow, outcome)) return 'timeout';
  return (outcome.verdict === 'rejected' && REJECTED[kind ?? '']) || endTold(CLUSTER, flow, outcome);
}

function told(scenario: Scenario, flow: Attempted): Map<string, number> {
  const from =
    flow.from === 'n1'
      ? ({ kind: 'node', node: 'n1', ip: null } as const)
      : flow.from === 'laptop'
        ? ({ kind: 'packet', ip: '203.0.113.9', enters: 'n1', interface: 'eth0' } as const)
        : ({ kind: 'pod', pod: `default/${flow.from}` } as const);
  const protocol = flow.transport === 'udp' ? 'UDP' : 'TCP';
  const to = { kind: 'address', ip: flow.ip, port: flow.port } as const;
  const ends = new Map<string, number>();
  for (const outcome of traceScenario(scenario, { from, to, protocol }, 0).outcomes) {
    const end = endOf(flow, outcome);
    ends.set(end, (ends.get(end) ?? 0) + outcome.probability);
  }
  return ends;
}

/** Every end that shows until nothing more is to be expected. */
async function seen(network: Network, flow: Attempted, expected: ReadonlyMap<string, number>): Promise<string[]> {
  const timeoutMs = expected.has('timeout') ? 400 : 3_500;
  const most = triesFor(Math.min(...expected.values()));
  const ends = new Set<string>();
  for (let tries = 0; tries < most; tries += 6) {
    const attempts = Array.from({ length: 6 }, () => network.attempt({ ...flow, timeoutMs }));
    for (const observation of await Promise.all(attempts)) ends.add(endSeen(observation));
    if ([...expected.keys()].every((end) => ends.has(end)) || [...ends].some((end) => !expected.has(end))) break;
  }
  return [...ends].sort();
}

describe.runIf(missingPrerequisites().length === 0)('the kernel walks a text as a trace does', () => {
  let network: Network;
  let agreed = 0;
  beforeAll(async () => {
    network = await Network.build(shapeOf(CLUSTER), compileAgent());
  });
  afterAll(async () => {
    await network.close();
    console.log(`own rules: ${TEXTS} texts from seed ${SEED} on, ${agreed} flows agree`);
  });

  it.each(Array.from({ length: TEXTS }, (_, n) => SEED + n))(
    'of seed %i',
    async (seed) => {
      const dice = diceOf(seed);
      const text = ownRulesText(dice, { forKernel: true, sets: HAS_SETS });
      const sets = ownSetsText(dice);
      const scenario = scenarioWith(text, sets);
      if (HAS_SETS) await network.load([{ tool: 'ipset', node: 'n1', family: 'IPv4', text: sets }]);
      await network.load([{ tool: 'iptables', node: 'n1', family: 'IPv4', text }]);
      const found: Record<string, string[]> = {};
      const foretold: Record<string, string[]> = {};
      for (const [from, to] of FLOWS) {
        const flow = readEnds(from, to);
        const expected = told(scenario, flow);
        foretold[`${from} -> ${to}`] = [...expected.keys()].sort();
        found[`${from} -> ${to}`] = await seen(network, flow, expected);
      }
      expect(found, `${sets}${text}`).toEqual(foretold);
      agreed += FLOWS.length;
    },
    120_000,
  );
});
