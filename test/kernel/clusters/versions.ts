/** One cluster in every generation of the rules: where versions differ, the table says how. */
import { type ClusterCase, type Flow, service } from '../cluster-case.js';
import { CLUSTER_CIDR, laptop, nodes, shell1, shell3, stranger, web1, web2 } from './machines.js';

function inVersion(version: string, differences: Flow[]): ClusterCase {
  return {
    name: `every kind of destination in ${version}`,
    version,
    cni: 'bridge',
    kubeProxy: { clusterCIDR: CLUSTER_CIDR },
    nodes,
    clients: [laptop, stranger],
    pods: [web1, web2, shell1, shell3],
    services: [
      service(
        'web',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.10',
          ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
          loadBalancerIPs: ['198.18.0.10'],
          externalIPs: ['198.18.0.11'],
        },
        ['web-1', 'web-2'],
      ),
      service(
        'kept',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.20',
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 32000,
          ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }],
          loadBalancerIPs: ['198.18.0.20'],
        },
        ['web-2'],
      ),
      service(
        'inner',
        {
          type: 'NodePort',
          clusterIP: '10.96.0.30',
          internalTrafficPolicy: 'Local',
          ports: [{ port: 80, targetPort: 8080, nodePort: 30082 }],
        },
        ['web-1'],
      ),
      service(
        'guarded',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.40',
          loadBalancerSourceRanges: ['203.0.113.0/24'],
          ports: [{ port: 80, targetPort: 8080, nodePort: 30083 }],
          loadBalancerIPs: ['198.18.0.40'],
        },
        ['web-1'],
      ),
      service(
        'empty',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.50',
          ports: [{ port: 80, targetPort: 8080, nodePort: 30084 }],
          loadBalancerIPs: ['198.18.0.50'],
        },
        [],
      ),
    ],
    flows: [...always, ...differences],
  };
}

const fromN1 = 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11';

const always: Flow[] = [
  ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20'],
  ['web-1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 10.1.1.10'],
  ['n1', '10.96.0.10:80', fromN1],
  ['laptop', '192.168.0.11:30080', fromN1],
  ['laptop via n1', '198.18.0.10:80', fromN1],
  ['laptop via n1', '198.18.0.11:80', fromN1],
  ['shell-1', '198.18.0.10:80', fromN1],
  ['shell-1', '192.168.0.11:30080', fromN1],
  ['n1', '198.18.0.10:80', fromN1],
  ['n1', '198.18.0.11:80', fromN1],
  ['n1', '127.0.0.1:30080', fromN1],
  ['laptop', '192.168.0.12:30081', 'web-2 sees 203.0.113.9'],
  ['laptop', '192.168.0.11:30081', 'timeout'],
  ['laptop via n2', '198.18.0.20:80', 'web-2 sees 203.0.113.9'],
  // Until 1.24 n1 only marks it, and forwards it to the load balancer, which knows better. But the answer does not pass n1,
  // which takes the client's next packet for INVALID and drops that.
  ['laptop via n1', '198.18.0.20:80', 'timeout'],
  ['shell-1', '198.18.0.20:80', 'web-2 sees 10.1.1.20'],
  ['n1', '198.18.0.20:80', 'web-2 sees 192.168.0.11'],
  ['n1', '127.0.0.1:30081', 'web-2 sees 192.168.0.11'],
  ['shell-1', '10.96.0.30:80', 'web-1 sees 10.1.1.20'],
  ['laptop via n1', '198.18.0.40:80', 'web-1 sees 10.1.1.1'],
  ['stranger via n1', '198.18.0.40:80', 'timeout'],
  ['shell-1', '198.18.0.40:80', 'timeout'],
  ['n1', '198.18.0.40:80', 'timeout'],
  ['laptop', '198.18.0.20:80', 'web-2 sees 203.0.113.9'],
  ['stranger', '192.168.0.11:30083', 'web-1 sees 10.1.1.1'],
  ['shell-1', '10.96.0.50:80', 'rejected'],
  ['n1', '10.96.0.50:80', 'rejected'],
  ['laptop', '192.168.0.11:30084', 'rejected'],
  ['laptop via n1', '198.18.0.50:80', 'rejected'],
];

/** Until 1.23 a pod keeps its address on the way to an external IP. */
const externalIpKept: Flow = ['shell-1', '198.18.0.11:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20'];
const externalIpMasqueraded: Flow = ['shell-1', '198.18.0.11:80', fromN1];

/** 1.21 does not know internalTrafficPolicy, 1.22 and 1.23 have it reject and filter external traffic as well. */
const innerIgnored: Flow[] = [
  ['shell-3', '10.96.0.30:80', 'web-1 sees 10.1.3.20'],
  ['laptop', '192.168.0.13:30082', 'web-1 sees 192.168.0.13'],
];
const innerRejects: Flow[] = [
  ['shell-3', '10.96.0.30:80', 'rejected'],
  ['laptop', '192.168.0.13:30082', 'rejected'],
];
const innerDrops: Flow[] = [
  ['shell-3', '10.96.0.30:80', 'timeout'],
  ['laptop', '192.168.0.13:30082', 'web-1 sees 192.168.0.13'],
];

export const everyVersion: ClusterCase[] = [
  inVersion('1.21', [externalIpKept, ...innerIgnored]),
  inVersion('1.22', [externalIpKept, ...innerRejects]),
  inVersion('1.23', [externalIpKept, ...innerRejects]),
  inVersion('1.24', [externalIpMasqueraded, ...innerDrops]),
  inVersion('1.25', [externalIpMasqueraded, ...innerDrops]),
  inVersion('1.27', [externalIpMasqueraded, ...innerDrops]),
  inVersion('1.33', [externalIpMasqueraded, ...innerDrops]),
];
