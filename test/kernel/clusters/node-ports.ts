/** On which addresses a node port is served, and who may bind them. */
import { type ClusterCase, type Flow, type KubeProxyRow, node, service } from '../cluster-case.js';
import { CLUSTER_CIDR, laptop, n2, shell1, web1, web2 } from './machines.js';

/** A node with a second address, to be told apart by nodePortAddresses. */
const n1 = node('n1', '192.168.0.11', '10.1.1.0/24', ['172.31.0.1']);

function nodePorts(name: string, kubeProxy: KubeProxyRow, flows: Flow[]): ClusterCase {
  return {
    name,
    version: '1.33',
    cni: 'bridge',
    kubeProxy: { clusterCIDR: CLUSTER_CIDR, ...kubeProxy },
    nodes: [n1, n2],
    clients: [laptop],
    pods: [web1, web2, shell1],
    services: [
      service(
        'web',
        { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] },
        ['web-2'],
      ),
      service(
        'kept',
        {
          type: 'NodePort',
          clusterIP: '10.96.0.20',
          externalTrafficPolicy: 'Local',
          ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }],
        },
        ['web-1'],
      ),
    ],
    flows,
  };
}

const onNodeIp: Flow[] = [
  ['laptop', '192.168.0.11:30080', 'web-2 sees 192.168.0.11'],
  ['laptop', '192.168.0.11:30081', 'web-1 sees 203.0.113.9'],
  ['n1', '192.168.0.11:30081', 'web-1 sees 10.1.1.1'],
  ['shell-1', '192.168.0.11:30080', 'web-2 sees 192.168.0.11'],
];

export const everyAddress = nodePorts('node ports on every address, the loopback too', {}, [
  ...onNodeIp,
  ['laptop via n1', '172.31.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['laptop via n1', '172.31.0.1:30081', 'web-1 sees 203.0.113.9'],
  ['n1', '172.31.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['n1 as 172.31.0.1', '192.168.0.11:30080', 'web-2 sees 192.168.0.11'],
  ['shell-1', '172.31.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['n1', '127.0.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['n1', '127.0.0.1:30081', 'web-1 sees 10.1.1.1'],
  ['n1', '127.1.2.3:30080', 'web-2 sees 192.168.0.11'],
  ['n1 as 127.0.0.1', '192.168.0.11:30080', 'web-2 sees 192.168.0.11'],
  ['n1 as 127.0.0.1', '10.96.0.10:80', 'web-2 sees 192.168.0.11'],
  // Another node takes it for a packet from its own address.
  ['n1 as 127.0.0.1', '192.168.0.12:30080', 'timeout'],
  ['n2', '127.0.0.1:30080', 'web-2 sees 10.1.2.1'],
  ['n2', '127.0.0.1:30081', 'web-1 sees 192.168.0.12'],
  // route_localnet lets a neighbour send to the node's loopback: a node port answers, everything else is dropped.
  ['laptop via n1', '127.0.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['laptop via n1', '127.0.0.1:22', 'timeout'],
]);

export const noLocalhost = nodePorts('localhostNodePorts off', { localhostNodePorts: false }, [
  ...onNodeIp,
  ['laptop via n1', '172.31.0.1:30080', 'web-2 sees 192.168.0.11'],
  ['n1', '127.0.0.1:30080', 'refused'],
  ['n1', '127.0.0.1:30081', 'refused'],
  ['laptop via n1', '127.0.0.1:30080', 'timeout'],
]);

export const oneRange = nodePorts(
  'nodePortAddresses names the uplink only',
  { nodePortAddresses: ['192.168.0.0/24'] },
  [
    ...onNodeIp,
    ['laptop via n1', '172.31.0.1:30080', 'refused'],
    ['shell-1', '172.31.0.1:30080', 'refused'],
    ['shell-1', '10.1.1.1:30080', 'refused'],
    ['n1', '127.0.0.1:30080', 'refused'],
  ],
);

export const loopbackRange = nodePorts(
  'nodePortAddresses names the loopback and another range',
  { nodePortAddresses: ['127.0.0.0/8', '172.31.0.0/16'] },
  [
    ['laptop', '192.168.0.11:30080', 'refused'],
    ['laptop via n1', '172.31.0.1:30080', 'web-2 sees 192.168.0.11'],
    ['n1', '127.0.0.1:30080', 'web-2 sees 192.168.0.11'],
    ['n1', '127.0.0.1:30081', 'web-1 sees 10.1.1.1'],
  ],
);
