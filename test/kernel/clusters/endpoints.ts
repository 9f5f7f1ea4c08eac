/** What kinds of endpoint and port there are, and pods that meet themselves. */
import { type ClusterCase, hostPod, node, pod, service } from '../cluster-case.js';
import { CLUSTER_CIDR, gate1, gate2, laptop, n1, n2, nodes, shell1, shell2, stranger, web1, web2 } from './machines.js';

const base = {
  version: '1.33',
  cni: 'bridge',
  kubeProxy: { clusterCIDR: CLUSTER_CIDR },
  nodes,
  clients: [laptop],
} satisfies Partial<ClusterCase>;

export const hairpin: ClusterCase = {
  ...base,
  name: 'a pod that reaches itself through its service',
  pods: [web1],
  services: [
    service(
      'self',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.10',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
        loadBalancerIPs: ['198.18.0.10'],
        externalIPs: ['198.18.0.11'],
      },
      ['web-1'],
    ),
  ],
  flows: [
    ['web-1', '10.96.0.10:80', 'web-1 sees 10.1.1.1'],
    ['web-1', '192.168.0.11:30080', 'web-1 sees 10.1.1.1'],
    // Another node takes it for a pod's traffic, and masquerades it because it goes back to where it came from.
    ['web-1', '192.168.0.12:30080', 'web-1 sees 192.168.0.12'],
    ['web-1', '198.18.0.10:80', 'web-1 sees 10.1.1.1'],
    ['web-1', '198.18.0.11:80', 'web-1 sees 10.1.1.1'],
    ['web-1', '10.1.1.10:8080', 'web-1 sees 10.1.1.10'],
  ],
};

export const hostNetwork: ClusterCase = {
  ...base,
  name: 'host-network endpoints',
  pods: [gate1, gate2, shell1, hostPod('agent', n1)],
  services: [
    service(
      'gate',
      { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 9000, nodePort: 30090 }] },
      ['gate-1', 'gate-2'],
    ),
    service(
      'kept',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.20',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 9000, nodePort: 30091 }],
      },
      ['gate-1'],
    ),
  ],
  flows: [
    // Delivered on the node that took the packet, it never meets POSTROUTING: the client keeps its address.
    ['laptop', '192.168.0.11:30090', 'gate-1 sees 203.0.113.9 | gate-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.13:30090', 'gate-1 sees 192.168.0.13 | gate-2 sees 192.168.0.13'],
    ['laptop via n1', '10.96.0.10:80', 'gate-1 sees 203.0.113.9 | gate-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.11:30091', 'gate-1 sees 203.0.113.9'],
    ['laptop', '192.168.0.12:30091', 'timeout'],
    ['shell-1', '10.96.0.10:80', 'gate-1 sees 10.1.1.20 | gate-2 sees 10.1.1.20'],
    ['shell-1', '192.168.0.11:30090', 'gate-1 sees 10.1.1.20 | gate-2 sees 192.168.0.11'],
    ['n1', '10.96.0.10:80', 'gate-1 sees 192.168.0.11 | gate-2 sees 192.168.0.11'],
    ['n1', '192.168.0.11:30090', 'gate-1 sees 192.168.0.11 | gate-2 sees 192.168.0.11'],
    ['n1', '127.0.0.1:30090', 'gate-1 sees 192.168.0.11 | gate-2 sees 192.168.0.11'],
    ['n1', '127.0.0.1:30091', 'gate-1 sees 192.168.0.11'],
    ['gate-2', '10.96.0.10:80', 'gate-1 sees 192.168.0.12 | gate-2 sees 192.168.0.12'],
    ['agent', '10.96.0.10:80', 'gate-1 sees 192.168.0.11 | gate-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.11:9000', 'gate-1 sees 203.0.113.9'],
  ],
};

export const terminating: ClusterCase = {
  ...base,
  name: 'terminating endpoints serve where no ready one is left',
  pods: [web1, web2, shell1],
  services: [
    service(
      'rolling',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.10',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
      },
      { 'web-1': 'terminating', 'web-2': 'ready' },
    ),
    service(
      'last',
      { type: 'NodePort', clusterIP: '10.96.0.20', ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }] },
      { 'web-1': 'terminating', 'web-2': 'notReady' },
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-2 sees 10.1.1.20'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 203.0.113.9'],
    ['laptop', '192.168.0.12:30080', 'web-2 sees 203.0.113.9'],
    ['laptop', '192.168.0.13:30080', 'timeout'],
    ['shell-1', '192.168.0.11:30080', 'web-2 sees 10.1.1.20'],
    ['shell-1', '10.96.0.20:80', 'web-1 sees 10.1.1.20'],
    ['laptop', '192.168.0.12:30081', 'web-1 sees 192.168.0.12'],
  ],
};

/** Before 1.26 only ready endpoints count. */
export const terminatingBefore126: ClusterCase = {
  ...terminating,
  version: '1.25',
  name: 'terminating endpoints in 1.25',
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-2 sees 10.1.1.20'],
    ['laptop', '192.168.0.11:30080', 'timeout'],
    ['laptop', '192.168.0.12:30080', 'web-2 sees 203.0.113.9'],
    ['shell-1', '10.96.0.20:80', 'rejected'],
    ['laptop', '192.168.0.12:30081', 'rejected'],
  ],
};

export const severalPorts: ClusterCase = {
  ...base,
  name: 'several ports, named ports, TCP and UDP on one number',
  pods: [
    pod('old', 'n1', '10.1.1.10', 'http=8080', 8443, 'udp 5353', 5353),
    pod('new', 'n2', '10.1.2.10', 'http=9080', 8443, 'udp 5353', 5353),
    shell1,
    shell2,
  ],
  services: [
    service(
      'web',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.10',
        ports: [
          { name: 'http', port: 80, targetPort: 'http', nodePort: 30080 },
          { name: 'https', port: 443, targetPort: 8443, nodePort: 30443 },
        ],
      },
      ['old', 'new'],
    ),
    service(
      'dns',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.53',
        ports: [
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, nodePort: 30053 },
          { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 5353, nodePort: 30053 },
        ],
      },
      ['old', 'new'],
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.10:80', 'old sees 10.1.1.20 | new sees 10.1.1.20'],
    ['shell-1', '10.96.0.10:443', 'old sees 10.1.1.20 | new sees 10.1.1.20'],
    ['laptop', '192.168.0.11:30080', 'old sees 10.1.1.1 | new sees 192.168.0.11'],
    ['laptop', '192.168.0.12:30443', 'old sees 192.168.0.12 | new sees 10.1.2.1'],
    ['shell-1', 'udp 10.96.0.53:53', 'old sees 10.1.1.20 | new sees 10.1.1.20'],
    ['shell-1', '10.96.0.53:53', 'old sees 10.1.1.20 | new sees 10.1.1.20'],
    ['laptop', 'udp 192.168.0.11:30053', 'old sees 10.1.1.1 | new sees 192.168.0.11'],
    ['laptop', '192.168.0.11:30053', 'old sees 10.1.1.1 | new sees 192.168.0.11'],
    ['n2', 'udp 10.96.0.53:53', 'old sees 192.168.0.12 | new sees 10.1.2.1'],
    ['shell-2', 'udp 10.96.0.10:80', 'timeout'],
  ],
};

export const udp: ClusterCase = {
  ...base,
  name: 'UDP services',
  pods: [pod('dns-1', 'n1', '10.1.1.53', 'udp 53'), pod('dns-2', 'n2', '10.1.2.53', 'udp 53'), shell1],
  services: [
    service(
      'dns',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.10',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
        loadBalancerSourceRanges: ['203.0.113.0/24', '10.1.0.0/16'],
        ports: [{ protocol: 'UDP', port: 53, targetPort: 53, nodePort: 30053 }],
        loadBalancerIPs: ['198.18.0.53'],
      },
      ['dns-1', 'dns-2'],
    ),
    service(
      'empty',
      { type: 'NodePort', clusterIP: '10.96.0.20', ports: [{ protocol: 'UDP', port: 53, nodePort: 30054 }] },
      [],
    ),
    service('one', { clusterIP: '10.96.0.30', ports: [{ protocol: 'UDP', port: 53, targetPort: 53 }] }, ['dns-1']),
  ],
  clients: [laptop, stranger],
  flows: [
    ['shell-1', 'udp 10.96.0.10:53', 'dns-1 sees 10.1.1.20 | dns-2 sees 10.1.1.20'],
    ['n1', 'udp 10.96.0.10:53', 'dns-1 sees 10.1.1.1 | dns-2 sees 192.168.0.11'],
    ['laptop', 'udp 192.168.0.11:30053', 'dns-1 sees 203.0.113.9'],
    ['laptop', 'udp 192.168.0.13:30053', 'timeout'],
    ['laptop via n2', 'udp 198.18.0.53:53', 'dns-2 sees 203.0.113.9'],
    ['stranger via n2', 'udp 198.18.0.53:53', 'timeout'],
    ['shell-1', 'udp 198.18.0.53:53', 'dns-1 sees 10.1.1.20 | dns-2 sees 10.1.1.20'],
    ['dns-1', 'udp 10.96.0.30:53', 'dns-1 sees 10.1.1.1'],
    ['shell-1', 'udp 10.96.0.20:53', 'rejected'],
    ['laptop', 'udp 192.168.0.12:30054', 'rejected'],
  ],
};

/** The address of a load balancer that a node carries itself, as a VIP speaker does. */
const speaker = node('n1', '192.168.0.11', '10.1.1.0/24', ['198.18.0.10', '198.18.0.20', '198.18.0.30', '198.18.0.40']);

export const localVip: ClusterCase = {
  ...base,
  name: 'load balancer addresses bound on a node',
  nodes: [speaker, n2],
  pods: [web1, web2, shell1],
  services: [
    service(
      'web',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.10',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
        loadBalancerIPs: ['198.18.0.10'],
      },
      ['web-1', 'web-2'],
    ),
    service(
      'guarded',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.20',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
        // Holds the node's own address: then the VIP itself is allowed as a source, which a node process there has.
        loadBalancerSourceRanges: ['192.168.0.0/24'],
        ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }],
        loadBalancerIPs: ['198.18.0.20'],
      },
      ['web-2'],
    ),
    service(
      'empty',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.30',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30082 }],
        loadBalancerIPs: ['198.18.0.30'],
      },
      [],
    ),
    service(
      'elsewhere',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.40',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32001,
        ports: [{ port: 80, targetPort: 8080, nodePort: 30083 }],
        loadBalancerIPs: ['198.18.0.40'],
      },
      ['web-2'],
    ),
  ],
  flows: [
    ['n1', '198.18.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['n2', '198.18.0.10:80', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1'],
    ['laptop via n1', '198.18.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['shell-1', '198.18.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['n1', '198.18.0.20:80', 'web-2 sees 192.168.0.11'],
    ['n1 as 198.18.0.20', '198.18.0.20:80', 'web-2 sees 192.168.0.11'],
    ['n1 as 192.168.0.11', '198.18.0.20:80', 'web-2 sees 192.168.0.11'],
    ['n1 as 198.18.0.10', '198.18.0.20:80', 'timeout'],
    ['laptop via n1', '198.18.0.20:80', 'timeout'],
    // The address is local: the packet meets INPUT, also from a process of the node.
    ['n1', '198.18.0.30:80', 'rejected'],
    ['laptop via n1', '198.18.0.30:80', 'rejected'],
    ['laptop via n1', '198.18.0.10:81', 'refused'],
    ['laptop via n1', '198.18.0.40:80', 'timeout'],
    ['n1', '198.18.0.40:80', 'web-2 sees 192.168.0.11'],
    ['shell-1', '198.18.0.40:80', 'web-2 sees 10.1.1.20'],
    ['laptop via n2', '198.18.0.40:80', 'web-2 sees 203.0.113.9'],
    // A node port is served on every local address.
    ['laptop via n1', '198.18.0.10:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
  ],
};
