/** The tutorial's services as a matrix, with what a policy and a version change. */
import { EXAMPLE_PRESET } from '../scenarios/scenario-source.js';

const preset = EXAMPLE_PRESET;

export const matrixExamples = {
  everything: {
    summary: 'Everybody to every address of every service of the tutorial',
    value: { preset, at: '379s' },
  },
  policies: {
    summary: 'What externalTrafficPolicy changes',
    value: {
      preset,
      at: '379s',
      vary: { externalTrafficPolicy: ['Cluster', 'Local'] },
      onlyDifferences: true,
    },
  },
  versions: {
    summary: 'What two versions make of the clients at one service',
    value: {
      scenarioId: 'example',
      at: '2m',
      sources: ['clients'],
      services: ['default/nodeport'],
      via: ['nodePort'],
      vary: { version: ['1.21', '1.28'] },
    },
  },
};

export const matrixYamlExamples = {
  onePod: {
    summary: 'One pod to all services',
    value: `preset: ${EXAMPLE_PRESET}
at: 379s
sources: [{pod: default/busybox}]
`,
  },
};
