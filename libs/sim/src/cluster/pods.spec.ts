import { describe, expect, it } from 'vitest';
import type { PodObject } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND } from '../testing/small-scenario.js';
import { isReady } from './pod-objects.js';

function inspect(cluster: ReturnType<typeof loneCluster>, name: string) {
  const found = cluster.api.get<PodObject>('Pod', `default/${name}`);
  return {
    node: found?.spec?.nodeName,
    ip: found?.status?.podIP,
    phase: found?.status?.phase,
    ready: found && isReady(found),
  };
}
const create = (cluster: ReturnType<typeof loneCluster>, name: string, given = {}, spec = {}) =>
  cluster.pods.create(pod(name, null, { spec }), given, 0, false);

describe('a new pod', () => {
  it('goes to the schedulable node with the fewest pods, and gets the next address there', () => {
    const nodes = [
      node(1, { spec: { podCIDR: '10.1.1.0/24', unschedulable: true } }),
      node(2, { spec: { podCIDR: '10.1.2.0/24', taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
      node(3),
      node(4),
    ];
    const cluster = loneCluster({ nodes, objects: [pod('old', '10.1.3.2')] });
    for (const name of ['a', 'b', 'c']) create(cluster, name);
    expect(['a', 'b', 'c'].map((name) => inspect(cluster, name))).toMatchObject([
      { node: 'n4', ip: '10.1.4.2' },
      { node: 'n3', ip: '10.1.3.3' },
      { node: 'n4', ip: '10.1.4.3' },
    ]);
  });

  it('is pending until it has started, then running and ready', () => {
    const cluster = loneCluster();
    create(cluster, 'a');
    expect(inspect(cluster, 'a')).toMatchObject({ phase: 'Pending', ready: false });
    cluster.until(2 * SECOND - 1);
    expect(inspect(cluster, 'a').phase).toBe('Pending');
    cluster.until(2 * SECOND);
    expect(inspect(cluster, 'a')).toMatchObject({ phase: 'Running', ready: true });
  });

  it('stays pending without a node, or without an address', () => {
    const nowhere = loneCluster({ nodes: [], cluster: { nodes: {} } });
    create(nowhere, 'a');
    nowhere.until(60 * SECOND);
    expect(inspect(nowhere, 'a')).toEqual({ node: undefined, ip: undefined, phase: 'Pending', ready: false });
    const full = loneCluster({ nodes: [node(1, { spec: { podCIDR: '10.1.1.0/30' } })] });
    create(full, 'a');
    create(full, 'b');
    full.until(60 * SECOND);
    expect([inspect(full, 'a').ready, inspect(full, 'b').ready]).toEqual([true, false]);
  });

  it('gets an address of each family that its node has', () => {
    const both = node(1, { spec: { podCIDRs: ['10.1.1.0/24', 'fd00:1::/64'] } });
    const cluster = loneCluster({ nodes: [both] });
    create(cluster, 'a');
    const { status } = cluster.api.get('Pod', 'default/a') as PodObject;
    expect(status?.podIPs).toEqual([{ ip: '10.1.1.2' }, { ip: 'fd00:1::2' }]);
  });

  it('has the node’s own address in the host network', () => {
    const cluster = loneCluster();
    create(cluster, 'a', { node: 'n2' }, { hostNetwork: true });
    expect(inspect(cluster, 'a')).toMatchObject({ node: 'n2', ip: '10.0.0.2' });
  });

  it('gets what the scenario allocates', () => {
    const cluster = loneCluster();
    create(cluster, 'a', { node: 'n3', ip: '10.1.3.77' });
    expect(inspect(cluster, 'a')).toMatchObject({ node: 'n3', ip: '10.1.3.77' });
  });

  it('is refused under a name that is there', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
    expect(create(cluster, 'a')).toBe('Error from server (AlreadyExists): pods "a" already exists');
  });
});

describe('a pod’s address', () => {
  it('is not used again at once after the pod has gone', () => {
    const cluster = loneCluster({ nodes: [node(1)] });
    create(cluster, 'a');
    cluster.pods.terminate('default/a', 0);
    cluster.until(5 * SECOND);
    create(cluster, 'b');
    expect(inspect(cluster, 'b').ip).toBe('10.1.1.3');
  });

  it('is used again when the range has been gone through', () => {
    const cluster = loneCluster({ nodes: [node(1, { spec: { podCIDR: '10.1.1.0/29' } })] });
    const given: unknown[] = [];
    for (let n = 0; n < 8; n++) {
      create(cluster, `p${n}`);
      given.push(inspect(cluster, `p${n}`).ip);
      cluster.pods.terminate(`default/p${n}`, n * SECOND);
      cluster.until((n + 1) * SECOND);
    }
    expect(given).toEqual([2, 3, 4, 5, 6, 2, 3, 4].map((n) => `10.1.1.${n}`));
  });
});

describe('readiness', () => {
  it('follows the probe, and a pod that starts with a failing one is not ready', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
    cluster.pods.setReady('default/a', false, 0);
    expect(inspect(cluster, 'a').ready).toBe(false);
    cluster.pods.setReady('default/a', true, 0);
    expect(inspect(cluster, 'a').ready).toBe(true);
    create(cluster, 'b');
    cluster.pods.setReady('default/b', false, 0);
    cluster.until(2 * SECOND);
    expect(inspect(cluster, 'b')).toMatchObject({ phase: 'Running', ready: false });
  });

  it('writes nothing where nothing changes, and nothing for a pod that is not there', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
    cluster.pods.setReady('default/a', true, 0);
    cluster.pods.setReady('default/nobody', false, 0);
    expect(cluster.changes).toEqual([]);
  });

  it('is what a pod says, and granted to a running one that says nothing', () => {
    const condition = (status: 'True' | 'False') => ({ conditions: [{ type: 'Ready', status }] });
    expect(isReady(pod('a', null, { status: { phase: 'Running' } }))).toBe(true);
    expect(isReady(pod('a', null, { status: { phase: 'Pending' } }))).toBe(false);
    expect(isReady(pod('a', null, { status: { phase: 'Running', ...condition('False') } }))).toBe(false);
    expect(isReady(pod('a', null, { status: condition('True') }))).toBe(true);
  });
});

it('a pod of the same name is not hurried by what was planned for its predecessor', () => {
  const cluster = loneCluster();
  create(cluster, 'a');
  cluster.pods.terminate('default/a', 0.5 * SECOND);
  cluster.until(1.6 * SECOND);
  expect(cluster.api.get('Pod', 'default/a')).toBeUndefined();
  cluster.pods.create(pod('a', null), {}, 1.6 * SECOND, false);
  cluster.until(3 * SECOND);
  expect(inspect(cluster, 'a').phase).toBe('Pending');
  cluster.until(3.6 * SECOND);
  expect(inspect(cluster, 'a').phase).toBe('Running');
});

it('a terminating pod is there, and ready, until it is gone', () => {
  const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
  cluster.pods.terminate('default/a', 3 * SECOND);
  cluster.pods.terminate('default/a', 3.5 * SECOND);
  cluster.until(1 * SECOND - 1);
  expect(inspect(cluster, 'a')).toMatchObject({ ready: true, phase: 'Running' });
  cluster.until(1 * SECOND);
  expect(cluster.podNames()).toEqual([]);
});
