/** Where a request's scenario comes from: stored, a preset, or in the request itself. */

import { z } from 'zod';
import { AppError, type Config, type ProblemIssue, type ScenarioRow, type ScenarioStore } from '#platform';
import { malformedJson } from '../http/body.js';
import type { PresetFiles } from '../presets/preset-files.js';
import type { ModelThreads } from './model-threads.js';
import type { PreparedScenario, ScenarioText } from './prepare-scenario.js';

/** The id of a stored scenario and of a finished run that are always there, so that every example works. */
export const EXAMPLE_ID = 'example';
/** Another such scenario, for the examples that change or delete one. */
export const SCRATCH_ID = 'scratch';
export const EXAMPLE_PRESET = 'source-ip-tutorial';

/** Fields of a request that names its scenario; exactly one must be there, see `oneScenario`. */
export const scenarioChoice = {
  scenarioId: z.string().min(1).max(64).optional().describe('A stored scenario.'),
  preset: z.string().min(1).max(100).optional().describe('A scenario that comes with the server.'),
  scenario: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A scenario document, see /v1/schemas/scenario.json.'),
};

export interface ScenarioChoice {
  scenarioId?: string | undefined;
  preset?: string | undefined;
  scenario?: Record<string, unknown> | undefined;
}

/** For `.check(…)`: a request names exactly one scenario. */
export function oneScenario(context: z.core.ParsePayload<ScenarioChoice>): void {
  const given = (['scenarioId', 'preset', 'scenario'] as const).filter((key) => context.value[key] !== undefined);
  if (given.length === 1) return;
  context.issues.push({
    code: 'custom',
    input: context.value,
    path: [],
    message:
      given.length === 0
        ? 'one of scenarioId, preset and scenario must be there'
        : `only one of ${given.join(' and ')} may be there`,
  });
}

export interface PresetOutline {
  name: string;
  /** The scenario's own name. */
  title: string;
  notes: string;
  digest: string;
}

const REMEMBERED = 32;

export class ScenarioSource {
  /** By preset, or by id and revision: such a document never changes. Insertion order is the order of use. */
  private readonly remembered = new Map<string, PreparedScenario>();

  private readonly limits: ScenarioText['limits'];

  constructor(
    private readonly scenarios: ScenarioStore,
    private readonly presets: PresetFiles,
    private readonly threads: ModelThreads,
    { maxBodyBytes, runLimits }: Pick<Config, 'maxBodyBytes' | 'runLimits'>,
  ) {
    this.limits = { textChars: maxBodyBytes, requests: runLimits.requests, events: runLimits.events };
  }

  async resolve(choice: ScenarioChoice): Promise<PreparedScenario> {
    if (choice.scenarioId !== undefined) return this.stored(await this.row(choice.scenarioId));
    if (choice.preset !== undefined) return this.preset(choice.preset);
    const chars = JSON.stringify(choice.scenario).length;
    return this.prepare({ content: { value: choice.scenario }, as: 'scenario' }, chars, '/scenario');
  }

  /** AppError `invalid-scenario` with all issues; `prefix` goes before their paths. */
  async prepare(text: Omit<ScenarioText, 'limits'>, chars: number, prefix = ''): Promise<PreparedScenario> {
    const preparation = await this.threads.prepare({ ...text, limits: this.limits }, chars);
    if (preparation.ok) return preparation.prepared;
    if (preparation.issues.some(({ code }) => code === 'invalid-json') && 'text' in text.content)
      throw malformedJson(text.content.text);
    const issues: ProblemIssue[] = preparation.issues.map((issue) => ({ ...issue, path: `${prefix}${issue.path}` }));
    const errors = issues.filter((issue) => issue.severity === 'error');
    throw new AppError(
      'invalid-scenario',
      `${errors.length === 1 ? 'One error' : `${errors.length} errors`}: ${errors[0]?.message}`,
      {
        issues,
      },
    );
  }

  /** AppError `not-found`. The examples are made when they are first asked for. */
  async row(id: string): Promise<ScenarioRow> {
    const row = await this.scenarios.find(id);
    if (row) return row;
    if (id !== EXAMPLE_ID && id !== SCRATCH_ID) throw new AppError('not-found', `There is no scenario ${id}.`);
    const { name, digest, document } = await this.preset(EXAMPLE_PRESET);
    await this.scenarios.addOnce({ name, digest, document }, id);
    return this.row(id);
  }

  stored(row: ScenarioRow): Promise<PreparedScenario> {
    return this.remember(`${row.id}:${row.revision}:${row.digest}`, () =>
      this.prepare({ content: { value: JSON.parse(row.document) }, as: 'scenario' }, row.document.length),
    );
  }

  /** AppError `not-found` names those that there are. */
  preset(name: string): Promise<PreparedScenario> {
    const text = this.presets.text(name);
    if (text === undefined)
      throw new AppError('not-found', `There is no preset ${name}; there are ${this.presets.names().join(', ')}.`);
    return this.remember(`preset:${name}`, () =>
      this.prepare({ content: { text, format: 'yaml' }, as: 'scenario' }, text.length),
    );
  }

  async presetOutline(name: string): Promise<PresetOutline> {
    const { name: title, digest, document } = await this.preset(name);
    const { notes = '' } = JSON.parse(document) as { notes?: string };
    return { name, title, notes, digest };
  }

  private async remember(key: string, make: () => Promise<PreparedScenario>): Promise<PreparedScenario> {
    const prepared = this.remembered.get(key) ?? (await make());
    this.remembered.delete(key);
    this.remembered.set(key, prepared);
    if (this.remembered.size > REMEMBERED) this.remembered.delete(this.remembered.keys().next().value!);
    return prepared;
  }
}
