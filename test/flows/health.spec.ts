/** kube-proxy's own tests of its health servers and of the maps that feed them. */
import { describe, expect, it } from 'vitest';
import {
  behaviourOf,
  ChangeTracker,
  type EndpointMap,
  featureGatesOf,
  HealthPorts,
  healthzAnswer,
  isLocalTo,
  isNodeEligible,
  localReadyEndpoints,
  NEW_PROXY_HEALTH,
  type ProxyHealth,
  serviceHealthAnswer,
  withQueuedUpdate,
  withUpdated,
} from '../../libs/sim/src/kube-proxy/index.js';
import type { EndpointSliceObject, IpFamily, NodeObject, ServiceObject } from '../../libs/sim/src/objects.js';
import cases from './vectors/health.json' with { type: 'json' };

interface Step {
  name: string;
  actions: ['updated' | 'queued', IpFamily][] | ['advance', number][] | ['setNode', Record<string, unknown>][];
  expected: {
    code: number;
    headers?: Record<string, string>;
    lastUpdated?: number;
    currentTime: number;
    healthy: boolean;
    status: Record<string, { lastUpdated: number; healthy: boolean }>;
    nodeEligible: boolean;
  };
}

interface HealthCase {
  id: string;
  suite: string;
  case: string;
  test: string;
  thisNode?: string;
  healthTimeoutSeconds: number;
  steps: Step[];
  services?: ServiceObject[];
  endpointSlices?: EndpointSliceObject[];
  previousSlices: (EndpointSliceObject | null)[];
  currentSlices: (EndpointSliceObject | null)[];
  versions: string;
  input: { service: string; localReady: number; proxyHealthy: boolean };
  expected: Record<string, unknown>;
}

const all = cases as unknown as HealthCase[];
const ofSuite = (suite: string): HealthCase[] => all.filter((vector) => vector.suite === suite);
const SECOND_NS = 1_000_000_000;

function trackerFor(node: string, version = '1.33'): ChangeTracker {
  const context = { ipFamily: 'IPv4', behaviour: behaviourOf(version), gates: featureGatesOf(version) } as const;
  return new ChangeTracker(node, context);
}

/** Seconds since the run's start of a timestamp in a body. */
const secondsOf = (timestamp: string): number => (Date.parse(timestamp) - Date.parse('2024-01-01T00:00:00Z')) / 1000;

function nodeOf(change: Record<string, unknown>): NodeObject {
  const taints = ((change.taints as string[] | undefined) ?? []).map((key) => ({ key, effect: 'NoSchedule' }));
  const deleted = change.deletionTimestamp === true ? { deletionTimestampNs: 1 } : {};
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', ...deleted }, spec: { taints } };
}

describe('/healthz of kube-proxy', () => {
  for (const vector of ofSuite('proxyHealthServer')) {
    it(`${vector.test}: ${vector.case}`, () => {
      const version = vector.test.includes('1.28') ? '1.29' : '1.35';
      const behaviour = behaviourOf(version);
      let health: ProxyHealth = NEW_PROXY_HEALTH;
      let nowNs = 0;
      let node = nodeOf({});
      for (const { name, actions, expected } of vector.steps) {
        for (const [action, argument] of actions) {
          if (action === 'advance') nowNs += Number(argument) * SECOND_NS;
          else if (action === 'setNode') node = nodeOf(argument as Record<string, unknown>);
          else if (action === 'updated') health = withUpdated(health, argument as IpFamily, nowNs, behaviour);
          else health = withQueuedUpdate(health, argument as IpFamily, nowNs, behaviour);
        }
        const eligible = isNodeEligible(node, behaviour, featureGatesOf(version));
        const timeoutNs = vector.healthTimeoutSeconds * SECOND_NS;
        const answer = healthzAnswer(health, eligible, nowNs, timeoutNs, behaviour);
        expect(answer.status, name).toBe(expected.code);
        if (expected.lastUpdated === undefined) continue;
        expect(answer.headers, name).toEqual(expected.headers);
        const body = JSON.parse(answer.body);
        expect(Object.keys(body), name).toEqual(
          ['lastUpdated', 'currentTime', 'nodeEligible', 'healthy', 'status'].filter((field) => field in body),
        );
        expect(secondsOf(body.lastUpdated), name).toBe(expected.lastUpdated);
        expect(secondsOf(body.currentTime), name).toBe(expected.currentTime);
        expect({ healthy: body.healthy, nodeEligible: body.nodeEligible }, name).toEqual({
          healthy: expected.healthy,
          nodeEligible: expected.nodeEligible,
        });
        const status = Object.entries((body.status ?? {}) as Record<string, { lastUpdated: string; healthy: boolean }>);
        expect(
          Object.fromEntries(status.map(([key, one]) => [key, { ...one, lastUpdated: secondsOf(one.lastUpdated) }])),
          name,
        ).toEqual(expected.status);
      }
    });
  }
});

describe('the answer of a healthCheckNodePort', () => {
  for (const vector of ofSuite('healthBodyByVersion')) {
    it(vector.case, () => {
      const { input, expected } = vector;
      const [from, to] = vector.versions.split('-') as [string, string | undefined];
      for (const version of [from, to ?? from]) {
        const answer = serviceHealthAnswer(
          { service: input.service, localEndpoints: input.localReady, proxierHealthy: input.proxyHealthy },
          behaviourOf(version),
        );
        expect({ code: answer.status, headers: answer.headers, body: answer.body }).toEqual(expected);
      }
    });
  }
});

describe('which Services have a healthCheckNodePort', () => {
  for (const vector of ofSuite('healthCheckNodePorts')) {
    it(`${vector.test}: ${vector.case}`, () => {
      const tracker = trackerFor('test-node');
      for (const service of vector.services ?? []) tracker.serviceChanged(service);
      const objects = tracker.checkout();
      const health = new HealthPorts('test-node');
      health.update(objects);
      expect({
        servicePortCount: objects.services.size,
        healthCheckNodePorts: Object.fromEntries(health.ports),
      }).toEqual(vector.expected);
    });
  }
});

/** Of the Services that have any. */
function localReadyOf(endpoints: EndpointMap, thisNode: string | undefined): Record<string, number> {
  const services = new Set([...endpoints.keys()].map((key) => key.slice(0, key.indexOf(':'))));
  const counts = [...services].map((service) => [service, localReadyEndpoints(thisNode ?? '', service, endpoints)]);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

describe('endpoints over changes of slices', () => {
  const shown = (endpoints: EndpointMap, thisNode: string | undefined) =>
    Object.fromEntries(
      [...endpoints].map(([key, list]) => [
        key.replace(/\/UDP$/, ''),
        list.map((info) => ({ endpoint: info.endpoint, isLocal: isLocalTo(thisNode ?? '', info) })),
      ]),
    );
  for (const vector of ofSuite('endpointsMap')) {
    it(vector.case, () => {
      const tracker = trackerFor(vector.thisNode ?? '');
      for (const slice of vector.previousSlices) if (slice !== null) tracker.endpointSliceChanged(slice);
      expect(shown(tracker.checkout().endpoints, vector.thisNode)).toEqual(vector.expected.before);
      vector.currentSlices.forEach((slice, index) => {
        const before = vector.previousSlices[index];
        if (slice !== null) tracker.endpointSliceChanged(slice);
        else if (before) tracker.endpointSliceDeleted(`${before.metadata.namespace}/${before.metadata.name}`);
      });
      const { endpoints } = tracker.checkout();
      expect(shown(endpoints, vector.thisNode)).toEqual(vector.expected.after);
      expect(localReadyOf(endpoints, vector.thisNode)).toEqual(vector.expected.localReadyEndpoints);
    });
  }

  for (const vector of ofSuite('localReadyEndpoints')) {
    it(`counts for the health check: ${vector.case}`, () => {
      const tracker = trackerFor(vector.thisNode ?? '');
      for (const slice of vector.endpointSlices ?? []) tracker.endpointSliceChanged(slice);
      expect(localReadyOf(tracker.checkout().endpoints, vector.thisNode)).toEqual(vector.expected.localReadyEndpoints);
    });
  }
});
