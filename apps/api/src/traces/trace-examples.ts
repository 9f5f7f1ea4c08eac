/** The three diagrams of the source-IP tutorial, and one packet put on a node by hand. */
import { EXAMPLE_PRESET } from '../scenarios/scenario-source.js';

const preset = EXAMPLE_PRESET;

export const traceExamples = {
  nodePortCluster: {
    summary: 'NodePort, externalTrafficPolicy Cluster: the pod sees the node',
    value: {
      preset,
      at: '61s',
      packet: {
        from: { client: 'workstation' },
        to: { service: 'default/nodeport', via: 'nodePort', node: 'kubernetes-node-cx31' },
      },
    },
  },
  nodePortLocal: {
    summary: 'NodePort, externalTrafficPolicy Local: the client at one node, silence at the others',
    value: {
      preset,
      at: '2m',
      packet: { from: { client: 'workstation' }, to: { service: 'default/nodeport', via: 'nodePort' } },
    },
  },
  loadBalancerLocal: {
    summary: 'LoadBalancer, externalTrafficPolicy Local: only the node with the pod is healthy',
    value: {
      preset,
      at: '379s',
      packet: { from: { client: 'laptop' }, to: { service: 'default/loadbalancer', via: 'loadBalancer' } },
    },
  },
  literal: {
    summary: 'A packet as it enters a node, from whatever source',
    value: {
      scenarioId: 'example',
      at: '2m',
      packet: { from: { ip: '203.0.113.9', enters: 'kubernetes-node-jj1t' }, to: { ip: '10.240.0.3', port: 31_234 } },
    },
  },
};

export const traceYamlExamples = {
  podToService: {
    summary: 'From a pod to a cluster IP: nothing is rewritten but the destination',
    value: `preset: ${EXAMPLE_PRESET}
at: 70s
packet:
  from: {pod: default/busybox}
  to: {service: clusterip}
`,
  },
};
