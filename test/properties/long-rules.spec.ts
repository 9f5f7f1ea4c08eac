/** Rules that are much too long, or that nobody could walk, are refused, and soon. */
import { expect, it } from 'vitest';
import { traceScenario } from '#sim';
import { readNftRuleset } from '../../libs/sim/src/netfilter/nft-parse/index.js';
import { pod, service, smallScenario } from '../../libs/sim/src/testing/small-scenario.js';

const OPTIONS = { mostChars: 4_000_000, withoutIptablesTables: false };
const inChain = (line: string) =>
  `table inet firewall {\n\tset known {\n\t\ttype ipv4_addr\n\t}\n\tchain more {\n\t}\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n${line}\n\t}\n}\n`;
const problemsOf = (text: string) =>
  readNftRuleset(text, OPTIONS).problems.map(({ code, line, message }) => `${line} ${code}: ${message}`);

it('a ruleset of nft is refused unread where it is too long, and read in no time where it is long', () => {
  expect(readNftRuleset('x'.repeat(20_000_000), OPTIONS).problems).toMatchObject([
    { code: 'rules-too-large', line: 0 },
  ]);
  const brackets = inChain(`\t\tmeta mark set ${'('.repeat(100_000)}`);
  expect(problemsOf(brackets)).toContain('9 rules-unreadable: more than 20 brackets are open');
  const terms = inChain(`\t\tmeta mark set mark${' or 0x1'.repeat(50_000)}`);
  expect(problemsOf(terms)).toContain('9 rules-unreadable: more than 64 terms in one expression');
  const doubling = Array.from({ length: 12 }, (_, n) => `\tchain c${n} {\n${`\t\tjump c${n + 1}\n`.repeat(5)}\t}`);
  expect(problemsOf(`table ip t {\n${doubling.join('\n')}\n\tchain c12 {\n\t}\n}`)).toEqual([
    expect.stringMatching(/rules-too-large: chain "c\d+" leads a packet through more than 10000000 rules/),
  ]);
  const map = `\tmap m {\n\t\ttype inet_service : verdict\n\t\telements = { ${Array.from({ length: 20_000 }, (_, n) => `${n} : accept`).join(', ')} }\n\t}`;
  expect(
    problemsOf(`table ip t {\n${map}\n\tchain c {\n${'\t\ttcp dport vmap @m\n'.repeat(20_000)}\t}\n}`),
  ).toHaveLength(1);
  const manyChains = Array.from({ length: 60_000 }, (_, n) => `add chain ip t c${n}`);
  const row = Array.from({ length: 59_999 }, (_, n) => `add rule ip t c${n} jump c${n + 1}`);
  expect(problemsOf(['add table ip t', ...manyChains, ...row].join('\n'))).toHaveLength(1);
  expect(problemsOf(`add table ip t\nadd chain ip t ${'c'.repeat(100_000)}`)).toEqual([
    '2 rules-too-large: a word of 100000 characters; 4096 are allowed',
  ]);
});

it('rules that part a packet again and again are refused', () => {
  const parting = '-A INPUT -m statistic --mode random --probability 0.5 -j MARK --set-xmark 0x1/0x1\n'.repeat(40);
  const rules = { iptablesSave: `*filter\n${parting}COMMIT\n`, ip6tablesSave: null, nftRuleset: null };
  const ports = [{ port: 80, nodePort: 30080, targetPort: 8080 }];
  const web = service('web', { type: 'NodePort', clusterIP: '10.96.0.9', ports });
  const toNodePort = {
    from: { kind: 'packet', ip: '198.51.100.7', enters: 'n1', interface: 'eth0' },
    to: { kind: 'address', ip: '10.0.0.1', port: 30080 },
    protocol: 'TCP',
  } as const;
  const scenario = smallScenario({ objects: [web, pod('a', '10.1.1.2')] });
  expect(() => traceScenario(scenario, toNodePort, 0, { n1: rules })).toThrow(
    expect.objectContaining({ code: 'too-many-ways', hint: expect.any(String) }),
  );
});
