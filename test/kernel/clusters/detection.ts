/** How kube-proxy knows a pod's traffic, and what follows from it. */
import { type ClusterCase, type Flow, type KubeProxyRow, service } from '../cluster-case.js';
import { CLUSTER_CIDR, laptop, nodes, shell1, shell2, web1, web2 } from './machines.js';

function detection(name: string, kubeProxy: KubeProxyRow, flows: Flow[]): ClusterCase {
  return {
    name,
    version: '1.33',
    cni: 'bridge',
    kubeProxy,
    nodes,
    clients: [laptop],
    pods: [web1, web2, shell1, shell2],
    services: [
      service('web', { clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080 }] }, ['web-1', 'web-2']),
      service(
        'kept',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.20',
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 32000,
          ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
          loadBalancerIPs: ['198.18.0.10'],
        },
        ['web-2'],
      ),
    ],
    flows,
  };
}

const fromPodToClusterIp: Flow = ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.20 | web-2 sees 10.1.1.20'];
const fromNodeMasqueraded: Flow = ['n1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'];
const fromOutsideMasqueraded: Flow = [
  'laptop via n1',
  '10.96.0.10:80',
  'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11',
];
const podShortCircuit: Flow = ['shell-1', '198.18.0.10:80', 'web-2 sees 10.1.1.20'];
const nodeShortCircuit: Flow = ['n1', '198.18.0.10:80', 'web-2 sees 192.168.0.11'];
const keptOutside: Flow = ['laptop via n2', '198.18.0.10:80', 'web-2 sees 203.0.113.9'];
const droppedOutside: Flow = ['laptop via n1', '198.18.0.10:80', 'timeout'];
/** A pod of another node, by this node's port. */
const foreignPodIsLocal: Flow = ['shell-1', '192.168.0.12:30080', 'web-2 sees 10.1.1.20'];
/** n1 has no endpoint: with ClusterCIDR the answer goes past it, with the others n1 drops. */
const foreignPodIsOutside: Flow = ['shell-2', '192.168.0.11:30080', 'timeout'];

export const byClusterCidr = detection('detectLocalMode ClusterCIDR', { clusterCIDR: CLUSTER_CIDR }, [
  fromPodToClusterIp,
  fromNodeMasqueraded,
  fromOutsideMasqueraded,
  podShortCircuit,
  nodeShortCircuit,
  keptOutside,
  droppedOutside,
  foreignPodIsLocal,
  foreignPodIsOutside,
]);

export const byNodeCidr = detection('detectLocalMode NodeCIDR', { detectLocalMode: 'NodeCIDR' }, [
  fromPodToClusterIp,
  fromNodeMasqueraded,
  fromOutsideMasqueraded,
  podShortCircuit,
  nodeShortCircuit,
  keptOutside,
  droppedOutside,
  foreignPodIsOutside,
]);

export const byBridge = detection(
  'detectLocalMode BridgeInterface',
  { detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } },
  [
    fromPodToClusterIp,
    fromNodeMasqueraded,
    fromOutsideMasqueraded,
    podShortCircuit,
    nodeShortCircuit,
    keptOutside,
    droppedOutside,
    foreignPodIsOutside,
  ],
);

export const withoutDetector = detection('no detector: clusterCIDR is empty', {}, [
  fromPodToClusterIp,
  ['n1', '10.96.0.10:80', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
  ['n1', '10.96.0.20:80', 'web-2 sees 192.168.0.11'],
  ['laptop via n2', '10.96.0.20:80', 'web-2 sees 203.0.113.9'],
  // The answer of an endpoint elsewhere goes straight to the client, past the node that would have to translate it.
  ['laptop via n1', '10.96.0.20:80', 'timeout'],
  ['laptop via n1', '10.96.0.10:80', 'timeout | web-1 sees 203.0.113.9'],
  ['shell-1', '198.18.0.10:80', 'timeout'],
  ['shell-2', '198.18.0.10:80', 'web-2 sees 10.1.2.20'],
  ['web-2', '198.18.0.10:80', 'web-2 sees 10.1.2.1'],
  nodeShortCircuit,
  keptOutside,
  droppedOutside,
  foreignPodIsOutside,
]);

export const masqueradeAll = detection(
  'masqueradeAll with clusterCIDR: cluster IPs only',
  { clusterCIDR: CLUSTER_CIDR, masqueradeAll: true },
  [
    ['shell-1', '10.96.0.10:80', 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11'],
    ['shell-2', '10.96.0.10:80', 'web-1 sees 192.168.0.12 | web-2 sees 10.1.2.1'],
    fromNodeMasqueraded,
    podShortCircuit,
    keptOutside,
  ],
);

export const byInterfacePrefix: ClusterCase = {
  ...detection(
    'detectLocalMode InterfaceNamePrefix, routed pod network',
    { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth' } },
    [
      fromPodToClusterIp,
      ['n1', '10.96.0.10:80', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
      ['laptop via n1', '10.96.0.10:80', 'web-1 sees 192.168.0.11 | web-2 sees 192.168.0.11'],
      podShortCircuit,
      nodeShortCircuit,
      keptOutside,
      droppedOutside,
      foreignPodIsOutside,
    ],
  ),
  cni: 'routed',
};
