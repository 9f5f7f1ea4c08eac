import { describe, expect, it } from 'vitest';
import type { MatrixDestination, MatrixSource, MatrixTable, MatrixVariant } from '#sim';
import { destinationLabel, destinationLine, senderLabel, variantLabel } from './matrix-labels.js';

const pods = (count: number, node: string): MatrixSource[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'pod', name: `default/${node}-${n}`, node, ips: [`${node}/${n}`] }));
const nodes: MatrixSource[] = ['n1', 'n2', 'n3', 'n4'].map((name) => ({ kind: 'node', name, node: name, ips: [] }));
const client: MatrixSource = { kind: 'client', name: 'laptop', node: null, ips: [] };
const everybody = [...pods(6, 'n1'), ...pods(5, 'n2'), ...nodes];
const table = {
  endpoints: [0, 1, 2, 3].map((n) => ({ ip: `n1/${n}`, port: 80, pod: null, node: 'n1' })),
} as MatrixTable;

const label = (senders: MatrixSource[]) => senderLabel(senders, table, everybody).join(' | ');

describe('the senders of a row', () => {
  it.each([
    [everybody.slice(0, 1), 'pod n1-0 on n1'],
    [everybody.slice(0, 2), 'pods n1-0, n1-1 on n1'],
    [everybody.slice(0, 6), 'all 6 pods on n1'],
    [everybody.slice(0, 4), '4 endpoints on n1'],
    [everybody.slice(0, 11), 'all 11 pods on n1, n2'],
    [everybody.slice(4, 11), 'the other 7 pods on n1, n2'],
    [everybody.slice(7, 11), '4 pods on n2'],
    [nodes.slice(0, 2), 'nodes n1, n2'],
    [nodes, 'nodes n1, n2 and 2 more'],
    [[client], 'client laptop'],
    [[{ ...everybody[0]!, hostNetwork: true as const }], 'host-network pod n1-0 on n1'],
    [[{ ...everybody[0]!, node: null }], 'pod n1-0 on no node'],
    [
      [{ ...everybody[0]!, name: 'shop/with-a-name-that-is-long-indeed' }],
      'pod shop/with-a-name-that-is-long-indeed |   on n1',
    ],
  ])('of %# are told in a few words', (senders, words) => {
    expect(label(senders)).toBe(words);
  });
});

describe('the destinations of a column', () => {
  const nodePort = (node: string): MatrixDestination => ({
    via: 'nodePort',
    ip: `10.0.0.${node.slice(1)}`,
    port: 30080,
    node,
  });

  it('are told line by line', () => {
    expect(destinationLabel([{ via: 'clusterIP', ip: 'fd00::9', port: 80, node: null }])).toEqual([
      'clusterIP',
      '[fd00::9]:80',
    ]);
    expect(destinationLabel([nodePort('n1')])).toEqual(['nodePort', 'n1', '10.0.0.1:30080']);
    expect(destinationLabel(['n1', 'n2', 'n3', 'n4'].map(nodePort))).toEqual([
      'nodePort 30080',
      'of 4 nodes:',
      'n1, n2 and 2 more',
    ]);
    expect(destinationLine([nodePort('n1')], 'another node')).toEqual(['nodePort n1 10.0.0.1:30080', '  another node']);
  });
});

describe('variants that read the same', () => {
  const variant = (settings: MatrixVariant['settings']): MatrixVariant => ({
    name: JSON.stringify(settings),
    settings,
  });

  it('are one column, named by what they have and what they vary', () => {
    const versions = ['1.21', '1.22'].map((version) => variant({ mode: 'iptables', version }));
    expect(variantLabel(versions)).toEqual(['mode=iptables', 'version=1.21, 1.22']);
    expect(variantLabel([variant({ clusterCIDR: '' })])).toEqual(['clusterCIDR=""']);
  });

  it('are named each where they are no product', () => {
    const odd = [variant({ mode: 'ipvs', version: '1.21' }), variant({ mode: 'iptables', version: '1.22' })];
    expect(variantLabel(odd)).toEqual(odd.map(({ name }) => name));
  });
});
