/** Where a request's scenario comes from: stored, a preset, or in the request itself. */

import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { AppError, type Config, type ScenarioRow, type ScenarioStore } from '#platform';
import { type Issue, problem } from '#scenario';
import { nearestName } from '#sim';
import type { SentText } from '../http/body.js';
import { noSuch } from '../http/no-such.js';
import { checked } from '../http/zod.pipe.js';
import type { PresetFiles } from '../presets/preset-files.js';
import { isOwnId, ownId } from './always-there.js';
import { documentError } from './document-error.js';
import type { ModelThreads } from './model-threads.js';
import type { PreparedScenario, ScenarioText } from './prepare-scenario.js';
import { InlineScenario } from './read-request.js';

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
    .instanceof(InlineScenario, {
      error: problem('wrong-type', '"scenario" takes a map.', 'See /v1/schemas/scenario.json.'),
    })
    .meta({ type: 'object', description: 'A scenario document, see /v1/schemas/scenario.json.' })
    .optional(),
};

export interface ScenarioChoice {
  scenarioId?: string | undefined;
  preset?: string | undefined;
  scenario?: InlineScenario | undefined;
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
        ? problem(
            'missing-field',
            'One of scenarioId, preset and scenario must be there.',
            'GET /v1/presets lists presets, for a start.',
          )
        : problem('bad-value', `Only one of ${given.join(' and ')} may be there.`, 'Keep one of them.'),
  });
}

/** No request has fields of these names itself. */
function isBareScenario(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Object.keys(scenarioChoice).some((key) => key in body)) return false;
  return 'objects' in body || 'cluster' in body;
}

function noPreset(name: string, names: readonly string[]): AppError {
  const nearest = nearestName(name, names);
  const meant = nearest === null ? '' : ` Did you mean ${nearest}?`;
  return new AppError('not-found', `There is no preset ${name}.${meant}`, { hint: `There are ${names.join(', ')}.` });
}

function isPreset(name: string): AppError {
  return new AppError('not-found', `There is no stored scenario ${name}; there is a preset of that name.`, {
    hint: `Name it as "preset": "${name}"; or read GET /v1/presets/${name}, and store it with POST /v1/scenarios.`,
  });
}

function bareScenario(): AppError {
  const message = 'The body is a scenario itself; this call takes it in the field scenario.';
  const hint =
    'Put all of it under `scenario:`; or store it with POST /v1/scenarios, which takes it as it is, and name its id as scenarioId.';
  return new AppError('invalid-request', `${message} ${hint}`, {
    issues: [{ code: 'missing-field', severity: 'error', path: '/scenario', message, hint }],
  });
}

/** It was, when it was stored: rules have become stricter, or limits lower. The paths lead into its document. */
function noLongerTaken({ id }: ScenarioRow, error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'invalid-scenario') throw error;
  const message = `The stored scenario ${id} has errors; PUT /v1/scenarios/${id} replaces it. ${error.message}`;
  throw new AppError('invalid-scenario', message, { issues: error.issues });
}

export interface PresetOutline {
  name: string;
  /** The scenario's own name. */
  title: string;
  notes: string;
  digest: string;
}

/** Stored scenarios, beside all presets. */
const REMEMBERED_STORED = 32;

/** What a document is refused with. */
const UNREADABLE: readonly string[] = ['invalid-scenario', 'malformed-body'];

export class ScenarioSource {
  /** By preset, or by id and revision: such a document never changes. Insertion order is the order of use. */
  private readonly remembered = new Map<string, PreparedScenario>();

  private readonly logger = new Logger('Presets');
  private readonly leftOut = new Set<string>();

  readonly limits: ScenarioText['limits'];

  constructor(
    private readonly scenarios: ScenarioStore,
    private readonly presets: PresetFiles,
    private readonly threads: ModelThreads,
    { maxBodyBytes, runLimits }: Pick<Config, 'maxBodyBytes' | 'runLimits'>,
  ) {
    this.limits = { textChars: maxBodyBytes, requests: runLimits.requests, events: runLimits.events };
  }

  async resolve(tenant: string, choice: ScenarioChoice): Promise<PreparedScenario> {
    if (choice.scenarioId !== undefined) return this.stored(await this.row(tenant, choice.scenarioId));
    if (choice.preset !== undefined) return this.preset(choice.preset);
    const { json, sent } = choice.scenario!;
    return this.prepare({ content: { json }, as: 'scenario' }, { prefix: '/scenario', sent });
  }

  /** What a body says, checked. AppError `malformed-body`, `invalid-scenario` or `invalid-request`. */
  async request<Schema extends z.ZodType>(sent: SentText, schema: Schema): Promise<z.output<Schema>> {
    const reading = await this.threads.read(sent, this.limits);
    if (!reading.ok) throw documentError(reading.issues);
    const { body, scenario } = reading;
    if (scenario === null && isBareScenario(body)) throw bareScenario();
    return checked(
      schema,
      scenario === null ? body : { ...(body as object), scenario: new InlineScenario(scenario, sent) },
    );
  }

  /** AppError `invalid-scenario` with all issues. `inside`: the request in which the scenario came, and where. */
  async prepare(
    text: Omit<ScenarioText, 'limits'>,
    inside?: { prefix: string; sent: SentText },
  ): Promise<PreparedScenario> {
    const preparation = await this.threads.prepare({ ...text, limits: this.limits });
    const placed = async (issues: readonly Issue[]) => {
      if (inside === undefined || issues.length === 0) return [...issues];
      const { prefix, sent } = inside;
      const within = issues.map((issue) => ({ ...issue, path: `${prefix}${issue.path}` }));
      return sent.format === 'yaml' ? this.threads.located(sent, within, this.limits) : within;
    };
    if (preparation.ok) return { ...preparation.prepared, warnings: await placed(preparation.prepared.warnings) };
    throw documentError(await placed(preparation.issues));
  }

  /** AppError `not-found`. The examples are made when they are first asked for. */
  async row(tenant: string, id: string): Promise<ScenarioRow> {
    const alwaysThere = [EXAMPLE_ID, SCRATCH_ID].find((name) => isOwnId(tenant, name, id));
    const rowId = alwaysThere === undefined ? id : ownId(tenant, alwaysThere);
    const row = await this.scenarios.find(tenant, rowId);
    if (row) return row;
    if (alwaysThere === undefined) throw this.presets.text(id) === undefined ? noSuch('scenario', id) : isPreset(id);
    const { name, digest, document } = await this.preset(EXAMPLE_PRESET);
    await this.scenarios.addOnce(tenant, { name, digest, document }, rowId);
    return this.row(tenant, id);
  }

  stored(row: ScenarioRow): Promise<PreparedScenario> {
    return this.remember(`${row.id}:${row.revision}:${row.digest}`, () =>
      this.prepare({ content: { json: row.document }, as: 'scenario' }).catch((error) => noLongerTaken(row, error)),
    );
  }

  /** AppError `not-found` names the nearest, and those that there are. */
  preset(name: string): Promise<PreparedScenario> {
    const text = this.presets.text(name);
    if (text === undefined) throw noPreset(name, this.presets.names());
    return this.remember(`preset:${name}`, () => this.prepare({ content: { text, format: 'yaml' }, as: 'scenario' }));
  }

  /** Of all presets. One that is no scenario is left out, and named in the log once: the others are there all the same. */
  async presetOutlines(): Promise<PresetOutline[]> {
    const outlines = await Promise.all(this.presets.names().map((name) => this.presetOutline(name)));
    return outlines.filter((outline) => outline !== null);
  }

  private async presetOutline(name: string): Promise<PresetOutline | null> {
    try {
      const { name: title, digest, document } = await this.preset(name);
      const { notes = '' } = JSON.parse(document) as { notes?: string };
      return { name, title, notes, digest };
    } catch (error) {
      if (!(error instanceof AppError) || !UNREADABLE.includes(error.code)) throw error;
      if (!this.leftOut.has(name)) this.logger.error(`The preset ${name} is left out: ${error.message}`);
      this.leftOut.add(name);
      return null;
    }
  }

  private async remember(key: string, make: () => Promise<PreparedScenario>): Promise<PreparedScenario> {
    const prepared = this.remembered.get(key) ?? (await make());
    this.remembered.delete(key);
    this.remembered.set(key, prepared);
    const most = this.presets.names().length + REMEMBERED_STORED;
    if (this.remembered.size > most) this.remembered.delete(this.remembered.keys().next().value!);
    return prepared;
  }
}
