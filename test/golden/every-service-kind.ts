/** One Service of every kind that kube-proxy treats differently, in both families. */
import type { EndpointSliceObject, IpFamily, Protocol, ServiceObject } from '../../libs/sim/src/objects.js';
import type { VectorCluster } from '../flows/vector-cluster.js';

/** Texts are written for IPv4; in IPv6 each address is embedded in a prefix of its own. */
function inFamily(ip: string, ipFamily: IpFamily): string {
  return ipFamily === 'IPv4' ? ip : `fd00:${ip.replaceAll('.', ':')}::1`;
}

export function nodeOfEveryKind(ipFamily: IpFamily): VectorCluster {
  return {
    ipFamily,
    thisNode: { name: 'n1', ips: [inFamily('192.168.0.2', ipFamily)], primaryIP: inFamily('192.168.0.2', ipFamily) },
    localDetector: { mode: 'ClusterCIDR', cidr: ipFamily === 'IPv4' ? '10.180.0.0/16' : 'fd00:10:180::/48' },
    masqueradeAll: false,
    nodePortAddresses: null,
    localhostNodePorts: true,
    iptablesSupportsRandomFully: true,
  };
}

type Kind = [name: string, spec: Omit<ServiceObject['spec'], 'ports'>, nodePort: number, nodes: string[], vip?: string];

const KINDS: Kind[] = [
  ['cluster-ip', {}, 0, ['n1', 'n2']],
  ['no-endpoints', { externalIPs: ['192.168.9.1'], type: 'NodePort' }, 30001, []],
  ['internal-local', { internalTrafficPolicy: 'Local' }, 0, ['n1', 'n2']],
  ['internal-local-elsewhere', { internalTrafficPolicy: 'Local' }, 0, ['n2']],
  ['node-port', { type: 'NodePort', sessionAffinity: 'ClientIP' }, 30002, ['n1', 'n2', 'n3']],
  ['node-port-local', { type: 'NodePort', externalTrafficPolicy: 'Local', sessionAffinity: 'ClientIP' }, 30003, ['n1']],
  ['external-ip', { externalIPs: ['192.168.9.2'] }, 0, ['n1', 'n2']],
  ['external-ip-local', { externalIPs: ['192.168.9.3'], externalTrafficPolicy: 'Local' }, 0, ['n2']],
  ['balancer', { type: 'LoadBalancer' }, 30004, ['n1', 'n2'], '192.168.8.1'],
  [
    'balancer-ranges',
    { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.168.0.0/24', '10.0.0.0/8', 'fd00::/16'] },
    30005,
    ['n2'],
    '192.168.8.2',
  ],
  [
    'balancer-local',
    { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32001 },
    30006,
    ['n1', 'n1', 'n2'],
    '192.168.8.3',
  ],
  [
    'balancer-local-elsewhere',
    { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32002 },
    30007,
    ['n2'],
    '192.168.8.4',
  ],
];

const PORTS: { name: string; protocol: Protocol; port: number }[] = [
  { name: 'http', protocol: 'TCP', port: 80 },
  { name: '', protocol: 'UDP', port: 53 },
];

export function servicesOfEveryKind(ipFamily: IpFamily): ServiceObject[] {
  return KINDS.map(([name, spec, nodePort, , vip], index) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: {
      ...spec,
      clusterIP: inFamily(`172.30.0.${index + 1}`, ipFamily),
      externalIPs: (spec.externalIPs ?? []).map((ip) => inFamily(ip, ipFamily)),
      ports: PORTS.map((port) => ({ ...port, ...(nodePort === 0 ? {} : { nodePort }) })),
    },
    ...(vip === undefined ? {} : { status: { loadBalancer: { ingress: [{ ip: inFamily(vip, ipFamily) }] } } }),
  }));
}

export function slicesOfEveryKind(ipFamily: IpFamily): EndpointSliceObject[] {
  return KINDS.map(([name, , , nodes], index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: ipFamily,
    endpoints: nodes.map((nodeName, number) => ({
      addresses: [inFamily(`10.180.${index}.${number + 1}`, ipFamily)],
      nodeName,
    })),
    ports: PORTS.map((port) => ({ ...port, port: port.port + 8000 })),
  }));
}
