import { describe, expect, it } from 'vitest';
import { checkScenario, rulesText, tracerAt, traceScenario } from './questions.js';
import { probedWithoutEnd } from './testing/probed-without-end.js';
import {
  node,
  nodeSettings,
  pod,
  SECOND,
  type SmallScenario,
  service,
  smallScenario,
} from './testing/small-scenario.js';
import type { ModelError } from './trace-question.js';

const web = service('web', { type: 'NodePort', clusterIP: '10.96.0.9' });
const question = { node: 'n1', ipFamily: 'IPv4', atNs: 0, format: 'iptables' } as const;

describe('the rules of a node', () => {
  it('are those of the moment', () => {
    const timeline: SmallScenario['timeline'] = [{ atNs: 5 * SECOND, do: 'readiness', pod: 'default/a', ready: false }];
    const scenario = smallScenario({ objects: [pod('a', '10.1.1.2'), web], timeline });
    const at = (seconds: number) => rulesText(scenario, { ...question, atNs: seconds * SECOND });
    expect(at(5)).toContain('-j DNAT --to-destination 10.1.1.2:8080');
    expect(at(6)).not.toContain('DNAT --to-destination 10.1.1.2:8080');
    expect(at(6)).toContain('has no endpoints');
    expect(at(6)).toMatch(/^\*filter[\s\S]*\nCOMMIT\n$/);
  });

  it.each([
    ['of a node that is not there', { node: 'n9' }, 'unknown-node', '/node'],
    ['of a name that every object has', { node: 'constructor' }, 'unknown-node', '/node'],
    ['of a family that the node lacks', { ipFamily: 'IPv6' as const }, 'no-such-family', '/ipFamily'],
    ['in another form', { format: 'nft' as const }, 'other-format', '/format'],
  ])('%s are not told', (_, over, code, path) => {
    expect(() => rulesText(smallScenario({ objects: [web] }), { ...question, ...over })).toThrow(
      expect.objectContaining({ code, path, hint: expect.any(String) }),
    );
  });

  it('of a node that has gone are not told either', () => {
    const timeline: SmallScenario['timeline'] = [
      {
        atNs: 1 * SECOND,
        do: 'kubectl',
        command: { verb: 'delete', kind: 'Node', name: 'n1', selector: null, namespace: '' },
      },
    ];
    const scenario = smallScenario({ timeline });
    expect(rulesText(scenario, question)).toContain('KUBE-SERVICES');
    expect(() => rulesText(scenario, { ...question, atNs: 2 * SECOND })).toThrow('there is no node "n1" at that time');
  });
});

describe('a packet to what is not there yet', () => {
  const created: SmallScenario['steps'] = [
    { do: 'sleep', forNs: 20 * SECOND },
    { do: 'kubectl', command: { verb: 'apply', object: web } },
  ];
  const asked = (service: string, over: SmallScenario): unknown => {
    const to = { kind: 'service', service, port: null, via: null, node: null, ipFamily: null, ip: null } as const;
    const packet = { from: { kind: 'node', node: 'n1', ip: null }, to, protocol: 'TCP' } as const;
    try {
      return traceScenario(smallScenario({ objects: [pod('a', '10.1.1.2')], ...over }), packet, 1 * SECOND);
    } catch (error) {
      return error;
    }
  };

  it('is told when it will be', () => {
    const found = asked('default/web', { steps: created });
    expect(found).toMatchObject({ code: 'unknown-service', path: '/packet/to/service' });
    const seconds = Number(/"at": "(\d+)s"/.exec((found as ModelError).hint)?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(20);
    expect(seconds).toBeLessThanOrEqual(23);
  });

  it('is told what there is where it never will be', () => {
    expect(asked('default/db', { steps: created })).toMatchObject({ hint: 'name one of the scenario' });
    expect(asked('default/db', { objects: [web] })).toMatchObject({ hint: 'there are: default/web' });
  });
});

describe('rules that a node brings along', () => {
  const toNodePort = {
    from: { kind: 'packet', ip: '198.51.100.7', enters: 'n1', interface: 'eth0' },
    to: { kind: 'address', ip: '10.0.0.1', port: 30080 },
    protocol: 'TCP',
  } as const;
  const firewall = `*filter
:INPUT DROP [3:180]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 30080 -m comment --comment "not today" -j REJECT --reject-with icmp-port-unreachable
COMMIT
`;
  const own = { iptablesSave: firewall, ip6tablesSave: null, nftRuleset: null };
  const nodePort = service('web', {
    type: 'NodePort',
    clusterIP: '10.96.0.9',
    ports: [{ port: 80, nodePort: 30080, targetPort: 8080 }],
  });
  const objects = [nodePort, pod('a', '10.1.1.2')];
  const withOwn = smallScenario({
    objects,
    cluster: { nodes: { ...smallScenario().cluster.nodes, n1: nodeSettings({ rules: own }) } },
  });

  it('stand in the place of those that kube-proxy writes there, and nowhere else', () => {
    const verdict = (enters: string) =>
      traceScenario(
        withOwn,
        {
          ...toNodePort,
          from: { ...toNodePort.from, enters },
          to: { ...toNodePort.to, ip: enters === 'n1' ? '10.0.0.1' : '10.0.0.2' },
        },
        0,
      ).outcomes.map((outcome) => outcome.verdict);
    expect(verdict('n1')).toEqual(['rejected']);
    expect(verdict('n2')).toEqual(['delivered']);
  });

  it('may come with the question', () => {
    const scenario = smallScenario({ objects });
    expect(traceScenario(scenario, toNodePort, 0).outcomes[0]).toMatchObject({ verdict: 'delivered' });
    const [outcome] = traceScenario(scenario, toNodePort, 0, { n1: own }).outcomes;
    expect(outcome).toMatchObject({
      verdict: 'rejected',
      reason: '-t filter -A INPUT -m tcp -p tcp --dport 30080 -m comment --comment "not today" -j REJECT',
    });
    expect(() => traceScenario(scenario, toNodePort, 0, { n9: own })).toThrow(
      expect.objectContaining({ code: 'unknown-node', path: '/rules/n9' }),
    );
  });

  it('may ask sets that are given beside them', () => {
    const iptablesSave = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set shut src,dst -j DROP\nCOMMIT\n';
    const verdictWith = (ipsetSave: string) => {
      const rules = { n1: { ...own, iptablesSave, ipsetSave } };
      return traceScenario(smallScenario({ objects }), toNodePort, 0, rules).outcomes.map(({ verdict }) => verdict);
    };
    const shut = 'create shut hash:net,port\nadd shut 0.0.0.0/1,tcp:30080\nadd shut 128.0.0.0/1,tcp:30080\n';
    expect(verdictWith(shut)).toEqual(['dropped']);
    expect(verdictWith(shut.replaceAll('30080', '30081'))).not.toContain('dropped');
    expect(verdictWith(`${shut}add shut ${toNodePort.from.ip}/32,tcp:30080 nomatch\n`)).not.toContain('dropped');
  });

  it('are told as they are', () => {
    expect(rulesText(withOwn, { ...question, view: 'save' })).toBe(firewall.replace('[3:180]', '[0:0]'));
    expect(rulesText(withOwn, question)).toContain(':INPUT DROP [0:0]');
    expect(rulesText(withOwn, { ...question, node: 'n2' })).toContain('KUBE-SERVICES');
  });

  it('are told in the syntax that they were given in', () => {
    const nftRuleset =
      'table inet firewall {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\tiifname "lo" accept\n\t}\n}\n';
    const rules = { iptablesSave: null, ip6tablesSave: null, nftRuleset };
    const nodes = { n1: nodeSettings({ rules }) };
    const scenario = smallScenario({ objects, nodes: [node(1)], cluster: { nodes } });
    const { format: _, ...asGiven } = question;
    expect(rulesText(scenario, asGiven)).toBe(nftRuleset);
    expect(() => rulesText(scenario, question)).toThrow(expect.objectContaining({ code: 'other-format' }));
  });

  it('are not those of a node that joins later', () => {
    const joining = { ...node(4), metadata: { name: 'n4' } };
    const timeline: SmallScenario['timeline'] = [
      { atNs: SECOND, do: 'kubectl', command: { verb: 'apply', object: joining } },
    ];
    const nodes = { n1: nodeSettings({ rules: own }) };
    const scenario = smallScenario({ objects, nodes: [node(1)], cluster: { nodes }, timeline });
    expect(rulesText(scenario, { ...question, node: 'n4', atNs: 5 * SECOND })).toContain('KUBE-SERVICES');
  });
});

describe('a time that would take too many events to get to', () => {
  const scenario = probedWithoutEnd();
  const packet = {
    from: { kind: 'client', client: 'laptop' },
    to: { kind: 'address', ip: '10.0.0.1', port: 80 },
    protocol: 'TCP',
  } as const;
  const at = (seconds: number, mostEvents: number) => traceScenario(scenario, packet, seconds * SECOND, {}, mostEvents);

  it('is refused', () => {
    const refusal = expect.objectContaining({ code: 'too-many-events', path: '/at', hint: expect.any(String) });
    expect(() => at(1, 1_000)).toThrow(refusal);
    expect(() => tracerAt(scenario, 100 * 24 * 3600 * SECOND, {}, 1_000)).toThrow(refusal);
  });

  it('is answered where the limit allows it', () => {
    expect(at(0, 1_000).outcomes).not.toEqual([]);
    expect(at(1, 100_000).outcomes).toEqual(at(0, 1_000).outcomes);
  });
});

it('a tracer answers as single questions do, whatever it was asked before', () => {
  const scenario = smallScenario({ objects: [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), web] });
  const packets = ['10.96.0.9', '10.0.0.1', '10.1.1.2', '10.96.0.9'].map((ip) => ({
    from: { kind: 'node', node: 'n3', ip: null } as const,
    to: { kind: 'address', ip, port: 80 } as const,
    protocol: 'TCP' as const,
  }));
  const trace = tracerAt(scenario, 0);
  expect(packets.map(trace)).toEqual(packets.map((packet) => traceScenario(scenario, packet, 0)));
});

describe('a scenario’s soundness', () => {
  it('is what the API server would have said, by the place of the object', () => {
    const scenario = smallScenario({
      objects: [web, service('twin', { clusterIP: '10.96.0.9' }), pod('a', '10.1.1.2'), pod('a', '10.1.1.3')],
    });
    expect(checkScenario(scenario).map(({ code, path, message }) => [code, path, message])).toEqual([
      ['not-admitted', '/objects/6', 'Error from server (AlreadyExists): pods "a" already exists'],
      [
        'not-admitted',
        '/objects/4',
        'The Service "twin" is invalid: spec.clusterIPs[0]: Invalid value: "10.96.0.9": provided IP is already allocated',
      ],
    ]);
  });

  it('gives services what they ask for before it gives others anything', () => {
    const auto = service('auto', { type: 'NodePort' });
    const asks = service('asks', { type: 'NodePort', clusterIP: '10.96.1.1', ports: [{ port: 80, nodePort: 30086 }] });
    expect(checkScenario(smallScenario({ objects: [auto, asks] }))).toEqual([]);
  });

  it('takes everything of a stored cluster', () => {
    const objects = [
      web,
      service('twin', { clusterIP: '10.96.0.9', type: 'NodePort', ports: [{ port: 80, nodePort: 1 }] }),
    ];
    expect(checkScenario(smallScenario({ objects, nodes: [node(1)], cluster: { admission: 'asStored' } }))).toEqual([]);
  });
});
