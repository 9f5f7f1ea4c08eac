/** The cluster of the source-IP tutorial, with both external traffic policies. */
import { type ClusterCase, client, type Flow, node, pod, type ServiceRow, service } from '../cluster-case.js';

const ports = [{ port: 80, targetPort: 8080 }];
const nodePorts = [{ port: 80, targetPort: 8080, nodePort: 31234 }];
const app = ['app'];

function services(externalTrafficPolicy: 'Cluster' | 'Local'): ServiceRow[] {
  return [
    service('clusterip', { clusterIP: '10.0.170.92', ports }, app),
    service('nodeport', { type: 'NodePort', clusterIP: '10.0.33.7', ports: nodePorts, externalTrafficPolicy }, app),
    service(
      'loadbalancer',
      {
        type: 'LoadBalancer',
        clusterIP: '10.0.65.118',
        ports: [{ ...ports[0]!, nodePort: 30412 }],
        loadBalancerIPs: ['203.0.113.140'],
        externalTrafficPolicy,
        ...(externalTrafficPolicy === 'Local' ? { healthCheckNodePort: 32122 } : {}),
      },
      app,
    ),
  ];
}

function tutorial(externalTrafficPolicy: 'Cluster' | 'Local', flows: Flow[]): ClusterCase {
  return {
    name: `the source-IP tutorial, externalTrafficPolicy ${externalTrafficPolicy}`,
    version: '1.21',
    cni: 'bridge',
    kubeProxy: {},
    nodes: [
      node('6jst', '10.240.0.4', '10.180.1.0/24'),
      node('cx31', '10.240.0.5', null),
      node('jj1t', '10.240.0.3', '10.244.3.0/24'),
    ],
    pods: [pod('app', '6jst', '10.180.1.136', 8080), pod('busybox', 'jj1t', '10.244.3.8')],
    clients: [client('laptop', '104.132.1.79'), client('phone', '198.51.100.79')],
    services: services(externalTrafficPolicy),
    flows,
  };
}

export const tutorialCluster = tutorial('Cluster', [
  ['busybox', '10.0.170.92:80', 'app sees 10.244.3.8'],
  ['6jst', '10.0.170.92:80', 'app sees 10.240.0.4'],
  ['cx31', '10.0.170.92:80', 'app sees 10.240.0.5'],
  ['laptop', '10.240.0.4:31234', 'app sees 10.180.1.1'],
  ['laptop', '10.240.0.5:31234', 'app sees 10.240.0.5'],
  ['laptop', '10.240.0.3:31234', 'app sees 10.240.0.3'],
  ['busybox', '10.240.0.3:31234', 'app sees 10.240.0.3'],
  ['busybox', '10.240.0.4:31234', 'app sees 10.180.1.1'],
  ['cx31', '127.0.0.1:31234', 'app sees 10.240.0.5'],
  ['6jst', '127.0.0.1:31234', 'app sees 10.180.1.1'],
  ['phone', '203.0.113.140:80', 'app sees 10.180.1.1 | app sees 10.240.0.5 | app sees 10.240.0.3'],
  ['phone via 6jst', '203.0.113.140:80', 'app sees 10.180.1.1'],
  ['phone via cx31', '203.0.113.140:80', 'app sees 10.240.0.5'],
  ['phone via jj1t', '203.0.113.140:80', 'app sees 10.240.0.3'],
  ['phone', '10.240.0.5:30412', 'app sees 10.240.0.5'],
  ['busybox', '203.0.113.140:80', 'app sees 10.240.0.3'],
  ['laptop', '10.240.0.4:32122', 'refused'],
  ['app', '10.0.170.92:80', 'app sees 10.180.1.1'],
]);

export const tutorialLocal = tutorial('Local', [
  ['busybox', '10.0.170.92:80', 'app sees 10.244.3.8'],
  ['laptop', '10.240.0.4:31234', 'app sees 104.132.1.79'],
  ['laptop', '10.240.0.5:31234', 'timeout'],
  ['laptop', '10.240.0.3:31234', 'timeout'],
  ['phone', '203.0.113.140:80', 'app sees 198.51.100.79'],
  ['phone via 6jst', '203.0.113.140:80', 'app sees 198.51.100.79'],
  ['phone via cx31', '203.0.113.140:80', 'timeout'],
  ['phone via jj1t', '203.0.113.140:80', 'timeout'],
  ['cx31', '127.0.0.1:31234', 'app sees 10.240.0.5'],
  ['cx31', '203.0.113.140:80', 'app sees 10.240.0.5'],
  // Without clusterCIDR no source is known as a pod's: jj1t marks it to be dropped. Until 1.24 nothing drops marked packets
  // in FORWARD, so it goes on to the load balancer, which by now uses 6jst alone.
  ['busybox', '203.0.113.140:80', 'app sees 10.244.3.8'],
  ['busybox', '10.240.0.3:31234', 'timeout'],
  ['busybox', '10.240.0.4:31234', 'app sees 10.244.3.8'],
  ['busybox', '10.0.65.118:80', 'app sees 10.244.3.8'],
]);
