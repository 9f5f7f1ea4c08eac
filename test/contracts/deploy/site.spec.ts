/** deploy/site on top of deploy/kubernetes: whole manifests that fit what they lead to. Where kubectl is, it has the say. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '#platform';
import { LONGEST_WAIT_S } from '../../../apps/api/src/http/prefer.js';
import { type Manifest, manifestsIn, problemsOf, textIn } from './strict-manifests.js';

const base = new URL('../../../deploy/kubernetes/', import.meta.url);
const site = new URL('../../../deploy/site/', import.meta.url);
const { resources, patches, images } = parseYaml(textIn(site, 'kustomization.yaml')) as {
  resources: string[];
  patches: { path: string }[];
  images: { name: string; newTag: string }[];
};
const added = resources.filter((name) => name.endsWith('.yaml')).flatMap((name) => manifestsIn(site, [name]));
const changed = patches.flatMap(({ path }) => manifestsIn(site, [path]));
const stock = manifestsIn(base);

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects are merged, lists replaced: what kustomize does with lists that have no key to merge by, as these. */
function merged(into: Tree, patch: Tree): Tree {
  const both = Object.entries(patch).map(([key, value]) => {
    const old = into[key];
    return [key, isTree(value) && isTree(old) ? merged(old, value) : value];
  });
  return { ...into, ...Object.fromEntries(both) };
}

const same = (one: Manifest) => (other: Manifest) =>
  one.kind === other.kind && one.metadata.name === other.metadata.name;
const rendered = [...stock, ...added].map((manifest) => {
  const patch = changed.find(same(manifest));
  return patch ? (merged(manifest, patch) as Manifest) : manifest;
});
const named = <Of>(kind: string, name: string) =>
  rendered.find((one) => one.kind === kind && one.metadata.name === name) as unknown as Of;

/** https://prometheus-operator.dev/docs/api-reference/api/ (PodMonitor), as far as it is used. */
const PodMonitor = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('PodMonitor'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    podMetricsEndpoints: z.tuple([
      z.strictObject({
        port: z.string(),
        path: z.literal('/metrics'),
        interval: z.string().regex(/^\d+s$/),
        authorization: z
          .strictObject({
            type: z.literal('Bearer'),
            credentials: z.strictObject({ name: z.string(), key: z.string() }),
          })
          .optional(),
      }),
    ]),
  }),
});

interface Deployment {
  spec: {
    template: {
      metadata: { labels: Record<string, string>; annotations: Record<string, string> };
      spec: { containers: [{ ports: { name: string; containerPort: number }[] }] };
    };
  };
}
interface Policy {
  spec: {
    podSelector: { matchLabels: Record<string, string> };
    ingress: { from: { namespaceSelector: { matchLabels: Record<string, string> } }[]; ports: { port: string }[] }[];
    egress: { to: { ipBlock?: { cidr: string } }[]; ports: { port: number }[] }[];
  };
}

describe('the manifests of a site', () => {
  it('are whole, fit their types, and are all named in the kustomization', () => {
    const files = ['kustomization.yaml', ...resources.slice(1), ...patches.map(({ path }) => path)];
    expect(resources[0]).toBe('../kubernetes');
    expect(manifestsIn(site)).toHaveLength(added.length + changed.length);
    expect(new Set(files).size).toBe(files.length);
    expect(problemsOf([...added, ...changed, ...rendered].filter(({ kind }) => kind !== 'PodMonitor'))).toEqual([]);
    for (const patch of changed) expect(stock.filter(same(patch)), patch.metadata.name).toHaveLength(1);
    const { version } = parseYaml(textIn(new URL('../../', site), 'package.json')) as { version: string };
    expect(images).toMatchObject([{ name: 'registry.example/hairpin', newTag: version }]);
  }, 60_000);

  it('lead from outside to the API, with what its bodies, waiting calls and streams need', () => {
    const { metadata, spec } = named<{
      metadata: { annotations: Record<string, string> };
      spec: {
        tls: { hosts: string[] }[];
        rules: {
          host: string;
          http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] };
        }[];
      };
    }>('Ingress', 'hairpin-api');
    expect(spec.tls.flatMap(({ hosts }) => hosts)).toEqual(spec.rules.map(({ host }) => host));
    const [{ service }] = spec.rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend)) as [
      { service: { name: string; port: { name: string } } },
    ];
    const { ports } = named<{ spec: { ports: { name: string }[] } }>('Service', service.name).spec;
    expect(ports.map(({ name }) => name)).toContain(service.port.name);
    const nginx = (name: string) => metadata.annotations[`nginx.ingress.kubernetes.io/${name}`];
    expect(Number.parseInt(nginx('proxy-body-size')!, 10) * 2 ** 20).toBe(loadConfig({}).maxBodyBytes);
    for (const timeout of ['proxy-read-timeout', 'proxy-send-timeout'])
      expect(Number(nginx(timeout))).toBeGreaterThan(LONGEST_WAIT_S);
    expect(nginx('proxy-buffering')).toBe('off');
    const { data } = named<{ data: Record<string, string> }>('ConfigMap', 'hairpin');
    expect(loadConfig(data).door.trustedProxies).toEqual(['10.244.0.0/16']);
    expect(data.LOG_FORMAT).toBe('json');
  });

  it('let both programs out to a database and a broker at addresses, and to no pods instead', () => {
    const { stringData } = named<{ stringData: Record<string, string> }>('Secret', 'hairpin');
    const asked = [stringData.DATABASE_URL!, stringData.QUEUE_URL!].map((url) => Number(new URL(url).port));
    const { egress } = named<Policy>('NetworkPolicy', 'hairpin-data').spec;
    expect(egress.map(({ ports }) => ports[0]!.port)).toEqual(asked);
    for (const { to } of egress)
      expect(to).toEqual([{ ipBlock: { cidr: expect.stringMatching(/^192\.0\.2\.\d+\/32$/) } }]);
  });

  it.each(['api', 'worker'])('have Prometheus find the %s, which lets it in', (program) => {
    const { metadata, spec } = named<Deployment>('Deployment', `hairpin-${program}`).spec.template;
    const [{ name, containerPort }] = spec.containers[0].ports as [{ name: string; containerPort: number }];
    const monitor = PodMonitor.parse(named<object>('PodMonitor', `hairpin-${program}`));
    const [endpoint] = monitor.spec.podMetricsEndpoints;
    expect(metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(endpoint.port).toBe(name);
    // A worker asks nobody for a key; the API asks everybody.
    expect(endpoint.authorization !== undefined).toBe(program === 'api');
    expect(metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': String(containerPort),
      'prometheus.io/path': endpoint.path,
    });
    const policies = rendered.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as Policy[];
    const lets = policies.flatMap(({ spec: { podSelector, ingress = [] } }) =>
      podSelector.matchLabels?.['app.kubernetes.io/component'] === program ? ingress : [],
    );
    const fromMonitoring = lets.filter(({ from }) =>
      from.some(
        ({ namespaceSelector }) => namespaceSelector.matchLabels['kubernetes.io/metadata.name'] === 'monitoring',
      ),
    );
    expect(fromMonitoring.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([name]);
  });
});

const kustomize = spawnSync('kubectl', ['kustomize', fileURLToPath(site)], { encoding: 'utf8' });

it.skipIf(kustomize.error)('kubectl makes the same of them', () => {
  expect(kustomize.stderr).toBe('');
  const made = parseAllDocuments(kustomize.stdout).map((document) => document.toJS() as Manifest);
  // The Secret is an example, and no part of it.
  expect(made).toHaveLength(rendered.length - 1);
  for (const [kind, name] of [
    ['NetworkPolicy', 'hairpin-data'],
    ['ConfigMap', 'hairpin'],
    ['Ingress', 'hairpin-api'],
    ['PodMonitor', 'hairpin-worker'],
  ] as const)
    expect(made.find((one) => one.kind === kind && one.metadata.name === name)).toMatchObject(
      named<object>(kind, name),
    );
  for (const { kind, metadata } of made) if (kind !== 'Namespace') expect(metadata.namespace, kind).toBe('hairpin');
});
