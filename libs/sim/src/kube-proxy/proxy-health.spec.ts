import { describe, expect, it } from 'vitest';
import type { NodeObject } from '../objects.js';
import { featureGatesOf } from './feature-gates.js';
import {
  healthzAnswer,
  isNodeEligible,
  isProxierHealthy,
  livezAnswer,
  NEW_PROXY_HEALTH,
  withQueuedUpdate,
  withUpdated,
} from './proxy-health.js';
import { serviceHealthAnswer } from './service-health.js';
import { behaviourOf } from './versions.js';
import { goTimeText, rfc3339Text } from './wall-clock.js';

const SECOND = 1_000_000_000;
const TIMEOUT = 60 * SECOND;

describe('a proxier', () => {
  it('is kept healthy by new events until 1.24, but not since', () => {
    const healthy = (version: string) => {
      const behaviour = behaviourOf(version);
      let health = withUpdated(NEW_PROXY_HEALTH, 'IPv4', 0, behaviour);
      for (let at = 1; at <= 100; at += 1) health = withQueuedUpdate(health, 'IPv4', at * SECOND, behaviour);
      return isProxierHealthy(health, 100 * SECOND, TIMEOUT);
    };
    expect([healthy('1.24'), healthy('1.25')]).toEqual([true, false]);
  });

  it('is saved by the other family until 1.28, but not since', () => {
    const healthy = (version: string) => {
      const behaviour = behaviourOf(version);
      let health = withUpdated(withUpdated(NEW_PROXY_HEALTH, 'IPv4', 0, behaviour), 'IPv6', 0, behaviour);
      health = withQueuedUpdate(withQueuedUpdate(health, 'IPv4', SECOND, behaviour), 'IPv6', SECOND, behaviour);
      return isProxierHealthy(withUpdated(health, 'IPv6', 2 * SECOND, behaviour), 90 * SECOND, TIMEOUT);
    };
    expect([healthy('1.28'), healthy('1.29')]).toEqual([true, false]);
  });
});

describe('the answers of /healthz and /livez', () => {
  const body = (version: string, nodeEligible: boolean) => {
    const behaviour = behaviourOf(version);
    const health = withUpdated(NEW_PROXY_HEALTH, 'IPv4', 1.5 * SECOND, behaviour);
    return {
      healthz: healthzAnswer(health, nodeEligible, 10 * SECOND, TIMEOUT, behaviour).body,
      livez: livezAnswer(health, 10 * SECOND, TIMEOUT, behaviour),
    };
  };
  const now = '2024-01-01 00:00:10 +0000 UTC m=+10.000000000';
  const then = '2024-01-01 00:00:01.5 +0000 UTC m=+1.500000000';

  it('are two times until 1.27, and nobody answers on /livez', () => {
    expect(body('1.27', true).healthz).toBe(`{"lastUpdated": "${now}","currentTime": "${now}"}`);
    expect(body('1.27', true).livez.status).toBe(404);
  });

  it('name the node since 1.28, with the old spacing', () => {
    expect(body('1.32', false).healthz).toBe(
      `{"lastUpdated": "${then}","currentTime": "${now}", "nodeEligible": false}`,
    );
    expect(body('1.32', false).livez).toMatchObject({
      status: 200,
      body: `{"lastUpdated": "${now}","currentTime": "${now}"}`,
    });
  });

  it('name the families since 1.33', () => {
    const time = '2024-01-01T00:00:10Z';
    const status = '"status":{"IPv4":{"lastUpdated":"2024-01-01T00:00:01.5Z","healthy":true}}';
    expect(body('1.33', true).healthz).toBe(
      `{"lastUpdated":"${time}","currentTime":"${time}","nodeEligible":true,"healthy":true,${status}}`,
    );
    expect(body('1.33', false).livez.body).toBe(
      `{"lastUpdated":"${time}","currentTime":"${time}","healthy":true,${status}}`,
    );
  });
});

describe('a node that is going away', () => {
  const node: NodeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', deletionTimestampNs: 1 } };
  const eligible = (version: string, object: NodeObject | null) =>
    isNodeEligible(object, behaviourOf(version), featureGatesOf(version));

  it('is not eligible since 1.30', () => {
    expect([eligible('1.29', node), eligible('1.30', node), eligible('1.33', node)]).toEqual([true, false, false]);
  });

  it('that has gone is not eligible since 1.34', () => {
    expect([eligible('1.33', null), eligible('1.34', null)]).toEqual([true, false]);
  });
});

describe('a healthCheckNodePort', () => {
  const answer = (version: string, localEndpoints: number, proxierHealthy: boolean) =>
    serviceHealthAnswer({ service: 'ns/svc', localEndpoints, proxierHealthy }, behaviourOf(version));

  it('fails with the proxier since 1.27', () => {
    expect([answer('1.26', 1, false).status, answer('1.27', 1, false).status]).toEqual([200, 503]);
  });

  it('carries the weight since 1.28, on a failure as well', () => {
    expect(answer('1.27', 2, true).headers['X-Load-Balancing-Endpoint-Weight']).toBeUndefined();
    expect(answer('1.28', 0, true).headers['X-Load-Balancing-Endpoint-Weight']).toBe('0');
  });

  it('writes tabs and no newline at the end', () => {
    expect(answer('1.28', 2, true).body).toBe(
      '{\n\t"service": {\n\t\t"namespace": "ns",\n\t\t"name": "svc"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
    );
  });

  it('can speak as old documents show it', () => {
    const text = (localEndpoints: number) =>
      serviceHealthAnswer({ service: 'ns/svc', localEndpoints, proxierHealthy: true }, behaviourOf('1.21'), 'legacy');
    expect([text(1).body, text(1).status]).toEqual(['1 Service Endpoints found', 200]);
    expect([text(0).body, text(0).status]).toEqual(['No Service Endpoints Found', 503]);
  });
});

describe('timestamps', () => {
  it('count days, leap years and fractions', () => {
    const afterDays = (days: number, ns = 0) => days * 86_400 * SECOND + ns;
    expect(rfc3339Text(afterDays(59))).toBe('2024-02-29T00:00:00Z');
    expect(rfc3339Text(afterDays(60, 123_450_000))).toBe('2024-03-01T00:00:00.12345Z');
    expect(goTimeText(3_661 * SECOND + 7)).toBe('2024-01-01 01:01:01.000000007 +0000 UTC m=+3661.000000007');
  });
});
