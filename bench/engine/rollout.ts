/**
 * rollout REQUESTS SECONDS NODES SERVICES: a rolling update each half minute under load, with everything that takes time: readiness
 * probes, preStop hooks and grace periods, three probers of a load balancer for each node, pods that work on so many
 * requests at a time, a third of the clients with connections that are kept and a third that try again. Simulated only.
 */
import { measuredRun } from './measured-run.js';

const REPLICAS = 6;
const RESTART_EACH_S = 30;

const [requests, seconds, nodes, services] = process.argv.slice(2).map(Number) as [number, number, number, number];

const nodeObjects = Array.from({ length: nodes }, (_, i) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `node-${i}` },
  spec: { podCIDR: `10.${100 + (i >> 8)}.${i & 255}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `10.0.${i >> 8}.${(i & 255) + 1}` }] },
}));

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'web',
            image: 'web:1',
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1, failureThreshold: 2 },
            lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
          },
        ],
      },
    },
  },
};

const otherServices = Array.from({ length: services }, (_, i) => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `other-${i}` },
    spec: { ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `other-${i}-1`, labels: { 'kubernetes.io/service-name': `other-${i}` } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: [1, 2].map((n) => ({
      addresses: [`10.190.${i >> 7}.${(i % 128) * 2 + n - 1}`],
      conditions: { ready: true },
    })),
  },
]).flat();

const load = (name: string, share: number, more: object) => ({
  name,
  from: { client: 'laptop' },
  to: { service: 'web' },
  start: '0s',
  stop: `${seconds}s`,
  rate: `${Math.round((requests * share) / seconds)}/s`,
  connectTimeout: '1s',
  ...more,
});

const document = {
  name: 'rollout-under-load',
  seed: 1,
  cluster: { version: '1.30', kubeProxy: { mode: 'iptables' }, serviceCIDRs: ['10.64.0.0/16'] },
  objects: [
    ...nodeObjects,
    deployment,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    ...otherServices,
  ],
  apps: [{ match: { app: 'web' }, startup: '2s', preStop: '5s', serviceTime: '1ms', concurrency: 64, queue: 256 }],
  clients: [{ name: 'laptop', ip: '104.132.1.1', count: 100 }],
  loadBalancer: { family: 'gke-l4', probers: 3 },
  timeline: Array.from({ length: Math.max(1, Math.floor(seconds / RESTART_EACH_S)) }, (_, n) => ({
    at: `${n * RESTART_EACH_S + 5}s`,
    rolloutRestart: { deployment: 'web' },
  })),
  traffic: [
    load('plain', 1 / 3, {}),
    load('kept', 1 / 3, { keepAlive: { requests: 100 }, connections: 4 }),
    load('again', 1 / 3, { retries: { attempts: 2, backoff: '50ms', on: ['refused', 'reset'] } }),
  ],
  duration: `${seconds + 1}s`,
};

console.log(JSON.stringify(measuredRun(document)));
