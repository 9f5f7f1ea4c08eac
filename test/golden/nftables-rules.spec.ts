/** kube-proxy's own expected nftables text, byte for byte, after the sorting that upstream applies to both sides. */
import { describe, expect, it } from 'vitest';
import { nftEndpointName, nftServicePortName } from '../../libs/sim/src/kube-proxy/chain-names.js';
import { nftablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import { writeNftTable } from '../../libs/sim/src/netfilter/nft-transaction.js';
import type { Protocol } from '../../libs/sim/src/objects.js';
import { type VectorCluster, type VectorObjects, vectorNode, vectorView } from '../flows/vector-cluster.js';
import cases from './vectors/nftables-golden.json' with { type: 'json' };

/** The golden texts were written against 1.34. */
const VERSION = '1.34';
const NAME_LENGTH = 240;

interface GoldenCase {
  test: string;
  case: string;
  scope: 'full-transaction' | 'chain-name-base';
  input: unknown;
  expectedLines: string;
}

interface NameInput {
  namespace: string;
  name: string;
  portName: string;
  protocol: string;
  endpoint: string | null;
}

const all = cases as unknown as GoldenCase[];

/** Objects in any order; rules in the order that they have in their chain. */
function sorted(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const groups = lines.map((line) => (line.startsWith('add rule ') ? line.split(' ').slice(0, 5).join(' ') : line));
  return lines
    .map((line, place) => ({ line, group: groups[place]!, place }))
    .sort((a, b) => (a.group === b.group ? a.place - b.place : a.group < b.group ? -1 : 1))
    .map(({ line }) => line);
}

describe('a sync writes what kube-proxy writes', () => {
  for (const golden of all.filter(({ scope }) => scope === 'full-transaction')) {
    it(`${golden.test}: ${golden.case}`, () => {
      const { cluster, ...objects } = golden.input as { cluster: VectorCluster } & VectorObjects;
      const { table } = nftablesMode.program(vectorView(vectorNode(cluster, VERSION), objects));
      expect(sorted(writeNftTable(table, 'plain'))).toEqual(sorted(golden.expectedLines));
    });
  }
});

describe('a chain is named as kube-proxy names it', () => {
  for (const golden of all.filter(({ scope }) => scope === 'chain-name-base')) {
    it(`${golden.test}: ${golden.case}`, () => {
      const { endpoint, name, namespace, portName, protocol } = golden.input as NameInput;
      const service = `${namespace}/${name}`;
      const upper = protocol.toUpperCase() as Protocol;
      const [, ip, port] = /^\[?(.*?)\]?:(\d+)$/.exec(endpoint ?? '') ?? [];
      const given =
        ip === undefined
          ? nftServicePortName(service, upper, portName, NAME_LENGTH)
          : nftEndpointName(service, upper, portName, { ip, port: Number(port) }, NAME_LENGTH);
      expect(given).toBe(golden.expectedLines.trim());
    });
  }

  it('a name that is too long is cut', () => {
    const name = nftServicePortName(`${'n'.repeat(63)}/${'s'.repeat(63)}`, 'TCP', 'p'.repeat(15), 112);
    expect(name).toHaveLength(112);
    expect(name.endsWith('...')).toBe(true);
  });
});
