import { describe, expect, it } from 'vitest';
import type { IntOrPercent, NodeObject, PodDisruptionBudgetObject, PodObject, WorkloadObject } from '../objects.js';
import type { KubectlCommand, Nanos } from '../scenario.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND, simulated, smallScenario, workload } from '../testing/small-scenario.js';

const budget = (
  spec: { minAvailable?: IntOrPercent; maxUnavailable?: IntOrPercent },
  name = 'web',
): PodDisruptionBudgetObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});

type DrainCommand = Extract<KubectlCommand, { verb: 'drain' }>;
const drain = (over: Partial<DrainCommand> = {}): DrainCommand => ({
  verb: 'drain',
  node: 'n1',
  force: false,
  ignoreDaemonsets: true,
  timeoutNs: null,
  ...over,
});

/** What it has said by then, with names cut down to their workload. */
function drained(cluster: LoneCluster, command: DrainCommand, untilNs: Nanos): string[] {
  const output = cluster.kubectl.run(command, 0);
  cluster.until(untilNs);
  if (output.kind !== 'text') throw new Error(output.kind);
  return output.text.replace(/web-[a-z0-9]{9}-[a-z0-9]{5}/g, 'web-x').split('\n');
}
const where = (cluster: LoneCluster) => cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName);

describe('kubectl drain', () => {
  it('cordons the node and evicts its pods, which come up elsewhere', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 3)] });
    expect(drained(cluster, drain(), 10 * SECOND)).toEqual([
      'node/n1 cordoned',
      'evicting pod default/web-x',
      'pod/web-x evicted',
      'node/n1 drained',
    ]);
    expect(where(cluster)).toEqual(['n2', 'n3', 'n2']);
    expect(cluster.api.get<NodeObject>('Node', 'n1')?.spec?.unschedulable).toBe(true);
  });

  it('leaves the pods of DaemonSets, and says so', () => {
    const cluster = loneCluster({ objects: [workload('DaemonSet', 'agent', null)] });
    const [first] = cluster.podNames();
    expect(drained(cluster, drain(), 10 * SECOND)).toEqual([
      'node/n1 cordoned',
      `Warning: ignoring DaemonSet-managed Pods: default/${first}`,
      'node/n1 drained',
    ]);
    expect(drained(cluster, drain({ ignoreDaemonsets: false }), 20 * SECOND)).toEqual([
      'node/n1 already cordoned',
      `error: unable to drain node "n1" due to error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/${first}, continuing command...`,
      'There are pending nodes to be drained:',
      ' n1',
      `cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/${first}`,
    ]);
  });

  it('refuses pods that nobody brings back, unless it is forced', () => {
    const cluster = loneCluster({ objects: [pod('lone', '10.1.1.9')] });
    expect(drained(cluster, drain(), 5 * SECOND)[1]).toContain(
      'declare no controller (use --force to override): default/lone',
    );
    expect(cluster.podNames()).toEqual(['lone']);
    expect(drained(cluster, drain({ force: true }), 10 * SECOND)).toEqual([
      'node/n1 already cordoned',
      'Warning: deleting Pods that declare no controller: default/lone',
      'evicting pod default/lone',
      'pod/lone evicted',
      'node/n1 drained',
    ]);
  });

  it('tries again every 5 s while a budget refuses', () => {
    const nodes = [node(1), node(2)];
    const cluster = loneCluster({ nodes, objects: [workload('Deployment', 'web', 4), budget({ minAvailable: 3 })] });
    expect(drained(cluster, drain(), 20 * SECOND)).toEqual([
      'node/n1 cordoned',
      'evicting pod default/web-x',
      'evicting pod default/web-x',
      'error when evicting pods/"web-x" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.',
      'pod/web-x evicted',
      'evicting pod default/web-x',
      'pod/web-x evicted',
      'node/n1 drained',
    ]);
    expect(new Set(where(cluster))).toEqual(new Set(['n2']));
  });

  it('gives up after its timeout', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 1), budget({ minAvailable: 1 })] });
    const said = drained(cluster, drain({ timeoutNs: 12 * SECOND }), 60 * SECOND);
    expect(said.filter((line) => line.includes('will retry'))).toHaveLength(3);
    expect(said.at(-1)).toBe('error when evicting pods/"web-x" -n "default": global timeout reached: 12s');
    expect(where(cluster)).toEqual(['n1']);
  });

  it('says so where there is no such node', () => {
    expect(drained(loneCluster(), drain({ node: 'n9' }), 0)).toEqual([
      'Error from server (NotFound): nodes "n9" not found',
    ]);
  });
});

describe('a budget', () => {
  it.each([
    [{ minAvailable: 3 }, 1],
    [{ minAvailable: 0 }, 4],
    [{ minAvailable: '60%' }, 1],
    [{ maxUnavailable: 2 }, 2],
    [{ maxUnavailable: '30%' }, 2],
    [{ maxUnavailable: 0 }, 0],
  ] as const)('%o lets so many of four go: %i', (spec, count) => {
    const cluster = loneCluster({ nodes: [node(1)], objects: [workload('Deployment', 'web', 4), budget(spec)] });
    drained(cluster, drain(), 0);
    const going = cluster.api
      .list<PodObject>('Pod')
      .filter(({ metadata }) => metadata.deletionTimestampNs !== undefined);
    expect(going).toHaveLength(count);
  });

  it('asks for nothing where pods are pending, and lets unready ones go while enough are healthy', () => {
    const cluster = loneCluster({
      nodes: [node(1)],
      objects: [workload('Deployment', 'web', 3), budget({ minAvailable: 2 })],
    });
    const [first] = cluster.podNames();
    cluster.pods.setReady(`default/${first}`, false, 0);
    drained(cluster, drain(), 0);
    const going = cluster.api
      .list<PodObject>('Pod')
      .filter(({ metadata }) => metadata.deletionTimestampNs !== undefined);
    expect(going.map(({ metadata }) => metadata.name)).toEqual([first]);
  });

  it('beside another one for the same pod is refused for good', () => {
    const both = [budget({ minAvailable: 0 }), budget({ minAvailable: 0 }, 'too')];
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 1), ...both] });
    expect(drained(cluster, drain(), 20 * SECOND)[2]).toContain('more than one PodDisruptionBudget');
  });
});

describe('kubectl’s verbs for nodes and labels', () => {
  const say = (cluster: LoneCluster, command: KubectlCommand) => cluster.kubectlAt(0, command);

  it('cordon and uncordon', () => {
    const cluster = loneCluster();
    const both = (['cordon', 'cordon', 'uncordon', 'uncordon'] as const).map((verb) =>
      say(cluster, { verb, node: 'n1' }),
    );
    expect(both).toEqual([
      'node/n1 cordoned',
      'node/n1 already cordoned',
      'node/n1 uncordoned',
      'node/n1 already uncordoned',
    ]);
    expect(say(cluster, { verb: 'cordon', node: 'n9' })).toBe('Error from server (NotFound): nodes "n9" not found');
  });

  it('taint', () => {
    const cluster = loneCluster();
    const taint = (over: object): string =>
      say(cluster, {
        verb: 'taint',
        node: 'n1',
        key: 'gpu',
        value: 'yes',
        effect: 'NoSchedule',
        remove: false,
        ...over,
      });
    expect(taint({})).toBe('node/n1 tainted');
    expect(cluster.api.get<NodeObject>('Node', 'n1')?.spec?.taints).toEqual([
      { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
    ]);
    expect(taint({})).toBe('error: node n1 already has gpu taint(s) with same effect(s) and --overwrite is false');
    expect(taint({ effect: 'NoExecute', remove: true })).toBe('error: taint "gpu:NoExecute" not found');
    expect(taint({ effect: null, remove: true })).toBe('node/n1 untainted');
    expect(cluster.api.get<NodeObject>('Node', 'n1')?.spec?.taints).toEqual([]);
  });

  it('label', () => {
    const cluster = loneCluster();
    const label = (labels: Record<string, string | null>) =>
      say(cluster, { verb: 'label', kind: 'Node', name: 'n1', labels });
    expect(label({ zone: 'a' })).toBe('node/n1 labeled');
    expect(label({ zone: 'a' })).toBe('node/n1 not labeled');
    expect(label({ zone: null })).toBe('node/n1 unlabeled');
    expect(cluster.api.get<NodeObject>('Node', 'n1')?.metadata.labels).toEqual({});
  });
});

describe('kubectl’s verbs for rollouts', () => {
  const image = (cluster: LoneCluster) =>
    cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.containers?.[0]?.image);

  it('rollout restart replaces all pods, each time it is asked', () => {
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
      const cluster = loneCluster({ objects: [workload(kind, 'web', 2)] });
      for (const at of [0, 30 * SECOND]) {
        const before = cluster.api.list<PodObject>('Pod').map(({ metadata }) => metadata.creationTimestampNs);
        expect(cluster.kubectlAt(at, { verb: 'rollout-restart', kind, name: 'default/web' })).toBe(
          `${kind.toLowerCase()}.apps/web restarted`,
        );
        cluster.until(at + 29 * SECOND);
        const after = cluster.api.list<PodObject>('Pod').map(({ metadata }) => metadata.creationTimestampNs);
        expect(after).toHaveLength(before.length);
        expect(Math.min(...after.map((ns) => ns ?? 0))).toBeGreaterThan(at);
      }
    }
  });

  it('set image rolls out another image, and says nothing where it is the same', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 2)] });
    const set = (container: string | null, name: string) =>
      cluster.kubectlAt(0, { verb: 'set-image', deployment: 'default/web', container, image: name });
    expect(set('app', 'v2')).toBe('deployment.apps/web image updated');
    expect(set(null, 'v2')).toBe('');
    expect(set('side', 'v2')).toBe('error: unable to find container named "side"');
    cluster.until(30 * SECOND);
    expect(image(cluster)).toEqual(['v2', 'v2']);
  });

  it('rollout status waits for the end', () => {
    const made = workload('Deployment', 'web', 2);
    made.spec = { ...made.spec, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
    const cluster = loneCluster({ objects: [made] });
    cluster.kubectlAt(0, { verb: 'rollout-restart', kind: 'Deployment', name: 'default/web' });
    const output = cluster.kubectl.run({ verb: 'rollout-status', deployment: 'default/web', timeoutNs: null }, 0);
    expect(cluster.kubectl.waitingFor(output)).not.toBeNull();
    cluster.until(20 * SECOND);
    expect(cluster.kubectl.waitingFor(output)).toBeNull();
    expect(output.kind === 'text' && output.text.split('\n')).toEqual([
      'Waiting for deployment "web" rollout to finish: 0 out of 2 new replicas have been updated...',
      'Waiting for deployment "web" rollout to finish: 1 out of 2 new replicas have been updated...',
      'Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...',
      'deployment "web" successfully rolled out',
    ]);
    const late = cluster.kubectl.run({ verb: 'rollout-status', deployment: 'default/web', timeoutNs: 1 }, 20 * SECOND);
    expect(late).toMatchObject({ text: 'deployment "web" successfully rolled out', failed: false });
    expect((cluster.api.get('Deployment', 'default/web') as WorkloadObject).spec?.replicas).toBe(2);
  });
});

it('a step waits for its drain, and in the end no longer', () => {
  const objects = [workload('Deployment', 'web', 1), budget({ minAvailable: 1 })];
  const step = (command: KubectlCommand) => ({ do: 'kubectl' as const, command });
  const steps = [step(drain()), step({ verb: 'uncordon', node: 'n1' }), step(drain({ node: 'n2' }))];
  const { transcript } = simulated(smallScenario({ objects, steps })).result;
  const texts = transcript.map(({ output }) => (output.kind === 'text' ? output.text : ''));
  expect(texts[0]).toMatch(/will retry after 5s.*\n\^C$/s);
  expect(texts.slice(1)).toEqual(['node/n1 uncordoned', 'node/n2 cordoned\nnode/n2 drained']);
  expect(transcript[0]!.toNs - transcript[0]!.fromNs).toBe(1800 * SECOND);
});

it('that fails is told among what was not carried out by its error alone', () => {
  const held = budget({ minAvailable: 3 });
  const { result } = simulated(
    smallScenario({
      objects: [workload('Deployment', 'web', 3), held],
      timeline: [{ atNs: 1 * SECOND, do: 'kubectl', command: drain({ timeoutNs: 12 * SECOND }) }],
      durationNs: 30 * SECOND,
    }),
  );
  const [refused] = result.summary.refused ?? [];
  expect(refused?.text).toMatch(/^drain n1 at 1 s: error: unable to drain node "n1" due to error: .*$/);
  expect(result.summary.refused).toHaveLength(1);
});
