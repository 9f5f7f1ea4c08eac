/** What a load balancer's service adds: source ranges, and nodes that the balancer should not have chosen. */
import { type ClusterCase, service } from '../cluster-case.js';
import { CLUSTER_CIDR, laptop, nodes, shell1, shell2, stranger, web1, web2 } from './machines.js';

const base = {
  version: '1.33',
  cni: 'bridge',
  kubeProxy: { clusterCIDR: CLUSTER_CIDR },
  nodes,
  clients: [laptop],
} satisfies Partial<ClusterCase>;

export const sourceRanges: ClusterCase = {
  ...base,
  name: 'loadBalancerSourceRanges',
  clients: [laptop, stranger],
  pods: [web1, web2, shell1, shell2],
  services: [
    service(
      'guarded',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.10',
        loadBalancerSourceRanges: ['203.0.113.0/24', '10.1.2.0/24'],
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
        loadBalancerIPs: ['198.18.0.10'],
        externalIPs: ['198.18.0.11'],
      },
      ['web-1'],
    ),
    service(
      'nodes-allowed',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.20',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32001,
        loadBalancerSourceRanges: ['192.168.0.0/24', '198.51.100.0/24'],
        ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }],
        loadBalancerIPs: ['198.18.0.20'],
      },
      ['web-2'],
    ),
    service(
      'guarded-and-empty',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.30',
        loadBalancerSourceRanges: ['203.0.113.0/24'],
        ports: [{ port: 80, targetPort: 8080, nodePort: 30082 }],
        loadBalancerIPs: ['198.18.0.30'],
      },
      [],
    ),
  ],
  flows: [
    ['laptop', '198.18.0.10:80', 'web-1 sees 10.1.1.1 | web-1 sees 192.168.0.12 | web-1 sees 192.168.0.13'],
    ['laptop via n1', '198.18.0.10:80', 'web-1 sees 10.1.1.1'],
    ['laptop via n3', '198.18.0.10:80', 'web-1 sees 192.168.0.13'],
    ['stranger via n1', '198.18.0.10:80', 'timeout'],
    ['shell-1', '198.18.0.10:80', 'timeout'],
    ['shell-2', '198.18.0.10:80', 'web-1 sees 192.168.0.12'],
    ['n1', '198.18.0.10:80', 'timeout'],
    // Only the load balancer's address is guarded.
    ['stranger', '192.168.0.13:30080', 'web-1 sees 192.168.0.13'],
    ['stranger via n3', '198.18.0.11:80', 'web-1 sees 192.168.0.13'],
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20'],
    ['stranger via n2', '198.18.0.20:80', 'web-2 sees 198.51.100.7'],
    ['stranger via n1', '198.18.0.20:80', 'timeout'],
    ['laptop via n2', '198.18.0.20:80', 'timeout'],
    ['n1', '198.18.0.20:80', 'web-2 sees 192.168.0.11'],
    ['n2', '198.18.0.20:80', 'web-2 sees 10.1.2.1'],
    ['shell-1', '198.18.0.20:80', 'timeout'],
    // Without endpoints nobody looks at the ranges.
    ['stranger via n1', '198.18.0.30:80', 'rejected'],
    ['laptop via n1', '198.18.0.30:80', 'rejected'],
  ],
};

/** A load balancer that asks no node how it is sends to those without an endpoint, too. */
function unchecked(version: string, fromPod: string): ClusterCase {
  return {
    ...base,
    name: `a load balancer without health checks, externalTrafficPolicy Local, no detector, ${version}`,
    version,
    kubeProxy: {},
    healthChecks: false,
    pods: [web2, shell1],
    services: [
      service(
        'web',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.10',
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 32000,
          ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
          loadBalancerIPs: ['198.18.0.10'],
        },
        ['web-2'],
      ),
    ],
    flows: [
      ['laptop', '198.18.0.10:80', 'timeout | web-2 sees 203.0.113.9'],
      ['laptop via n2', '198.18.0.10:80', 'web-2 sees 203.0.113.9'],
      ['shell-1', '198.18.0.10:80', fromPod],
    ],
  };
}

/** n1 forwards to the load balancer what it should drop; nodes without an endpoint do the same, until its TTL is used up. */
export const uncheckedBefore125 = unchecked('1.24', 'timeout | web-2 sees 10.1.1.20');
export const uncheckedNow = unchecked('1.33', 'timeout');
