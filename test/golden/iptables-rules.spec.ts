/** kube-proxy's own expected iptables text, byte for byte, after the sorting that upstream applies to both sides. */
import { describe, expect, it } from 'vitest';
import {
  fullRestore,
  type IptablesProgram,
  iptablesMode,
  partialRestore,
  restoreText,
} from '../../libs/sim/src/kube-proxy/index.js';
import { formatAppend } from '../../libs/sim/src/netfilter/iptables-save.js';
import type { TableName } from '../../libs/sim/src/netfilter/rules.js';
import { trackerOf, type VectorCluster, type VectorObjects, vectorNode, vectorView } from '../flows/vector-cluster.js';
import cases from './vectors/iptables-golden.json' with { type: 'json' };

/** The golden texts were written against 1.33. */
const VERSION = '1.33';

interface GoldenCase {
  test: string;
  case: string;
  /** `full-dump`, or `chain TABLE/NAME`. */
  scope: string;
  input: { cluster: VectorCluster } & VectorObjects;
  expectedLines: string;
  stage?: number;
}

const all = cases as unknown as GoldenCase[];
const markFormat = { markFormat: 'plain' } as const;
const sorted = { ...markFormat, baseChains: false, order: 'sorted' } as const;

function programOf({ input }: GoldenCase): IptablesProgram {
  return iptablesMode.program(vectorView(vectorNode(input.cluster, VERSION), input));
}

describe('a full sync writes what kube-proxy writes', () => {
  for (const golden of all.filter(({ scope, stage }) => scope === 'full-dump' && stage === undefined)) {
    it(`${golden.test}: ${golden.case}`, () => {
      expect(restoreText(fullRestore(null, programOf(golden)), sorted).trim()).toBe(golden.expectedLines.trim());
    });
  }
});

describe('a chain holds what kube-proxy puts there', () => {
  for (const golden of all.filter(({ scope }) => scope.startsWith('chain '))) {
    it(`${golden.test}: ${golden.case}`, () => {
      const [table, name] = golden.scope.slice('chain '.length).split('/') as [TableName, string];
      const restore = fullRestore(null, programOf(golden)).find((input) => input.table === table);
      const rules = restore?.chains.find((chain) => chain.name === name)?.rules ?? [];
      const text = rules.map((rule) => formatAppend(name, rule, markFormat)).join('\n');
      expect(text).toBe(golden.expectedLines.trim());
    });
  }
});

describe('a partial sync writes only what changed', () => {
  for (const golden of all.filter(({ stage }) => stage !== undefined)) {
    it(`${golden.test}: ${golden.case}`, () => {
      const node = vectorNode(golden.input.cluster, VERSION);
      const tracker = trackerOf(node);
      const before = stateBefore(golden);
      for (const service of before.services) tracker.serviceChanged(service);
      for (const slice of before.endpointSlices) tracker.endpointSliceChanged(slice);
      const nodeLabels = {};
      const previous = iptablesMode.program({ node, nodeLabels, ...tracker.checkout() });

      const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
        `${metadata.namespace}/${metadata.name}`;
      const left = new Set(golden.input.services.map(keyOf));
      for (const service of before.services) if (!left.has(keyOf(service))) tracker.serviceDeleted(keyOf(service));
      for (const service of golden.input.services) tracker.serviceChanged(service);
      for (const slice of golden.input.endpointSlices) tracker.endpointSliceChanged(slice);
      const checkout = tracker.checkout();
      const next = iptablesMode.program({ node, nodeLabels, ...checkout }, previous);

      const text = restoreText(partialRestore(previous, next, checkout.changedServices), sorted);
      expect(text.trim()).toBe(golden.expectedLines.trim());
    });
  }
});

/** The state before a stage, undone from the state after it as the stage's name tells. */
function stateBefore({ input, case: name }: GoldenCase): VectorObjects {
  const { services, endpointSlices } = structuredClone({
    services: input.services,
    endpointSlices: input.endpointSlices,
  });
  const without = <T extends { metadata: { name: string } }>(list: T[], gone: string): T[] =>
    list.filter(({ metadata }) => metadata.name !== gone);
  switch (name) {
    case '1: add svc3 + endpoints (partial sync)':
      return { services: without(services, 'svc3'), endpointSlices: without(endpointSlices, 'svc3-1') };
    case '2: delete svc2 (partial sync)': {
      const metadata = { namespace: 'ns2', name: 'svc2' };
      const ports = [{ name: 'p8080', port: 8080, protocol: 'TCP' as const }];
      const svc2 = { apiVersion: 'v1', kind: 'Service' as const, metadata, spec: { clusterIP: '172.30.0.42', ports } };
      return { services: [...services, svc2], endpointSlices };
    }
    case '4: add svc4 endpoints (partial sync)':
      return { services, endpointSlices: without(endpointSlices, 'svc4-1') };
    case '6: add second svc3 endpoint (partial sync)':
      for (const slice of endpointSlices) slice.endpoints = slice.endpoints.slice(0, 1);
      return { services, endpointSlices };
    default:
      throw new Error(`what was before stage "${name}"?`);
  }
}
