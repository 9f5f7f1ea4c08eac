/** kube-proxy's own table of endpoint selection: readiness, traffic policies, topology hints. */
import { describe, expect, it } from 'vitest';
import {
  behaviourOf,
  categorizeEndpoints,
  type EndpointInfo,
  featureGatesOf,
} from '../../libs/sim/src/kube-proxy/index.js';
import { parseIp } from '../../libs/sim/src/netfilter/address.js';
import cases from './vectors/topology.json' with { type: 'json' };

/** The oldest version in which hints need no annotation and node hints exist. */
const VERSION = '1.33';

interface TopologyCase {
  case: string;
  nodeName: string | null;
  nodeLabels: Record<string, string> | null;
  featureGates: Record<string, boolean>;
  service: { internalPolicyLocal: boolean; externalPolicyLocal: boolean; nodePort: number };
  endpoints: (Omit<EndpointInfo, 'ip' | 'port' | 'nodeName'> & { endpoint: string; isLocal: boolean })[];
  expected: {
    clusterEndpoints: string[] | null;
    localEndpoints: string[] | null;
    allReachableEndpoints: string[];
    hasAnyEndpoints: boolean;
  };
}

const names = (endpoints: readonly EndpointInfo[]): string[] => endpoints.map(({ endpoint }) => endpoint);

describe('endpoints for policy Cluster and policy Local', () => {
  for (const vector of cases as unknown as TopologyCase[]) {
    it(vector.case, () => {
      const nodeName = vector.nodeName ?? 'this-node';
      const endpoints = vector.endpoints.map(({ isLocal, ...endpoint }) => {
        const [ip, port] = endpoint.endpoint.split(':');
        return { ...endpoint, ip: parseIp(ip!)!, port: Number(port), nodeName: isLocal ? nodeName : '' };
      });
      const info = { ...vector.service, loadBalancerVIPs: [], externalIPs: [], hintsAnnotation: '', topologyKeys: [] };
      const found = categorizeEndpoints(endpoints, info, {
        nodeName,
        nodeLabels: vector.nodeLabels ?? {},
        behaviour: behaviourOf(VERSION),
        gates: featureGatesOf(VERSION, vector.featureGates),
      });
      expect({
        clusterEndpoints: names(found.clusterEndpoints),
        localEndpoints: names(found.localEndpoints),
        allReachableEndpoints: names(found.allReachableEndpoints),
        hasAnyEndpoints: found.hasAnyEndpoints,
      }).toEqual({
        ...vector.expected,
        clusterEndpoints: vector.expected.clusterEndpoints ?? [],
        localEndpoints: vector.expected.localEndpoints ?? [],
      });
    });
  }
});
