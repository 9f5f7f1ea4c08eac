import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startServer, type TestServer } from './server.js';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  schema: Record<string, unknown>;
  example?: unknown;
}
interface Media {
  schema: Record<string, unknown>;
  examples?: Record<string, { value: unknown }>;
}
interface Operation {
  operationId: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

let server: TestServer;
let document: Document;
let operations: { method: string; path: string; operation: Operation }[];
let ajv: Ajv2020;

beforeAll(async () => {
  server = await startServer();
  document = (await server.http.get('/openapi.json').expect(200)).body as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
});
afterAll(() => server.close());

/** Problems of a value with a schema of the document; the schema's references are into the document. */
function problemsWith(schema: Record<string, unknown>, value: unknown): string[] {
  const anchored = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as object;
  const validate = ajv.compile(anchored);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has component schemas that are valid JSON Schema 2020-12', () => {
    for (const [name, schema] of Object.entries(document.components.schemas))
      expect(ajv.validateSchema(schema as object), `${name}: ${ajv.errorsText()}`).toBe(true);
  });

  it('is the same as YAML', async () => {
    const { text } = await server.http.get('/openapi.yaml').expect(200).expect('content-type', /yaml/);
    expect(parse(text)).toEqual(document);
  });

  it('describes every operation, with examples for whatever it needs', () => {
    expect(operations.length).toBeGreaterThanOrEqual(23);
    for (const { method, path, operation } of operations) {
      const name = `${method} ${path}`;
      expect(operation.summary, name).toMatch(/^.{5,80}$/);
      expect(operation.description.length, name).toBeGreaterThan(20);
      for (const { name: parameter, description } of operation.parameters)
        expect(description?.length ?? 0, `${name} ${parameter}`).toBeGreaterThan(5);
      const needed = operation.parameters.filter((parameter) => parameter.required);
      for (const parameter of needed) expect(parameter.example, `${name} ${parameter.name}`).toBeDefined();
      if (operation.requestBody) {
        const types = Object.keys(operation.requestBody.content);
        expect(types.sort(), name).toEqual(['application/json', 'application/yaml']);
        for (const [type, media] of Object.entries(operation.requestBody.content))
          expect(Object.keys(media.examples ?? {}).length, `${name} ${type}`).toBeGreaterThan(0);
        const late = operation.responses['503']?.content?.['application/problem+json']?.examples ?? {};
        expect(Object.keys(late), name).toContain('took-too-long');
      }
    }
  });

  it('names problems that are described as problem+json, with an example for each', () => {
    for (const { method, path, operation } of operations)
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const problem = response.content?.['application/problem+json'];
        for (const [code, { value }] of Object.entries(problem?.examples ?? { missing: { value: null } }))
          expect(problemsWith(problem?.schema ?? {}, value), `${method} ${path} ${status} ${code}`).toEqual([]);
      }
  });

  it('has distinct operation ids', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('every example', () => {
  /** What "Try it out" sends: parameters with their examples, and one example of the body. */
  async function tryItOut(
    method: string,
    path: string,
    operation: Operation,
    accept: string,
    body?: [string, unknown],
  ) {
    const filled = operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .reduce((url, { name, example }) => url.replace(`{${name}}`, encodeURIComponent(String(example))), path);
    const query = new URLSearchParams();
    for (const { name, in: place, example } of operation.parameters)
      if (place === 'query' && example !== undefined)
        for (const value of [example].flat()) query.append(name, String(value));
    const headers = operation.parameters.filter((p) => p.in === 'header' && p.example !== undefined);
    return fetch(`${server.origin}${filled}?${query}`, {
      method: method.toUpperCase(),
      headers: {
        accept,
        ...Object.fromEntries(headers.map(({ name, example }) => [name, String(example)])),
        ...(body ? { 'content-type': body[0] } : {}),
      },
      ...(body ? { body: typeof body[1] === 'string' ? body[1] : JSON.stringify(body[1]) } : {}),
    });
  }

  const bodiesOf = (operation: Operation): ([string, unknown] | undefined)[] =>
    operation.requestBody
      ? Object.entries(operation.requestBody.content).flatMap(([type, media]) =>
          Object.values(media.examples ?? {}).map(({ value }): [string, unknown] => [type, value]),
        )
      : [undefined];

  it('works unchanged, again and again, and answers as its schema says, in every format', async () => {
    let tried = 0;
    for (let round = 0; round < 2; round++)
      for (const { method, path, operation } of operations)
        for (const body of bodiesOf(operation)) {
          const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
          const accepts = new Set(successes.flatMap(([, response]) => Object.keys(response.content ?? { '*/*': {} })));
          for (const accept of accepts) {
            const name = `${method} ${path} as ${accept}`;
            const response = await tryItOut(method, path, operation, accept, body);
            const text = await response.text();
            expect(response.status, `${name}: ${text.slice(0, 500)}`).toBeLessThan(300);
            const described = operation.responses[String(response.status)];
            expect(described, `${name} answers ${response.status}`).toBeDefined();
            const type = response.headers.get('content-type')?.split(';')[0];
            if (type === undefined) continue;
            const media = described!.content?.[type];
            expect(media, `${name} answers ${type}`).toBeDefined();
            const value = /[/+]json$/.test(type) ? JSON.parse(text) : text;
            expect(problemsWith(media!.schema, value), name).toEqual([]);
            tried++;
          }
        }
    console.log(`OpenAPI: ${operations.length} operations, ${tried} examples tried`);
  }, 60_000);
});
