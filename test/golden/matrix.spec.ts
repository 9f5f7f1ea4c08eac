/**
 * Matrices as pages to read. What stands in them may change with the rules and with the words; then write them anew with
 * `UPDATE_GOLDEN=1 npx vitest run test/golden`, and read them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matrixMarkdown, matrixText } from '#report';
import { parseScenario } from '#scenario';
import { type MatrixQuestion, matrixOf, type Scenario, type Variant } from '#sim';

const EVERYTHING: MatrixQuestion = { sources: [], services: [], families: [], via: [], onlyDifferences: false };
const AFTER_THE_LAST_PATCH_NS = 379e9;

function scenarioOf(document: unknown): Scenario {
  const { scenario, issues } = parseScenario(document);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  return scenario!;
}

const tutorial = scenarioOf(readFileSync(new URL('../../presets/source-ip-tutorial.yaml', import.meta.url), 'utf8'));

const policies: Variant[] = (['Cluster', 'Local'] as const).map((externalTrafficPolicy) => ({
  name: `externalTrafficPolicy=${externalTrafficPolicy}`,
  settings: { externalTrafficPolicy },
  cluster: null,
  externalTrafficPolicy,
  internalTrafficPolicy: null,
}));

/** Twenty nodes with thirty pods each; those of five nodes serve, unevenly. */
function twentyNodes(): Scenario {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  const nodes = numbers(20).map((n) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${n}` },
    spec: { podCIDR: `10.1.${n}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n + 10}` }] },
  }));
  const pods = numbers(600).map((n) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${n}`, labels: { app: n % 20 < 5 && n < 60 ? 'web' : 'other' } },
    spec: { nodeName: `node-${n % 20}`, containers: [{ name: 'c', image: 'c' }] },
  }));
  const web = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', selector: { app: 'web' }, ports: [{ port: 80 }] },
  };
  return scenarioOf({
    name: 'twenty nodes',
    cluster: { version: '1.31', kubeProxy: { clusterCIDR: '10.1.0.0/16' } },
    objects: [...nodes, ...pods, web],
    clients: [{ name: 'laptop', ip: '198.51.100.79' }],
  });
}

function expectPage(name: string, text: string): void {
  const page = new URL(name, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(page, text);
  expect(text).toBe(readFileSync(page, 'utf8'));
}

describe('a matrix is the page that is kept', () => {
  it('of the tutorial', () => {
    expectPage('matrix-tutorial.txt', matrixText(matrixOf(tutorial, EVERYTHING, AFTER_THE_LAST_PATCH_NS, [])));
  });

  it('of what a policy changes there, as Markdown', () => {
    const question = { ...EVERYTHING, onlyDifferences: true };
    expectPage('matrix-policies.md', matrixMarkdown(matrixOf(tutorial, question, AFTER_THE_LAST_PATCH_NS, policies)));
  });

  it('of a cluster with more than one sees at a glance', () => {
    expectPage('matrix-twenty-nodes.txt', matrixText(matrixOf(twentyNodes(), EVERYTHING, 0, [])));
  });
});
