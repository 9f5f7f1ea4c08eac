/**
 * What mode nftables decides, told row by row from the decision model of kube-proxy and from what sets this mode apart,
 * by version.
 */
import { describe, expect, it } from 'vitest';
import { nftablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp, sameIp } from '../../libs/sim/src/netfilter/address.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { EndpointSliceObject, ServiceObject } from '../../libs/sim/src/objects.js';
import { type VectorCluster, vectorNode, vectorView } from './vector-cluster.js';

const NODE = '192.168.0.2';
const SECOND = '192.168.1.2';
const POD = '10.180.9.9';
const CLIENT = '203.0.113.7';
const STRANGER = '198.51.100.1';
const HERE = '10.180.0.1:8080';
const ELSEWHERE = '10.180.1.1:8080';
const CLUSTER_IP = '172.30.0.1:80';
const VIP = '192.168.8.1:80';
const EXTERNAL_IP = '192.168.9.1:80';
const NODE_PORT = `${NODE}:30080`;

const CLUSTER: VectorCluster = {
  ipFamily: 'IPv4',
  thisNode: { name: 'n1', ips: [NODE, SECOND], primaryIP: NODE },
  localDetector: { mode: 'ClusterCIDR', cidr: '10.180.0.0/16' },
  masqueradeAll: false,
  nodePortAddresses: null,
  localhostNodePorts: true,
  serviceCIDRs: ['172.30.0.0/16'],
};

interface Setting {
  spec?: Partial<ServiceObject['spec']>;
  cluster?: Partial<VectorCluster>;
  endpoints?: EndpointSliceObject['endpoints'];
}

const here = { addresses: ['10.180.0.1'], nodeName: 'n1' };
const elsewhere = { addresses: ['10.180.1.1'], nodeName: 'n2' };

/** `drop`, `reject`, `pass`, or the endpoints with ` masqueraded` behind them. */
function decide(version: string, from: string, to: string, setting: Setting): string {
  const { spec = {}, cluster = {}, endpoints = [here, elsewhere] } = setting;
  const node = vectorNode({ ...CLUSTER, ...cluster }, version);
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
  const { ruleset } = nftablesMode.program(vectorView(node, { services: [service], endpointSlices: [slice] }));
  const own = [NODE, SECOND, '127.0.0.1'].map((text) => parseIp(text)!);
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
    routeLocalnet: false,
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

const BOTH = `${HERE}, ${ELSEWHERE}`;
const BOTH_MASQUERADED = `${HERE} masqueraded, ${ELSEWHERE} masqueraded`;
const LATER = ['1.30', '1.31', '1.33', '1.34', '1.35', '1.36', '1.37'];
const ALL = ['1.29', ...LATER];

function row(
  name: string,
  versions: string[],
  from: string,
  to: string,
  expected: string,
  setting: Setting = {},
): void {
  it(`${name} (${versions.join(', ')})`, () => {
    for (const version of versions) expect(decide(version, from, to, setting), version).toBe(expected);
  });
}

describe('policy Cluster', () => {
  row('a pod keeps its address towards a cluster IP', ALL, POD, CLUSTER_IP, BOTH);
  row('the node is masqueraded towards a cluster IP', ALL, NODE, CLUSTER_IP, BOTH_MASQUERADED);
  row('an outsider is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH_MASQUERADED);
  row('without a detector nobody is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH, {
    cluster: { localDetector: { mode: 'None' } },
  });
  row('masqueradeAll masquerades pods', ALL, POD, CLUSTER_IP, BOTH_MASQUERADED, { cluster: { masqueradeAll: true } });
  row(
    'a pod of this node that meets itself is masqueraded',
    ALL,
    '10.180.0.1',
    CLUSTER_IP,
    `${HERE} masqueraded, ${ELSEWHERE}`,
  );
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`a pod is masqueraded towards ${to}`, ALL, POD, to, BOTH_MASQUERADED);
    row(`an outsider is masqueraded towards ${to}`, ALL, CLIENT, to, BOTH_MASQUERADED);
  }
  for (const to of [CLUSTER_IP, EXTERNAL_IP, VIP]) {
    row(`without endpoints ${to} rejects an outsider`, ALL, CLIENT, to, 'reject', { endpoints: [] });
    row(`without endpoints ${to} rejects the node's own processes too`, ALL, NODE, to, 'reject', { endpoints: [] });
  }
  row('without endpoints a node port rejects', ALL, CLIENT, NODE_PORT, 'reject', { endpoints: [] });
});

describe('policy Local', () => {
  const external: Setting = { spec: { externalTrafficPolicy: 'Local' } };
  const internal: Setting = { spec: { internalTrafficPolicy: 'Local' } };
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`an outsider reaches the endpoint of this node as itself at ${to}`, ALL, CLIENT, to, HERE, external);
    row(`a pod reaches every endpoint as itself at ${to}`, ALL, POD, to, BOTH, external);
    row(`the node reaches every endpoint, masqueraded, at ${to}`, ALL, NODE, to, BOTH_MASQUERADED, external);
    row(`with none here ${to} drops an outsider`, ALL, CLIENT, to, 'drop', { ...external, endpoints: [elsewhere] });
    row(`with none here a pod does not notice at ${to}`, ALL, POD, to, ELSEWHERE, {
      ...external,
      endpoints: [elsewhere],
    });
  }
  row('a cluster IP leads to the endpoint of this node', ALL, POD, CLUSTER_IP, HERE, internal);
  row('with none here it drops', ALL, POD, CLUSTER_IP, 'drop', { ...internal, endpoints: [elsewhere] });
  row('outsiders do not notice it', ALL, CLIENT, NODE_PORT, BOTH_MASQUERADED, internal);
});

describe('source ranges', () => {
  const ranges: Setting = { spec: { loadBalancerSourceRanges: ['203.0.113.0/24', '192.168.0.0/24'] } };
  row('an address within is let in', ALL, CLIENT, VIP, BOTH_MASQUERADED, ranges);
  row('an address without is dropped', LATER, STRANGER, VIP, 'drop', ranges);
  row('in 1.29 it is let in: the check comes too late', ['1.29'], STRANGER, VIP, BOTH_MASQUERADED, ranges);
  row('a pod is dropped as well', LATER, POD, VIP, 'drop', ranges);
  row('it is dropped without endpoints too', LATER, STRANGER, VIP, 'drop', { ...ranges, endpoints: [] });
  row('node ports and external IPs are open to everyone', ALL, STRANGER, NODE_PORT, BOTH_MASQUERADED, ranges);
  row('the node may use the VIP as its own source', ALL, '192.168.8.1', VIP, BOTH_MASQUERADED, ranges);
  row('a node in no range is dropped', ALL, NODE, VIP, 'drop', {
    spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] },
  });
});

describe('what no Service has', () => {
  row('another port of a cluster IP is rejected', LATER, POD, '172.30.0.1:81', 'reject');
  row('in 1.29 it passes', ['1.29'], POD, '172.30.0.1:81', 'pass');
  row('an address that nobody has is dropped', ['1.33', '1.34', '1.37'], POD, '172.30.9.9:80', 'drop');
  row('where nobody tells the range it passes', ['1.29', '1.30', '1.31'], POD, '172.30.9.9:80', 'pass');
  row('a gate tells it', ['1.30', '1.31'], POD, '172.30.9.9:80', 'drop', {
    cluster: { featureGates: { MultiCIDRServiceAllocator: true } },
  });
});

describe('node ports', () => {
  row('work on the primary address only', LATER, CLIENT, `${SECOND}:30080`, 'pass');
  row('in 1.29 they work on every address', ['1.29'], CLIENT, `${SECOND}:30080`, BOTH_MASQUERADED);
  row('work where nodePortAddresses says so', ALL, CLIENT, `${SECOND}:30080`, BOTH_MASQUERADED, {
    cluster: { nodePortAddresses: ['192.168.1.0/24'] },
  });
  row('do not work on localhost', ALL, '127.0.0.1', '127.0.0.1:30080', 'pass', {
    cluster: { nodePortAddresses: ['0.0.0.0/0'] },
  });
});
