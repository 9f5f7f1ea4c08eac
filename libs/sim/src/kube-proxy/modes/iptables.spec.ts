import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../netfilter/address.js';
import { formatAppend, writeRestore } from '../../netfilter/iptables-save.js';
import type { EndpointSliceObject, ServiceObject } from '../../objects.js';
import { ChangeTracker } from '../change-tracker.js';
import { featureGatesOf } from '../feature-gates.js';
import { SUPPORTED_VERSIONS } from '../minor-version.js';
import type { ProxyNode } from '../proxy-node.js';
import { behaviourOf } from '../versions.js';
import { fullRestore, type IptablesProgram, iptablesMode, partialRestore, restoreText } from './iptables.js';

const NODE_LABELS = {};

function nodeOf(version: string, parts: Partial<ProxyNode> = {}): ProxyNode {
  return {
    name: 'n1',
    ipFamily: 'IPv4',
    behaviour: behaviourOf(version),
    gates: featureGatesOf(version),
    ips: [parseIp('192.168.0.2')!],
    bridgeIPs: [],
    primaryIP: parseIp('192.168.0.2'),
    localDetector: null,
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    serviceCIDRs: [],
    localhostNodePorts: true,
    ipvsScheduler: 'rr',
    tcpBeLiberal: false,
    nfacctCounters: [],
    randomFully: true,
    ...parts,
  };
}

const service = (number: number, port = 80): ServiceObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'ns', name: `s${number}` },
  spec: {
    type: 'NodePort',
    clusterIP: `172.30.${number >> 8}.${number & 255}`,
    externalTrafficPolicy: number % 2 === 0 ? 'Cluster' : 'Local',
    ports: [{ port, nodePort: 30000 + number }],
  },
});

const slice = (number: number, count: number): EndpointSliceObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'ns', name: `s${number}-1`, labels: { 'kubernetes.io/service-name': `s${number}` } },
  addressType: 'IPv4',
  endpoints: Array.from({ length: count }, (_, index) => ({
    addresses: [`10.${number & 255}.${index >> 8}.${index & 255}`],
    nodeName: `n${(index % 2) + 1}`,
  })),
  ports: [{ port: 8080 }],
});

function programOf(tracker: ChangeTracker, node: ProxyNode, previous?: IptablesProgram): IptablesProgram {
  const { services, endpoints } = tracker.checkout();
  return iptablesMode.program({ node, nodeLabels: NODE_LABELS, services, endpoints }, previous);
}

const textOf = ({ ruleset }: IptablesProgram): string =>
  writeRestore(ruleset, { markFormat: 'padded', baseChains: true });

const linesOf = (program: IptablesProgram, chain: string): string[] => {
  const rules = program.ruleset.tables.get('nat')?.chains.get(chain)?.rules ?? [];
  return rules.map((rule) => formatAppend(chain, rule, { markFormat: 'plain' }));
};

describe('a sync that builds on the one before', () => {
  const change = fc.record({
    service: fc.integer({ min: 0, max: 4 }),
    what: fc.constantFrom('service', 'port', 'slice', 'deleteService', 'deleteSlice'),
    endpoints: fc.integer({ min: 0, max: 4 }),
  });

  it('gives the rules of a sync from nothing', () => {
    const steps = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(steps, fc.constantFrom(...SUPPORTED_VERSIONS), (rounds, version) => {
        const node = nodeOf(version);
        const tracker = new ChangeTracker('n1', node);
        let previous: IptablesProgram | undefined;
        for (const changes of rounds) {
          for (const { service: number, what, endpoints } of changes) {
            if (what === 'service') tracker.serviceChanged(service(number));
            else if (what === 'port') tracker.serviceChanged(service(number, 81));
            else if (what === 'slice') tracker.endpointSliceChanged(slice(number, endpoints));
            else if (what === 'deleteService') tracker.serviceDeleted(`ns/s${number}`);
            else tracker.endpointSliceDeleted(`ns/s${number}-1`);
          }
          const checkout = tracker.checkout();
          const view = { node, nodeLabels: NODE_LABELS, services: checkout.services, endpoints: checkout.endpoints };
          const fresh = iptablesMode.program(view);
          const next: IptablesProgram = iptablesMode.program(view, previous);
          expect(textOf(next)).toBe(textOf(fresh));
          previous = next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the chains of a Service that did not change, and common chains with the same rules', () => {
    const node = nodeOf('1.33');
    const tracker = new ChangeTracker('n1', node);
    for (const number of [0, 1]) {
      tracker.serviceChanged(service(number));
      tracker.endpointSliceChanged(slice(number, 2));
    }
    const first = programOf(tracker, node);
    tracker.endpointSliceChanged(slice(1, 3));
    const second = programOf(tracker, node, first);
    expect(second.serviceRules.get('ns/s0:/TCP')).toBe(first.serviceRules.get('ns/s0:/TCP'));
    const common = (program: IptablesProgram) => program.ruleset.tables.get('nat')?.chains.get('KUBE-SERVICES');
    expect(common(second)).toBe(common(first));
  });

  it('writes the changed Service only, and removes the chains of a deleted one', () => {
    const node = nodeOf('1.33');
    const tracker = new ChangeTracker('n1', node);
    for (const number of [0, 1, 2]) {
      tracker.serviceChanged(service(number));
      tracker.endpointSliceChanged(slice(number, 2));
    }
    const first = programOf(tracker, node);
    tracker.endpointSliceChanged(slice(1, 1));
    tracker.serviceDeleted('ns/s2');
    const checkout = tracker.checkout();
    const view = { node, nodeLabels: NODE_LABELS, services: checkout.services, endpoints: checkout.endpoints };
    const second = iptablesMode.program(view, first);
    const options = { markFormat: 'plain', baseChains: false } as const;
    const text = restoreText(partialRestore(first, second, checkout.changedServices), options);
    expect(text).not.toContain('-> 10.0.0.0:8080');
    expect(text).toContain('-> 10.1.0.0:8080');
    // The Service that went has its chains for both policies and two endpoints; the changed one lost an endpoint.
    expect(text.match(/^-X /gm)).toHaveLength(2 + 2 + 1);
    expect(restoreText(fullRestore(first, second), options)).toContain('-> 10.0.0.0:8080');
  });
});

describe('balancing', () => {
  it('gives each endpoint its share of what is left', () => {
    const node = nodeOf('1.33');
    const tracker = new ChangeTracker('n1', node);
    tracker.serviceChanged(service(0));
    tracker.endpointSliceChanged(slice(0, 3));
    const program = programOf(tracker, node);
    const chain = [...program.ruleset.tables.get('nat')!.chains.keys()].find((name) => name.startsWith('KUBE-SVC-'))!;
    const chances = linesOf(program, chain).map((line) => /--probability (\S+)/.exec(line)?.[1] ?? 'always');
    expect(chances).toEqual(['0.3333333333', '0.5000000000', 'always']);
  });

  it.each([
    [1000, true],
    [1001, false],
  ])('with %i endpoints in the cluster comments on endpoints are written: %s', (count, commented) => {
    const node = nodeOf('1.33');
    const tracker = new ChangeTracker('n1', node);
    tracker.serviceChanged(service(0));
    tracker.endpointSliceChanged(slice(0, count));
    expect(textOf(programOf(tracker, node)).includes(' -> ')).toBe(commented);
  });
});

describe('settings of a node', () => {
  const rulesOf = (parts: Partial<ProxyNode>): string => {
    const node = nodeOf('1.33', parts);
    const tracker = new ChangeTracker('n1', node);
    tracker.serviceChanged(service(1));
    tracker.endpointSliceChanged(slice(1, 2));
    return textOf(programOf(tracker, node));
  };

  it('detect local pods by interface', () => {
    const text = rulesOf({ localDetector: { kind: 'interfacePrefix', prefix: 'veth' } });
    expect(text).toContain('--dport 80 ! -i veth+ -j KUBE-MARK-MASQ');
    expect(text).toContain('external destinations" -i veth+ -j KUBE-SVC-');
  });

  it('move the masquerade mark', () => {
    const text = rulesOf({ masqueradeBit: 20 });
    expect(text).toContain('-A KUBE-MARK-MASQ -j MARK --or-mark 0x00100000');
    expect(text).toContain('-m mark --mark 0x00100000/0x00100000 -j ACCEPT');
  });

  it('let INVALID packets through with a liberal conntrack', () => {
    expect(rulesOf({})).toContain('--ctstate INVALID -j DROP');
    expect(rulesOf({ tcpBeLiberal: true })).not.toContain('INVALID');
  });

  it('count with nfacct where the kernel has it', () => {
    const text = rulesOf({ nfacctCounters: ['localhost_nps_accepted_pkts'] });
    expect(text).toContain('-d 127.0.0.0/8 --dport 30001 -m nfacct --nfacct-name localhost_nps_accepted_pkts');
  });
});

describe('nodePortAddresses', () => {
  it('cover the address of the bridge, as every interface of the node', () => {
    const node = nodeOf('1.31', { bridgeIPs: [parseIp('10.77.0.1')!], nodePortAddresses: ['10.77.0.0/24'] });
    const tracker = new ChangeTracker(node.name, node);
    tracker.serviceChanged(service(2));
    const rules = programOf(tracker, node).ruleset.tables.get('nat')!.chains.get('KUBE-SERVICES')!.rules;
    expect(rules.at(-1)).toMatchObject({ target: { kind: 'jump', chain: 'KUBE-NODEPORTS' } });
    expect(rules.at(-1)?.matches).toContainEqual({ kind: 'destination', cidr: '10.77.0.1' });
  });
});
