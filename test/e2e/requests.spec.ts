import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestRow } from '#sim';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
let run: string;
/** All rows, as NDJSON gives them. */
let rows: RequestRow[];

beforeAll(async () => {
  server = await startServer();
  const scenario = loadScenario({ ratePerSecond: 3000, seconds: 10, policy: 'Local' });
  const { id } = await simulate(server, { scenario });
  run = `/v1/simulations/${id}`;
  rows = await ndjson('');
}, 60_000);
afterAll(() => server.close());

async function bytes(query: string, type: string): Promise<Buffer> {
  const response = await server.http
    .get(`${run}/requests?${query}`)
    .set('Accept', type)
    .buffer(true)
    .parse((answer, done) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece) => pieces.push(Buffer.from(piece, 'binary')));
      answer.on('end', () => done(null, Buffer.concat(pieces)));
    })
    .expect(200)
    .expect('content-type', new RegExp(`^${type}`));
  return response.body;
}

async function ndjson(query: string): Promise<RequestRow[]> {
  const text = (await bytes(query, 'application/x-ndjson')).toString();
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
}

async function arrow(query: string): Promise<RequestRow[]> {
  const table = tableFromIPC(await bytes(query, 'application/vnd.apache.arrow.stream'));
  return table.toArray().map((row) => ({ ...row }));
}

async function pages(query: string): Promise<RequestRow[]> {
  const found: RequestRow[] = [];
  let url: string | undefined = `${run}/requests?${query}`;
  while (url !== undefined) {
    const response: { body: { items: RequestRow[] }; headers: Record<string, string> } = await server.http
      .get(url)
      .expect(200);
    found.push(...response.body.items);
    url = /^<(.+)>; rel="next"$/.exec(response.headers.link ?? '')?.[1];
  }
  return found;
}

describe('the requests of a run', () => {
  it('are numbered, in order, and all there', () => {
    expect(rows.length).toBeGreaterThan(25_000);
    rows.forEach((row, index) => {
      if (row.request !== index) throw new Error(`row ${index} is request ${row.request}`);
    });
    expect(new Set(rows.map((row) => row.outcome))).toEqual(new Set(['ok', 'dropped']));
  });

  it('are the same as an Arrow stream, filtered or not, up to any limit', async () => {
    const late = rows.filter(({ atMs }) => atMs >= 8000);
    expect(await arrow('fromMs=8000')).toEqual(late);
    const dropped = late.filter(({ outcome }) => outcome === 'dropped');
    expect(await arrow('fromMs=8000&outcome=dropped')).toEqual(dropped);
    expect(await arrow('fromMs=8000&outcome=dropped&limit=900')).toEqual(dropped.slice(0, 900));
    const all = tableFromIPC(await bytes('', 'application/vnd.apache.arrow.stream'));
    expect(all.numRows).toBe(rows.length);
    expect(await arrow('limit=10')).toEqual(rows.slice(0, 10));
    expect(await arrow('fromMs=999999')).toEqual([]);
  });

  it('are smaller for whoever takes gzip, and the same', async () => {
    const ask = (encoding: string) =>
      fetch(`${server.origin}${run}/requests?limit=500`, { headers: { 'accept-encoding': encoding } });
    const [plain, packed] = await Promise.all([ask('identity'), ask('gzip')]);
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([null, 'gzip']);
    expect(packed.headers.get('vary')).toMatch(/Accept-Encoding/i);
    expect(await packed.json()).toEqual(await plain.json());
    const small = await fetch(`${server.origin}/livez`, { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers.get('content-encoding')).toBeNull();
  });

  it('come in pages that together are the whole, at any size', async () => {
    expect(await pages('limit=1000')).toEqual(rows);
    expect((await pages('limit=997&fromMs=9000')).length).toBe(rows.filter((row) => row.atMs >= 9000).length);
  });

  it('come in pages that begin anywhere', async () => {
    let cursor = '';
    for (let page = 0; page < 20; page++) {
      const { body } = await server.http.get(`${run}/requests?limit=1000${cursor}`).expect(200);
      expect(body.items[0].request).toBe(page * 1000);
      cursor = `&cursor=${body.next}`;
    }
  });

  it('are the same as CSV', async () => {
    const { text } = await server.http.get(`${run}/requests?limit=50`).set('Accept', 'text/csv').expect(200);
    const [header, ...lines] = text.split('\r\n').slice(0, -1);
    expect(header).toBe(Object.keys(rows[0]!).join(','));
    expect(lines).toHaveLength(50);
    const columns = header!.split(',');
    lines.forEach((line, index) => {
      const values = Object.values(rows[index]!).map((value) => (value === null ? '' : String(value)));
      if (!line.includes('"')) expect(line.split(',')).toEqual(values);
      expect(columns).toHaveLength(values.length);
    });
  });

  const filters: [string, (row: RequestRow) => boolean][] = [
    ['outcome=ok', (row) => row.outcome === 'ok'],
    ['outcome=dropped,timeout', (row) => row.outcome === 'dropped' || row.outcome === 'timeout'],
    ['outcome=ok&outcome=dropped', () => true],
    ['outcome=reset', () => false],
    ['cause=no-local-endpoint', (row) => row.cause === 'no-local-endpoint'],
    ['cause=pod-gone,node-down', () => false],
    ['client=phone', (row) => row.client === 'phone'],
    ['node=n2', () => false],
    ['service=web', (row) => row.service === 'default/web'],
    ['service=default/web', (row) => row.service === 'default/web'],
    ['node=n1', (row) => row.node === 'n1'],
    ['pod=web-1', (row) => row.pod === 'default/web-1'],
    ['sourceIp=104.132.1.79', (row) => row.sourceIp === '104.132.1.79'],
    ['sourceKind=client&client=laptop', (row) => row.sourceKind === 'client' && row.client === 'laptop'],
    ['fromMs=2500&toMs=2600', (row) => row.atMs >= 2500 && row.atMs < 2600],
    ['outcome=dropped&fromMs=9990', (row) => row.outcome === 'dropped' && row.atMs >= 9990],
  ];
  it.each(filters)('are filtered by %s as by hand, in pages and in streams', async (query, test) => {
    const expected = rows.filter(test);
    expect(await ndjson(query)).toEqual(expected);
    const first = await server.http.get(`${run}/requests?${query}&limit=100`).expect(200);
    expect(first.body.items).toEqual(expected.slice(0, 100));
    expect(first.body.next === null).toBe(expected.length <= 100);
    if (expected.length < 3000) expect(await pages(`${query}&limit=300`)).toEqual(expected);
  });

  it('keep a cursor to the list that it is of', async () => {
    const { body } = await server.http.get(`${run}/requests?outcome=ok`).expect(200);
    const other = await server.http.get(`${run}/requests?cursor=${body.next}`).expect(422);
    expect(other.body).toMatchObject({ code: 'invalid-cursor', issues: [{ path: '?cursor' }] });
    await server.http.get(`${run}/requests?cursor=nonsense`).expect(422);
    const filter = 'fromMs=2500';
    const same = await server.http.get(`${run}/requests?${filter}`).expect(200);
    await server.http.get(`${run}/requests?${filter}&cursor=${same.body.next}`).expect(200);
  });

  it('are refused in formats that are not there, with those that are', async () => {
    const { body } = await server.http
      .get(`${run}/requests`)
      .set('Accept', 'application/vnd.apache.parquet')
      .expect(406);
    expect(body.hint).toMatch(/application\/json or application\/x-ndjson or text\/csv/);
  });

  it.each([
    ['outcom=ok', '?outcom', 'outcome'],
    ['outcome=okay', '?outcome', ''],
    ['limit=0', '?limit', ''],
    ['limit=1001', '?limit', 'ndjson'],
    ['limit=ten', '?limit', ''],
    ['fromMs=soon', '?fromMs', ''],
    ['fromMs=2000&toMs=1000', '?fromMs', ''],
    ['client=lapptop', '?client', '"laptop"'],
    ['service=wev', '?service', '"default/web"'],
    ['node=m1', '?node', '"n1"'],
    ['pod=wep-1', '?pod', '"default/web-1"'],
    ['outcome=ok&client=nobody,phone', '?client', 'laptop'],
    ['sourceIp=10.0.0.300', '?sourceIp', ''],
  ])('with the query %s are refused at %s', async (query, path, hint) => {
    const { body } = await server.http.get(`${run}/requests?${query}`).expect(422);
    expect(body.issues).toContainEqual(expect.objectContaining({ path, hint: expect.stringContaining(hint) }));
  });

  it('are drawn, each of them', async () => {
    const dropped = rows.find((row) => row.outcome === 'dropped')!;
    for (const n of [0, dropped.request, rows.length - 1]) {
      const mermaid = await server.http.get(`${run}/requests/${n}/diagram`).expect(200).expect('content-type', /plain/);
      expect(mermaid.text).toMatch(/^graph LR/);
      const svg = await server.http.get(`${run}/requests/${n}/diagram?format=svg`).expect(200);
      expect(svg.headers['content-type']).toContain('image/svg+xml');
      expect(String(svg.body)).toMatch(/^<svg/);
    }
    await server.http.get(`${run}/requests/${rows.length}/diagram`).expect(404);
    await server.http.get(`${run}/requests/one/diagram`).expect(422);
    await server.http.get(`${run}/requests/0/diagram?format=png`).expect(422);
  });
});

describe('the healthz timelines of a run', () => {
  it('are filtered by node and service', async () => {
    const all = (await server.http.get('/v1/simulations/example/healthz').expect(200)).body;
    expect(all.nodes.length).toBeGreaterThan(3);
    expect(all.loadBalancers.length).toBeGreaterThan(0);
    const node = 'kubernetes-node-cx31';
    const one = (await server.http.get(`/v1/simulations/example/healthz?node=${node}&service=loadbalancer`).expect(200))
      .body;
    expect(one.nodes).toEqual(
      all.nodes.filter(
        (line: { node: string; service: string }) => line.node === node && line.service === 'default/loadbalancer',
      ),
    );
    expect(one.loadBalancers).toHaveLength(1);
    const text = await server.http.get('/v1/simulations/example/healthz').set('Accept', 'text/plain').expect(200);
    expect(text.text).toContain(node);
  });

  it('tell every single probe, page by page and for people', async () => {
    const path = '/v1/simulations/example/healthz?node=kubernetes-node-cx31&probes=true';
    const { body } = await server.http.get(`${path}&limit=1000`).expect(200);
    const [line] = body.loadBalancers;
    expect(line.probers).toBeUndefined();
    expect(body.probes.next).toBeNull();
    expect(body.probes.items).toHaveLength(line.probes);
    const statuses = body.probes.items.map(({ result, status }: { result: string; status: number }) => [
      result,
      status,
    ]);
    expect(new Set(statuses.map(String))).toEqual(new Set(['pass,200', 'fail,503']));

    const paged: unknown[] = [];
    let next: string | null = null;
    do {
      const url: string = `${path}&limit=7${next === null ? '' : `&cursor=${next}`}`;
      const page = await server.http.get(url).expect(200);
      paged.push(...page.body.probes.items);
      next = page.body.probes.next;
      expect(page.headers.link === undefined).toBe(next === null);
    } while (next !== null);
    expect(paged).toEqual(body.probes.items);

    const text = await server.http.get(`${path}&limit=5`).set('Accept', 'text/plain').expect(200);
    expect(text.text).toMatch(/^AT +LOAD BALANCER +TARGET +PROBER +RESULT +STATUS$/m);
    await server.http.get(`${path}&cursor=nonsense`).expect(422);
    await server.http.get('/v1/simulations/example/healthz?probes=yes').expect(422);
    const strange = await server.http.get('/v1/simulations/example/healthz?node=kubernetes-node-cx32').expect(422);
    expect(strange.body.issues).toEqual([
      expect.objectContaining({ code: 'unknown-node', path: '?node', hint: 'Did you mean "kubernetes-node-cx31"?' }),
    ]);
  });
});
