/** The `hairpin` command as a shell meets it: what it prints, and its exit code. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildServer, type ServerProcess, startServerProcess } from './server-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PRESET = 'presets/pod-becomes-unready.yaml';
let server: ServerProcess;

beforeAll(async () => {
  buildServer();
  server = await startServerProcess({ DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'error' });
}, 120_000);
afterAll(() => server?.end('SIGTERM'));

function hairpin(args: string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['bin/hairpin.mjs', ...args], { cwd: root });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (err += piece));
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const met = readFileSync(`${root}/${PRESET}`, 'utf8').replace(/share: \{min: 1\}/, 'share: {min: 0.5}');

describe('hairpin run', () => {
  it('exits with 1 where an expectation fails, and says which', async () => {
    const { code, out, err } = await hairpin(['run', PRESET]);
    expect(out).toMatch(/^pod-becomes-unready, seed \d+: \d+ requests in 70 s\n/);
    expect(out).toMatch(/\nFAIL {2}nothing lost: \d+ of \d+/);
    expect([code, err]).toEqual([1, '']);
  });

  it('exits with 0 where all are met, from standard input too', async () => {
    const { code, out } = await hairpin(['run', '-'], met);
    expect(out).toContain('\nPASS  nothing lost: ');
    expect(code).toBe(0);
  });

  it('comes to the same on a server', async () => {
    const [here, there] = await Promise.all([
      hairpin(['run', PRESET, '--json', '--seed', '5']),
      hairpin(['run', PRESET, '--json', '--seed', '5', '--server', server.origin]),
    ]);
    expect([here.code, there.code]).toEqual([1, 1]);
    const { url, ...ended } = JSON.parse(there.out);
    expect(ended).toEqual(JSON.parse(here.out));
    expect(await (await fetch(url)).json()).toMatchObject({ fingerprint: ended.fingerprint });
  });

  it('leaves nothing on a server but the run', async () => {
    const count = async (what: string) => {
      const answer = await fetch(`${server.origin}/v1/${what}?limit=100`);
      return ((await answer.json()) as { items: unknown[] }).items.length;
    };
    const before = [await count('scenarios'), await count('simulations')] as const;
    expect((await hairpin(['run', '-', '--server', server.origin], met)).code).toBe(0);
    expect([await count('scenarios'), await count('simulations')]).toEqual([before[0], before[1] + 1]);
  });

  it.each([
    ['here', () => []],
    ['on a server', () => ['--server', server.origin]],
  ])('names entries of the timeline that could not be carried out, %s, as text and as JSON', async (_, where) => {
    const twice = met.replace(
      'timeline:\n',
      'timeline:\n  - {at: 2s, delete: {pod: web-b}}\n  - {at: 4s, delete: {pod: web-b}}\n',
    );
    const refusal = 'delete Pod default/web-b at 4 s: Error from server (NotFound): pods "web-b" not found';
    const [text, json] = await Promise.all([
      hairpin(['run', '-', ...where()], twice),
      hairpin(['run', '-', '--json', ...where()], twice),
    ]);
    expect(text.out).toContain(`\nNOT CARRIED OUT  /timeline/1: ${refusal}\n`);
    expect(text.out).toMatch(/\nPASS [^\0]*\nNO PASS {2}1 entry of the timeline not carried out/);
    expect(JSON.parse(json.out)).toMatchObject({
      passed: false,
      summary: { refused: [{ path: '/timeline/1', text: refusal }] },
    });
    expect([text.code, json.code]).toEqual([1, 1]);
  });

  it('writes the report of the run, here as on a server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hairpin-cli-'));
    const [here, there] = [join(folder, 'here.html'), join(folder, 'there.html')];
    await Promise.all([
      hairpin(['run', PRESET, '--seed', '5', '--report', here]),
      hairpin(['run', PRESET, '--seed', '5', '--report', there, '--server', server.origin]),
    ]);
    const of = (file: string) => readFileSync(file, 'utf8').replace(/<div><dt>Simulation<.*?<\/div>/, '');
    expect(of(here)).toMatch(/^<!doctype html>[\s\S]*<h1>pod-becomes-unready<\/h1>[\s\S]*<\/html>\n$/);
    expect(of(there)).toBe(of(here));
    const { code, err } = await hairpin(['run', PRESET, '--report', join(folder, 'missing', 'x.html')]);
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be written')]);
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['here', () => []],
    ['on a server', () => ['--server', server.origin]],
  ])('warns on standard error %s, unless it is to be quiet', async (_, where) => {
    const misspelt = met.replace('externalTrafficPolicy:', 'externalTraficPolicy:');
    const { code, err } = await hairpin(['run', '-', ...where()], misspelt);
    expect(err).toMatch(/^-:\d+:\d+: warning unknown-field: .*did you mean "externalTrafficPolicy"/m);
    expect(code).toBe(0);
    expect((await hairpin(['run', '-', '--quiet', ...where()], misspelt)).err).toBe('');
  });

  it.each([
    ['here', () => []],
    ['on a server', () => ['--server', server.origin]],
  ])('runs nothing %s where there are warnings, if it is to be strict', async (_, where) => {
    const misspelt = met.replace('externalTrafficPolicy:', 'externalTraficPolicy:');
    const [warned, sound] = await Promise.all([
      hairpin(['run', '-', '--strict', ...where()], misspelt),
      hairpin(['run', '-', '--strict', ...where()], met),
    ]);
    expect(warned.err).toMatch(/^-:\d+:\d+: warning unknown-field: .*\n-: 1 warning, and --strict takes none\n$/);
    expect([warned.code, warned.out, sound.code]).toEqual([2, '', 0]);
  });

  it('tells where the simulation is on a server, and cancels it there when it is interrupted', async () => {
    const long = met.replace('stop: 60s', 'stop: 5h');
    const child = spawn(process.execPath, ['bin/hairpin.mjs', 'run', '-', '--server', server.origin], { cwd: root });
    child.stdin.end(long);
    const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
    const url = await new Promise<string>((resolve) => child.stderr.once('data', (line) => resolve(`${line}`.trim())));
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    const status = async () => ((await (await fetch(url)).json()) as { status: string }).status;
    await expect.poll(status, { timeout: 10_000 }).toBe('cancelled');
  });

  it.each([
    ['here', () => []],
    ['on a server', () => ['--server', server.origin]],
  ])(
    'exits with 2 %s where a field of the scenario is misspelt: what it wants would not be checked',
    async (_, where) => {
      const { code, out, err } = await hairpin(['run', '-', ...where()], met.replace('\nexpect:', '\nexpects:'));
      expect(err).toMatch(/-:\d+:1: error unknown-field: .*did you mean "expect"\?/);
      expect([code, out]).toEqual([2, '']);
    },
  );

  it.each([
    ['here', () => []],
    ['on a server', () => ['--server', server.origin]],
  ])('exits with 2 %s where the scenario cannot be run, naming file and issue', async (_, where) => {
    const { code, out, err } = await hairpin(['run', '-', ...where()], 'name: x\ntrafic: []\nduration: soon\n');
    expect(err).toMatch(/-:3:\d+: error \S+: .*soon/);
    expect([code, out]).toEqual([2, '']);
  });

  it.each([
    [['run'], 'hairpin run FILE'],
    [['walk', PRESET], 'hairpin run FILE'],
    [['run', 'no-such-file.yaml'], 'cannot be read'],
    [['run', 'i-01-local-rolout'], 'no such preset. Did you mean i-01-local-rollout?'],
    [['run', 'local-rollout.yaml'], 'no such preset. Did you mean i-01-local-rollout?'],
    [['rnu', PRESET], 'There is no command rnu. Did you mean run?'],
    [['run', PRESET, '--sed', '5'], 'There is no option --sed. Did you mean --seed?'],
    [['run', PRESET, '--seed', '-1'], '--seed'],
    [['run', PRESET, '--seed', '1.5'], '--seed takes a whole number'],
    [['run', PRESET, '--server', 'localhost:3000'], '--server takes a URL'],
    [['run', PRESET, '--colour'], '--colour'],
    [['check', PRESET, '--server', 'http://127.0.0.1:1'], 'hairpin check takes no --server'],
    [['check', PRESET, '--report', 'x.html'], 'hairpin check takes no --report'],
  ])('exits with 2 on %j', async (args, said) => {
    const { code, err } = await hairpin(args);
    expect(err).toContain(said);
    expect(code).toBe(2);
  });

  it('names HAIRPIN_KEY where a server asks for a key', async () => {
    const asking = createServer((_, response) => response.writeHead(401).end('{"code":"unauthorized"}'));
    await new Promise<void>((resolve) => asking.listen(0, '127.0.0.1', resolve));
    const { port } = asking.address() as AddressInfo;
    const { code, err } = await hairpin(['run', PRESET, '--server', `http://127.0.0.1:${port}`]);
    asking.close();
    expect([code, err]).toEqual([2, expect.stringContaining('environment variable HAIRPIN_KEY')]);
  });

  it("tells an issue of the request apart from the file's", async () => {
    const issues = [
      { code: 'missing-scope', path: 'Authorization', message: 'No.' },
      { code: 'no-scenario', path: '/scenario/name', message: 'None.' },
    ];
    const forbidding = createServer((_, response) => response.writeHead(403).end(JSON.stringify({ issues })));
    await new Promise<void>((resolve) => forbidding.listen(0, '127.0.0.1', resolve));
    const { port } = forbidding.address() as AddressInfo;
    const { err } = await hairpin(['run', PRESET, '--server', `http://127.0.0.1:${port}`]);
    forbidding.close();
    expect(err).toContain(`\nhttp://127.0.0.1:${port}: Authorization: error missing-scope: No.\n`);
    expect(err).toMatch(/\npresets\/pod-becomes-unready\.yaml:\d+:\d+: error no-scenario: None\.\n/);
  });

  it('exits with 3 where no server answers', async () => {
    const { code, err } = await hairpin(['run', PRESET, '--server', 'http://127.0.0.1:1']);
    expect(err).toContain('http://127.0.0.1:1 does not answer');
    expect(code).toBe(3);
  });
});

it('takes the name of a preset where there is no such file', async () => {
  const { code, out } = await hairpin(['check', 'i-01-local-rollout']);
  expect([code, out]).toEqual([0, 'i-01-local-rollout: can be run\n']);
});

it('says of another file in one line that it is no scenario', async () => {
  const { code, out, err } = await hairpin(['check', 'package.json']);
  expect(err).toMatch(/^package\.json: \/: error no-scenario: This is no scenario: it has "[^\n]*\n$/);
  expect([code, out]).toEqual([2, '']);
});

it('checks a scenario without running it', async () => {
  const { code, out } = await hairpin(['check', PRESET]);
  expect([code, out]).toEqual([0, `${PRESET}: can be run\n`]);
});

describe('hairpin import', () => {
  const KUBECTL = 'libs/scenario/src/fixtures/kubectl-get-1.33.yaml';

  it('prints the scenario that the server makes of it, from a file and from standard input', async () => {
    const text = readFileSync(`${root}/${KUBECTL}`, 'utf8');
    const body = { method: 'POST', body: text, headers: { 'content-type': 'application/yaml' } };
    const imported = await (await fetch(`${server.origin}/v1/scenarios/import`, body)).json();
    const { id, warnings } = imported as { id: string; warnings: object[] };
    const there = await fetch(`${server.origin}/v1/scenarios/${id}`, { headers: { accept: 'application/yaml' } });
    const { code, out, err } = await hairpin(['import', KUBECTL]);
    expect(code).toBe(0);
    expect(parse(out)).toEqual(parse(await there.text()));
    expect(err.match(/: warning /g)).toHaveLength(warnings.length);
    expect(err).toContain(`${KUBECTL}:`);
    const [piped, json] = await Promise.all([
      hairpin(['import', '-', '--quiet'], text),
      hairpin(['import', '-', '--quiet', '--json'], text),
    ]);
    expect(piped).toEqual({ code: 0, out, err: '' });
    expect(JSON.parse(json.out)).toEqual(parse(out));
    expect((await hairpin(['check', '-'], out)).code).toBe(0);
  });

  it('exits with 2 on what is no cluster, with nothing on standard output', async () => {
    const { code, out, err } = await hairpin(['import', PRESET]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('error scenario-no-objects: ');
  });
});

it('prints the issues of a scenario as JSON, and takes no warnings with --strict', async () => {
  const misspelt = met.replace('externalTrafficPolicy:', 'externalTraficPolicy:');
  const issue = { code: 'unknown-field', severity: 'warning', line: expect.any(Number) };
  const check = async (args: string[], text: string) => {
    const { code, out } = await hairpin(['check', '-', '--json', ...args], text);
    return { code, ...JSON.parse(out) };
  };
  expect(await check([], met)).toEqual({ code: 0, file: '-', passed: true, issues: [] });
  expect(await check([], misspelt)).toMatchObject({ code: 0, passed: true, issues: [issue] });
  expect(await check(['--strict'], misspelt)).toMatchObject({ code: 2, passed: false, issues: [issue] });
  expect(await check([], 'name: [')).toMatchObject({ code: 2, passed: false, issues: [{ code: 'invalid-yaml' }] });
  expect((await hairpin(['check', '-', '--strict'], misspelt)).code).toBe(2);
});
