/** What a container may take, against what the threads of its program may: whoever goes beyond is killed with all that it runs. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { type Config, loadConfig, YOUNG_GENERATION_MB } from '#platform';
import { MODEL_BOUNDS, MODEL_THREADS } from '../../../apps/api/src/scenarios/model-threads.js';
import { heapOfRunMb } from '../../../apps/worker/src/run-threads.js';

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const PROGRAMS = ['api', 'worker'] as const;

/** Beside its threads: of a worker as docs/operations.md says, of the API with the answers that it has under way. */
const PROCESS_MB = { api: 400, worker: 200 };

function needMb(program: (typeof PROGRAMS)[number], config: Config): number {
  const ofThreads = (threads: number, heapMb: number) => threads * (heapMb + YOUNG_GENERATION_MB);
  const model = program === 'api' ? ofThreads(MODEL_THREADS, MODEL_BOUNDS.memoryMb) : 0;
  return PROCESS_MB[program] + model + ofThreads(config.workerThreads, heapOfRunMb(config.runLimits));
}

/** `1536M` of Compose, which are binary too, `1536Mi` or `2Gi` of Kubernetes. */
function megabytes(text: string): number {
  const [, number, unit] = /^(\d+)([MG])i?$/.exec(text)!;
  return Number(number) * (unit === 'G' ? 1024 : 1);
}

const { services } = parseYaml(read('docker-compose.yml'), { merge: true }) as {
  services: Record<
    string,
    { environment: Record<string, string>; deploy: { resources: { limits: { memory: string } } } }
  >;
};

it.each(PROGRAMS)('docker-compose.yml gives the %s what its threads may take', (name) => {
  const { environment, deploy } = services[name]!;
  const filled = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')]);
  const need = needMb(name, loadConfig(Object.fromEntries(filled), name));
  expect(megabytes(deploy.resources.limits.memory)).toBeGreaterThanOrEqual(need);
});

interface Deployment {
  kind: string;
  spec: {
    template: {
      spec: { containers: [{ env: { name: string; value: string }[]; resources: { limits: { memory: string } } }] };
    };
  };
}

it.each(PROGRAMS)('deploy/kubernetes gives the %s what its threads may take', (name) => {
  const { data } = parseYaml(read('deploy/kubernetes/config.yaml')) as { data: Record<string, string> };
  const manifests = parseAllDocuments(read(`deploy/kubernetes/${name}.yaml`)).map((one) => one.toJS() as Deployment);
  const [{ env, resources }] = manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers;
  const config = loadConfig({ ...data, ...Object.fromEntries(env.map((one) => [one.name, one.value])) }, name);
  expect(megabytes(resources.limits.memory)).toBeGreaterThanOrEqual(needMb(name, config));
});
