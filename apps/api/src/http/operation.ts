/**
 * What the OpenAPI document says of an operation, beside its handler: words, examples that work unchanged, and every
 * error that it can give. `openapi.ts` makes the document of it.
 */

import type { z } from 'zod';
import type { ErrorCode } from '#platform';

export type JsonSchema = Record<string, unknown>;

export interface Content {
  schema: z.ZodType | JsonSchema;
  /** The first is what "Try it out" sends. */
  examples?: Record<string, { summary: string; value: unknown }>;
  example?: unknown;
}

export interface OperationSpec {
  summary: string;
  description: string;
  /** By the name of the path's parameter. */
  path?: Record<string, { description: string; example: string | number; schema?: JsonSchema }>;
  query?: z.ZodObject;
  /** Prefilled by "Try it out". */
  queryExamples?: Record<string, unknown>;
  /** Request headers, by name. */
  headers?: Record<string, { description: string; example?: string; required?: boolean }>;
  /** By media type. */
  body?: Record<string, Content>;
  /** All that a body could say has a default. */
  bodyOptional?: boolean;
  /** By status. */
  responses: Record<
    number,
    { description: string; content?: Record<string, Content>; headers?: Record<string, string> }
  >;
  /** Beside those that follow from the above: a body can be malformed, a query wrong, a server broken. */
  errors?: ErrorCode[];
}

/** What every DELETE of something with an id says of a second one. */
export const GONE =
  'Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.';

/** By controller and method. */
export const operations = new Map<string, OperationSpec>();

export const operationKey = (controller: string, method: string) => `${controller}.${method}`;

/** Every handler has one; the document is not built without. */
export function Operation(spec: OperationSpec): MethodDecorator {
  return (target, method) => {
    operations.set(operationKey(target.constructor.name, String(method)), spec);
  };
}
