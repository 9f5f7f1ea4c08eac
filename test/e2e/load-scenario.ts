/** A cluster of two nodes under load: as many requests as a test wants, with some that fail. */

export interface LoadOptions {
  ratePerSecond: number;
  seconds: number;
  /** `Local`: the node without a pod drops. */
  policy?: 'Cluster' | 'Local';
  seed?: number;
}

const node = (name: string, podCIDR: string, address: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR },
  status: { addresses: [{ type: 'InternalIP', address }] },
});

export function loadScenario({ ratePerSecond, seconds, policy = 'Cluster', seed = 1 }: LoadOptions) {
  const to = (name: string) => ({ service: 'web', via: 'nodePort', node: name });
  const half = { start: '0s', stop: `${seconds}s`, rate: `${ratePerSecond / 2}/s`, connectTimeout: '1s' };
  return {
    name: 'load',
    seed,
    cluster: { version: '1.28' },
    objects: [
      node('n1', '10.180.1.0/24', '10.240.0.4'),
      node('n2', '10.180.2.0/24', '10.240.0.5'),
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
        spec: {
          type: 'NodePort',
          externalTrafficPolicy: policy,
          selector: { app: 'web' },
          ports: [{ port: 80, targetPort: 8080, nodePort: 31_234 }],
        },
      },
    ],
    clients: [
      { name: 'laptop', ip: '104.132.1.79' },
      { name: 'phone', ip: '104.132.2.10', count: 20 },
    ],
    traffic: [
      { name: 'a', from: { client: 'laptop' }, to: to('n1'), ...half },
      { name: 'b', from: { client: 'phone' }, to: to('n2'), ...half },
    ],
    duration: `${seconds}s`,
  };
}
