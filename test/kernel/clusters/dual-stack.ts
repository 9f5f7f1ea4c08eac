/** Both families on every machine: the same services, each in its own rules. */
import { type ClusterCase, client, hostPod, node, pod, service } from '../cluster-case.js';

const n1 = node('n1', ['192.168.0.11', 'fd00:192:168::11'], ['10.1.1.0/24', 'fd00:10:1:1::/64']);
const n2 = node('n2', ['192.168.0.12', 'fd00:192:168::12'], ['10.1.2.0/24', 'fd00:10:1:2::/64']);
const n3 = node('n3', ['192.168.0.13', 'fd00:192:168::13'], ['10.1.3.0/24', 'fd00:10:1:3::/64']);

const base = {
  version: '1.33',
  kubeProxy: { clusterCIDR: '10.1.0.0/16,fd00:10:1::/48' },
  nodes: [n1, n2, n3],
  clients: [client('laptop', '203.0.113.9', '2001:db8:203::9')],
  pods: [
    pod('web-1', 'n1', ['10.1.1.10', 'fd00:10:1:1::10'], 8080, 'udp 5353'),
    pod('web-2', 'n2', ['10.1.2.10', 'fd00:10:1:2::10'], 8080, 'udp 5353'),
    hostPod('gate-1', n1, 9000),
    pod('shell-1', 'n1', ['10.1.1.20', 'fd00:10:1:1::20']),
    pod('shell-3', 'n3', ['10.1.3.20', 'fd00:10:1:3::20']),
  ],
  services: [
    service(
      'web',
      {
        type: 'LoadBalancer',
        clusterIPs: ['10.96.0.10', 'fd00:10:96::10'],
        ports: [
          { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 },
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, nodePort: 30053 },
        ],
        loadBalancerIPs: ['198.18.0.10', '2001:db8:198::10'],
      },
      ['web-1', 'web-2'],
    ),
    service(
      'kept',
      {
        type: 'LoadBalancer',
        clusterIPs: ['fd00:10:96::20', '10.96.0.20'],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
        loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8:203::/48'],
        ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }],
        loadBalancerIPs: ['198.18.0.20', '2001:db8:198::20'],
      },
      ['web-2'],
    ),
    service(
      'gate',
      {
        type: 'NodePort',
        clusterIPs: ['10.96.0.30', 'fd00:10:96::30'],
        ports: [{ port: 80, targetPort: 9000, nodePort: 30090 }],
      },
      ['gate-1'],
    ),
    service(
      'empty',
      {
        type: 'NodePort',
        clusterIPs: ['10.96.0.40', 'fd00:10:96::40'],
        ports: [
          { name: 'http', port: 80, nodePort: 30091 },
          { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30054 },
        ],
      },
      [],
    ),
    service('six', { clusterIP: 'fd00:10:96::50', ports: [{ port: 80, targetPort: 8080 }] }, ['web-1']),
  ],
} satisfies Partial<ClusterCase>;

export const dualStackBridge: ClusterCase = {
  ...base,
  name: 'both families, bridge',
  cni: 'bridge',
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20'],
    ['shell-1', '[fd00:10:96::10]:80', 'web-1 sees fd00:10:1:1::20 | web-2 sees fd00:10:1:1::20'],
    ['shell-1', 'udp [fd00:10:96::10]:53', 'web-1 sees fd00:10:1:1::20 | web-2 sees fd00:10:1:1::20'],
    ['web-1', '[fd00:10:96::50]:80', 'web-1 sees fd00:10:1:1::1'],
    ['shell-3', '[fd00:10:96::50]:80', 'web-1 sees fd00:10:1:3::20'],
    ['n1', '[fd00:10:96::10]:80', 'web-1 sees fd00:10:1:1::1 | web-2 sees fd00:192:168::11'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['laptop', '[fd00:192:168::11]:30080', 'web-1 sees fd00:10:1:1::1 | web-2 sees fd00:192:168::11'],
    ['laptop', 'udp [fd00:192:168::13]:30053', 'web-1 sees fd00:192:168::13 | web-2 sees fd00:192:168::13'],
    ['laptop via n1', '[2001:db8:198::10]:80', 'web-1 sees fd00:10:1:1::1 | web-2 sees fd00:192:168::11'],
    ['laptop', '[2001:db8:198::20]:80', 'web-2 sees 2001:db8:203::9'],
    ['laptop via n1', '[2001:db8:198::20]:80', 'timeout'],
    ['shell-1', '[2001:db8:198::20]:80', 'timeout'],
    ['shell-3', '[fd00:192:168::12]:30081', 'web-2 sees fd00:10:1:3::20'],
    ['laptop', '[fd00:192:168::11]:30081', 'timeout'],
    ['laptop', '[fd00:192:168::11]:30090', 'gate-1 sees 2001:db8:203::9'],
    ['laptop', '[fd00:192:168::12]:30090', 'gate-1 sees fd00:192:168::12'],
    ['shell-1', '[fd00:10:96::40]:80', 'rejected'],
    ['laptop', '[fd00:192:168::13]:30091', 'rejected'],
    ['laptop', 'udp [fd00:192:168::13]:30054', 'rejected'],
    ['laptop', '[fd00:192:168::13]:81', 'refused'],
    ['n1', '[fd00:192:168::11]:9000', 'gate-1 sees fd00:192:168::11'],
    // Node ports never work on ::1.
    ['n1', '[::1]:30080', 'refused'],
    ['n1', '[::1]:9000', 'gate-1 sees ::1'],
  ],
};

export const dualStackRouted: ClusterCase = {
  ...base,
  name: 'both families, routed pod network',
  cni: 'routed',
  flows: [
    ['shell-1', '[fd00:10:96::10]:80', 'web-1 sees fd00:10:1:1::20 | web-2 sees fd00:10:1:1::20'],
    ['web-1', '[fd00:10:96::50]:80', 'web-1 sees fd00:192:168::11'],
    ['n1', '[fd00:10:96::10]:80', 'web-1 sees fd00:192:168::11 | web-2 sees fd00:192:168::11'],
    ['laptop', '[fd00:192:168::11]:30080', 'web-1 sees fd00:192:168::11 | web-2 sees fd00:192:168::11'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
    ['laptop', '[2001:db8:198::20]:80', 'web-2 sees 2001:db8:203::9'],
    ['laptop', '[fd00:192:168::11]:30081', 'timeout'],
  ],
};
