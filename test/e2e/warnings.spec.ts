/** What of a scenario may not be as it was meant is said wherever that scenario is asked about, with its place in what was sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate, startServer, type TestServer } from './server.js';

const DOCUMENT = `name: warned
cluster: {version: "1.31"}
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.180.1.0/24}, status: {addresses: [{type: InternalIP, address: 10.240.0.4}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {nodeName: n1}}
  - apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      externalTraficPolicy: Local
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
clients: [{name: laptop, ip: 198.51.100.79}]
duration: 5s
`;
/** As a field of a request, two signs further in. */
const inside = (document: string, ...fields: string[]) =>
  [
    ...fields,
    'scenario:',
    ...document
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ].join('\n');
const PATH = '/objects/2/spec/externalTraficPolicy';
const WARNING = { code: 'unknown-field', severity: 'warning', path: `/scenario${PATH}` };
const PACKET = 'packet: {from: {client: laptop}, to: {ip: 10.240.0.4, port: 30080}}';

describe('a warning', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const post = (path: string, yaml: string, accept = 'application/json') =>
    server.http.post(path).set({ 'Content-Type': 'application/yaml', Accept: accept }).send(yaml);
  const asComment = new RegExp(`^# warning: (/scenario)?${PATH}: .*"externalTrafficPolicy"`);

  it('has line and column in the YAML of a request, as an error has', async () => {
    const { body } = await post('/v1/simulations?dryRun=All', inside(DOCUMENT)).expect(200);
    expect(body.warnings).toMatchObject([{ ...WARNING, line: 12, column: 9 }]);
    // Unusual YAML takes another reader.
    const tabbed = inside(DOCUMENT.replace('{version: "1.31"}', '&c {version: "1.31"}'), '# about it', PACKET);
    const traced = await post('/v1/traces', tabbed).expect(200);
    expect(traced.body.warnings).toMatchObject([{ ...WARNING, line: 14, column: 9 }]);
    const wrong = DOCUMENT.replace('nodePort: 30080', 'nodePort: 80');
    const refused = await post('/v1/simulations', inside(wrong, 'seed: 3')).expect(422);
    expect(refused.body.issues.map(({ path, line }: { path: string; line: number }) => [path, line])).toEqual([
      [`/scenario${PATH}`, 13],
      ['/scenario/objects/2/spec/ports/0/nodePort', 15],
    ]);
    const json = { scenario: { ...JSON.parse(JSON.stringify(body)), clients: [{ nam: 'x' }] } };
    const asJson = await server.http.post('/v1/simulations').send(json).expect(422);
    expect(asJson.body.issues[0]).not.toHaveProperty('line');
  });

  it('comes with traces, and with matrices in every format', async () => {
    const { body } = await post('/v1/traces', inside(DOCUMENT, PACKET)).expect(200);
    expect(body.warnings).toMatchObject([{ ...WARNING, line: 13 }]);
    const sound = DOCUMENT.replace('externalTraficPolicy', 'externalTrafficPolicy');
    expect((await post('/v1/traces', inside(sound, PACKET)).expect(200)).body).not.toHaveProperty('warnings');
    const matrix = (accept: string) => post('/v1/traces/matrix', inside(DOCUMENT), accept).expect(200);
    expect((await matrix('application/json')).body.warnings).toMatchObject([{ ...WARNING, line: 12 }]);
    expect((await matrix('text/plain')).text).toMatch(asComment);
    expect((await matrix('text/markdown')).text).toMatch(/^> warning: /);
    const without = await post('/v1/traces/matrix', inside(sound)).expect(200);
    expect(without.body).not.toHaveProperty('warnings');
  });

  it('stands before rules as a comment, where those who load them know comments', async () => {
    const stored = await post('/v1/scenarios', DOCUMENT).expect(201);
    const rules = async (query: string) => {
      const { text } = await server.http.get(`/v1/scenarios/${stored.body.id}/rules?node=n1${query}`).expect(200);
      return text;
    };
    expect(await rules('')).toMatch(asComment);
    const ipvs = await post('/v1/scenarios', DOCUMENT.replace('"1.31"', '"1.31", kubeProxy: {mode: ipvs}'));
    const text = (format: string) =>
      server.http.get(`/v1/scenarios/${ipvs.body.id}/rules?node=n1&format=${format}`).expect(200);
    expect((await text('ipset')).text).toMatch(asComment);
    expect((await text('ipvs')).text).toMatch(/^-A -t /);
  });

  it('stays with a run, and stands in its report', async () => {
    const { id } = await simulate(server, { scenario: JSON.parse(JSON.stringify(await jsonOf())) });
    const { body } = await server.http.get(`/v1/simulations/${id}`).expect(200);
    expect(body.warnings).toMatchObject([WARNING]);
    const { text } = await server.http.get(`/v1/simulations/${id}/report`).expect(200);
    expect(text).toContain('<section id="warnings"');
    expect(text).toContain(`<code>/scenario${PATH}</code>`);
    const example = await server.http.get('/v1/simulations/example/report').expect(200);
    expect(example.text).not.toContain('<section id="warnings"');
  });

  async function jsonOf(): Promise<unknown> {
    const stored = await post('/v1/scenarios', DOCUMENT).expect(201);
    const { body } = await server.http.get(`/v1/scenarios/${stored.body.id}`).expect(200);
    return body.document ?? body;
  }
});
