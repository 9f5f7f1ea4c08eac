import { describe, expect, it } from 'vitest';
import { documentVariant, fieldPatch, objectNamed } from './document-variant.js';

const web = { kind: 'Service', metadata: { name: 'web' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } };
const node = { kind: 'Node', metadata: { name: 'n1' } };
const document = {
  cluster: { version: '1.21', nodes: { n1: {} } },
  notes: 'as it is',
  objects: [node, { kind: 'List', items: [web] }, { ...web, metadata: { name: 'web', namespace: 'other' } }],
};
const vary = (set: Record<string, unknown>, objects: Record<string, Record<string, unknown> | null> = {}) =>
  documentVariant(document, { set, objects });

describe('a variant of a document', () => {
  it('has what is set merged into it, without what is null, and lists as a whole', () => {
    const changed = vary({ cluster: { version: '1.28' }, notes: null, traffic: [1, 2] });
    expect(changed.document).toEqual({
      ...document,
      notes: undefined,
      cluster: { version: '1.28', nodes: { n1: {} } },
      traffic: [1, 2],
    });
    expect(document.cluster.version).toBe('1.21');
  });

  it('has single objects changed or taken out, by kind, namespace and name, also in lists', () => {
    const { document: changed, missing } = vary(
      {},
      { 'Service/web': { spec: { type: 'NodePort' } }, 'Service/other/web': null, 'Node/n1': null },
    );
    expect(missing).toEqual([]);
    expect(changed).toEqual({
      ...document,
      objects: [{ kind: 'List', items: [{ ...web, spec: { type: 'NodePort', ports: [{ port: 80 }] } }] }],
    });
  });

  it('tells which objects are not there, and which are', () => {
    const { missing, present } = vary({}, { 'Service/wep': { spec: {} }, 'Pod/web': null });
    expect(missing).toEqual(['Service/wep', 'Pod/web']);
    expect(present).toEqual(['Node/n1', 'Service/default/web', 'Service/other/web']);
  });

  it('takes names of fields for no more than that', () => {
    const { document: changed } = vary(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1}'));
    expect(Object.keys(changed as object)).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a single field', () => {
  const target = { cluster: { version: '1.21' }, traffic: [{ rate: '1/s', to: { service: 'web' } }, { rate: '2/s' }] };
  const withField = (pointer: string, value: unknown) =>
    documentVariant(target, { set: fieldPatch(target, pointer, value) ?? {}, objects: {} }).document;

  it.each([
    ['/cluster/version', '1.28', { ...target, cluster: { version: '1.28' } }],
    ['/cluster/kubeProxy/mode', 'ipvs', { ...target, cluster: { version: '1.21', kubeProxy: { mode: 'ipvs' } } }],
    ['/traffic/1/rate', '5/s', { ...target, traffic: [target.traffic[0], { rate: '5/s' }] }],
    [
      '/traffic/0/to/service',
      'api',
      { ...target, traffic: [{ rate: '1/s', to: { service: 'api' } }, { rate: '2/s' }] },
    ],
    ['/cluster/version', null, { ...target, cluster: {} }],
    ['/a~1b', 1, { ...target, 'a/b': 1 }],
    ['/__proto__/x', 1, JSON.parse(`{"__proto__": {"x": 1}, ${JSON.stringify(target).slice(1)}`)],
  ])('at %s is set to %j, and nothing else', (pointer, value, expected) => {
    const before = JSON.stringify(target);
    expect(withField(pointer, value)).toEqual(expected);
    expect(JSON.stringify(target)).toBe(before);
  });

  it.each(['/traffic/2/rate', '/traffic/-/rate', '/traffic/x'])('at %s has no place in the list', (pointer) => {
    expect(fieldPatch(target, pointer, 1)).toBeNull();
  });

  it('of an object is found by its key, inside a List as well', () => {
    const web = { kind: 'Service', metadata: { name: 'web' } };
    const node = { kind: 'Node', metadata: { name: 'n1' } };
    const document = { objects: [node, { kind: 'List', items: [web] }, 'odd'] };
    expect(objectNamed(document, 'Service/web')).toBe(web);
    expect(objectNamed(document, 'Service/default/web')).toBe(web);
    expect(objectNamed(document, 'Node/n1')).toBe(node);
    expect([objectNamed(document, 'Service/x/web'), objectNamed(null, 'a'), objectNamed({}, 'a')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
