/** Which endpoints a policy allows, and what happens where it allows none. */
import { type ClusterCase, service } from '../cluster-case.js';
import { CLUSTER_CIDR, laptop, nodes, shell1, shell2, shell3, web1, web2, web3 } from './machines.js';

const base = {
  version: '1.33',
  cni: 'bridge',
  kubeProxy: { clusterCIDR: CLUSTER_CIDR },
  nodes,
  clients: [laptop],
} satisfies Partial<ClusterCase>;

export const severalEndpoints: ClusterCase = {
  ...base,
  name: 'three endpoints on two of three nodes',
  pods: [web1, web2, web3, shell1, shell3],
  services: [
    service(
      'web',
      { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] },
      ['web-1', 'web-2', 'web-3'],
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    ['shell-3', '10.96.0.10:80', 'web-1 sees 10.1.3.20 | web-2 sees 10.1.3.20 | web-3 sees 10.1.3.20'],
    ['web-1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 10.1.1.10 | web-3 sees 10.1.1.10'],
    ['n1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['n3', '10.96.0.10:80', 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13 | web-3 sees 192.168.0.13'],
    ['laptop via n1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['laptop', '192.168.0.12:30080', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1 | web-3 sees 10.1.2.1'],
    ['laptop', '192.168.0.13:30080', 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13 | web-3 sees 192.168.0.13'],
    ['shell-1', '192.168.0.11:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['shell-1', '192.168.0.12:30080', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1 | web-3 sees 10.1.2.1'],
    ['web-2', '192.168.0.12:30080', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1 | web-3 sees 10.1.2.1'],
    ['n1', '192.168.0.11:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['n1', '192.168.0.12:30080', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1 | web-3 sees 10.1.2.1'],
    ['n1', '127.0.0.1:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['laptop', '192.168.0.11:30081', 'refused'],
    ['shell-1', '10.96.0.10:81', 'timeout'],
    ['shell-1', '10.96.200.200:80', 'timeout'],
    ['n1', '10.96.200.200:80', 'timeout'],
    ['shell-1', '10.1.2.10:8080', 'web-2 sees 10.1.1.20'],
    ['shell-1', '10.1.2.10:8081', 'refused'],
  ],
};

export const internalLocal: ClusterCase = {
  ...base,
  name: 'internalTrafficPolicy Local',
  pods: [web1, web2, shell1, shell2, shell3],
  services: [
    service(
      'web',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.10',
        internalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
      },
      ['web-1', 'web-2'],
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20'],
    ['shell-2', '10.96.0.10:80', 'web-2 sees 10.1.2.20'],
    ['shell-3', '10.96.0.10:80', 'timeout'],
    ['web-1', '10.96.0.10:80', 'web-1 sees 10.1.1.1'],
    ['n1', '10.96.0.10:80', 'web-1 sees 10.1.1.1'],
    ['n3', '10.96.0.10:80', 'timeout'],
    ['laptop via n2', '10.96.0.10:80', 'web-2 sees 10.1.2.1'],
    ['laptop via n3', '10.96.0.10:80', 'timeout'],
    // The external policy is another one.
    ['laptop', '192.168.0.13:30080', 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
  ],
};

export const externalLocal: ClusterCase = {
  ...base,
  name: 'externalTrafficPolicy Local',
  pods: [web2, web3, shell1, shell2],
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
        externalIPs: ['198.18.0.11'],
      },
      ['web-2', 'web-3'],
    ),
  ],
  flows: [
    ['laptop', '192.168.0.12:30080', 'web-2 sees 203.0.113.9 | web-3 sees 203.0.113.9'],
    ['laptop', '198.18.0.10:80', 'web-2 sees 203.0.113.9 | web-3 sees 203.0.113.9'],
    ['laptop via n2', '198.18.0.10:80', 'web-2 sees 203.0.113.9 | web-3 sees 203.0.113.9'],
    ['laptop via n2', '198.18.0.11:80', 'web-2 sees 203.0.113.9 | web-3 sees 203.0.113.9'],
    ['laptop', '192.168.0.11:30080', 'timeout'],
    ['laptop via n1', '198.18.0.10:80', 'timeout'],
    ['laptop via n1', '198.18.0.11:80', 'timeout'],
    // Pods and processes of a node go to any endpoint: pods as themselves, processes masqueraded.
    ['shell-1', '198.18.0.10:80', 'web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    ['shell-1', '192.168.0.11:30080', 'web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    ['shell-1', '192.168.0.12:30080', 'web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    // n1 keeps the pod's address, so the answer goes straight back within n2, and nobody undoes what n1 translated.
    ['shell-2', '192.168.0.11:30080', 'timeout'],
    ['web-2', '198.18.0.10:80', 'web-2 sees 10.1.2.1 | web-3 sees 10.1.2.10'],
    ['n1', '198.18.0.10:80', 'web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['n1', '198.18.0.11:80', 'web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['n2', '198.18.0.10:80', 'web-2 sees 10.1.2.1 | web-3 sees 10.1.2.1'],
    ['n1', '127.0.0.1:30080', 'web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    // Another node is a client from outside.
    ['n1', '192.168.0.12:30080', 'web-2 sees 192.168.0.11 | web-3 sees 192.168.0.11'],
    ['n2', '192.168.0.11:30080', 'timeout'],
    ['shell-1', '10.96.0.10:80', 'web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    // Accepted by the rule for the health check, and nobody listens in this test.
    ['laptop', '192.168.0.12:32000', 'refused'],
  ],
};

const nowhere = {
  type: 'LoadBalancer',
  ports: [{ port: 80, targetPort: 8080, nodePort: 30090 }],
  clusterIP: '10.96.0.20',
  loadBalancerIPs: ['198.18.0.20'],
  externalIPs: ['198.18.0.21'],
} as const;

export const noEndpoints: ClusterCase = {
  ...base,
  name: 'services without any endpoint reject, those without a usable one too',
  pods: [web1, shell1],
  services: [
    service(
      'empty',
      {
        ...nowhere,
        ports: [...nowhere.ports],
        externalIPs: [...nowhere.externalIPs],
        loadBalancerIPs: [...nowhere.loadBalancerIPs],
      },
      [],
    ),
    service('unready', { clusterIP: '10.96.0.30', ports: [{ port: 80, targetPort: 8080 }] }, { 'web-1': 'notReady' }),
    service(
      'local',
      {
        type: 'NodePort',
        clusterIP: '10.96.0.40',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30091 }],
      },
      [],
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.20:80', 'rejected'],
    ['n1', '10.96.0.20:80', 'rejected'],
    ['laptop via n1', '10.96.0.20:80', 'rejected'],
    ['laptop', '192.168.0.12:30090', 'rejected'],
    ['shell-1', '192.168.0.11:30090', 'rejected'],
    ['shell-1', '192.168.0.12:30090', 'rejected'],
    ['n1', '192.168.0.11:30090', 'rejected'],
    ['n1', '127.0.0.1:30090', 'rejected'],
    ['n1', '192.168.0.12:30090', 'rejected'],
    ['laptop via n1', '198.18.0.20:80', 'rejected'],
    ['laptop via n1', '198.18.0.21:80', 'rejected'],
    ['shell-1', '198.18.0.20:80', 'rejected'],
    ['shell-1', '198.18.0.21:80', 'rejected'],
    ['laptop', '198.18.0.20:80', 'rejected'],
    // The chain for external addresses does not hang in OUTPUT: the packet leaves the node. The load balancer sends it to
    // a node that rejects it, or back to n1, which does not believe that somebody else sends by its address.
    ['n1', '198.18.0.20:80', 'rejected | timeout'],
    ['n1', '198.18.0.21:80', 'timeout'],
    ['shell-1', '10.96.0.30:80', 'rejected'],
    ['shell-1', '10.96.0.40:80', 'rejected'],
    ['laptop', '192.168.0.11:30091', 'rejected'],
  ],
};

export const externalIps: ClusterCase = {
  ...base,
  name: 'externalIPs of services of type ClusterIP',
  pods: [web1, web2, shell1, shell3],
  services: [
    service(
      'shared',
      {
        type: 'ClusterIP',
        clusterIP: '10.96.0.10',
        ports: [{ port: 80, targetPort: 8080 }],
        externalIPs: ['198.18.0.11'],
      },
      ['web-1', 'web-2'],
    ),
    // Addresses of nodes serve as external IPs, too.
    service(
      'on-a-node',
      { clusterIP: '10.96.0.30', ports: [{ port: 8000, targetPort: 8080 }], externalIPs: ['192.168.0.11'] },
      ['web-2'],
    ),
    service('empty-on-a-node', { clusterIP: '10.96.0.31', ports: [{ port: 8001 }], externalIPs: ['192.168.0.11'] }, []),
    service(
      'kept',
      {
        type: 'ClusterIP',
        clusterIP: '10.96.0.20',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080 }],
        externalIPs: ['198.18.0.12'],
      },
      ['web-1'],
    ),
  ],
  flows: [
    ['laptop via n1', '198.18.0.11:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['laptop via n3', '198.18.0.11:80', 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13'],
    ['shell-1', '198.18.0.11:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['n3', '198.18.0.11:80', 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13'],
    ['laptop via n1', '198.18.0.12:80', 'web-1 sees 203.0.113.9'],
    ['laptop via n3', '198.18.0.12:80', 'timeout'],
    ['shell-3', '198.18.0.12:80', 'web-1 sees 10.1.3.20'],
    ['n3', '198.18.0.12:80', 'web-1 sees 192.168.0.13'],
    ['laptop via n1', '198.18.0.11:443', 'timeout'],
    ['laptop', '192.168.0.11:8000', 'web-2 sees 192.168.0.11'],
    ['n1', '192.168.0.11:8000', 'web-2 sees 192.168.0.11'],
    ['n3', '192.168.0.11:8000', 'web-2 sees 192.168.0.13'],
    ['shell-3', '192.168.0.11:8000', 'web-2 sees 192.168.0.13'],
    ['laptop', '192.168.0.11:8001', 'rejected'],
    ['n1', '192.168.0.11:8001', 'rejected'],
    // Not rejected by n3, whose own processes pass by that chain, but by n1, to which the packet goes.
    ['n3', '192.168.0.11:8001', 'rejected'],
    ['shell-3', '192.168.0.11:8001', 'rejected'],
  ],
};
