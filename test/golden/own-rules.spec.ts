/**
 * What iptables-save printed on a node with kube-proxy, flannel, docker, fail2ban and a firewall: read whole, written back
 * byte for byte, and walked.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { rulesText, type TraceFrom, traceScenario } from '#sim';

const file = (name: string): string => readFileSync(new URL(`own-rules/${name}`, import.meta.url), 'utf8');
const saved = file('n1.iptables-save.txt');

const read = parseScenario(file('cluster.yaml'), { format: 'yaml' });
const rules = { n1: { iptablesSave: saved, ip6tablesSave: null, nftRuleset: null } };

const from: Record<string, TraceFrom> = {
  laptop: { kind: 'packet', ip: '203.0.113.9', enters: 'n1', interface: 'eth0' },
  banned: { kind: 'packet', ip: '198.51.100.66', enters: 'n1', interface: 'eth0' },
  blocked: { kind: 'packet', ip: '192.0.2.7', enters: 'n1', interface: 'eth0' },
  n2: { kind: 'packet', ip: '10.240.0.5', enters: 'n1', interface: 'eth0' },
  shell: { kind: 'pod', pod: 'default/shell' },
  process: { kind: 'node', node: 'n1', ip: null },
};

/** Each end with its share and the rule or step that tells it apart. */
function ends(who: string, ip: string, port: number): string[] {
  const packet = { from: from[who]!, to: { kind: 'address', ip, port }, protocol: 'TCP' } as const;
  return traceScenario(read.scenario!, packet, 0, rules).outcomes.map((outcome) => {
    const { verdict, probability, endpoint, sourceIp, accepted, steps } = outcome;
    const masquerade = steps.find(({ action }) => action.startsWith('MASQUERADE'));
    const last = steps.at(-1);
    const what =
      verdict === 'delivered'
        ? `${endpoint!.ip} sees ${sourceIp}`
        : verdict === 'passthrough'
          ? `passthrough${accepted ? ', accepted' : ''}${masquerade ? `, ${masquerade.action} in ${masquerade.chain}` : ''}`
          : `${verdict} in ${last!.chain}: ${last!.action}`;
    return `${probability}: ${what}`;
  });
}

describe('the rules of a node with a CNI and a firewall', () => {
  it('are all known, and what they leave open is told', () => {
    const { issues } = parseScenario(
      { name: 'x', cluster: { nodes: { n1: { rules: { iptablesSave: saved } } } }, objects: read.scenario!.objects },
      {},
    );
    const about = issues.filter(({ code }) => code.startsWith('rules-'));
    expect(about.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'rules-assumed Line 47: -m limit: the limit is taken as not reached.',
      'rules-assumed Line 52: -m limit: the limit is taken as not reached.',
    ]);
  });

  it('come back byte for byte', () => {
    const scenario = structuredClone(read.scenario!);
    scenario.cluster.nodes.n1!.rules = rules.n1;
    const text = rulesText(scenario, { node: 'n1', ipFamily: 'IPv4', atNs: 0, view: 'save' });
    expect(text).toBe(saved.replace(/^#.*\n/gm, ''));
  });

  it.each<[string, string, number, string[]]>([
    ['laptop', '10.240.0.4', 31234, ['0.5: 10.244.1.7 sees 10.244.1.1', '0.5: 10.244.2.7 sees 10.240.0.4']],
    ['laptop', '10.240.0.4', 31235, ['1: 10.244.1.7 sees 203.0.113.9']],
    ['n2', '10.240.0.4', 31235, ['1: 10.244.1.7 sees 10.240.0.5']],
    ['shell', '10.96.0.7', 80, ['0.5: 10.244.1.7 sees 10.244.1.9', '0.5: 10.244.2.7 sees 10.244.1.9']],
    ['process', '10.96.0.7', 80, ['0.5: 10.244.1.7 sees 10.244.1.1', '0.5: 10.244.2.7 sees 10.240.0.4']],
    ['shell', '8.8.8.8', 443, ['1: passthrough, MASQUERADE as 10.240.0.4 in FLANNEL-POSTRTG']],
    ['laptop', '10.240.0.4', 22, ['1: passthrough, accepted']],
    ['laptop', '10.240.0.4', 3306, ['1: rejected in INPUT: REJECT with icmp-host-prohibited']],
    ['laptop', '10.240.0.4', 10250, ['1: rejected in INPUT: REJECT with icmp-host-prohibited']],
    ['n2', '10.240.0.4', 10250, ['1: passthrough, accepted']],
    ['banned', '10.240.0.4', 22, ['1: rejected in f2b-sshd: REJECT']],
    // KUBE-FORWARD stands before DOCKER-USER and takes what is to be masqueraded: only the other port is blocked.
    ['blocked', '10.240.0.4', 31234, ['0.5: 10.244.1.7 sees 10.244.1.1', '0.5: 10.244.2.7 sees 10.240.0.4']],
    ['blocked', '10.240.0.4', 31235, ['1: dropped in DOCKER-USER: DROP']],
  ])('send what %s sends to %s:%i where a node sends it', (who, ip, port, expected) => {
    expect(ends(who, ip, port)).toEqual(expected);
  });
});
