/** A pod network without a bridge: each pod on a link of its own that has no address on the node's side. */
import { type ClusterCase, service } from '../cluster-case.js';
import { CLUSTER_CIDR, gate1, laptop, nodes, shell1, shell3, web1, web2, web3 } from './machines.js';

export const routedCni: ClusterCase = {
  name: 'a routed pod network: pods see the node, never a bridge',
  version: '1.33',
  cni: 'routed',
  kubeProxy: { clusterCIDR: CLUSTER_CIDR },
  nodes,
  clients: [laptop],
  pods: [web1, web2, web3, gate1, shell1, shell3],
  services: [
    service(
      'web',
      { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] },
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
        loadBalancerIPs: ['198.18.0.10'],
      },
      ['web-2', 'web-3'],
    ),
    service(
      'gate',
      { type: 'NodePort', clusterIP: '10.96.0.30', ports: [{ port: 80, targetPort: 9000, nodePort: 30090 }] },
      ['gate-1'],
    ),
  ],
  flows: [
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20'],
    ['shell-3', '10.96.0.10:80', 'web-1 sees 10.1.3.20 | web-2 sees 10.1.3.20'],
    ['web-1', '10.96.0.10:80', 'web-1 sees 192.168.0.11 | web-2 sees 10.1.1.10'],
    ['n1', '10.96.0.10:80', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.11:30080', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.12:30080', 'web-1 sees 192.168.0.12 | web-2 sees 192.168.0.12'],
    ['shell-1', '192.168.0.11:30080', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
    ['n1', '127.0.0.1:30080', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
    ['laptop', '192.168.0.12:30081', 'web-2 sees 203.0.113.9 | web-3 sees 203.0.113.9'],
    ['laptop via n1', '198.18.0.10:80', 'timeout'],
    ['shell-1', '198.18.0.10:80', 'web-2 sees 10.1.1.20 | web-3 sees 10.1.1.20'],
    ['n2', '198.18.0.10:80', 'web-2 sees 192.168.0.12 | web-3 sees 192.168.0.12'],
    ['web-2', '198.18.0.10:80', 'web-2 sees 192.168.0.12 | web-3 sees 10.1.2.10'],
    ['laptop', '192.168.0.11:30090', 'gate-1 sees 203.0.113.9'],
    ['laptop', '192.168.0.12:30090', 'gate-1 sees 192.168.0.12'],
  ],
};
