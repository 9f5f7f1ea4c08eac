/**
 * A cluster of so many services with ten endpoints each, spread over ten nodes: nine of ten are of type ClusterIP, the
 * tenth is a LoadBalancer, every second one of those with externalTrafficPolicy Local.
 */
const NODES = 10;
export const ENDPOINTS = 10;

export interface ManyServices {
  services: number;
  mode: string;
  version: string;
}

export function manyServices({ services, mode, version }: ManyServices): Record<string, unknown> {
  return {
    name: 'many-services',
    cluster: { version, kubeProxy: { mode, clusterCIDR: '10.128.0.0/10' }, serviceCIDRs: ['10.96.0.0/16'] },
    objects: [
      ...Array.from({ length: NODES }, (_, n) => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `node-${n}` },
        spec: { podCIDR: `10.${128 + n}.0.0/16` },
        status: { addresses: [{ type: 'InternalIP', address: `192.168.0.${n + 1}` }] },
      })),
      ...Array.from({ length: services }, (_, n) => [serviceOf(n), sliceOf(n)]).flat(),
    ],
  };
}

export function serviceOf(n: number): Record<string, unknown> {
  const balanced = n % 10 === 9;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `service-${n}`, namespace: 'default' },
    spec: {
      type: balanced ? 'LoadBalancer' : 'ClusterIP',
      ...(balanced ? { externalTrafficPolicy: n % 20 === 9 ? 'Local' : 'Cluster' } : {}),
      clusterIP: addressOf(n),
      ports: [{ port: 80, targetPort: 8080 }],
    },
  };
}

export const addressOf = (n: number): string => `10.96.${(n >> 8) + 1}.${n & 255}`;

/** `unready`: the endpoint that is not. */
export function sliceOf(n: number, unready = -1): Record<string, unknown> {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `service-${n}-1`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': `service-${n}` },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, e) => ({
      addresses: [`10.${128 + (e % NODES)}.${n >> 8}.${n & 255}`],
      conditions: { ready: e !== unready },
      nodeName: `node-${e % NODES}`,
    })),
  };
}
