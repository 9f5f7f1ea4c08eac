/** deploy/kubernetes as the API server would see it, what belongs together in it, and what Hairpin itself makes of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { ENVIRONMENT, loadConfig } from '#platform';
import { parseScenario } from '#scenario';
import { createRun, type Scenario } from '#sim';
import { type Manifest, manifestsIn, problemsOf, textIn } from './strict-manifests.js';

const folder = new URL('../../../deploy/kubernetes/', import.meta.url);
const read = (name: string) => textIn(folder, name);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
const manifests = manifestsIn(folder);

interface Labelled {
  matchLabels: Record<string, string>;
}
interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  name: string;
  image: string;
  command?: string[];
  env: { name: string; value: string }[];
  ports: { name: string; containerPort: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
}
interface Deployment extends Manifest {
  spec: {
    selector: Labelled;
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        terminationGracePeriodSeconds: number;
        securityContext: Record<string, unknown>;
        topologySpreadConstraints: { labelSelector: Labelled }[];
        automountServiceAccountToken: boolean;
        containers: [Container];
      };
    };
  };
}

const ofKind = <Of = Manifest>(kind: string) => manifests.filter((manifest) => manifest.kind === kind) as Of[];
const named = <Of = Manifest>(kind: string, name: string) =>
  ofKind(kind).find(({ metadata }) => metadata.name === name) as Of;
const deployments = ofKind<Deployment>('Deployment');
const podLabels = deployments.map(({ spec }) => spec.template.metadata.labels);
const selects = (labels: Record<string, string>, selector: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

describe('the manifests', () => {
  it('fit the types of Kubernetes and of KEDA, to the last field', () => {
    expect(problemsOf(manifests)).toEqual([]);
  });

  it('would not pass with a field that is misspelt, missing or of another kind', () => {
    const { spec, ...rest } = named<Manifest & { spec: { ports: object[] } }>('Service', 'hairpin-api');
    const withPort = (port: object) => problemsOf([{ ...rest, spec: { ...spec, ports: [port] } }]).join('\n');
    expect(withPort({ port: 80, targetprot: 'http' })).toContain('targetprot');
    expect(withPort({ name: 'http' })).toContain('port');
    expect(withPort({ port: '80' })).toContain('port');
  }, 60_000);

  it('are all named in the kustomization, but for the example of a Secret', () => {
    const { resources, images } = parseYaml(read('kustomization.yaml')) as {
      resources: string[];
      images: { name: string; newTag: string }[];
    };
    expect([...resources].sort()).toEqual(files.filter((name) => name !== 'secret.example.yaml').sort());
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', folder), 'utf8')) as { version: string };
    expect(images).toMatchObject([{ name: 'hairpin', newTag: version }]);
    for (const { spec } of deployments) expect(spec.template.spec.containers[0].image).toBe('hairpin');
  });

  it('select the pods that they mean', () => {
    for (const { spec } of deployments) {
      const { labels } = spec.template.metadata;
      expect(selects(labels, spec.selector.matchLabels)).toBe(true);
      for (const { labelSelector } of spec.template.spec.topologySpreadConstraints)
        expect(labelSelector).toEqual(spec.selector);
    }
    const others = [
      ...ofKind<Manifest & { spec: { selector: Labelled } }>('PodDisruptionBudget').map(({ spec }) => spec.selector),
      ...ofKind<Manifest & { spec: { podSelector: Labelled } }>('NetworkPolicy').map(({ spec }) => spec.podSelector),
      {
        matchLabels: named<Manifest & { spec: { selector: Record<string, string> } }>('Service', 'hairpin-api').spec
          .selector,
      },
    ];
    expect(others.length).toBe(10);
    for (const { matchLabels = {} } of others)
      expect(
        podLabels.some((labels) => selects(labels, matchLabels)),
        JSON.stringify(matchLabels),
      ).toBe(true);
    const { scaleTargetRef } = named<Manifest & { spec: { scaleTargetRef: { name: string } } }>(
      'ScaledObject',
      'hairpin-worker',
    ).spec;
    expect(named('Deployment', scaleTargetRef.name)).toBeDefined();
  });

  it('let into the pods of database and broker what they let out to them', () => {
    type Selector = Labelled & { matchExpressions?: object[] };
    interface Rule {
      from?: { podSelector: Labelled }[];
      to?: { podSelector: Labelled }[];
      ports: { port: number }[];
    }
    type Policy = Manifest & { spec: { podSelector: Selector; egress: Rule[]; ingress: Rule[] } };
    const out = named<Policy>('NetworkPolicy', 'hairpin-data').spec;
    const into = named<Policy>('NetworkPolicy', 'hairpin-data-ingress').spec;
    const names = out.egress.flatMap(({ to }) =>
      to!.map((one) => one.podSelector.matchLabels!['app.kubernetes.io/name']),
    );
    expect(into.podSelector.matchExpressions).toEqual([
      { key: 'app.kubernetes.io/name', operator: 'In', values: names },
    ]);
    expect(into.ingress).toEqual([
      { from: [{ podSelector: out.podSelector }], ports: out.egress.flatMap(({ ports }) => ports) },
    ]);
  });

  it('run as the restricted pod security standard wants it, with a read-only root and bounded memory', () => {
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10_001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
    }
    expect(named('Namespace', 'hairpin').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('probe ports that are open: liveness asks for nothing but the process, readiness for all', () => {
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      const ports = container.ports.map(({ name }) => name);
      expect(container.livenessProbe.httpGet.path).toBe('/livez');
      expect(container.startupProbe.httpGet.path).toBe('/livez');
      expect(container.readinessProbe.httpGet.path).toBe('/readyz');
      for (const probe of [container.livenessProbe, container.startupProbe, container.readinessProbe])
        expect(ports).toContain(probe.httpGet.port);
    }
  });

  it('give both programs an environment that they start with', () => {
    const { data } = named<Manifest & { data: Record<string, string> }>('ConfigMap', 'hairpin');
    const { stringData } = named<Manifest & { stringData: Record<string, string> }>('Secret', 'hairpin');
    const image = { HOST: '0.0.0.0', WORKER_HOST: '0.0.0.0', PORT: '3000', WORKER_PORT: '3001' };
    for (const { metadata, spec } of deployments) {
      const [{ env, ports, command }] = spec.template.spec.containers;
      const environment = {
        ...image,
        ...data,
        ...stringData,
        ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      };
      for (const name of Object.keys(environment)) expect(Object.keys(ENVIRONMENT.shape), name).toContain(name);
      const config = loadConfig(environment);
      const isWorker = metadata.name === 'hairpin-worker';
      expect(config.workerThreads > 0).toBe(isWorker);
      expect(ports[0]!.containerPort).toBe(isWorker ? config.workerPort : config.port);
      expect(command?.[1] ?? null).toBe(isWorker ? 'dist/apps/worker/src/main.js' : null);
      // Draining and the 20 s after it end before the kubelet's patience does.
      expect(spec.template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(
        (isWorker ? 0 : config.drainMs) + 20_000,
      );
      expect(config.queue.type).toBe('bullmq');
      expect(config.database.type).toBe('postgres');
    }
  });
});

describe('Hairpin, asked about its own manifests', () => {
  /** Clients keep asking the API's Service while its Deployment is restarted, in Hairpin's own model. */
  function restart(afterSigterm: string) {
    const node = (number: number) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${number}`, labels: { 'kubernetes.io/hostname': `node-${number}` } },
      spec: { podCIDR: `10.244.${number}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${number}` }] },
    });
    const client = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'ingress', namespace: 'hairpin' },
      spec: { nodeName: 'node-3', containers: [{ name: 'nginx', image: 'nginx' }] },
    };
    const api = manifests.filter(
      ({ metadata }) => metadata.name === 'hairpin-api' && !/Policy|Account/.test(metadata.name),
    );
    const { scenario, issues } = parseScenario({
      name: 'our own rollout',
      cluster: { version: '1.33' },
      objects: [
        node(1),
        node(2),
        node(3),
        client,
        ...api
          .filter(({ kind }) => kind === 'Service' || kind === 'Deployment')
          .map((manifest) => ({ ...manifest, metadata: { ...manifest.metadata, namespace: 'hairpin' } })),
      ],
      apps: [{ match: { 'app.kubernetes.io/component': 'api' }, namespace: 'hairpin', startup: '3s', afterSigterm }],
      traffic: [
        {
          name: 'ask',
          from: { pod: 'hairpin/ingress' },
          to: { service: 'hairpin/hairpin-api' },
          start: '30s',
          stop: '150s',
          rate: '100/s',
        },
      ],
      timeline: [{ at: '60s', rolloutRestart: { deployment: 'hairpin/hairpin-api' } }],
      duration: '180s',
    });
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    const run = createRun(scenario as Scenario, { onChunk() {} });
    while (!run.step(1_000_000));
    return run.result().summary;
  }

  const { env } = named<Deployment>('Deployment', 'hairpin-api').spec.template.spec.containers[0];
  const drain = env.find(({ name }) => name === 'DRAIN_SECONDS')!.value;

  it('finds that its rollout loses no request, because the API answers while it drains', () => {
    const drained = restart(`${drain}s`);
    expect(drained.requests).toBeGreaterThan(11_000);
    expect(drained.outcomes).toEqual({ ok: drained.requests });
    const atOnce = restart('0s');
    expect(atOnce.losses?.map(({ cause }) => cause)).toContain('pod-gone');
  });
});
