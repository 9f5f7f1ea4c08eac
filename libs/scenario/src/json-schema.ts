import { z } from 'zod';
import { zDocument } from './schema/document.js';

/** The scenario document's JSON Schema (2020-12), for editors and generated clients. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(zDocument, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' }) as Record<
    string,
    unknown
  >;
}
