import { describe, expect, it } from 'vitest';
import type { EndpointSliceObject, ServiceObject } from '../objects.js';
import { ChangeTracker } from './change-tracker.js';
import { featureGatesOf } from './feature-gates.js';
import { behaviourOf } from './versions.js';

function tracker(): ChangeTracker {
  return new ChangeTracker('n1', {
    ipFamily: 'IPv4',
    behaviour: behaviourOf('1.33'),
    gates: featureGatesOf('1.33'),
  });
}

const service = (name: string, port = 80): ServiceObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'ns', name },
  spec: { clusterIP: '172.30.0.1', ports: [{ port }] },
});

const slice = (name: string, service: string, ...ips: string[]): EndpointSliceObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'ns', name, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints: ips.map((ip) => ({ addresses: [ip] })),
  ports: [{ port: 8080 }],
});

describe('a change tracker', () => {
  it('hands out many changes at once, and then none', () => {
    const changes = tracker();
    changes.serviceChanged(service('a'));
    changes.serviceChanged(service('b'));
    changes.endpointSliceChanged(slice('a-1', 'a', '10.0.0.1'));
    const first = changes.checkout();
    expect([...first.changedServices].sort()).toEqual(['ns/a', 'ns/b']);
    expect([...first.services.keys()].sort()).toEqual(['ns/a:/TCP', 'ns/b:/TCP']);
    const second = changes.checkout();
    expect(second.changedServices.size).toBe(0);
    expect(second.services).toBe(first.services);
    expect(second.endpoints).toBe(first.endpoints);
  });

  it('forgets a change that was taken back', () => {
    const changes = tracker();
    changes.serviceChanged(service('a'));
    changes.checkout();
    expect(changes.serviceChanged(service('a', 81))).toBe(true);
    expect(changes.serviceChanged(service('a'))).toBe(false);
    expect(changes.checkout().changedServices.size).toBe(0);
  });

  it('keeps what did not change as the same object', () => {
    const changes = tracker();
    for (const name of ['a', 'b']) {
      changes.serviceChanged(service(name));
      changes.endpointSliceChanged(slice(`${name}-1`, name, '10.0.0.1'));
    }
    const first = changes.checkout();
    changes.endpointSliceChanged(slice('a-1', 'a', '10.0.0.2'));
    changes.endpointSliceChanged(slice('b-1', 'b', '10.0.0.1'));
    const second = changes.checkout();
    expect([...second.changedServices]).toEqual(['ns/a']);
    expect(second.endpoints.get('ns/b:/TCP')).toBe(first.endpoints.get('ns/b:/TCP'));
    expect(second.endpoints.get('ns/a:/TCP')?.map(({ endpoint }) => endpoint)).toEqual(['10.0.0.2:8080']);
  });

  it('drops a deleted Service and its endpoints', () => {
    const changes = tracker();
    changes.serviceChanged(service('a'));
    changes.endpointSliceChanged(slice('a-1', 'a', '10.0.0.1'));
    changes.checkout();
    changes.serviceDeleted('ns/a');
    changes.endpointSliceDeleted('ns/a-1');
    const { services, endpoints, changedServicePorts } = changes.checkout();
    expect([services.size, endpoints.size, [...changedServicePorts]]).toEqual([0, 0, ['ns/a:/TCP']]);
  });

  it('follows a slice that moves to another Service', () => {
    const changes = tracker();
    changes.endpointSliceChanged(slice('s', 'a', '10.0.0.1'));
    changes.checkout();
    changes.endpointSliceChanged(slice('s', 'b', '10.0.0.1'));
    expect([...changes.checkout().endpoints.keys()]).toEqual(['ns/b:/TCP']);
  });

  it('loses a Service that is handed to another proxy', () => {
    const changes = tracker();
    changes.serviceChanged(service('a'));
    changes.checkout();
    const hidden = service('a');
    hidden.metadata.labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    expect(changes.serviceChanged(hidden)).toBe(true);
    expect(changes.checkout().services.size).toBe(0);
  });
});
