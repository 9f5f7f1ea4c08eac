import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pod, service, smallCluster } from '../testing/small-scenario.js';
import { ApiServer, type Change, matchesLabels } from './api-server.js';

function watched(): { api: ApiServer; changes: Change[] } {
  const changes: Change[] = [];
  return { api: new ApiServer(smallCluster(), (change) => changes.push(change)), changes };
}

describe('the API server', () => {
  it('tells of every write once, with what was before', () => {
    const { api, changes } = watched();
    api.create(service('web'), 5);
    const first = api.get('Service', 'default/web');
    api.patch('Service', 'default/web', { spec: { externalIPs: ['192.0.2.1'] } });
    const second = api.get('Service', 'default/web');
    api.delete('Service', 'default/web');
    expect(changes.map(({ type, key }) => `${type} ${key}`)).toEqual([
      'added default/web',
      'modified default/web',
      'deleted default/web',
    ]);
    expect(changes.map(({ object, previous }) => [object, previous])).toEqual([
      [first, null],
      [second, first],
      [null, second],
    ]);
    expect(first?.metadata.creationTimestampNs).toBe(5);
  });

  it('tells of no write that changes nothing, and of none that it refuses', () => {
    const { api, changes } = watched();
    api.create(service('web', { type: 'NodePort' }), 0);
    api.patch('Service', 'default/web', { spec: { type: 'NodePort', selector: { app: 'web' } } });
    api.apply(service('web', { type: 'NodePort' }), 9);
    api.patch('Service', 'default/web', { spec: { clusterIP: '10.96.0.9' } });
    api.create(service('web'), 0);
    expect(changes).toHaveLength(1);
  });

  it('says what kubectl shows where something is there already, or is not', () => {
    const { api } = watched();
    api.create(service('web'), 0);
    expect(api.create(service('web'), 0)).toEqual({
      error: 'Error from server (AlreadyExists): services "web" already exists',
    });
    expect(api.patch('Deployment', 'default/web', {})).toEqual({
      error: 'Error from server (NotFound): deployments.apps "web" not found',
    });
    expect(api.delete('Node', 'n1')).toEqual({ error: 'Error from server (NotFound): nodes "n1" not found' });
  });

  it('takes no patch that makes another object of it', () => {
    const { api, changes } = watched();
    api.create(service('web'), 0);
    for (const patch of [{ metadata: { name: 'other' } }, { metadata: { namespace: 'other' } }, { kind: 'Pod' }]) {
      expect(api.patch('Service', 'default/web', patch)).toMatchObject({
        error: expect.stringContaining('BadRequest'),
      });
    }
    expect(changes).toHaveLength(1);
  });

  it('creates with apply what is not there, and merges into what is', () => {
    const { api } = watched();
    api.apply(service('web', { type: 'NodePort' }), 3);
    const applied = api.apply(service('web', { externalTrafficPolicy: 'Local' }), 7);
    expect(applied).toMatchObject({
      object: { metadata: { creationTimestampNs: 3 }, spec: { type: 'NodePort', externalTrafficPolicy: 'Local' } },
    });
  });
});

it('selects what a look at every object would select, whatever is relabelled or deleted', () => {
  const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'x'), fc.constantFrom('a', 'b'), { maxKeys: 3 });
  const write = fc.record({ name: fc.constantFrom('p1', 'p2', 'p3', 'p4'), labels, gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), labels, (writes, selector) => {
      const { api } = watched();
      for (const { name, labels, gone } of writes) {
        if (gone) api.delete('Pod', `default/${name}`);
        else api.replace(pod(name, null, { labels }));
        api.replace(service(`of-${name}`, { selector: labels }));
      }
      const pods = api.list('Pod').filter(({ metadata }) => matchesLabels(selector, metadata.labels));
      const some = Object.keys(selector).length > 0;
      expect(new Set(api.select('Pod', 'default', selector))).toEqual(new Set(some ? pods : []));
      expect(api.select('Pod', 'other', selector)).toEqual([]);
      const services = api
        .list<ReturnType<typeof service>>('Service')
        .filter(
          ({ spec }) => Object.keys(spec.selector ?? {}).length > 0 && matchesLabels(spec.selector ?? {}, selector),
        );
      expect(new Set(api.selecting('default', selector))).toEqual(new Set(services));
    }),
    { numRuns: 200, seed: 5 },
  );
});
