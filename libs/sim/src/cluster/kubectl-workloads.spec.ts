import { describe, expect, it } from 'vitest';
import type { PodObject, WorkloadObject } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { SECOND, workload } from '../testing/small-scenario.js';
import { isReady } from './pod-objects.js';

const cluster = () =>
  loneCluster({
    objects: [workload('StatefulSet', 'db', 1), workload('DaemonSet', 'agent', 0), workload('ReplicaSet', 'old', 1)],
  });
const ready = (of: ReturnType<typeof cluster>, stem: string) =>
  of.api
    .list<PodObject>('Pod')
    .filter((pod) => pod.metadata.name.startsWith(`${stem}-`) && isReady(pod))
    .map(({ metadata }) => metadata.name)
    .sort();

describe('kubectl scale', () => {
  it('scales a StatefulSet in order: the next pod is made when the one before is ready', () => {
    const it = cluster();
    const scale = { verb: 'scale', kind: 'StatefulSet', name: 'default/db' } as const;
    expect(it.kubectlAt(0, { ...scale, replicas: 3 })).toBe('statefulset.apps/db scaled');
    it.until(2.1 * SECOND);
    expect(ready(it, 'db')).toEqual(['db-0', 'db-1']);
    it.until(4.2 * SECOND);
    expect(ready(it, 'db')).toEqual(['db-0', 'db-1', 'db-2']);
    it.kubectlAt(5 * SECOND, { ...scale, replicas: 1 });
    it.until(6.1 * SECOND);
    expect(ready(it, 'db')).toEqual(['db-0', 'db-1']);
    it.until(8 * SECOND);
    expect(ready(it, 'db')).toEqual(['db-0']);
  });

  it('scales a ReplicaSet of its own', () => {
    const it = cluster();
    expect(it.kubectlAt(0, { verb: 'scale', kind: 'ReplicaSet', name: 'default/old', replicas: 3 })).toBe(
      'replicaset.apps/old scaled',
    );
    it.until(3 * SECOND);
    expect(ready(it, 'old')).toHaveLength(3);
  });

  it('of one that is not there, or to what nobody may have, is refused as the API server does', () => {
    const it = cluster();
    expect(it.kubectlAt(0, { verb: 'scale', kind: 'StatefulSet', name: 'default/nobody', replicas: 3 })).toBe(
      'Error from server (NotFound): statefulsets.apps "nobody" not found',
    );
    expect(it.kubectlAt(0, { verb: 'scale', kind: 'StatefulSet', name: 'default/db', replicas: 100_001 })).toBe(
      'The StatefulSet "db" is invalid: spec.replicas: Invalid value: 100001: must be between 0 and 100000',
    );
  });
});

describe('kubectl patch and set image', () => {
  const image = (of: ReturnType<typeof cluster>, name: string) =>
    of.api
      .list<PodObject>('Pod')
      .filter((pod) => pod.metadata.name.startsWith(`${name}-`))
      .map(({ spec }) => spec?.containers?.[0]?.image);

  it.each(['StatefulSet', 'DaemonSet'] as const)('roll out a %s', (kind) => {
    const name = kind === 'StatefulSet' ? 'db' : 'agent';
    const it = cluster();
    const command = { verb: 'set-image', kind, name: `default/${name}`, container: null, image: 'new:2' } as const;
    expect(it.kubectlAt(0, command)).toBe(`${kind.toLowerCase()}.apps/${name} image updated`);
    expect(it.kubectlAt(1, command)).toBe('');
    it.until(60 * SECOND);
    expect(new Set(image(it, name))).toEqual(new Set(['new:2']));
    const template = { metadata: { annotations: { note: 'x' } } };
    const patch = { verb: 'patch', kind, name: `default/${name}`, patch: { spec: { template } } } as const;
    const before = ready(it, name);
    expect(it.kubectlAt(60 * SECOND, patch)).toBe(`${kind.toLowerCase()}.apps/${name} patched`);
    it.until(60.5 * SECOND);
    expect(ready(it, name).length).toBeLessThanOrEqual(before.length);
    it.until(120 * SECOND);
    const annotations = it.api
      .list<PodObject>('Pod')
      .filter((pod) => pod.metadata.name.startsWith(`${name}-`))
      .map(({ metadata }) => metadata.annotations?.note);
    expect(new Set(annotations)).toEqual(new Set(['x']));
  });
});

it('kubectl get counts what a DaemonSet wants, and what a budget allows', () => {
  const it = cluster();
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget' as const,
    metadata: { name: 'db', namespace: 'default' },
    spec: { minAvailable: 0, selector: { matchLabels: { app: 'db' } } },
  };
  it.kubectlAt(0, { verb: 'apply', object: budget });
  const get = { verb: 'get', name: null, selector: null, output: 'table', grep: null } as const;
  const shown = (resource: 'daemonsets' | 'poddisruptionbudgets' | 'replicasets') => {
    const output = it.kubectl.run({ ...get, resource }, 0);
    return output.kind === 'objects' ? output.objects.map((object) => (object as WorkloadObject).status) : output;
  };
  expect(shown('daemonsets')).toEqual([expect.objectContaining({ desiredNumberScheduled: 3, readyReplicas: 3 })]);
  expect(shown('replicasets')).toEqual([expect.objectContaining({ replicas: 1, readyReplicas: 1 })]);
  expect(shown('poddisruptionbudgets')).toEqual([{ disruptionsAllowed: 1 }]);
});

describe('kubectl rollout status', () => {
  const status = (of: ReturnType<typeof loneCluster>, kind: 'StatefulSet' | 'DaemonSet', name: string) =>
    of.kubectl.run({ verb: 'rollout-status', kind, name, timeoutNs: null }, 0);
  const lines = (output: ReturnType<typeof status>) => (output.kind === 'text' ? output.text.split('\n') : []);
  const restarted = (made: WorkloadObject) => {
    const of = loneCluster({ objects: [made] });
    const { kind, metadata } = made;
    of.kubectlAt(0, { verb: 'rollout-restart', kind: kind as 'StatefulSet', name: `default/${metadata.name}` });
    return of;
  };

  it('follows a StatefulSet from its highest ordinal down', () => {
    const of = restarted(workload('StatefulSet', 'db', 2));
    const output = status(of, 'StatefulSet', 'default/db');
    expect(of.kubectl.waitingFor(output)).not.toBeNull();
    of.until(20 * SECOND);
    expect(of.kubectl.waitingFor(output)).toBeNull();
    expect(lines(output)).toEqual([
      'Waiting for partitioned roll out to finish: 0 out of 2 new pods have been updated...',
      // The next pod goes before it looks again.
      'Waiting for 1 pods to be ready...',
      'partitioned roll out complete: 2 new pods have been updated...',
    ]);
  });

  it('is content with the pods from the partition on', () => {
    const made = workload('StatefulSet', 'db', 3);
    made.spec = { ...made.spec, updateStrategy: { rollingUpdate: { partition: 2 } } };
    const of = restarted(made);
    const output = status(of, 'StatefulSet', 'default/db');
    of.until(20 * SECOND);
    expect(lines(output).at(-1)).toBe('partitioned roll out complete: 1 new pods have been updated...');
  });

  it('follows a DaemonSet over its nodes', () => {
    const of = restarted(workload('DaemonSet', 'agent', null));
    const output = status(of, 'DaemonSet', 'default/agent');
    of.until(30 * SECOND);
    const told = lines(output);
    expect(told[0]).toBe('Waiting for daemon set "agent" rollout to finish: 0 out of 3 new pods have been updated...');
    expect(told).toContain('Waiting for daemon set "agent" rollout to finish: 2 of 3 updated pods are available...');
    expect(told.at(-1)).toBe('daemon set "agent" successfully rolled out');
    expect(of.kubectl.waitingFor(output)).toBeNull();
  });

  it('says what it cannot follow', () => {
    const made = workload('DaemonSet', 'agent', null);
    made.spec = { ...made.spec, updateStrategy: { type: 'OnDelete' } };
    const of = loneCluster({ objects: [made] });
    expect(status(of, 'DaemonSet', 'default/agent')).toMatchObject({
      text: 'error: rollout status is only available for RollingUpdate strategy type',
      failed: true,
    });
    expect(status(of, 'StatefulSet', 'default/db')).toMatchObject({
      text: 'Error from server (NotFound): statefulsets.apps "db" not found',
      failed: true,
    });
  });
});
