/**
 * What docs/api.md says of Arrow, held against a reader that is not of Arrow's own makers for JavaScript: DuckDB, which
 * is C++. Its build for WebAssembly reads IPC streams without an extension that it would have to fetch.
 */
import { createRequire } from 'node:module';
import { createDuckDB, type DuckDBConnection, NODE_RUNTIME, VoidLogger } from '@duckdb/duckdb-wasm/blocking';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

interface Run {
  id: string;
  summary: { requests: number; outcomes: Record<string, number> };
}

const { resolve } = createRequire(import.meta.url);
const build = (name: string) => ({
  mainModule: resolve(`@duckdb/duckdb-wasm/dist/duckdb-${name}.wasm`),
  mainWorker: '',
});

let server: TestServer;
let duck: DuckDBConnection;
let run: Run;
/** All requests of the run, as they came. */
let stream: Uint8Array;

beforeAll(async () => {
  server = await startServer();
  const scenario = loadScenario({ ratePerSecond: 1200, seconds: 10, policy: 'Local' });
  run = (await simulate(server, { scenario })) as unknown as Run;
  const database = await createDuckDB({ mvp: build('mvp'), eh: build('eh') }, new VoidLogger(), NODE_RUNTIME);
  await database.instantiate();
  duck = database.connect();
  stream = await arrow(run, '');
  duck.insertArrowFromIPCStream(stream, { name: 'requests' });
}, 60_000);
afterAll(() => server.close());

async function arrow({ id }: Run, query: string): Promise<Uint8Array> {
  const url = `${server.origin}/v1/simulations/${id}/requests?${query}`;
  const response = await fetch(url, { headers: { accept: 'application/vnd.apache.arrow.stream' } });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

function ask(sql: string): Record<string, unknown>[] {
  return duck
    .query(sql)
    .toArray()
    .map((row) => row.toJSON());
}

describe('requests as an Arrow stream, read by DuckDB', () => {
  it('come to the outcomes of the summary', () => {
    const counted = ask('select outcome, count(*)::int as n from requests group by outcome');
    const outcomes = Object.entries(run.summary.outcomes).filter(([, n]) => n > 0);
    expect(Object.fromEntries(counted.map(({ outcome, n }) => [outcome, n]))).toEqual(Object.fromEntries(outcomes));
    expect(outcomes.map(([outcome]) => outcome).sort()).toEqual(['dropped', 'ok']);
    expect(ask('select count(*)::int as n from requests')).toEqual([{ n: run.summary.requests }]);
  });

  it('are, row by row, what NDJSON says', async () => {
    const url = `${server.origin}/v1/simulations/${run.id}/requests`;
    const text = await (await fetch(url, { headers: { accept: 'application/x-ndjson' } })).text();
    const lines = text.trimEnd().split('\n');
    const read = ask('select * from requests order by request').map((row) => JSON.stringify(row));
    expect(read).toHaveLength(run.summary.requests);
    const differs = lines.findIndex((line, n) => line !== read[n]);
    expect(read[differs], `row ${differs}`).toBe(lines[differs]);
  });

  it('have texts as texts and numbers as numbers, which SQL can ask for', () => {
    const types = ask('select column_name as name, column_type as type from (describe requests)');
    expect(new Set(types.map(({ type }) => type))).toEqual(new Set(['INTEGER', 'DOUBLE', 'VARCHAR']));
    const [lost] =
      ask(`select cause, event, count(*)::int as n, count(connectUs)::int as connected, max(latencyUs) as slowest
      from requests where outcome = 'dropped' and node is null group by all`);
    expect(lost).toEqual({
      cause: 'no-local-endpoint',
      event: null,
      n: run.summary.outcomes.dropped,
      connected: 0,
      slowest: 1e6,
    });
  });

  it('are the standard stream, with types that every reader of it has', () => {
    expect(Buffer.from(stream.subarray(0, 4)).toString('hex')).toBe('ffffffff');
    expect(Buffer.from(stream.subarray(-8)).toString('hex')).toBe('ffffffff00000000');
    const types = tableFromIPC(stream).schema.fields.map(({ type }) => String(type));
    expect(new Set(types)).toEqual(new Set(['Int32', 'Float64', 'Dictionary<Int32, Utf8>']));
  });

  it('are tables of the same columns where nothing passes the filters, or nothing failed', async () => {
    duck.insertArrowFromIPCStream(await arrow(run, 'fromMs=999999'), { name: 'none' });
    expect(ask('select count(*)::int as n from none')).toEqual([{ n: 0 }]);
    expect(ask('describe none')).toEqual(ask('describe requests'));
    const calm = (await simulate(server, {
      scenario: loadScenario({ ratePerSecond: 100, seconds: 1 }),
    })) as unknown as Run;
    duck.insertArrowFromIPCStream(await arrow(calm, ''), { name: 'calm' });
    expect(ask('select outcome, reason, lb, count(*)::int as n from calm group by all')).toEqual([
      { outcome: 'ok', reason: null, lb: null, n: calm.summary.requests },
    ]);
  });
});
