/** The operations of the OpenAPI document, each with a request that is whole: tests of all of them are made of it. */
import type { TestServer } from './server.js';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  example?: unknown;
}

interface Described {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
  'x-access': string;
}

export interface AnyOperation {
  method: string;
  /** With `{id}` and the like. */
  path: string;
  name: string;
  access: string;
  headers: Record<string, string>;
  /** The first example as JSON. */
  body: string | undefined;
  /** All examples of bodies in JSON. */
  bodies: unknown[];
  /** The path with its parameters, and the query that is needed; `id` instead of the example's. */
  url(id?: string): string;
}

export async function everyOperation(server: TestServer): Promise<AnyOperation[]> {
  const answer = await fetch(`${server.origin}/openapi.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => operation(method.toUpperCase(), path, described)),
  );
}

function operation(method: string, path: string, described: Described): AnyOperation {
  const { parameters, requestBody } = described;
  const json = requestBody?.content['application/json']?.examples ?? {};
  const bodies = Object.values(json).map(({ value }) => value);
  const given = (place: Parameter['in']) =>
    parameters.filter((one) => one.in === place && one.example !== undefined && (one.required || place === 'path'));
  const query = new URLSearchParams(
    given('query').map(({ name, example }) => [name, String([example].flat()[0])] as [string, string]),
  );
  return {
    method,
    path,
    name: `${method} ${path}`,
    access: described['x-access'],
    headers: Object.fromEntries(given('header').map(({ name, example }) => [name, String(example)])),
    bodies,
    body: bodies.length === 0 ? undefined : JSON.stringify(bodies[0]),
    url: (id) => {
      const filled = given('path').reduce(
        (text, { name, example }) =>
          text.replace(`{${name}}`, name === 'id' && id !== undefined ? id : String(example)),
        path,
      );
      return query.size === 0 ? filled : `${filled}?${query}`;
    },
  };
}
