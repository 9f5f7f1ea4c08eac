/**
 * Who gets where, told row by row: one load balancer Service with every kind of address, one ready endpoint on this node
 * and one elsewhere unless the row says otherwise. Pods are 10.180.0.0/16, the node is 192.168.0.2.
 */
import { expect, it } from 'vitest';
import type { ProxyView } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { EndpointObject, EndpointSliceObject, ServiceObject } from '../../libs/sim/src/objects.js';
import { type VectorCluster, vectorNode, vectorView } from './vector-cluster.js';

export const NODE = '192.168.0.2';
export const CLIENT = '203.0.113.7';
/** In no source range. */
export const STRANGER = '198.51.100.1';
export const CLUSTER_IP = '172.30.0.1:80';
export const EXTERNAL_IP = '192.168.9.1:80';
export const VIP = '192.168.8.1:80';
export const NODE_PORT = `${NODE}:30080`;
export const HERE = '10.180.0.1:8080';
export const ELSEWHERE = '10.180.1.1:8080';
export const BOTH = `${HERE}, ${ELSEWHERE}`;
export const BOTH_MASQUERADED = `${HERE} masqueraded, ${ELSEWHERE} masqueraded`;

export interface Setting {
  spec?: Partial<ServiceObject['spec']>;
  cluster?: Partial<VectorCluster>;
  endpoints?: EndpointObject[];
}

export const here = (conditions: EndpointObject['conditions'] = {}): EndpointObject => ({
  addresses: ['10.180.0.1'],
  nodeName: 'n1',
  conditions,
});
export const elsewhere = (conditions: EndpointObject['conditions'] = {}): EndpointObject => ({
  addresses: ['10.180.1.1'],
  nodeName: 'n2',
  conditions,
});

type Row = (name: string, versions: string[], from: string, to: string, expected: string, setting?: Setting) => void;

/** What writes a row, for a mode and a node with those addresses. */
export function rowsOf(rulesetOf: (view: ProxyView) => Ruleset, ips: string[] = [NODE]): Row {
  return (name, versions, from, to, expected, setting = {}) => {
    it(`${name} (${versions.join(', ')})`, () => {
      for (const version of versions) {
        const ruleset = rulesetOf(viewOf(version, ips, setting));
        expect(decide(ruleset, ips, from, to), version).toBe(expected);
      }
    });
  };
}

function viewOf(
  version: string,
  ips: string[],
  { spec, cluster, endpoints = [here(), elsewhere()] }: Setting,
): ProxyView {
  const node = vectorNode(
    {
      ipFamily: 'IPv4',
      thisNode: { name: 'n1', ips, primaryIP: NODE },
      localDetector: { mode: 'ClusterCIDR', cidr: '10.180.0.0/16' },
      masqueradeAll: false,
      nodePortAddresses: null,
      localhostNodePorts: true,
      serviceCIDRs: ['172.30.0.0/16'],
      ...cluster,
    },
    version,
  );
  const service: ServiceObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '172.30.0.1',
      externalIPs: ['192.168.9.1'],
      ports: [{ port: 80, nodePort: 30080 }],
      ...spec,
    },
    status: { loadBalancer: { ingress: [{ ip: '192.168.8.1' }] } },
  };
  const slice: EndpointSliceObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints,
    ports: [{ port: 8080 }],
  };
  return vectorView(node, { services: [service], endpointSlices: [slice] });
}

/** `drop`, `reject`, `pass`, or the endpoints with ` masqueraded` behind them. */
function decide(ruleset: Ruleset, ips: string[], from: string, to: string): string {
  const own = [...ips, '127.0.0.1'].map((text) => parseIp(text)!);
  const isLocalAddress = (ip: Ip) => own.some((local) => sameIp(local, ip));
  const context = {
    name: 'n1',
    isLocalAddress,
    addressesOf: () => own,
    egress: (ip: Ip) => ({
      interface: isLocalAddress(ip) ? 'lo' : 'eth0',
      address: own[0]!,
      local: isLocalAddress(ip),
    }),
    routeLocalnet: true,
  };
  const [destination, port] = to.split(':') as [string, string];
  const packet = {
    sourceIp: parseIp(from)!,
    sourcePort: null,
    destinationIp: parseIp(destination)!,
    destinationPort: Number(port),
    protocol: 'TCP' as const,
    inInterface: null,
  };
  const entry = from === NODE || from === '127.0.0.1' ? 'local' : 'arriving';
  const outcomes = evaluate(entry, ruleset, context, packet, { masqueradeMark: 0x4000 });
  const texts = outcomes.map(({ verdict, dnat, destinationIp, destinationPort, masqueradeMarked }) => {
    if (verdict === 'drop' || verdict === 'reject') return verdict;
    if (!dnat) return 'pass';
    return formatHostPort(destinationIp.text, destinationPort) + (masqueradeMarked ? ' masqueraded' : '');
  });
  return texts.join(', ');
}
