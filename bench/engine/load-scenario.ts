/**
 * The tutorial's cluster and its LoadBalancer service under load: three nodes, kube-proxy in iptables mode, a load balancer
 * that probes them, a hundred clients at 10,000 requests a second together. While they ask, a pod's readiness changes
 * every second, and half-way the service goes from externalTrafficPolicy Cluster to Local.
 */
const RATE = 10_000;
const CLIENTS = 100;
const PODS = 6;

const nodes = [
  ['kubernetes-node-6jst', '10.180.1.0/24', '10.240.0.4'],
  ['kubernetes-node-cx31', '10.180.2.0/24', '10.240.0.5'],
  ['kubernetes-node-jj1t', '10.180.3.0/24', '10.240.0.3'],
] as const;

/**
 * @param services so many others beside the one under load, two endpoints each
 * @param steady nothing changes while the clients ask
 */
export function loadScenario(requests: number, services = 0, steady = false): Record<string, unknown> {
  const seconds = requests / RATE;
  return {
    name: 'tutorial-under-load',
    seed: 1,
    cluster: { version: '1.21', kubeProxy: { mode: 'iptables' }, serviceCIDRs: ['10.0.0.0/16'] },
    objects: [
      ...nodes.map(([name, podCIDR, address]) => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        spec: { podCIDR },
        status: { addresses: [{ type: 'InternalIP', address }] },
      })),
      ...Array.from({ length: PODS }, (_, i) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `source-ip-app-${i}`, labels: { app: 'source-ip-app' } },
        spec: { nodeName: nodes[i % nodes.length]![0], containers: [{ name: 'app', image: 'echoserver:1.4' }] },
      })),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'loadbalancer' },
        spec: { type: 'LoadBalancer', selector: { app: 'source-ip-app' }, ports: [{ port: 80, targetPort: 8080 }] },
      },
      ...Array.from({ length: services }, (_, i) => otherService(i)).flat(),
    ],
    clients: [{ name: 'laptop', ip: '104.132.1.1', count: CLIENTS }],
    loadBalancer: { family: 'gce-1.21', healthCheck: { interval: '5s', unhealthyThreshold: 2 } },
    timeline: steady ? [] : [...readinessChanges(seconds), policyChange(seconds / 2)],
    traffic: [
      {
        name: 'load',
        from: { client: 'laptop' },
        to: { service: 'loadbalancer' },
        start: '0s',
        stop: `${seconds + 1}s`,
        count: requests,
        rate: `${RATE}/s`,
        arrivals: 'poisson',
        connectTimeout: '1s',
      },
    ],
    duration: `${seconds + 1}s`,
  };
}

/** One pod after the other is not ready for a second. */
function readinessChanges(seconds: number): unknown[] {
  const changes: unknown[] = [];
  for (let second = 1; second < seconds; second++) {
    const pod = `source-ip-app-${Math.floor((second - 1) / 2) % PODS}`;
    changes.push({ at: `${second}s`, readiness: { pod, ready: second % 2 === 0 } });
  }
  return changes;
}

function policyChange(atSeconds: number): unknown {
  return {
    at: `${atSeconds}s`,
    patch: { service: 'loadbalancer', patch: { spec: { externalTrafficPolicy: 'Local' } } },
  };
}

function otherService(i: number): unknown[] {
  const name = `other-${i}`;
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ port: 8080, protocol: 'TCP' }],
      endpoints: [1, 2].map((n) => ({
        addresses: [`10.190.${i >> 7}.${(i % 128) * 2 + n - 1}`],
        conditions: { ready: true },
        nodeName: nodes[n]![0],
      })),
    },
  ];
}
