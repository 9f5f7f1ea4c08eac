import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../objects.js';
import type { LoadBalancerProfile, TimelineEntry } from '../scenario.js';
import {
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
} from '../testing/small-scenario.js';

type Shape = Partial<LoadBalancerProfile>;

/** Each node's states over a minute, the changes of the first second left out. */
function states(objects: KubeObject[], shape: Shape, timeline: TimelineEntry[] = [], over: SmallScenario = {}) {
  const { result } = simulated(
    smallScenario({
      objects,
      timeline,
      loadBalancers: { default: profile(shape), byService: {} },
      durationNs: 60 * SECOND,
      ...over,
    }),
  );
  return Object.fromEntries(
    result.healthz.loadBalancers.map(({ node, segments }) => [node, segments.map(({ state }) => state).join()]),
  );
}

const web = service('web', { type: 'LoadBalancer' });
const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
const A = pod('a', '10.1.1.2');
const TCP: Shape = { clusterCheck: 'tcp-node-port', localCheck: 'tcp-node-port' };
const unready: TimelineEntry = { atNs: 10 * SECOND, do: 'readiness', pod: 'default/a', ready: false };

describe('a check of kube-proxy', () => {
  it('passes on every node, whether the service has endpoints or not', () => {
    expect(states([web], {})).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
  });
});

describe('a check of the health-check node port', () => {
  it('passes where a pod is ready, and follows it', () => {
    expect(states([A, local], {})).toEqual({ n1: 'healthy', n2: 'unhealthy', n3: 'unhealthy' });
    expect(states([A, local], {}, [unready]).n1).toBe('healthy,unhealthy');
  });

  it('hears nothing on addresses that nodePortAddresses leave out, since 1.23', () => {
    const elsewhere = { kubeProxy: { nodePortAddresses: ['192.168.0.0/16'] } };
    expect(states([A, local], {}, [], { ...elsewhere, version: '1.22' }).n1).toBe('healthy');
    expect(states([A, local], {}, [], { ...elsewhere, version: '1.23' }).n1).toBe('unhealthy');
  });
});

describe('a check that connects to the node port', () => {
  it('passes wherever rules lead to a pod: with policy Cluster on all nodes, with Local on those that have one', () => {
    expect(states([A, web], TCP)).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
    expect(states([A, local], TCP)).toEqual({ n1: 'healthy', n2: 'unhealthy', n3: 'unhealthy' });
  });

  it('fails on all nodes at once when the last endpoint goes', () => {
    expect(states([A, web], TCP, [unready])).toEqual({
      n1: 'healthy,unhealthy',
      n2: 'healthy,unhealthy',
      n3: 'healthy,unhealthy',
    });
  });

  it('tells by a refusal at once what silence tells after the timeout', () => {
    const outAt = (what: KubeObject) => {
      const { result } = simulated(
        smallScenario({
          objects: [A, what],
          timeline: [unready],
          loadBalancers: { default: profile(TCP), byService: {} },
          durationNs: 60 * SECOND,
        }),
      );
      const [n1] = result.healthz.loadBalancers.filter(({ node }) => node === 'n1');
      return n1?.segments.find(({ state }) => state === 'unhealthy')?.fromMs as number;
    };
    const another = pod('b', '10.1.2.2');
    expect(outAt(web)).toBe(outAt(local));
    const { result } = simulated(
      smallScenario({
        objects: [A, another, local],
        timeline: [unready],
        loadBalancers: { default: profile(TCP), byService: {} },
        durationNs: 60 * SECOND,
      }),
    );
    const [n1] = result.healthz.loadBalancers.filter(({ node }) => node === 'n1');
    const droppedAt = n1?.segments.find(({ state }) => state === 'unhealthy')?.fromMs as number;
    const { timeoutNs } = profile().localHealthCheck;
    expect(droppedAt - outAt(local)).toBeCloseTo(timeoutNs / 1e6 - 0.4, 6);
  });

  it('reaches a pod on a node’s own address', () => {
    const onHost = pod('h', '10.0.0.2', { spec: { nodeName: 'n2', hostNetwork: true } });
    expect(states([onHost, web], TCP)).toEqual({ n1: 'healthy', n2: 'healthy', n3: 'healthy' });
  });
});
