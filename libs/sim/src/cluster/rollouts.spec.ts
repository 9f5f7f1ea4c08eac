import { describe, expect, it } from 'vitest';
import type { PodObject, WorkloadObject } from '../objects.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, SECOND, TIMINGS, workload } from '../testing/small-scenario.js';
import { isActive } from './owned-pods.js';
import { isReady } from './pod-objects.js';
import { fencepostsOf, resolved } from './rollout.js';

type Spec = NonNullable<WorkloadObject['spec']>;

function set(kind: WorkloadObject['kind'], replicas: number | null, spec: Spec = {}): WorkloadObject {
  const made = workload(kind, 'web', replicas);
  return { ...made, spec: { ...made.spec, ...spec } };
}

/** Another image rolls out. */
function change(cluster: LoneCluster, kind: WorkloadObject['kind'], nowNs: number, image = 'v2'): void {
  cluster.until(nowNs);
  const before = cluster.api.get<WorkloadObject>(kind, 'default/web') as WorkloadObject;
  const template = { ...before.spec?.template, spec: { containers: [{ name: 'app', image }] } };
  cluster.api.replace({ ...before, spec: { ...before.spec, template } });
}
const pods = (cluster: LoneCluster) => cluster.api.list<PodObject>('Pod');
const images = (cluster: LoneCluster) => pods(cluster).map(({ spec }) => spec?.containers?.[0]?.image);
const counts = (cluster: LoneCluster) => {
  const active = pods(cluster).filter(isActive);
  return { active: active.length, ready: active.filter(isReady).length };
};
/** What is counted every 10 ms until that time. */
function range(cluster: LoneCluster, fromNs: number, toNs: number) {
  const seen = { most: 0, leastReady: Infinity };
  for (let at = fromNs; at <= toNs; at += 10e6) {
    cluster.until(at);
    const { active, ready } = counts(cluster);
    seen.most = Math.max(seen.most, active);
    seen.leastReady = Math.min(seen.leastReady, ready);
  }
  return seen;
}

it('shares are rounded up for what may be too much, down for what may be missing, and never both zero', () => {
  expect([
    resolved('25%', 10, 'up'),
    resolved('25%', 10, 'down'),
    resolved(4, 10, 'up'),
    resolved('x', 1, 'up'),
  ]).toEqual([3, 2, 4, 0]);
  const of = (rollingUpdate: object, replicas = 10) =>
    fencepostsOf(set('Deployment', replicas, { strategy: { rollingUpdate } }), replicas);
  expect(of({})).toEqual({ surge: 3, unavailable: 2 });
  expect(of({ maxSurge: 0, maxUnavailable: '5%' })).toEqual({ surge: 0, unavailable: 1 });
  expect(of({ maxUnavailable: 20 })).toEqual({ surge: 3, unavailable: 10 });
});

describe('a Deployment whose template changes', () => {
  it('is rolled out within its bounds, by a ReplicaSet of another name', () => {
    const cluster = loneCluster({ objects: [set('Deployment', 8)] });
    const [first] = cluster.podNames();
    change(cluster, 'Deployment', 1 * SECOND);
    expect(range(cluster, 1 * SECOND, 60 * SECOND)).toEqual({ most: 10, leastReady: 6 });
    expect(images(cluster)).toEqual(Array(8).fill('v2'));
    const sets = cluster.api.list<WorkloadObject>('ReplicaSet');
    expect(sets.map(({ spec }) => spec?.replicas)).toEqual([0, 8]);
    const hashes = sets.map(({ metadata }) => metadata.labels?.['pod-template-hash']);
    expect(new Set(hashes).size).toBe(2);
    expect(first).toContain(`web-${hashes[0]}-`);
    for (const { metadata } of pods(cluster)) {
      expect(metadata.name).toContain(`web-${hashes[1]}-`);
      expect(metadata.labels).toEqual({ app: 'web', 'pod-template-hash': hashes[1] });
      expect(metadata.ownerReferences).toEqual([{ kind: 'ReplicaSet', name: `web-${hashes[1]}` }]);
    }
  });

  it('returns to the ReplicaSet of an earlier template', () => {
    const cluster = loneCluster({ objects: [set('Deployment', 2)] });
    change(cluster, 'Deployment', 0);
    change(cluster, 'Deployment', 30 * SECOND, 'echoserver:1.4');
    cluster.until(60 * SECOND);
    expect(cluster.api.list<WorkloadObject>('ReplicaSet').map(({ spec }) => spec?.replicas)).toEqual([2, 0]);
  });

  it('with surge 1 and none unavailable never has fewer ready pods than it wants', () => {
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const cluster = loneCluster({ objects: [set('Deployment', 3, { strategy })] });
    change(cluster, 'Deployment', 0);
    expect(range(cluster, 0, 30 * SECOND)).toEqual({ most: 4, leastReady: 3 });
    expect(images(cluster)).toEqual(Array(3).fill('v2'));
  });

  it('waits for minReadySeconds before the next one', () => {
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const cluster = loneCluster({ objects: [set('Deployment', 2, { strategy, minReadySeconds: 10 })] });
    change(cluster, 'Deployment', 0);
    cluster.until(11.9 * SECOND);
    expect(counts(cluster)).toEqual({ active: 3, ready: 3 });
    expect(images(cluster).filter((image) => image === 'v2')).toHaveLength(1);
    cluster.until(12.5 * SECOND);
    expect(images(cluster).filter((image) => image === 'v2')).toHaveLength(2);
    cluster.until(40 * SECOND);
    expect(images(cluster)).toEqual(['v2', 'v2']);
    const deployment = cluster.api.get<WorkloadObject>('Deployment', 'default/web') as WorkloadObject;
    expect(cluster.workloads.status(deployment, 40 * SECOND)).toEqual({
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
  });

  it('with Recreate has none in between, and makes new ones only when the old ones are gone', () => {
    const cluster = loneCluster({ objects: [set('Deployment', 3, { strategy: { type: 'Recreate' } })] });
    change(cluster, 'Deployment', 0);
    cluster.until(1.03 * SECOND);
    expect(counts(cluster).active).toBe(0);
    expect(images(cluster)).toEqual(Array(3).fill('echoserver:1.4'));
    cluster.until(2 * SECOND);
    expect(images(cluster)).toEqual(Array(3).fill('v2'));
    cluster.until(5 * SECOND);
    expect(counts(cluster)).toEqual({ active: 3, ready: 3 });
  });

  it('stands still while it is paused, and when new pods do not get ready', () => {
    const paused = loneCluster({ objects: [set('Deployment', 4, { paused: true })] });
    change(paused, 'Deployment', 0);
    paused.until(60 * SECOND);
    expect(images(paused)).toEqual(Array(4).fill('echoserver:1.4'));
    const cluster = loneCluster({ objects: [set('Deployment', 4)] });
    change(cluster, 'Deployment', 0);
    cluster.until(1 * SECOND);
    for (const name of cluster.podNames()) {
      const image = cluster.api.get<PodObject>('Pod', `default/${name}`)?.spec?.containers?.[0]?.image;
      if (image === 'v2') cluster.pods.setReady(`default/${name}`, false, 1 * SECOND);
    }
    cluster.until(60 * SECOND);
    expect(counts(cluster)).toEqual({ active: 5, ready: 3 });
  });

  it('is scaled in the middle in proportion, and ends with what it wants', () => {
    const cluster = loneCluster({
      objects: [set('Deployment', 10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } })],
    });
    change(cluster, 'Deployment', 0);
    cluster.until(1 * SECOND);
    const sizes = () => cluster.api.list<WorkloadObject>('ReplicaSet').map(({ spec }) => spec?.replicas);
    // The old one gives two, which the new one takes beside its surge.
    expect(sizes()).toEqual([8, 5]);
    cluster.kubectlAt(1 * SECOND, { verb: 'scale', deployment: 'default/web', replicas: 20 });
    cluster.until(1.1 * SECOND);
    expect(sizes().reduce((sum, size) => sum! + size!, 0)).toBe(23);
    expect(sizes()[0]).toBeGreaterThan(8);
    cluster.until(60 * SECOND);
    expect(sizes()).toEqual([0, 20]);
    expect(counts(cluster)).toEqual({ active: 20, ready: 20 });
  });

  it('that loses a ReplicaSet to kubectl delete of its pods’ owner makes it again', () => {
    const cluster = loneCluster({ objects: [set('Deployment', 2)] });
    const replicaSet = cluster.api.list<WorkloadObject>('ReplicaSet')[0] as WorkloadObject;
    cluster.api.delete('ReplicaSet', `default/${replicaSet.metadata.name}`);
    cluster.workloads.removeAll(replicaSet, 0);
    cluster.until(10 * SECOND);
    expect(counts(cluster)).toEqual({ active: 2, ready: 2 });
  });
});

describe('a StatefulSet whose template changes', () => {
  const names = (cluster: LoneCluster, image: string) =>
    pods(cluster)
      .filter(({ spec }) => spec?.containers?.[0]?.image === image)
      .map(({ metadata }) => metadata.name)
      .sort();

  it('is rolled out from the highest ordinal down, one at a time', () => {
    const cluster = loneCluster({ objects: [set('StatefulSet', 3)] });
    change(cluster, 'StatefulSet', 0);
    cluster.until(0.1 * SECOND);
    expect(
      pods(cluster)
        .filter((pod) => !isActive(pod))
        .map(({ metadata }) => metadata.name),
    ).toEqual(['web-2']);
    cluster.until(4 * SECOND);
    expect(names(cluster, 'v2')).toEqual(['web-2']);
    expect(range(cluster, 4 * SECOND, 20 * SECOND).leastReady).toBe(2);
    expect(names(cluster, 'v2')).toEqual(['web-0', 'web-1', 'web-2']);
  });

  it('stops at the partition, and gives pods below it the old template again', () => {
    const updateStrategy = { rollingUpdate: { partition: 1 } };
    const cluster = loneCluster({ objects: [set('StatefulSet', 3, { updateStrategy })] });
    change(cluster, 'StatefulSet', 0);
    cluster.until(20 * SECOND);
    expect(names(cluster, 'v2')).toEqual(['web-1', 'web-2']);
    cluster.pods.terminate('default/web-0', 20 * SECOND);
    cluster.until(30 * SECOND);
    expect(names(cluster, 'v2')).toEqual(['web-1', 'web-2']);
    expect(counts(cluster)).toEqual({ active: 3, ready: 3 });
  });

  it('with OnDelete waits for somebody to delete pods', () => {
    const cluster = loneCluster({ objects: [set('StatefulSet', 2, { updateStrategy: { type: 'OnDelete' } })] });
    change(cluster, 'StatefulSet', 0);
    cluster.until(20 * SECOND);
    cluster.pods.terminate('default/web-0', 20 * SECOND);
    cluster.until(30 * SECOND);
    expect(names(cluster, 'v2')).toEqual(['web-0']);
  });

  it('grows one by one, in parallel where it says so', () => {
    const grown = (podManagementPolicy: 'OrderedReady' | 'Parallel') => {
      const cluster = loneCluster();
      cluster.kubectlAt(0, { verb: 'apply', object: set('StatefulSet', 3, { podManagementPolicy }) });
      cluster.until(1 * SECOND);
      return cluster.podNames();
    };
    expect(grown('OrderedReady')).toEqual(['web-0']);
    expect(grown('Parallel')).toEqual(['web-0', 'web-1', 'web-2']);
  });
});

describe('a DaemonSet whose template changes', () => {
  it('is replaced node by node: the new pod comes when the old one is gone', () => {
    const cluster = loneCluster({ objects: [set('DaemonSet', null)] });
    change(cluster, 'DaemonSet', 0);
    expect(range(cluster, 0, 20 * SECOND)).toEqual({ most: 3, leastReady: 2 });
    expect(images(cluster)).toEqual(['v2', 'v2', 'v2']);
    expect(new Set(pods(cluster).map(({ spec }) => spec?.nodeName)).size).toBe(3);
  });

  it('with maxUnavailable is replaced by so many at a time', () => {
    const updateStrategy = { rollingUpdate: { maxUnavailable: '60%' } };
    const cluster = loneCluster({ objects: [set('DaemonSet', null, { updateStrategy })] });
    change(cluster, 'DaemonSet', 0);
    expect(range(cluster, 0, 20 * SECOND).leastReady).toBe(1);
    expect(images(cluster)).toEqual(['v2', 'v2', 'v2']);
  });

  it('with maxSurge has both on a node, and never fewer ready ones', () => {
    const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const cluster = loneCluster({ objects: [set('DaemonSet', null, { updateStrategy })] });
    change(cluster, 'DaemonSet', 0);
    expect(range(cluster, 0, 20 * SECOND)).toEqual({ most: 4, leastReady: 3 });
    expect(images(cluster)).toEqual(['v2', 'v2', 'v2']);
  });

  it('with OnDelete stays, and leaves nodes whose taints drive it away', () => {
    const cluster = loneCluster({ objects: [set('DaemonSet', null, { updateStrategy: { type: 'OnDelete' } })] });
    change(cluster, 'DaemonSet', 0);
    cluster.until(10 * SECOND);
    expect(images(cluster)).toEqual(Array(3).fill('echoserver:1.4'));
    const taint = (n: number, effect: string) =>
      cluster.kubectlAt(10 * SECOND, {
        verb: 'patch',
        kind: 'Node',
        name: `n${n}`,
        patch: { spec: { taints: [{ key: 'gpu', effect }] } },
      });
    taint(1, 'NoSchedule');
    taint(2, 'NoExecute');
    cluster.until(20 * SECOND);
    expect(pods(cluster).map(({ spec }) => spec?.nodeName)).toEqual(['n1', 'n3']);
  });

  it('comes to nodes that its selector names, and to cordoned ones', () => {
    const labelled = node(2, {
      metadata: { name: 'n2', labels: { disk: 'ssd' } },
      spec: { podCIDR: '10.1.2.0/24', unschedulable: true },
    });
    const agents = set('DaemonSet', null);
    agents.spec = { ...agents.spec, template: { ...agents.spec?.template, spec: { nodeSelector: { disk: 'ssd' } } } };
    const cluster = loneCluster({ nodes: [node(1), labelled], objects: [agents] });
    expect(pods(cluster).map(({ spec }) => spec?.nodeName)).toEqual(['n2']);
  });
});

it('controllers act one watch latency after what wakes them', () => {
  const cluster = loneCluster({ objects: [set('Deployment', 1)] });
  cluster.kubectlAt(0, { verb: 'scale', deployment: 'default/web', replicas: 2 });
  cluster.until(2 * TIMINGS.watchLatencyNs - 1);
  expect(cluster.podNames()).toHaveLength(1);
  cluster.until(2 * TIMINGS.watchLatencyNs);
  expect(cluster.podNames()).toHaveLength(2);
});

it('a stored Deployment whose ReplicaSet says the same in other words is not rolled out', () => {
  const replicaSet = workload('ReplicaSet', 'web-abc', 1, { app: 'web', 'pod-template-hash': 'abc' });
  replicaSet.metadata.ownerReferences = [{ kind: 'Deployment', name: 'web' }];
  replicaSet.spec = {
    ...replicaSet.spec,
    template: { ...replicaSet.spec?.template, spec: { dnsPolicy: 'ClusterFirst' } },
  };
  const stored: PodObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-abc-1',
      namespace: 'default',
      labels: { app: 'web', 'pod-template-hash': 'abc' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-abc' }],
    },
    spec: { nodeName: 'n1' },
    status: { phase: 'Running', podIP: '10.1.1.5' },
  };
  for (const objects of [
    [set('Deployment', 1), replicaSet, stored],
    [set('Deployment', 1), stored],
  ]) {
    const cluster = loneCluster({ objects, cluster: { admission: 'asStored' } });
    cluster.kubectlAt(0, { verb: 'scale', deployment: 'default/web', replicas: 2 });
    cluster.until(10 * SECOND);
    expect(cluster.podNames()).toEqual(['web-abc-1', expect.stringMatching(/^web-abc-[a-z0-9]{5}$/)]);
  }
});
