import { describe, expect, it } from 'vitest';
import { checkFeatureGates, featureGatesOf } from './feature-gates.js';
import { SUPPORTED_VERSIONS } from './minor-version.js';
import { behaviourOf } from './versions.js';

const since = (holds: (version: string) => boolean): string[] => SUPPORTED_VERSIONS.filter(holds);

describe('versions', () => {
  it('reach from 1.21 to 1.37', () => {
    expect([SUPPORTED_VERSIONS[0], SUPPORTED_VERSIONS.at(-1), SUPPORTED_VERSIONS.length]).toEqual(['1.21', '1.37', 17]);
  });

  it('have the rule form of their time', () => {
    expect(since((version) => behaviourOf(version).ruleForm === 'legacy')).toEqual(['1.21', '1.22', '1.23']);
  });

  it('keep a behaviour until it changes again', () => {
    expect(since((version) => behaviourOf(version).serviceHealth === 'proxierHealth')).toEqual(['1.27']);
    expect(since((version) => behaviourOf(version).hourlyFullSync === 'yes')).toEqual(['1.33', '1.34', '1.35', '1.36']);
  });

  it('that nobody knows are refused', () => {
    expect(() => behaviourOf('1.20')).toThrow(RangeError);
    expect(() => behaviourOf('1.3')).toThrow(RangeError);
  });
});

describe('feature gates', () => {
  it('follow the version', () => {
    expect(since((version) => featureGatesOf(version).ProxyTerminatingEndpoints)[0]).toBe('1.26');
    expect(since((version) => featureGatesOf(version).TopologyAwareHints)[0]).toBe('1.24');
    expect(since((version) => featureGatesOf(version).KubeProxyDrainingTerminatingNodes)[0]).toBe('1.30');
  });

  it('follow the configuration where the version lets them', () => {
    expect(featureGatesOf('1.22', { ProxyTerminatingEndpoints: true }).ProxyTerminatingEndpoints).toBe(true);
    expect(featureGatesOf('1.21', { ProxyTerminatingEndpoints: true }).ProxyTerminatingEndpoints).toBe(false);
    expect(featureGatesOf('1.30', { ProxyTerminatingEndpoints: false }).ProxyTerminatingEndpoints).toBe(true);
  });

  it('that a version does not take are reported, in order', () => {
    const gates = {
      toString: true,
      LoadBalancerIPMode: false,
      ServiceTopology: true,
      ServiceInternalTrafficPolicy: true,
    };
    expect(checkFeatureGates('1.32', gates)).toEqual([
      { gate: 'toString', kind: 'unknown' },
      { gate: 'LoadBalancerIPMode', kind: 'locked' },
      { gate: 'ServiceTopology', kind: 'absent' },
    ]);
    expect(checkFeatureGates('1.21', { ServiceTopology: true, EndpointSliceProxying: false })).toEqual([
      { gate: 'EndpointSliceProxying', kind: 'notModelled' },
    ]);
  });
});
