import { describe, expect, it } from 'vitest';
import type { EndpointObject, EndpointSliceObject } from '../objects.js';
import { isLocalTo, readEndpointSlices, serviceOfSlice } from './endpoint-map.js';
import { featureGatesOf } from './feature-gates.js';
import { behaviourOf } from './versions.js';

function slice(
  name: string,
  endpoints: EndpointObject[],
  parts: Partial<EndpointSliceObject> = {},
): EndpointSliceObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'ns', name, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints,
    ports: [{ port: 80 }],
    ...parts,
  };
}

function read(slices: EndpointSliceObject[], version = '1.33') {
  const context = { ipFamily: 'IPv4', behaviour: behaviourOf(version), gates: featureGatesOf(version) } as const;
  return readEndpointSlices('ns/web', slices, 'n1', context);
}

const at = (...addresses: string[]): EndpointObject => ({ addresses });

describe('endpoints', () => {
  it('are ordered by their text', () => {
    const slices = [slice('a', [at('10.0.0.2'), at('10.0.0.10')]), slice('b', [at('10.0.0.1')])];
    expect(
      read(slices)
        .get('ns/web:/TCP')
        ?.map(({ endpoint }) => endpoint),
    ).toEqual(['10.0.0.10:80', '10.0.0.1:80', '10.0.0.2:80']);
  });

  it('have the conditions that kube-proxy assumes where none are given', () => {
    const conditions = { ready: null, serving: null, terminating: null };
    const found = read([slice('a', [at('10.0.0.1'), { ...at('10.0.0.2'), conditions }])]).get('ns/web:/TCP');
    expect(found?.map(({ ready, serving, terminating }) => [ready, serving, terminating])).toEqual([
      [true, true, false],
      [true, true, false],
    ]);
  });

  it('count by their first address, and only in the family', () => {
    const slices = [slice('a', [at('10.0.0.1', '10.0.0.9'), at('fd00::1')])];
    expect(
      read(slices)
        .get('ns/web:/TCP')
        ?.map(({ endpoint }) => endpoint),
    ).toEqual(['10.0.0.1:80']);
  });

  it('are not local without a node name', () => {
    const slices = [slice('a', [at('10.0.0.1'), { ...at('10.0.0.2'), nodeName: 'n1' }])];
    expect(
      read(slices)
        .get('ns/web:/TCP')
        ?.map((endpoint) => isLocalTo('n1', endpoint)),
    ).toEqual([false, true]);
  });

  it('need a port, and no FQDN slice', () => {
    expect(read([slice('a', [at('10.0.0.1')], { ports: [{ name: 'x' }, { name: 'y', port: 0 }] })]).size).toBe(0);
    expect(read([slice('a', [at('10.0.0.1')], { addressType: 'FQDN' })]).size).toBe(0);
  });

  it('that appear twice: the local one stays until 1.35, the one that is not terminating since', () => {
    const local = { ...at('10.0.0.1'), nodeName: 'n1', conditions: { ready: false, terminating: true } };
    const remote = { ...at('10.0.0.1'), nodeName: 'n2' };
    const where = (version: string) =>
      read([slice('a', [remote]), slice('b', [local])], version).get('ns/web:/TCP')?.[0]?.nodeName;
    expect([where('1.35'), where('1.36')]).toEqual(['n1', 'n2']);
  });

  it('have node hints only with the gate', () => {
    const slices = [slice('a', [{ ...at('10.0.0.1'), hints: { forNodes: [{ name: 'n1' }] } }])];
    const hints = (version: string) => read(slices, version).get('ns/web:/TCP')?.[0]?.nodeHints;
    expect([hints('1.33'), hints('1.34')]).toEqual([[], ['n1']]);
  });
});

describe('a slice', () => {
  it('belongs to the Service that its label names, unless it is hidden', () => {
    expect(serviceOfSlice(slice('a', []))).toBe('ns/web');
    const labels = { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' };
    expect(serviceOfSlice(slice('a', [], { metadata: { namespace: 'ns', name: 'a', labels } }))).toBeNull();
    expect(serviceOfSlice(slice('a', [], { metadata: { namespace: 'ns', name: 'a' } }))).toBeNull();
  });
});
