/** The OpenAPI 3.1 document: the routes as Nest knows them, described by their `@Operation`. */

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '#platform';
import { typesOf } from './accept.js';
import { type Access, accessOf, scopeOf } from './access.js';
import { type Content, type JsonSchema, type OperationSpec, operationKey, operations } from './operation.js';
import { Problem } from './problem.filter.js';

const TAGS = {
  Simulations: 'Runs of scenarios: accepted, queued, run by a worker, with results by request, node and step.',
  Experiments: 'Variants of a scenario over many seeds: figures with their spread, and which differences are real.',
  Comparisons: 'Variants of a scenario on the same dice, request by request.',
  Traces: 'One packet, at once: everything that can become of it, and the rule at every step.',
  Scenarios: 'Clusters with what happens to them, stored and revised.',
  Presets: 'Scenarios that come with the server.',
  Keys: 'Who may do what: keys, their scopes and tenants. A server on loopback without API_KEYS asks nobody.',
  Webhooks: 'Who is told when something has ended, and what became of each message.',
  Operations: 'For those who run the server.',
} as const;

const DESCRIPTION = `Which source IP does my application see, and what happens to my clients while the cluster changes?

Every example on this page works with "Try it out" as it stands. The id \`example\` is always there: the tutorial's
scenario, and a finished run of it (\`scratch\` is a scenario to change and delete). Start with **POST /v1/simulations**, then look at its transcript and its requests.

Bodies may be JSON or YAML (\`application/yaml\`). Errors are \`application/problem+json\` (RFC 9457); those of a bad
scenario list every issue with its place and a hint. Lists give a \`next\` cursor and a \`Link\` header.`;

const KEY_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'hp_…',
  description: 'An API key. A server on loopback without API_KEYS asks for none.',
} as const;

/**
 * `events`: what the server sends itself, by name. Throws where a route has no `@Operation`, or two different schemas have
 * one name.
 */
export function openApiDocument(
  app: INestApplication,
  version: string,
  events: Record<string, OperationSpec>,
): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Hairpin')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setOpenAPIVersion('3.1.0')
    .addServer('/');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory: operationKey });
  const components = new Components();
  for (const item of Object.values(document.paths))
    for (const [method, operation] of Object.entries(item as Record<string, OpenApiOperation>)) {
      const spec = operations.get(operation.operationId);
      if (!spec) throw new Error(`${operation.operationId} has no @Operation`);
      const access = accessOf(operation.operationId, method);
      Object.assign(operation, describe(spec, access, components), {
        operationId: operation.operationId.split('.')[1],
        security: access === 'open' ? [] : [{ key: [scopeOf(access)] }],
        'x-access': access,
      });
    }
  document.webhooks = mapValues(events, (spec) => ({
    post: received(spec, components),
  })) as NonNullable<OpenAPIObject['webhooks']>;
  document.components = {
    schemas: components.schemas as NonNullable<OpenAPIObject['components']>['schemas'] & object,
    securitySchemes: { key: KEY_SCHEME },
  };
  return document;
}

interface OpenApiOperation {
  operationId: string;
}

function describe(spec: OperationSpec, access: Access, components: Components) {
  const contents = (byType: Record<string, Content>, io: 'input' | 'output') =>
    mapValues(byType, ({ schema, ...rest }) => ({ schema: components.schemaOf(schema, io), ...rest }));
  const responses: Record<string, unknown> = {};
  for (const [status, { description, content, headers }] of Object.entries(spec.responses))
    responses[status] = {
      description,
      ...(content ? { content: contents(content, 'output') } : {}),
      ...(headers
        ? { headers: mapValues(headers, (text) => ({ description: text, schema: { type: 'string' } })) }
        : {}),
    };
  Object.assign(responses, problems(errorsOf(spec, access), components));
  return {
    summary: spec.summary,
    description: spec.description,
    parameters: parameters(spec, components),
    ...(spec.body ? { requestBody: { required: !spec.bodyOptional, content: contents(spec.body, 'input') } } : {}),
    responses,
  };
}

/** What others receive from the server; their answers have no problems of ours. */
function received(spec: OperationSpec, components: Components) {
  const { responses: _ours, ...described } = describe({ ...spec, errors: [] }, 'open', components);
  return { ...described, responses: mapValues(spec.responses, ({ description }) => ({ description })) };
}

/** What is open refuses a key that opens nothing, pages of other sites and too many calls, too. */
function errorsOf(spec: OperationSpec, access: Access): ErrorCode[] {
  const implied: ErrorCode[] = ['internal', 'unauthenticated', 'forbidden', 'too-many-requests'];
  if (access !== 'open') implied.push('unavailable');
  if (spec.path) implied.push('malformed-request', 'invalid-request');
  if (spec.query) implied.push('invalid-request');
  if (spec.body)
    implied.push(
      ...(['malformed-body', 'malformed-request', 'body-too-large', 'unsupported-media-type'] as const),
      ...(['invalid-request', 'invalid-scenario', 'took-too-long'] as const),
    );
  if (typesOf(spec).length > 0) implied.push('not-acceptable');
  return [...new Set([...implied, ...(spec.errors ?? [])])];
}

/** One response a status, one example a code. */
function problems(codes: ErrorCode[], components: Components): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `${ERRORS[code].title} (\`${code}\`)`).join('; '),
        content: {
          'application/problem+json': {
            schema: components.schemaOf(Problem, 'output'),
            examples: Object.fromEntries(
              group.map((code) => [
                code,
                {
                  summary: ERRORS[code].title,
                  value: {
                    type: `urn:hairpin:problem:${code}`,
                    title: ERRORS[code].title,
                    status,
                    code,
                    detail: `${ERRORS[code].title}.`,
                    hint: ERRORS[code].hint,
                    instance: '/v1/…',
                  },
                },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

function parameters(spec: OperationSpec, components: Components): unknown[] {
  const path = Object.entries(spec.path ?? {}).map(([name, { schema = { type: 'string' }, ...rest }]) => ({
    name,
    in: 'path',
    required: true,
    schema,
    ...rest,
  }));
  const query = Object.entries(spec.query?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = components.schemaOf(field as z.ZodType, 'input');
    const example = spec.queryExamples?.[name];
    return {
      name,
      in: 'query',
      required: !(field as z.ZodType).safeParse(undefined).success,
      description,
      schema,
      ...(example === undefined ? {} : { example }),
    };
  });
  const headers = Object.entries(spec.headers ?? {}).map(([name, { required = false, ...rest }]) => ({
    name,
    in: 'header',
    required,
    schema: { type: 'string' },
    ...rest,
  }));
  return [...path, ...query, ...headers];
}

/** Collects what schemas name (`meta({ id })`) as `components.schemas`; the rest is written in place. */
class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  schemaOf(schema: z.ZodType | JsonSchema, io: 'input' | 'output'): JsonSchema {
    if (!(schema instanceof z.ZodType)) return schema;
    const { $schema, $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & {
      $defs?: Record<string, JsonSchema>;
    };
    for (const [name, definition] of Object.entries($defs ?? {})) this.add(name, pointed(definition) as JsonSchema);
    return pointed(root) as JsonSchema;
  }

  private add(name: string, schema: JsonSchema): void {
    const known = this.schemas[name];
    if (known && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two different schemas are called ${name}`);
    this.schemas[name] = schema;
  }
}

/** References into zod's own definitions, turned into references into the document. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', '#/components/schemas/') : pointed(inner),
    ]),
  );
}

function mapValues<In, Out>(record: Record<string, In>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
