/** Stored scenarios as the API shows them. */

import { z } from 'zod';
import type { ScenarioRow } from '#platform';
import { Issue } from '../http/problem.filter.js';
import { Timestamp } from '../http/shapes.js';

export const ScenarioDocument = z
  .record(z.string(), z.unknown())
  .meta({ id: 'ScenarioDocument', description: 'A scenario document; its schema is at /v1/schemas/scenario.json.' });

const outline = {
  id: z.string(),
  name: z.string(),
  revision: z.int().min(1).describe('One more with each replacement; the ETag is this in quotes.'),
  digest: z.string().describe('SHA-256 of the normalised scenario: equal where two documents mean the same.'),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const ScenarioOutline = z.object(outline).meta({ id: 'ScenarioOutline' });

export const ScenarioStored = z
  .object({ ...outline, warnings: z.array(Issue).describe('What may not be as it was meant.') })
  .meta({ id: 'ScenarioStored' });

export const ScenarioView = z.object({ ...outline, document: ScenarioDocument }).meta({ id: 'Scenario' });

export const ScenarioPage = z
  .object({ items: z.array(ScenarioOutline), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'ScenarioPage' });

export const ScenarioDryRun = z
  .object({ dryRun: z.literal(true), name: z.string(), digest: z.string(), warnings: z.array(Issue) })
  .meta({ id: 'ScenarioDryRun' });

export function outlineOf(row: Omit<ScenarioRow, 'document'>): z.infer<typeof ScenarioOutline> {
  return {
    id: row.id,
    name: row.name,
    revision: row.revision,
    digest: row.digest,
    createdAt: new Date(row.createdAtMs).toISOString(),
    updatedAt: new Date(row.updatedAtMs).toISOString(),
  };
}
