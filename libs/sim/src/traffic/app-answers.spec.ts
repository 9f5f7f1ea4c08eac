import { describe, expect, it } from 'vitest';
import { loadBalancerProfile } from '../load-balancer/families.js';
import type { AppBehaviour, LoadBalancerProfile, TimelineEntry } from '../scenario.js';
import { createRun } from '../simulate.js';
import {
  app,
  BY_LB,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const A = pod('a', '10.1.1.5');
const caller = pod('caller', '10.1.2.9', { labels: { app: 'caller' } });
const lb = service('web', { type: 'LoadBalancer' });

const scenario = (forwards: LoadBalancerProfile['forwards'], own: Partial<AppBehaviour>, over: SmallScenario = {}) =>
  smallScenario({
    objects: [A, caller, lb],
    apps: [app(own)],
    loadBalancers: { default: { ...loadBalancerProfile('digitalocean-regional'), forwards }, byService: {} },
    traffic: [traffic({ to: BY_LB })],
    ...over,
  });
/** How requests end, each way once. */
const ends = (...args: Parameters<typeof scenario>) => [
  ...new Set(
    simulated(scenario(...args)).rows.map(({ outcome, status, cause }) => [outcome, status, cause].join(' ').trim()),
  ),
];

describe('a program and the header of a load balancer', () => {
  it.each([
    ['proxy-v1', 'proxy-v1', 'ok 200'],
    ['proxy-v2', 'proxy-v2', 'ok 200'],
    ['proxy-v2', 'proxy', 'ok 200'],
    ['proxy-v2', 'proxy-v1', 'reset  proxy-header-missing'],
    ['nothing', 'proxy', 'reset  proxy-header-missing'],
    ['x-forwarded-for', 'proxy', 'reset  proxy-header-missing'],
    ['x-forwarded-for', 'nothing', 'ok 200'],
    ['proxy-v1', 'nothing', 'http-error 400 proxy-header-unexpected'],
  ] as const)('that forwards %s to one that expects %s: %s', (forwards, expects, end) => {
    expect(ends(forwards, { expects })).toEqual([end]);
  });

  it('has none where kube-proxy takes the load balancer out of the way, and has it with ipMode Proxy', () => {
    const fromPod = { traffic: [traffic({ from: { pod: 'default/caller' }, to: BY_LB })] };
    expect(ends('proxy-v1', { expects: 'proxy' }, fromPod)).toEqual(['reset  proxy-header-missing']);
    const profile = { ...loadBalancerProfile('digitalocean-regional'), forwards: 'proxy-v1', ipMode: 'Proxy' } as const;
    const { rows } = simulated(
      scenario('proxy-v1', { expects: 'proxy' }, { ...fromPod, loadBalancers: { default: profile, byService: {} } }),
    );
    expect(rows[0]).toMatchObject({ outcome: 'ok', lb: 'default/web', forwardedFor: '10.1.2.9' });
  });

  it('is told the node where the CNI masquerades what leaves the cluster', () => {
    const profile = { ...loadBalancerProfile('digitalocean-regional'), forwards: 'proxy-v1', ipMode: 'Proxy' } as const;
    const asked = scenario(
      'proxy-v1',
      { expects: 'proxy' },
      {
        traffic: [traffic({ from: { pod: 'default/caller' }, to: BY_LB })],
        cluster: { cni: { type: 'bridge', bridgeName: 'cni0', masqueradeOutgoing: true } },
        loadBalancers: { default: profile, byService: {} },
      },
    );
    const { rows } = simulated(asked);
    expect(new Set(rows.map(({ outcome, forwardedFor }) => `${outcome} ${forwardedFor}`))).toEqual(
      new Set(['ok 10.0.0.2']),
    );
    const to = { kind: 'service', ...BY_LB } as const;
    const traced = createRun(asked, { onChunk: () => {} }).trace({
      from: { kind: 'pod', pod: 'default/caller' },
      to,
      protocol: 'TCP',
    });
    expect(traced.outcomes.map(({ verdict, forwardedFor, reason }) => [verdict, forwardedFor, reason])).toEqual(
      traced.outcomes.map(() => ['delivered', '10.0.0.2', undefined]),
    );
  });
});

describe('paths', () => {
  it('answer with their status, and one of 500 or more is a failure of the program', () => {
    expect(ends('nothing', { paths: { '/': 404 } })).toEqual(['ok 404']);
    expect(ends('nothing', { paths: { '/': 503 } })).toEqual(['http-error 503 app-error']);
    expect(ends('nothing', { paths: { '/other': 503 } })).toEqual(['ok 200']);
  });

  it('decide a check that asks for them', () => {
    const states = (own: Partial<AppBehaviour>, changes: Partial<LoadBalancerProfile>) => {
      const profile = { ...loadBalancerProfile('azure'), ...changes };
      const http = service('web', {
        type: 'LoadBalancer',
        ports: [{ port: 80, targetPort: 8080, appProtocol: 'http' }],
      });
      const { result } = simulated(
        scenario('nothing', own, {
          objects: [A, http],
          traffic: [],
          loadBalancers: { default: profile, byService: {} },
        }),
      );
      return new Set(result.healthz.loadBalancers.map(({ segments }) => segments[0]?.state));
    };
    expect(states({ paths: { '/': 404 } }, {})).toEqual(new Set(['unhealthy']));
    expect(states({ paths: { '/': 404 } }, { checkPath: '/healthz' })).toEqual(new Set(['healthy']));
    expect(states({ paths: { '/': 404 } }, { checkByAppProtocol: false })).toEqual(new Set(['healthy']));
    expect(states({ expects: 'proxy' }, {})).toEqual(new Set(['unhealthy']));
  });
});

describe('checks that begin with a PROXY header', () => {
  it('fail on kube-proxy, as it knows no such thing', () => {
    const states = (checkSendsProxyHeader: boolean) => {
      const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
      const profile = { ...loadBalancerProfile('aws-lbc-nlb'), forwards: 'proxy-v2' as const, checkSendsProxyHeader };
      const timeline: TimelineEntry[] = [];
      const { result } = simulated(
        scenario(
          'proxy-v2',
          {},
          {
            objects: [A, local],
            traffic: [],
            timeline,
            durationNs: 30 * SECOND,
            loadBalancers: { default: profile, byService: {} },
          },
        ),
      );
      return result.healthz.loadBalancers.map(({ segments }) => segments[0]?.state);
    };
    expect(states(true)).toEqual(['unhealthy', 'unhealthy', 'unhealthy']);
    expect(states(false)).toEqual(['healthy', 'unhealthy', 'unhealthy']);
  });
});
