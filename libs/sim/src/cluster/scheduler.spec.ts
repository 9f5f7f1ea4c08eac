import { describe, expect, it } from 'vitest';
import type { Affinity, Labels, NodeObject, PodObject, PodSpec, TopologySpreadConstraint } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND, workload } from '../testing/small-scenario.js';

const labelled = (n: number, labels: Labels, spec: NodeObject['spec'] = {}): NodeObject =>
  node(n, { metadata: { name: `n${n}`, labels: { ...labels } }, spec: { podCIDR: `10.1.${n}.0/24`, ...spec } });
const zoned = [labelled(1, { zone: 'a' }), labelled(2, { zone: 'a' }), labelled(3, { zone: 'b' })];

/** Where so many pods of that spec are put, one after the other; null: nowhere. */
function placed(
  count: number,
  spec: PodSpec,
  nodes: NodeObject[] = [node(1), node(2), node(3)],
  objects: PodObject[] = [],
) {
  const cluster = loneCluster({ nodes, objects });
  for (let n = 0; n < count; n++) cluster.pods.create(pod(`p${n}`, null, { spec }), {}, 0, false);
  return Array.from(
    { length: count },
    (_, n) => cluster.api.get<PodObject>('Pod', `default/p${n}`)?.spec?.nodeName ?? null,
  );
}
const WEB = { labelSelector: { matchLabels: { app: 'web' } } };
const apart = (topologyKey: string): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...WEB, topologyKey }] },
});
const spread = (over: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  ...WEB,
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  ...over,
});

describe('a pod goes only to nodes', () => {
  it('that have the labels it selects', () => {
    expect(placed(2, { nodeSelector: { zone: 'a' } }, zoned)).toEqual(['n1', 'n2']);
    expect(placed(1, { nodeSelector: { 'kubernetes.io/hostname': 'n2' } })).toEqual(['n2']);
    expect(placed(1, { nodeSelector: { zone: 'c' } }, zoned)).toEqual([null]);
  });

  it.each([
    ['In', ['b', 'c'], ['n3']],
    ['NotIn', ['a'], ['n3']],
    ['Exists', undefined, ['n1']],
    ['DoesNotExist', undefined, [null]],
  ] as const)('that one of its terms of affinity takes: %s', (operator, values, expected) => {
    const expression = { key: 'zone', operator, ...(values === undefined ? {} : { values: [...values] }) };
    const required = { nodeSelectorTerms: [{}, { matchExpressions: [expression] }] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    expect(placed(1, { affinity }, zoned)).toEqual(expected);
  });

  it('whose taints it tolerates', () => {
    const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
    const nodes = [labelled(1, {}, { taints }), labelled(2, {}, { unschedulable: true })];
    expect(placed(1, {}, nodes)).toEqual([null]);
    expect(placed(1, { tolerations: [{ key: 'gpu', value: 'no' }] }, nodes)).toEqual([null]);
    expect(placed(1, { tolerations: [{ key: 'gpu', value: 'yes', effect: 'NoExecute' }] }, nodes)).toEqual([null]);
    expect(placed(1, { tolerations: [{ key: 'gpu', value: 'yes' }] }, nodes)).toEqual(['n1']);
    expect(placed(2, { tolerations: [{ operator: 'Exists' }] }, nodes)).toEqual(['n1', 'n2']);
  });

  it('where nobody is whom it keeps away from, by node or by zone', () => {
    expect(placed(4, { affinity: apart('kubernetes.io/hostname') })).toEqual(['n1', 'n2', 'n3', null]);
    expect(placed(3, { affinity: apart('zone') }, zoned)).toEqual(['n1', 'n3', null]);
  });

  it('where nobody is who keeps away from it', () => {
    const shy = pod('shy', '10.1.1.9', { labels: { app: 'db' }, spec: { affinity: apart('kubernetes.io/hostname') } });
    expect(placed(3, {}, [node(1), node(2)], [shy])).toEqual(['n2', 'n2', 'n2']);
  });

  it('where somebody is whom it wants near, and the first one goes anywhere', () => {
    const near = { podAffinity: apart('zone').podAntiAffinity! };
    expect(placed(2, { affinity: near }, zoned, [pod('other', '10.1.3.9')])).toEqual(['n3', 'n3']);
    expect(placed(3, { affinity: near }, zoned)).toEqual(['n1', 'n2', 'n1']);
    const far = {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'db' } } },
      ],
    };
    expect(placed(1, { affinity: { podAffinity: far } }, zoned)).toEqual([null]);
  });

  it('that keep the skew of its topology', () => {
    // Zone a has twice the nodes, not twice the pods.
    expect(placed(5, { topologySpreadConstraints: [spread()] }, zoned)).toEqual(['n1', 'n3', 'n2', 'n3', 'n1']);
    const cordoned = [zoned[0]!, zoned[1]!, labelled(3, { zone: 'b' }, { unschedulable: true })];
    expect(placed(2, { topologySpreadConstraints: [spread()] }, cordoned)).toEqual(['n1', null]);
    expect(
      placed(2, { topologySpreadConstraints: [spread({ whenUnsatisfiable: 'ScheduleAnyway' })] }, cordoned),
    ).toEqual(['n1', 'n2']);
  });
});

describe('a pod prefers nodes', () => {
  it('with few pods, the first made of equals', () => {
    expect(placed(4, {})).toEqual(['n1', 'n2', 'n3', 'n1']);
  });

  it('that its affinity weighs more, whatever stands on them', () => {
    const wish = (value: string, weight: number) => ({
      weight,
      preference: { matchExpressions: [{ key: 'zone', operator: 'In' as const, values: [value] }] },
    });
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [wish('b', 10), wish('a', 5)] },
    };
    expect(placed(2, { affinity }, zoned)).toEqual(['n3', 'n3']);
  });

  it('far from those it would rather avoid', () => {
    const wish = { weight: 100, podAffinityTerm: { ...WEB, topologyKey: 'zone' } };
    const affinity = { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [wish] } };
    expect(placed(3, { affinity }, zoned)).toEqual(['n1', 'n3', 'n2']);
  });

  it('without taints that say so', () => {
    const shunned = labelled(1, {}, { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] });
    expect(placed(2, {}, [shunned, node(2)])).toEqual(['n2', 'n2']);
  });
});

describe('a pod that fits nowhere', () => {
  it('is tried again when a node changes, and starts then', () => {
    const cluster = loneCluster({ nodes: [labelled(1, {}, { unschedulable: true })] });
    cluster.pods.create(pod('a', null), {}, 0, false);
    cluster.until(30 * SECOND);
    const patch = { spec: { unschedulable: null } };
    cluster.kubectlAt(30 * SECOND, { verb: 'patch', kind: 'Node', name: 'n1', patch });
    cluster.until(31 * SECOND);
    const read = () => cluster.api.get<PodObject>('Pod', 'default/a');
    expect([read()?.spec?.nodeName, read()?.status?.podIP, read()?.status?.phase]).toEqual([
      'n1',
      '10.1.1.2',
      'Pending',
    ]);
    cluster.until(33 * SECOND);
    expect(read()?.status?.phase).toBe('Running');
  });

  it('comes when the pod that kept it away is gone, after its back-off', () => {
    const made = workload('Deployment', 'web', 3);
    made.spec = {
      ...made.spec,
      template: { ...made.spec?.template, spec: { affinity: apart('kubernetes.io/hostname') } },
    };
    const cluster = loneCluster({ objects: [made] });
    cluster.kubectlAt(0, { verb: 'scale', deployment: 'default/web', replicas: 4 });
    cluster.until(5 * SECOND);
    const nodes = () => cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName);
    expect(nodes()).toEqual(['n1', 'n2', 'n3', undefined]);
    const [first] = cluster.podNames();
    cluster.pods.terminate(`default/${first}`, 5 * SECOND);
    cluster.until(10 * SECOND);
    // Of the two that wait the one that has been refused less often is tried first.
    expect(nodes()).toEqual(['n2', 'n3', undefined, 'n1']);
  });

  it('can be deleted, and is gone at once', () => {
    const cluster = loneCluster({ nodes: [], cluster: { nodes: {} } });
    cluster.pods.create(pod('a', null), {}, 0, false);
    cluster.pods.terminate('default/a', 0);
    expect(cluster.podNames()).toEqual([]);
  });
});
