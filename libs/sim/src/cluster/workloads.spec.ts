import { describe, expect, it } from 'vitest';
import type { PodObject } from '../objects.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND, TIMINGS, workload } from '../testing/small-scenario.js';

function scale(cluster: LoneCluster, nowNs: number, name: string, replicas: number): void {
  expect(cluster.kubectlAt(nowNs, { verb: 'scale', deployment: `default/${name}`, replicas })).toBe(
    `deployment.apps/${name} scaled`,
  );
}
const remove = (cluster: LoneCluster, nowNs: number, kind: 'Pod' | 'Node' | 'Deployment', name: string) =>
  cluster.kubectlAt(nowNs, { verb: 'delete', kind, name, selector: null, namespace: 'default' });

describe('a Deployment', () => {
  it('starts with its pods running, spread over the nodes, named after it', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 3)] });
    const pods = cluster.api.list<PodObject>('Pod');
    expect(pods.map(({ spec }) => spec?.nodeName)).toEqual(['n1', 'n2', 'n3']);
    expect(pods.every(({ status }) => status?.phase === 'Running')).toBe(true);
    const names = cluster.podNames().map((name) => /^web-([a-z0-9]{9})-[a-z0-9]{5}$/.exec(name)?.[1]);
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toBeDefined();
  });

  it('grows by new pods, and shrinks by those that share a node, the youngest of them first', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 2)] });
    const old = cluster.podNames();
    scale(cluster, 0, 'web', 5);
    cluster.until(1 * SECOND);
    expect(cluster.podNames().slice(0, 2)).toEqual(old);
    expect(cluster.podNames()).toHaveLength(5);
    const [, , alone, ...others] = cluster.podNames();
    expect(cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName)).toEqual([
      'n1',
      'n2',
      'n3',
      'n1',
      'n2',
    ]);
    scale(cluster, 5 * SECOND, 'web', 3);
    cluster.until(9 * SECOND);
    expect(cluster.podNames()).toEqual([...old, alone]);
    expect(others).toHaveLength(2);
    scale(cluster, 9 * SECOND, 'web', 1);
    cluster.until(10.9 * SECOND);
    expect(cluster.podNames()).toEqual(old.slice(0, 1));
    scale(cluster, 11 * SECOND, 'web', 0);
    cluster.until(20 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });

  it('replaces a pod that is deleted, as soon as it is on its way out', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 2)] });
    const [first, second] = cluster.podNames();
    expect(remove(cluster, 0, 'Pod', `default/${first}`)).toBe(`pod "${first}" deleted`);
    cluster.until(TIMINGS.watchLatencyNs);
    expect(cluster.podNames()).toHaveLength(3);
    cluster.until(10 * SECOND);
    expect(cluster.podNames()).toHaveLength(2);
    expect(cluster.podNames()).toContain(second);
    expect(cluster.podNames()).not.toContain(first);
  });

  it('adopts pods of nobody that it selects, and counts those of another owner not', () => {
    const owned = pod('other-1', '10.1.1.9', { labels: { app: 'web' } });
    owned.metadata.ownerReferences = [{ kind: 'Deployment', name: 'other' }];
    const stray = pod('stray', '10.1.1.8', { labels: { app: 'web' } });
    const cluster = loneCluster({ objects: [stray, owned, workload('ReplicaSet', 'web', 2)] });
    expect(cluster.podNames().filter((name) => name.startsWith('web-'))).toHaveLength(1);
    // A Deployment's ReplicaSet asks for its hash too.
    const hashed = loneCluster({ objects: [stray, owned, workload('Deployment', 'web', 2)] });
    expect(hashed.podNames().filter((name) => name.startsWith('web-'))).toHaveLength(2);
  });

  it('takes its pods with it, and nobody replaces them', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 3)] });
    remove(cluster, 0, 'Deployment', 'default/web');
    cluster.until(10 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });

  it('and its ReplicaSet together want its pods once', () => {
    const set = workload('ReplicaSet', 'web-7c4f6b9d8', 2, { app: 'web', hash: '7c4f6b9d8' });
    set.metadata.ownerReferences = [{ kind: 'Deployment', name: 'web' }];
    const cluster = loneCluster({ objects: [set, workload('Deployment', 'web', 2)] });
    expect(cluster.podNames()).toHaveLength(2);
  });

  it('of a stored cluster owns the pods of its ReplicaSet', () => {
    const set = workload('ReplicaSet', 'web-7c4f6b9d8', 2, { app: 'web' });
    set.metadata.ownerReferences = [{ kind: 'Deployment', name: 'web' }];
    const pods = [1, 2].map((n) => {
      const stored = pod(`web-7c4f6b9d8-${n}`, `10.1.${n}.5`, { status: { phase: 'Running' } });
      stored.metadata.ownerReferences = [{ kind: 'ReplicaSet', name: 'web-7c4f6b9d8' }];
      return stored;
    });
    const objects = [workload('Deployment', 'web', 2), set, ...pods];
    const cluster = loneCluster({ objects, cluster: { admission: 'asStored' } });
    expect(cluster.podNames()).toHaveLength(2);
    scale(cluster, 0, 'web', 3);
    remove(cluster, 1 * SECOND, 'Pod', 'default/web-7c4f6b9d8-1');
    cluster.until(10 * SECOND);
    expect(cluster.podNames()).toHaveLength(3);
    scale(cluster, 11 * SECOND, 'web', 1);
    cluster.until(20 * SECOND);
    expect(cluster.podNames()).toHaveLength(1);
  });

  it('makes the same names whatever else is in the cluster', () => {
    const alone = loneCluster({ objects: [workload('Deployment', 'web', 3)] });
    const beside = loneCluster({ objects: [workload('Deployment', 'db', 2), workload('Deployment', 'web', 3)] });
    expect(beside.podNames().filter((name) => name.startsWith('web'))).toEqual(alone.podNames());
  });

  it('has so many pods as it wants even where names come out twice', () => {
    const cluster = loneCluster({
      objects: [workload('ReplicaSet', 'web', 4000)],
      nodes: [node(1, { spec: { podCIDR: '10.1.0.0/16' } })],
    });
    expect(new Set(cluster.podNames()).size).toBe(4000);
  });

  it('says how many of its pods are ready', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 2)] });
    scale(cluster, 0, 'web', 3);
    cluster.until(1 * SECOND);
    const deployment = cluster.api.get('Deployment', 'default/web');
    expect(cluster.workloads.status(deployment as ReturnType<typeof workload>, 1 * SECOND)).toEqual({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 2,
    });
  });
});

describe('a StatefulSet', () => {
  it('counts its pods through, and replaces one under its own name when it is gone', () => {
    const cluster = loneCluster({ objects: [workload('StatefulSet', 'db', 3)] });
    expect(cluster.podNames()).toEqual(['db-0', 'db-1', 'db-2']);
    remove(cluster, 0, 'Pod', 'default/db-0');
    expect(cluster.podNames()).toHaveLength(3);
    cluster.until(1 * SECOND);
    expect(cluster.podNames()).toEqual(['db-1', 'db-2']);
    cluster.until(1.1 * SECOND);
    expect(cluster.podNames()).toEqual(['db-1', 'db-2', 'db-0']);
    expect(cluster.api.get<PodObject>('Pod', 'default/db-0')?.status?.phase).toBe('Pending');
  });

  it('shrinks from the highest number on, whatever was made last', () => {
    const set = workload('StatefulSet', 'db', 3);
    const cluster = loneCluster({ objects: [set] });
    remove(cluster, 0, 'Pod', 'default/db-0');
    cluster.until(5 * SECOND);
    cluster.kubectlAt(6 * SECOND, { verb: 'apply', object: { ...set, spec: { ...set.spec, replicas: 1 } } });
    cluster.until(10 * SECOND);
    expect(cluster.podNames()).toEqual(['db-0']);
  });
});

describe('a DaemonSet', () => {
  const agents = workload('DaemonSet', 'agent', null);
  const nodesOf = (cluster: LoneCluster) => cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName);

  it('has one pod on each node, also where nothing else is scheduled', () => {
    const cordoned = node(2, { spec: { podCIDR: '10.1.2.0/24', unschedulable: true } });
    expect(nodesOf(loneCluster({ objects: [agents], nodes: [node(1), cordoned] }))).toEqual(['n1', 'n2']);
  });

  it('comes to a node that joins, and goes with one that leaves', () => {
    const cluster = loneCluster({ objects: [agents] });
    cluster.kubectlAt(0, { verb: 'apply', object: node(4) });
    cluster.until(0.5 * SECOND);
    expect(nodesOf(cluster)).toEqual(['n1', 'n2', 'n3', 'n4']);
    remove(cluster, 1 * SECOND, 'Node', 'n2');
    expect(nodesOf(cluster)).toEqual(['n1', 'n3', 'n4']);
  });
});

it('pods of a node that is deleted come up elsewhere', () => {
  const cluster = loneCluster({ objects: [workload('Deployment', 'web', 3)] });
  remove(cluster, 0, 'Node', 'n1');
  cluster.until(1 * SECOND);
  expect(cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName)).toEqual(['n2', 'n3', 'n2']);
});

it('a template that its selector does not match is refused, and makes no pods', () => {
  const wrong = workload('Deployment', 'web', 2);
  wrong.spec = { ...wrong.spec, template: { metadata: { labels: { app: 'other' } } } };
  const cluster = loneCluster({ objects: [wrong] });
  expect(cluster.problems).toEqual([
    {
      code: 'not-admitted',
      path: '/objects/3',
      message: expect.stringContaining('`selector` does not match template `labels`'),
    },
  ]);
  expect(cluster.podNames()).toEqual([]);
});
