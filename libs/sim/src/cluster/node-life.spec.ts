import { describe, expect, it } from 'vitest';
import type { NodeObject, PodObject } from '../objects.js';
import type { Nanos, TimelineEntry } from '../scenario.js';
import { createRun, type Run } from '../simulate.js';
import { pod, SECOND, type SmallScenario, service, smallScenario, workload } from '../testing/small-scenario.js';

const NOWHERE = { onChunk: () => {} };
const AT = 100 * SECOND;

function runOf(over: SmallScenario, ...timeline: TimelineEntry[]): Run {
  return createRun(smallScenario({ durationNs: 1000 * SECOND, timeline, ...over }), NOWHERE);
}

function crash(node: string, forNs: Nanos | null = null, vmDeleted = false): TimelineEntry {
  return { atNs: AT, do: 'crash', node, forNs, vmDeleted };
}

const partition = (kubelets: string[] | null, forNs: Nanos): TimelineEntry => ({
  atNs: AT,
  do: 'partition',
  kubelets,
  kubeProxy: false,
  forNs,
});

/** When something first holds, in s after the fault, to 100 ms; null: not within so many s. */
function firstWhen(run: Run, holds: (run: Run) => boolean, withinS: number): number | null {
  for (let tenths = 0; tenths <= withinS * 10; tenths++) {
    run.advanceTo(AT + tenths * 1e8, 1e6);
    if (holds(run)) return tenths / 10;
  }
  return null;
}

const nodeNamed = (run: Run, name: string) =>
  run.objects().find((o): o is NodeObject => o.kind === 'Node' && o.metadata.name === name);
const readiness = (run: Run, name: string) =>
  nodeNamed(run, name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True';
const taints = (run: Run, name: string) => (nodeNamed(run, name)?.spec?.taints ?? []).map(({ effect }) => effect);
const podsOn = (run: Run, name: string) =>
  run.objects().filter((o): o is PodObject => o.kind === 'Pod' && o.spec?.nodeName === name);
const endpoints = (run: Run) => run.objects().flatMap((o) => (o.kind === 'EndpointSlice' ? o.endpoints : []));

const PODS = [pod('web-1', '10.1.1.5'), pod('web-2', '10.1.2.5'), service('web')];

describe('a node whose kubelet is not heard', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

  it.each([
    ['1.31', 40],
    ['1.32', 50],
  ])('is NotReady in %s between %i s less one lease and that plus one look after the fault', (version, grace) => {
    const times = seeds.map((seed) => {
      const cluster = {
        nodeLifecycle: { ...smallScenario().cluster.nodeLifecycle, nodeMonitorGracePeriodNs: grace * SECOND },
      };
      return firstWhen(runOf({ seed, version, cluster }, crash('n1')), (run) => readiness(run, 'n1') === 'Unknown', 70);
    });
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(grace - 10);
      expect(time).toBeLessThanOrEqual(grace + 5);
    }
    expect(new Set(times).size).toBeGreaterThan(3);
  });

  it('loses its pods as endpoints at once, its name for new pods, and its pods after the toleration', () => {
    const web = workload('Deployment', 'web', 2);
    const run = runOf({ objects: [web, service('web')] }, crash('n1'));
    const [lost] = podsOn(run, 'n1');
    const notReadyS = firstWhen(run, (r) => readiness(r, 'n1') === 'Unknown', 60)!;
    run.advanceTo(run.nowNs + 1 * SECOND, 1e6);
    expect(taints(run, 'n1')).toEqual(['NoSchedule']);
    expect(endpoints(run).map(({ nodeName, conditions }) => [nodeName, conditions?.ready])).toEqual([
      ['n1', false],
      ['n2', true],
    ]);
    const taintedS = firstWhen(run, (r) => taints(r, 'n1').includes('NoExecute'), 60)!;
    expect(taintedS - notReadyS).toBeCloseTo(5, 1);
    const replacedS = firstWhen(run, (r) => podsOn(r, 'n3').length === 1, 500)!;
    // Looked at ten times a second.
    expect(replacedS - taintedS).toBeGreaterThanOrEqual(299.9);
    expect(replacedS - taintedS).toBeLessThan(300.2);
    // Nobody on the node can stop it: it stays in its termination.
    run.advanceTo(900 * SECOND, 1e6);
    expect(podsOn(run, 'n1').map(({ metadata }) => metadata.name)).toEqual([lost?.metadata.name]);
    expect(podsOn(run, 'n1')[0]?.metadata.deletionTimestampNs).toBeDefined();
  });

  it('keeps what tolerates the taint for good, such as pods of a DaemonSet', () => {
    const forever = { ...pod('own', '10.1.1.9', { labels: { app: 'own' } }) };
    forever.spec = { ...forever.spec, tolerations: [{ operator: 'Exists' }] };
    const soon = pod('soon', '10.1.1.8', { labels: { app: 'own' } });
    soon.spec = {
      ...soon.spec,
      tolerations: [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 },
      ],
    };
    const run = runOf({ objects: [workload('DaemonSet', 'agent', null), forever, soon] }, crash('n1'));
    const goingS = firstWhen(
      run,
      (r) => podsOn(r, 'n1').some(({ metadata }) => metadata.deletionTimestampNs !== undefined),
      90,
    )!;
    expect(goingS).toBeLessThan(40 + 5 + 5 + 11);
    run.advanceTo(900 * SECOND, 1e6);
    const going = podsOn(run, 'n1').filter(({ metadata }) => metadata.deletionTimestampNs !== undefined);
    expect(going.map(({ metadata }) => metadata.name)).toEqual(['soon']);
  });

  it('costs no event while every node is well', () => {
    const events = (durationNs: Nanos) => {
      const run = createRun(smallScenario({ objects: PODS, durationNs }), NOWHERE);
      while (!run.step(1000));
      return run.eventCount;
    };
    expect(events(1000 * SECOND)).toBe(events(10 * SECOND));
  });
});

describe('a node that comes back', () => {
  it('after a short crash was never NotReady, but its pods have started anew', () => {
    const run = runOf({ objects: PODS }, crash('n1', 20 * SECOND));
    run.advanceTo(AT + 10 * SECOND, 1e6);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
    run.advanceTo(AT + 21 * SECOND, 1e6);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual([false, true]);
    run.advanceTo(AT + 23 * SECOND, 1e6);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
    expect(readiness(run, 'n1')).toBe('True');
    run.advanceTo(AT + 200 * SECOND, 1e6);
    expect(readiness(run, 'n1')).toBe('True');
  });

  it('after a long one is ready at once and free of taints with the next look', () => {
    const run = runOf({ objects: PODS }, crash('n1', 90 * SECOND));
    run.advanceTo(AT + 89 * SECOND, 1e6);
    expect([readiness(run, 'n1'), taints(run, 'n1')]).toEqual(['Unknown', ['NoSchedule', 'NoExecute']]);
    run.advanceTo(AT + 96 * SECOND, 1e6);
    expect([readiness(run, 'n1'), taints(run, 'n1')]).toEqual(['True', []]);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
    run.advanceTo(1000 * SECOND, 1e6);
    expect(podsOn(run, 'n1').map(({ metadata }) => metadata.name)).toEqual(['web-1']);
  });

  it('after a partition has its pods as they were, with its next lease', () => {
    const run = runOf({ objects: PODS }, partition(['n1'], 100 * SECOND));
    const readyS = firstWhen(run, (r) => r.nowNs > AT + 60 * SECOND && readiness(r, 'n1') === 'True', 300)!;
    expect(readyS).toBeGreaterThanOrEqual(100);
    expect(readyS).toBeLessThanOrEqual(110);
    run.advanceTo(run.nowNs + SECOND, 1e6);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
  });

  it('does what it could not hear of meanwhile', () => {
    const run = runOf({ objects: PODS }, partition(['n1'], 20 * SECOND), {
      atNs: AT + SECOND,
      do: 'kubectl',
      command: { verb: 'delete', kind: 'Pod', name: 'default/web-1', selector: null, namespace: 'default' },
    });
    run.advanceTo(AT + 19 * SECOND, 1e6);
    expect(podsOn(run, 'n1')).toHaveLength(1);
    run.advanceTo(AT + 31 * SECOND, 1e6);
    expect(podsOn(run, 'n1')).toHaveLength(0);
  });
});

describe('with every node lost', () => {
  const ofAll = (whenAllNodesFail: 'stopEvictions' | 'evict' | 'keepPodsReady') =>
    runOf(
      { objects: PODS, cluster: { nodeLifecycle: { ...smallScenario().cluster.nodeLifecycle, whenAllNodesFail } } },
      partition(null, 800 * SECOND),
    );

  it.each([
    ['stopEvictions', 0, [false, false]],
    ['evict', 2, [false, false]],
    ['keepPodsReady', 0, [true, true]],
  ] as const)('%s', (whenAllNodesFail, evicted, ready) => {
    const run = ofAll(whenAllNodesFail);
    run.advanceTo(AT + 60 * SECOND, 1e6);
    expect(['n1', 'n2', 'n3'].map((name) => readiness(run, name))).toEqual(['Unknown', 'Unknown', 'Unknown']);
    expect(endpoints(run).map(({ conditions }) => conditions?.ready)).toEqual(ready);
    run.advanceTo(AT + 700 * SECOND, 1e6);
    const going = ['n1', 'n2']
      .flatMap((name) => podsOn(run, name))
      .filter(({ metadata }) => metadata.deletionTimestampNs !== undefined);
    expect(going).toHaveLength(evicted);
  });
});

describe('a machine that the cloud has deleted', () => {
  it('loses its Node one look after NotReady, and its pods with it', () => {
    const run = runOf({ objects: PODS }, crash('n1', null, true));
    const notReadyS = firstWhen(run, (r) => readiness(r, 'n1') === 'Unknown', 60)!;
    const goneS = firstWhen(run, (r) => nodeNamed(r, 'n1') === undefined, 60)!;
    expect(goneS - notReadyS).toBeCloseTo(5, 1);
    expect(podsOn(run, 'n1')).toEqual([]);
  });
});

it('two partitions of one node end with the later one', () => {
  const run = runOf({ objects: PODS }, partition(['n1'], 30 * SECOND), {
    ...partition(['n1'], 100 * SECOND),
    atNs: AT + 10 * SECOND,
  });
  run.advanceTo(AT + 100 * SECOND, 1e6);
  expect(readiness(run, 'n1')).toBe('Unknown');
  run.advanceTo(AT + 121 * SECOND, 1e6);
  expect(readiness(run, 'n1')).toBe('True');
});

it('a node that joins under the name of one that was lost is well', () => {
  const machine = smallScenario().objects.find(({ kind, metadata }) => kind === 'Node' && metadata.name === 'n1')!;
  const run = runOf(
    { objects: PODS },
    crash('n1'),
    {
      atNs: AT + 60 * SECOND,
      do: 'kubectl',
      command: { verb: 'delete', kind: 'Node', name: 'n1', selector: null, namespace: 'default' },
    },
    { atNs: AT + 60.5 * SECOND, do: 'kubectl', command: { verb: 'apply', object: machine } },
  );
  run.advanceTo(AT + 59 * SECOND, 1e6);
  expect(readiness(run, 'n1')).toBe('Unknown');
  run.advanceTo(AT + 300 * SECOND, 1e6);
  expect([readiness(run, 'n1'), taints(run, 'n1')]).toEqual(['True', []]);
});
