/** A rolling update by version, and the tutorial's policies. */
const rollout = 'i-01-local-rollout';

export const comparisonExamples = {
  versions: {
    summary: 'A rolling update behind policy Local with 1.21, and with 1.28',
    value: { preset: rollout, variants: [{ name: 'v1.28', set: { cluster: { version: '1.28' } } }], show: 2 },
  },
  policy: {
    summary: 'The same with policy Cluster, and with a load balancer that asks more often',
    value: {
      preset: rollout,
      variants: [
        { name: 'Cluster', objects: { 'Service/web': { spec: { externalTrafficPolicy: 'Cluster' } } } },
        { name: 'quick checks', set: { loadBalancer: { healthCheck: { interval: '2s' } } } },
      ],
      show: 0,
    },
  },
};

export const comparisonYamlExamples = {
  mode: {
    summary: 'Another mode of kube-proxy',
    value: `preset: i-06-local-from-inside
variants:
  - {name: iptables, set: {cluster: {kubeProxy: {mode: iptables}}}}
`,
  },
};
