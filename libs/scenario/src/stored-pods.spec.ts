import { describe, expect, it } from 'vitest';
import { parseScenario } from './index.js';

type Fields = Record<string, unknown>;

const labels = { app: 'web' };
const web: Fields = { name: 'web', image: 'web:1', ports: [{ containerPort: 8080 }] };
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { podCIDR: '10.1.1.0/24' },
  status: { addresses: [{ type: 'InternalIP', address: '10.0.0.4' }] },
};

/** As the API server has stored it: with defaults that nobody wrote. */
function pod(n: number, set = 'web-7c4f6b9d8', spec: Fields = {}): Fields {
  const defaults = { ...web, ports: [{ containerPort: 8080, protocol: 'TCP' }] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${set}-${n}`,
      namespace: 'shop',
      labels: { ...labels, 'pod-template-hash': set.slice(4) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set }],
    },
    spec: { nodeName: 'n1', terminationGracePeriodSeconds: 30, containers: [defaults, { name: 'proxy' }], ...spec },
    status: { phase: 'Running', podIP: `10.1.1.${n}` },
  };
}

function deployment(container: Fields = {}, spec: Fields = {}, template: Fields = {}): Fields {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ ...web, ...container }], ...template } },
      ...spec,
    },
  };
}

function warnings(objects: Fields[], admission = 'asStored') {
  const { issues } = parseScenario({
    name: 'stored',
    cluster: { version: '1.33', serviceCIDRs: ['10.9.0.0/16'], admission },
    objects: [node, ...objects],
  });
  return issues.filter(({ code }) => code === 'workload-differs-from-its-pods');
}

describe('a stored workload', () => {
  it.each<[string, string, Fields]>([
    ['preStop', 'lifecycle of container web', deployment({ lifecycle: { preStop: { sleep: { seconds: 5 } } } })],
    ['its image', 'image of container web', deployment({ image: 'web:2' })],
    ['a port', 'ports of container web', deployment({ ports: [{ containerPort: 9090 }] })],
    ['a probe', 'readinessProbe of container web', deployment({ readinessProbe: { tcpSocket: { port: 8080 } } })],
    ['the grace period', 'terminationGracePeriodSeconds', deployment({}, {}, { terminationGracePeriodSeconds: 60 })],
    ['a container', 'container api', deployment({ name: 'api' })],
  ])('that differs from its pods in %s is warned of', (_, fields, workload) => {
    expect(warnings([workload, pod(1), pod(2)])).toEqual([
      expect.objectContaining({
        severity: 'warning',
        path: '/objects/1/spec/template',
        message: `Deployment shop/web and its 2 pods among the objects differ in ${fields}: what the pods say holds, and nothing is rolled out.`,
        hint: expect.stringContaining('Take its Pods, ReplicaSets and EndpointSlices out'),
      }),
    ]);
  });

  it('whose template lacks what its pods have is warned of too', () => {
    const containers = [{ ...web, lifecycle: { preStop: { sleep: { seconds: 5 } } } }];
    expect(warnings([deployment({}, { replicas: 1 }), pod(1, 'web-7c4f6b9d8', { containers })])).toHaveLength(1);
  });

  it('that wants another number of pods than it has is warned of', () => {
    expect(warnings([deployment({}, { replicas: 4 }), pod(1), pod(2)])).toMatchObject([
      { path: '/objects/1/spec/replicas', message: expect.stringContaining('wants 4, and has 2 pods') },
    ]);
  });

  it.each<[string, Fields[], string?]>([
    ['that agrees with its pods', [deployment(), pod(1), pod(2)]],
    [
      'in the middle of a rollout',
      [deployment({ image: 'web:2' }), pod(1), pod(2), pod(3, 'web-5d8', { containers: [{ ...web, image: 'web:2' }] })],
    ],
    ["beside another's pods", [deployment(), pod(1), pod(2), pod(3, 'web-canary-5d8', { containers: [] })]],
    ['whose pods are made from it', [deployment({ image: 'web:2' }, { replicas: 4 })], 'apply'],
  ])('%s is not', (_, objects, admission) => {
    expect(warnings(objects, admission)).toEqual([]);
  });
});
