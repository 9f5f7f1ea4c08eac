import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MatrixOutcome, MatrixResult, MatrixTable } from '#sim';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const TUTORIAL = { preset: 'source-ip-tutorial', at: '379s' };
const POD = 'default/source-ip-app-826191075-qehz4';

const ask = (body: object) => server.http.post('/v1/traces/matrix').send(body);
const matrixOf = async (body: object): Promise<MatrixResult> => (await ask(body).expect(200)).body;

const tableOf = ({ tables }: MatrixResult, service: string): MatrixTable =>
  tables.find((table) => table.service === service)!;

/** What becomes of a packet of that source at that address. */
function answersAt(matrix: MatrixResult, service: string, source: string, at: string): (MatrixOutcome[] | null)[] {
  const table = tableOf(matrix, service);
  const n = matrix.sources.findIndex(({ name }) => name === source);
  const row = table.rows.find(({ sources }) => sources.includes(n))!;
  const column = table.destinations.findIndex(({ via, node }) => at === via || at === node);
  return row.cells[column]!.map((answer) => (answer === null ? null : table.answers[answer]!));
}

const seenBy = (outcomes: MatrixOutcome[] | null | undefined) =>
  outcomes?.map(({ verdict, seen }) => (seen === null ? verdict : (seen.ip ?? `own ${seen.kind}`)));

describe("the tutorial's cluster", () => {
  it('has every pod, node and client against every address of every service', async () => {
    const matrix = await matrixOf(TUTORIAL);
    expect(matrix.sources.map(({ name }) => name)).toEqual([
      POD,
      'default/busybox',
      'kubernetes-node-6jst',
      'kubernetes-node-cx31',
      'kubernetes-node-jj1t',
      'workstation',
      'laptop',
    ]);
    const ways = matrix.tables.map(({ service, destinations }) => [service, destinations.map(({ via }) => via)]);
    const nodePorts = ['nodePort', 'nodePort', 'nodePort'];
    expect(ways).toEqual([
      ['default/clusterip', ['clusterIP']],
      ['default/loadbalancer', ['clusterIP', 'loadBalancer', ...nodePorts]],
      ['default/nodeport', ['clusterIP', ...nodePorts]],
    ]);
  });

  it('tells what the tutorial tells', async () => {
    const matrix = await matrixOf({ ...TUTORIAL, at: '61s' });
    const seen = (source: string, service: string, at: string) => seenBy(answersAt(matrix, service, source, at)[0]);
    expect(seen('default/busybox', 'default/clusterip', 'clusterIP')).toEqual(['own pod']);
    expect(seen('workstation', 'default/nodeport', 'kubernetes-node-6jst')).toEqual(['10.180.1.1']);
    expect(seen('workstation', 'default/nodeport', 'kubernetes-node-cx31')).toEqual(['10.240.0.5']);
    expect(seen('workstation', 'default/clusterip', 'clusterIP')).toEqual(['passthrough']);
    const later = await matrixOf(TUTORIAL);
    expect(seenBy(answersAt(later, 'default/nodeport', 'workstation', 'kubernetes-node-6jst')[0])).toEqual([
      'own client',
    ]);
    expect(seenBy(answersAt(later, 'default/nodeport', 'workstation', 'kubernetes-node-cx31')[0])).toEqual(['dropped']);
    expect(seenBy(answersAt(later, 'default/loadbalancer', 'laptop', 'loadBalancer')[0])).toEqual(['own client']);
  });

  it.each([
    ['text/plain', /^node kubernetes-node-cx31 +10\.240\.0\.5 \(node\)$/m],
    ['text/markdown', /^\| node kubernetes-node-cx31 \| 10\.240\.0\.5 \(node\) \|$/m],
  ])('is a table for people as %s', async (type, line) => {
    const asked = ask({ ...TUTORIAL, services: ['clusterip'] }).set('accept', type);
    const { text, headers } = await asked.expect(200);
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(text).toMatch(line);
    await ask(TUTORIAL).set('accept', 'text/csv').expect(406);
  });
});

describe('variants', () => {
  it('are told side by side, without what is the same', async () => {
    const body = { ...TUTORIAL, vary: { externalTrafficPolicy: ['Cluster', 'Local'] }, onlyDifferences: true };
    const matrix = await matrixOf(body);
    expect(matrix.variants.map(({ name }) => name)).toEqual([
      'externalTrafficPolicy=Cluster',
      'externalTrafficPolicy=Local',
    ]);
    expect(matrix.withoutDifference).toEqual(['default/clusterip']);
    const seen = answersAt(matrix, 'default/loadbalancer', 'laptop', 'loadBalancer').map(seenBy);
    expect(seen[0]?.toSorted()).toEqual(['10.180.1.1', '10.240.0.3', '10.240.0.5']);
    expect(seen[1]).toEqual(['own client']);
    const { text } = await ask(body).set('accept', 'text/plain').expect(200);
    expect(text).toMatch(/^FROM +TO +externalTrafficPolicy=Cluster +externalTrafficPolicy=Local$/m);
    expect(text).toContain('The same in all variants: clusterip.');
  });

  it('multiply, also with settings of kube-proxy', async () => {
    const vary = { masqueradeAll: [false, true], internalTrafficPolicy: ['Cluster', 'Local'], version: ['1.28'] };
    const matrix = await matrixOf({ ...TUTORIAL, services: ['clusterip'], vary });
    expect(matrix.variants).toHaveLength(4);
    expect(matrix.variants[3]).toEqual({
      name: 'internalTrafficPolicy=Local, version=1.28, masqueradeAll=true',
      settings: { masqueradeAll: true, internalTrafficPolicy: 'Local', version: '1.28' },
    });
    const seen = answersAt(matrix, 'default/clusterip', 'default/busybox', 'clusterIP').map(seenBy);
    expect(seen).toEqual([['own pod'], ['10.240.0.3'], ['dropped'], ['dropped']]);
  });

  it('know every mode and version that a scenario may have, and refuse the others with its issue', async () => {
    const versions = await ask({ ...TUTORIAL, vary: { version: ['1.28', '1.4'] } }).expect(422);
    expect(versions.body).toMatchObject({ code: 'invalid-scenario', issues: [{ path: '/vary/version' }] });
    const cidr = await ask({ ...TUTORIAL, vary: { clusterCIDR: ['', 'all'], mode: ['iptables'] } }).expect(422);
    expect(cidr.body.issues).toEqual([expect.objectContaining({ path: '/vary/clusterCIDR', code: 'bad-cidr' })]);
    for (const mode of ['iptables', 'nftables', 'ipvs', 'userspace']) {
      const scenario = { name: 'x', cluster: { version: '1.31', kubeProxy: { mode } } };
      const dryRun = await server.http.post('/v1/scenarios?dryRun=All').send(scenario);
      const { status, body } = await ask({
        scenario: { name: 'x', cluster: { version: '1.31' } },
        vary: { mode: [mode] },
      });
      expect(status, mode).toBe(dryRun.status);
      if (status === 422)
        expect(body.issues[0]).toMatchObject({ code: dryRun.body.issues[0].code, path: '/vary/mode' });
    }
  });
});

describe('a matrix that cannot be', () => {
  it.each([
    [{ services: ['nobody'] }, 'model-refused', '/services/0'],
    [{ sources: ['pods', { pod: 'nobody' }] }, 'model-refused', '/sources/1/pod'],
    [{ sources: [{ node: 'n9' }] }, 'model-refused', '/sources/0/node'],
    [{ sources: [{ podsOn: 'n9' }] }, 'model-refused', '/sources/0/podsOn'],
    [{ sources: [{ podsIn: 'n9' }] }, 'model-refused', '/sources/0/podsIn'],
    [{ sources: [{ client: 'n9' }] }, 'model-refused', '/sources/0/client'],
    [{ sources: ['everyone'] }, 'invalid-request', '/sources/0'],
    [{ vary: { version: [] } }, 'invalid-request', '/vary/version'],
    [{ vary: { proxyMode: ['ipvs'] } }, 'invalid-request', '/vary/proxyMode'],
    [{ vary: { externalTrafficPolicy: ['Remote'] } }, 'invalid-request', '/vary/externalTrafficPolicy/0'],
    [{ onlyDifferences: true }, 'invalid-request', '/onlyDifferences'],
    [{ at: 'noon' }, 'invalid-request', '/at'],
  ])('says what is wrong with %j', async (wrong, code, path) => {
    const { body } = await ask({ ...TUTORIAL, ...wrong }).expect(422);
    expect(body.code, JSON.stringify(body)).toBe(code);
    expect(body.issues).toContainEqual(expect.objectContaining({ path }));
    for (const { hint } of body.issues) expect(hint).not.toBe('');
  });

  it('says all names that are not there', async () => {
    const wrong = { services: ['nobody', 'nodeport'], sources: ['pods', { client: 'n9' }, { podsOn: 'n8' }] };
    const { body } = await ask({ ...TUTORIAL, ...wrong }).expect(422);
    const places = body.issues.map(({ path }: { path: string }) => path);
    expect(places).toEqual(['/sources/1/client', '/sources/2/podsOn', '/services/0']);
  });

  it('has at most so many variants', async () => {
    const vary = {
      version: ['1.21', '1.22', '1.23', '1.24', '1.25'],
      masqueradeAll: [true, false],
      cni: ['bridge', 'routed'],
    };
    const both = { ...vary, externalTrafficPolicy: ['Cluster', 'Local'] };
    expect((await ask({ ...TUTORIAL, vary: both }).expect(422)).body.issues).toContainEqual(
      expect.objectContaining({ path: '/vary', message: expect.stringContaining('40 variants') }),
    );
    await ask({ ...TUTORIAL, services: ['clusterip'], vary }).expect(200);
  });

  it('is refused soon where it is too large, with how to narrow it down', async () => {
    const began = performance.now();
    const { body } = await ask({ scenario: crowdedCluster(40, 10, 600) }).expect(422);
    expect(body).toMatchObject({ code: 'model-refused', issues: [{ code: 'matrix-too-large' }] });
    expect(body.detail).toMatch(/cells/);
    expect(body.issues[0].hint).toMatch(/services.*sources/);
    expect(performance.now() - began).toBeLessThan(20_000);
    const narrowed = { services: ['svc-1'], sources: ['nodes'], via: ['clusterIP'] };
    await ask({ scenario: crowdedCluster(40, 10, 600), ...narrowed }).expect(200);
  }, 60_000);
});

function crowdedCluster(nodes: number, podsOnEach: number, services: number): object {
  const list = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
  return {
    name: 'crowded',
    objects: [
      ...list(nodes, (n) => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `n${n}` },
        spec: { podCIDR: `10.1.${n}.0/24` },
        status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n + 1}` }] },
      })),
      ...list(nodes * podsOnEach, (n) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `p${n}` },
        spec: { nodeName: `n${n % nodes}`, containers: [{ name: 'c', image: 'c' }] },
      })),
      ...list(services, (n) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `svc-${n}` },
        spec: { type: 'NodePort', ports: [{ port: 80 }] },
      })),
    ],
  };
}
