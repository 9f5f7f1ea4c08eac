/** A rolling update by version and policy. */
const rollout = 'i-01-local-rollout';

export const experimentExamples = {
  versions: {
    summary: 'A rolling update with two versions of Kubernetes and two policies',
    value: {
      preset: rollout,
      vary: [
        { field: '/cluster/version', values: ['1.21', '1.28'] },
        { object: 'Service/web', field: '/spec/externalTrafficPolicy', values: ['Local', 'Cluster'], name: 'policy' },
      ],
      seeds: 3,
    },
  },
  variants: {
    summary: 'A load balancer that asks more often, against the one that there is',
    value: {
      preset: rollout,
      variants: [{ name: 'quick checks', set: { loadBalancer: { healthCheck: { interval: '2s' } } } }],
      seeds: 3,
      figures: ['lost', 'lossSeconds', 'unhealthySeconds'],
    },
  },
};

export const experimentYamlExamples = {
  spread: {
    summary: 'How far runs of one scenario lie apart',
    value: `preset: ${rollout}\nseeds: 3\nfigures: [ok, lost, latencyP99]\n`,
  },
};
