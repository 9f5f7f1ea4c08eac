import { readFileSync } from 'node:fs';
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const document = (name = 'mine') => ({ ...loadScenario({ ratePerSecond: 10, seconds: 5 }), name });

async function store(name?: string): Promise<{ id: string; etag: string }> {
  const response = await server.http.post('/v1/scenarios').send(document(name)).expect(201);
  return { id: response.body.id, etag: response.headers.etag! };
}

describe('presets', () => {
  it('are listed with what they show, and read as JSON or as the YAML that they are', async () => {
    const { body } = await server.http.get('/v1/presets').expect(200);
    const tutorial = body.items.find((item: { name: string }) => item.name === 'source-ip-tutorial');
    expect(tutorial).toMatchObject({
      url: '/v1/presets/source-ip-tutorial',
      digest: expect.stringMatching(/^[\da-f]{64}$/),
    });
    const file = readFileSync(new URL('../../presets/source-ip-tutorial.yaml', import.meta.url), 'utf8');
    const asYaml = await server.http.get(tutorial.url).set('Accept', 'application/yaml').expect(200);
    expect(asYaml.text).toBe(file);
    const asJson = await server.http.get(tutorial.url).expect(200);
    expect(asJson.body).toEqual(parse(file));
  });

  it('that do not exist are told with those that do', async () => {
    const { body } = await server.http.get('/v1/presets/source-ip').expect(404);
    expect(body.hint).toContain('source-ip-tutorial');
  });
});

describe('scenarios', () => {
  it('are stored, read, replaced and deleted', async () => {
    const created = await server.http.post('/v1/scenarios').send(document()).expect(201);
    expect(created.headers.location).toBe(`/v1/scenarios/${created.body.id}`);
    expect(created.headers.etag).toBe('"1"');
    expect(created.body).toMatchObject({ revision: 1, name: 'mine', warnings: [] });
    const read = await server.http.get(created.headers.location!).expect(200);
    expect(read.body.document).toEqual(document());
    const replaced = await server.http
      .put(created.headers.location!)
      .set('If-Match', '"1"')
      .send(document('renamed'))
      .expect(200);
    expect(replaced.headers.etag).toBe('"2"');
    expect(replaced.body).toMatchObject({ revision: 2, name: 'renamed', id: created.body.id });
    expect(replaced.body.digest).not.toBe(created.body.digest);
    await server.http.delete(created.headers.location!).expect(204);
    await server.http.get(created.headers.location!).expect(404);
  });

  it('mean the same as JSON and as YAML: one digest', async () => {
    const json = await server.http.post('/v1/scenarios').send(document()).expect(201);
    const yaml = await server.http
      .post('/v1/scenarios')
      .type('application/yaml')
      .send(stringify(document()))
      .expect(201);
    expect(yaml.body.digest).toBe(json.body.digest);
    const read = await server.http.get(`/v1/scenarios/${yaml.body.id}`).set('Accept', 'application/yaml').expect(200);
    expect(parse(read.text)).toEqual(document());
  });

  it('are guarded against lost updates', async () => {
    const { id } = await store();
    const put = () => server.http.put(`/v1/scenarios/${id}`);
    const missing = await put().send(document()).expect(428);
    expect(missing.body).toMatchObject({ code: 'precondition-required', detail: expect.stringContaining('"1"') });
    await put().set('If-Match', '"1"').send(document('first')).expect(200);
    const stale = await put().set('If-Match', '"1"').send(document('second')).expect(412);
    expect(stale.headers.etag).toBe('"2"');
    await put().set('If-Match', '"7", "2"').send(document('third')).expect(200);
    await put().set('If-Match', '*').send(document('fourth')).expect(200);
    await server.http.delete(`/v1/scenarios/${id}`).set('If-Match', '"1"').expect(412);
    await server.http.delete(`/v1/scenarios/${id}`).set('If-Match', '"4"').expect(204);
  });

  it('let exactly one of many concurrent replacements through', async () => {
    const { id } = await store();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        server.http
          .put(`/v1/scenarios/${id}`)
          .set('If-Match', '"1"')
          .send(document(`writer-${n}`)),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('are not sent again to whoever has them', async () => {
    const { id, etag } = await store();
    const known = await server.http.get(`/v1/scenarios/${id}`).set('If-None-Match', etag).expect(304);
    expect(known.text).toBe('');
    await server.http.get(`/v1/scenarios/${id}`).set('If-None-Match', '"9"').expect(200);
  });

  it('are only checked with dryRun=All', async () => {
    const before = await server.http.get('/v1/scenarios').expect(200);
    const { body } = await server.http.post('/v1/scenarios?dryRun=All').send(document()).expect(200);
    expect(body).toMatchObject({ dryRun: true, name: 'mine', warnings: [] });
    const bad = { ...document(), traffic: [{ from: { client: 'nobody' }, to: { service: 'web' }, rate: '1/s' }] };
    await server.http.post('/v1/scenarios?dryRun=All').send(bad).expect(422);
    const after = await server.http.get('/v1/scenarios').expect(200);
    expect(after.body).toEqual(before.body);
  });

  it('come back with warnings where a field is not known, and are stored', async () => {
    const scenario = document();
    const service = scenario.objects[3] as unknown as { spec: Record<string, unknown> };
    service.spec.externalTraficPolicy = 'Local';
    const { body } = await server.http.post('/v1/scenarios').send(scenario).expect(201);
    expect(body.warnings).toContainEqual(
      expect.objectContaining({
        code: 'unknown-field',
        severity: 'warning',
        path: '/objects/3/spec/externalTraficPolicy',
        hint: expect.stringContaining('externalTrafficPolicy'),
      }),
    );
  });

  it('with errors are refused with all of them, and with lines for YAML', async () => {
    const text = stringify({ ...document(), duration: 5, clients: [{ name: 'laptop', ip: '1.2.3' }] });
    const { body } = await server.http.post('/v1/scenarios').type('application/yaml').send(text).expect(422);
    expect(body.code).toBe('invalid-scenario');
    const errors = body.issues.filter((issue: { severity: string }) => issue.severity === 'error');
    expect(errors.map((issue: { path: string }) => issue.path)).toEqual(
      expect.arrayContaining(['/duration', '/clients/0/ip', '/traffic/1/from/client']),
    );
    for (const issue of errors) {
      expect(issue.hint.length).toBeGreaterThan(5);
      const line = text.split('\n')[issue.line - 1];
      expect(line, `${issue.code} at line ${issue.line}`).toContain(issue.path.split('/').at(-1));
    }
  });

  it('are listed newest first, page by page to the last', async () => {
    for (let n = 0; n < 7; n++) await store(`page-${n}`);
    const ids: string[] = [];
    let url: string | null = '/v1/scenarios?limit=3';
    while (url !== null) {
      const { body, headers }: Response = await server.http.get(url).expect(200);
      ids.push(...body.items.map((item: { id: string }) => item.id));
      const link: string | undefined = /^<(.+)>; rel="next"$/.exec(headers.link ?? '')?.[1];
      expect(link !== undefined).toBe(body.next !== null);
      url = link ?? null;
    }
    const { body } = await server.http.get('/v1/scenarios?limit=1000').expect(200);
    expect(ids).toEqual(body.items.map((item: { id: string }) => item.id));
    expect(body.items.slice(0, 7).map((item: { name: string }) => item.name)).toEqual([
      'page-6',
      'page-5',
      'page-4',
      'page-3',
      'page-2',
      'page-1',
      'page-0',
    ]);
  });

  it('are imported from what kubectl prints, Secrets dropped', async () => {
    const objects = document()
      .objects.map((object) => stringify(object))
      .join('---\n');
    const secret = stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { password: 'aHVudGVyMg==' },
    });
    const { body } = await server.http
      .post('/v1/scenarios/import')
      .type('application/yaml')
      .send(`${objects}---\n${secret}`)
      .expect(201);
    expect(body.warnings.map((issue: { code: string }) => issue.code)).toContain('secret-dropped');
    const read = await server.http.get(`/v1/scenarios/${body.id}`).expect(200);
    expect(JSON.stringify(read.body)).not.toContain('aHVudGVyMg');
    const list = { apiVersion: 'v1', kind: 'List', items: document().objects };
    await server.http.post('/v1/scenarios/import').send(list).expect(201);
  });
});

describe('rules', () => {
  it('are served as the text that loads', async () => {
    const { text } = await server.http
      .get('/v1/scenarios/example/rules?node=kubernetes-node-6jst&at=70s')
      .expect(200)
      .expect('content-type', /^text\/plain/);
    expect(text).toContain('*nat');
    expect(text).toContain('--dport 31234');
    expect(text.trimEnd().split('\n').at(-1)).toBe('COMMIT');
  });

  it('of mode ipvs are served in each of their forms', async () => {
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        spec: { podCIDR: '10.1.1.0/24' },
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { clusterIP: '10.96.0.9', ports: [{ port: 80 }] },
      },
    ];
    const cluster = { version: '1.33', kubeProxy: { mode: 'ipvs' } };
    const created = await server.http.post('/v1/scenarios').send({ name: 'ipvs', cluster, objects }).expect(201);
    const inForm = async (format: string) =>
      (await server.http.get(`/v1/scenarios/${created.body.id}/rules?node=n1&format=${format}`).expect(200)).text;
    expect(await inForm('ipvs')).toContain('-A -t 10.96.0.9:80 -s rr');
    expect(await inForm('ipset')).toContain('add KUBE-CLUSTER-IP 10.96.0.9,tcp:80');
    expect(await inForm('iptables')).toContain('--match-set KUBE-CLUSTER-IP');
    const refused = await server.http.get(`/v1/scenarios/${created.body.id}/rules?node=n1&format=nft`).expect(422);
    expect(refused.body.issues).toMatchObject([{ code: 'other-format', hint: expect.stringContaining('format=') }]);
  });

  it('of a node that is not there, or at no time, are refused with the place', async () => {
    const url = '/v1/scenarios/example/rules';
    const unknown = await server.http.get(`${url}?node=n9`).expect(422);
    expect(unknown.body.issues[0]).toMatchObject({ code: 'unknown-node', path: '?node' });
    const time = await server.http.get(`${url}?node=kubernetes-node-6jst&at=5`).expect(422);
    expect(time.body.issues[0]).toMatchObject({
      code: 'bad-duration',
      path: '?at',
      hint: expect.stringContaining('5s'),
    });
    await server.http.get(url).expect(422);
  });
});

it('the scenario schema is served for editors', async () => {
  const { body, headers } = await server.http.get('/v1/schemas/scenario.json').expect(200);
  expect(headers['content-type']).toContain('schema+json');
  expect(body.$schema).toContain('2020-12');
});
