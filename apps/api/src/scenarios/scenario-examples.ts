/** Bodies that work as they stand: small enough to read, large enough to show something. */
import { parse } from 'yaml';

export const smallScenario = `name: nodeport-local
notes: With externalTrafficPolicy Local the pod sees the client's address, and nodes without a pod drop.
seed: 7
cluster:
  version: "1.28"
objects:
  - apiVersion: v1
    kind: Node
    metadata: {name: n1}
    spec: {podCIDR: 10.180.1.0/24}
    status: {addresses: [{type: InternalIP, address: 10.240.0.4}]}
  - apiVersion: v1
    kind: Node
    metadata: {name: n2}
    spec: {podCIDR: 10.180.2.0/24}
    status: {addresses: [{type: InternalIP, address: 10.240.0.5}]}
  - apiVersion: v1
    kind: Pod
    metadata: {name: web-1, labels: {app: web}}
    spec: {nodeName: n1, containers: [{name: web, image: echoserver}]}
  - apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      externalTrafficPolicy: Local
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080, nodePort: 31234}]
clients: [{name: laptop, ip: 104.132.1.79}]
steps:
  - {on: {client: laptop}, curl: "http://$node:31234", forEach: {node: [n1, n2]}, connectTimeout: 1s, grep: client_address}
traffic:
  - {from: {client: laptop}, to: {service: web, via: nodePort, node: n1}, start: 10s, stop: 20s, rate: 20/s}
expect:
  - {name: client address kept, sourceKind: client, share: {min: 0.9}}
duration: 20s
`;

export const scenarioExamples = {
  nodePortLocal: { summary: 'Two nodes, one pod, a NodePort service with policy Local', value: smallScenario },
};

/** One document: Swagger UI cannot show several. */
const MANIFESTS = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Node
    metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}
    spec: {podCIDR: 10.180.1.0/24}
    status:
      addresses: [{type: InternalIP, address: 10.240.0.4}]
      nodeInfo: {kubeletVersion: v1.28.3}
  - apiVersion: v1
    kind: Pod
    metadata: {name: web-1, namespace: default, labels: {app: web}}
    spec: {nodeName: n1, containers: [{name: web, image: echoserver}]}
    status: {phase: Running, podIP: 10.180.1.7, conditions: [{type: Ready, status: "True"}]}
  - apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec:
      type: NodePort
      clusterIP: 10.0.170.92
      selector: {app: web}
      ports: [{port: 80, protocol: TCP, targetPort: 8080, nodePort: 31234}]
`;

export const importExamples = {
  manifests: { summary: 'A node, a pod and a service, as kubectl prints a list', value: MANIFESTS },
};

export const importJsonExamples = {
  manifests: { ...importExamples.manifests, value: parse(MANIFESTS) as unknown },
};

export const scenarioJsonExamples = {
  oneNode: {
    summary: 'One node and a pod that calls itself through its service',
    value: {
      name: 'hairpin',
      cluster: { version: '1.28' },
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'n1' },
          spec: { podCIDR: '10.180.1.0/24' },
          status: { addresses: [{ type: 'InternalIP', address: '10.240.0.4' }] },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'web-1', labels: { app: 'web' } },
          spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'echoserver' }] },
        },
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web' },
          spec: { clusterIP: '10.96.0.10', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
        },
      ],
      steps: [{ on: { pod: 'web-1' }, curl: 'http://10.96.0.10', grep: 'client_address' }],
    },
  },
};
