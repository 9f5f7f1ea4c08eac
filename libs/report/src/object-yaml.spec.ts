import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#sim';
import { objectsYaml } from './object-yaml.js';

/** Every string here is one that YAML could misread; the text below is what kubectl 1.32 prints for this object. */
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'x',
    creationTimestampNs: 5e9,
    annotations: { a: 'line1\nline2', b: 'it\'s: "q"', c: '# hash', k: '{"a":1}', p: 'tab\tx', t: '=', u: '<none>' },
    labels: { app: 'yes', date: '2001-01-01', e: '', o: '0x1F', q: 'null', star: '*', tilde: '~x', v: '1.10', y1: 'y' },
  },
  spec: {
    type: 'NodePort',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    externalIPs: [],
    ports: [
      { port: 80, targetPort: 8080, protocol: 'TCP' },
      { name: 'on', port: 81, targetPort: 'http' },
    ],
  },
  status: { loadBalancer: {} },
};

const PRINTED = `apiVersion: v1
kind: Service
metadata:
  annotations:
    a: |-
      line1
      line2
    b: 'it''s: "q"'
    c: '# hash'
    k: '{"a":1}'
    p: "tab\\tx"
    t: =
    u: <none>
  labels:
    app: "yes"
    date: "2001-01-01"
    e: ""
    o: "0x1F"
    q: "null"
    star: '*'
    tilde: ~x
    v: "1.10"
    y1: "y"
  name: x
spec:
  clusterIP: 10.0.0.1
  clusterIPs:
  - 10.0.0.1
  externalIPs: []
  ports:
  - port: 80
    protocol: TCP
    targetPort: 8080
  - name: "on"
    port: 81
    targetPort: http
  type: NodePort
status:
  loadBalancer: {}`;

describe('kubectl get -o yaml', () => {
  it('prints one object as kubectl does, without the fields of the model', () => {
    expect(objectsYaml([service], true)).toBe(PRINTED);
  });

  it('wraps what a list found', () => {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    expect(objectsYaml([namespace], false)).toBe(
      [
        'apiVersion: v1',
        'items:',
        '- apiVersion: v1',
        '  kind: Namespace',
        '  metadata:',
        '    name: shop',
        'kind: List',
        'metadata:',
        '  resourceVersion: ""',
        '  selfLink: ""',
      ].join('\n'),
    );
  });
});
