import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

const SEED = 20_211_115;
const DOCUMENTS = 400;
/** An answer that takes longer counts as none. */
const HANG_MS = 5_000;

let server: TestServer;
const statuses = new Map<number, number>();

beforeAll(async () => {
  server = await startServer({
    MAX_BODY_BYTES: '300000',
    MAX_REQUESTS: '2000',
    MAX_EVENTS: '200000',
    MAX_RUN_SECONDS: '5',
  });
});
afterAll(async () => {
  console.log(
    `fuzz: ${[...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, n]) => `${n} × ${status}`)
      .join(', ')}`,
  );
  await server.close();
});

async function mustAnswer(method: string, path: string, type: string, body: string): Promise<void> {
  const response = await fetch(server.origin + path, {
    method,
    headers: { 'content-type': type, 'if-match': '*' },
    body,
    signal: AbortSignal.timeout(HANG_MS),
  });
  const text = await response.text();
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  if (response.status >= 500)
    throw new Error(`${response.status} for ${method} ${path} ${type}\n${body.slice(0, 2000)}\n${text}`);
  if (response.status < 400) return;
  type Told = { hint: string };
  const problem = JSON.parse(text) as Told & { status: number; code: string; detail: string; issues?: Told[] };
  if (problem.status !== response.status || !problem.code || !problem.detail) throw new Error(`no problem: ${text}`);
  for (const issue of [problem, ...(problem.issues ?? [])]) if (!issue.hint) throw new Error(`no hint: ${text}`);
}

const documents = [
  parse(readFileSync(new URL('../../presets/source-ip-tutorial.yaml', import.meta.url), 'utf8')) as unknown,
  loadScenario({ ratePerSecond: 10, seconds: 5 }),
];

/** Values that documents do not expect where they are put. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    1e308,
    0.1,
    true,
    [],
    {},
    '💥',
    '\u0000',
    'x'.repeat(5000),
    '10.0.0.300',
    '::ffff:1.2.3.4',
    '1/s',
    '9999999h',
    '0s',
    'default/',
    '/',
    '../..',
    '__proto__',
    'constructor',
    'toString',
    '10.0.0.0/33',
    '$node',
    'http://[::1',
    'NaN',
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Somewhere in the document something is replaced, removed, renamed, doubled or moved. */
function mutated(document: unknown, choices: number[], value: unknown): unknown {
  const copy = structuredClone(document);
  let at = copy as Record<string, unknown>;
  for (const choice of choices) {
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    const key = keys[choice % keys.length]!;
    const inner = at[key];
    const deeper = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    if (deeper && choice % 5 !== 0) {
      at = inner as Record<string, unknown>;
      continue;
    }
    switch (choice % 4) {
      case 0:
        at[key] = value;
        break;
      case 1:
        delete at[key];
        break;
      case 2:
        at[`${key}x`] = inner;
        break;
      default:
        if (Array.isArray(at)) at.push(inner);
        else at[key] = [inner, inner];
    }
    break;
  }
  return copy;
}

const mutation = fc
  .tuple(fc.constantFrom(...documents), fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }), odd, fc.nat(3))
  .map(([document, choices, value, more]) => {
    let changed = document;
    for (let n = 0; n <= more; n++)
      changed = mutated(
        changed,
        choices.map((choice) => choice + n * 7),
        value,
      );
    return changed;
  });

it(`gives an answer, and no error of its own, to ${DOCUMENTS} mutated scenarios`, async () => {
  await fc.assert(
    fc.asyncProperty(mutation, fc.nat(7), async (document, way) => {
      const json = JSON.stringify(document) ?? 'null';
      const trace = { from: { client: 'laptop' }, to: { ip: '10.240.0.4', port: 31_234 } };
      if (way === 0) await mustAnswer('POST', '/v1/scenarios/import', 'application/json', json);
      else if (way === 1)
        await mustAnswer(
          'POST',
          '/v1/traces',
          'application/json',
          JSON.stringify({ scenario: document, packet: trace }),
        );
      else if (way === 2) await mustAnswer('PUT', '/v1/scenarios/scratch', 'application/json', json);
      else if (way === 3)
        await mustAnswer('POST', '/v1/simulations', 'application/json', JSON.stringify({ scenario: document }));
      else if (way === 4) await mustAnswer('POST', '/v1/scenarios', 'application/yaml', stringify(document));
      else await mustAnswer('POST', '/v1/scenarios', 'application/json', json);
    }),
    { numRuns: DOCUMENTS, seed: SEED },
  );
}, 120_000);

it('gives an answer to texts that are cut, doubled or full of noise', async () => {
  const yaml = readFileSync(new URL('../../presets/source-ip-tutorial.yaml', import.meta.url), 'utf8');
  await fc.assert(
    fc.asyncProperty(
      fc.nat(yaml.length),
      fc.nat(300),
      fc.string({ unit: 'binary', maxLength: 40 }),
      async (at, length, noise) => {
        const text = yaml.slice(0, at) + noise + yaml.slice(at + length);
        await mustAnswer('POST', '/v1/scenarios', 'application/yaml', text);
      },
    ),
    { numRuns: 60, seed: SEED },
  );
}, 120_000);

const HOSTILE: [string, string, string][] = [
  [
    'an alias bomb',
    'application/yaml',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghij'].map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`).join('\n')}\n`,
  ],
  ['1,000-deep JSON', 'application/json', `${'['.repeat(1000)}${']'.repeat(1000)}`],
  ['40,000-deep JSON', 'application/json', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['1,000-deep YAML', 'application/yaml', `${'['.repeat(1000)}${']'.repeat(1000)}`],
  [
    'YAML that nests by indentation',
    'application/yaml',
    Array.from({ length: 700 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
  ],
  ['a key 100,000 times', 'application/yaml', 'a: 1\n'.repeat(40_000)],
  ['only blanks', 'application/yaml', ' \n'.repeat(50_000)],
  ['many documents', 'application/yaml', '---\na: 1\n'.repeat(20_000)],
  ['a recursive anchor', 'application/yaml', 'a: &a {b: *a}\n'],
  ['a long number', 'application/json', `{"seed": ${'9'.repeat(100_000)}}`],
  ['duplicate keys', 'application/json', '{"name": "a", "name": "b"}'],
];

it.each(HOSTILE)('gives an answer to %s, as a scenario, an import and a simulation', async (_, type, text) => {
  for (const path of ['/v1/scenarios', '/v1/scenarios/import', '/v1/simulations', '/v1/traces'])
    await mustAnswer('POST', path, type, text);
});

it.each(HOSTILE)('gives an answer to %s inside a request', async (_, type, text) => {
  const inside = type === 'application/json' ? `{"scenario": ${text}}` : `scenario:\n${text.replace(/^/gm, '  ')}`;
  for (const path of ['/v1/simulations', '/v1/traces']) await mustAnswer('POST', path, type, inside);
});

it('gives an answer to odd queries and paths', async () => {
  const oddText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', '-1', '1e9', 'NaN', '[]', '%00', '../..', 'example'),
  );
  const names = [
    'limit',
    'cursor',
    'status',
    'outcome',
    'fromMs',
    'toMs',
    'service',
    'node',
    'at',
    'format',
    'ipFamily',
    'dryRun',
    'x',
  ];
  const paths = [
    'simulations',
    'scenarios',
    'simulations/example/requests',
    'simulations/example/healthz',
    'scenarios/example/rules',
    'presets',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      oddText,
      fc.array(fc.tuple(fc.constantFrom(...names), oddText), { maxLength: 3 }),
      fc.boolean(),
      async (path, part, query, withPart) => {
        const tail = withPart ? `/${encodeURIComponent(part)}` : '';
        const search = new URLSearchParams(query);
        const response = await fetch(`${server.origin}/v1/${path}${tail}?${search}`, {
          signal: AbortSignal.timeout(HANG_MS),
        });
        await response.text();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        expect(response.status).toBeLessThan(500);
      },
    ),
    { numRuns: 200, seed: SEED },
  );
}, 60_000);

it('still works afterwards', async () => {
  const { text } = await server.http.get('/v1/simulations/example/transcript').expect(200);
  expect(text).toContain('client_address=104.132.1.79');
  const { body } = await server.http.get('/readyz').expect(200);
  expect(body.simulations.failed ?? 0, 'runs that the parser let through and the model could not take').toBe(0);
});
