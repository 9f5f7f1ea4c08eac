import { AppError, type Config, createThreadPool, ranOutOfMemory, wasAborted } from '#platform';
import type { Issue } from '#scenario';
import type { RulesQuestion, TraceResult } from '#sim';
import type { CellsAsk, PreparedCell } from '../experiments/experiment-cells.js';
import { type ExperimentFormat, type ExperimentSources, renderExperiment } from '../experiments/experiment-table.js';
import type { SentText } from '../http/body.js';
import { type ReportFormat, type ReportSources, renderReport } from '../simulations/render-report.js';
import type { MatrixAsk } from '../traces/matrix-answer.js';
import { documentError } from './document-error.js';
import type { ModelAnswer, ModelTask, TraceQuestion } from './model.thread.js';
import { type Preparation, prepareLight, type ScenarioText } from './prepare-scenario.js';
import { locatedIssues, type Reading, readRequest } from './read-request.js';

/** How many answers are made at once, and what one may take. The memory of a container is to have room for all. */
export const MODEL_THREADS = 2;
export const MODEL_BOUNDS = { memoryMb: 512, mostMs: 30_000 };
/** Below this a thread costs more than it saves. YAML takes many times as long as JSON. */
const INLINE_CHARS = { json: 16_384, yaml: 8_192, report: 262_144, experiment: 262_144 };

/** Asks the model without holding up other requests, and within bounds of time and memory. */
export class ModelThreads {
  private readonly pool;

  constructor(
    config: Pick<Config, 'threadFile'>,
    private readonly bounds = MODEL_BOUNDS,
  ) {
    this.pool = createThreadPool<ModelTask, ModelAnswer>(
      config.threadFile(new URL('./model.thread.js', import.meta.url)),
      {
        threads: MODEL_THREADS,
        heapMb: bounds.memoryMb,
      },
    );
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  async read(sent: SentText, limits: ScenarioText['limits']): Promise<Reading> {
    if (sent.text.length < INLINE_CHARS[sent.format]) return readRequest(sent, limits);
    const answer = await this.ask({ kind: 'read', sent, limits });
    if (answer.kind !== 'read') throw new Error(`the answer to read is ${answer.kind}`);
    return answer.reading;
  }

  /** Issues whose paths lead into what was sent, with their places there. */
  async located(sent: SentText, issues: Issue[], limits: ScenarioText['limits']): Promise<Issue[]> {
    if (sent.text.length < INLINE_CHARS[sent.format]) return locatedIssues(sent, issues, limits);
    const answer = await this.ask({ kind: 'locate', sent, issues, limits });
    if (answer.kind !== 'located') throw new Error(`the answer to locate is ${answer.kind}`);
    return answer.issues;
  }

  async prepare(text: ScenarioText): Promise<Preparation> {
    const { content } = text;
    const isSmall =
      'json' in content ? content.json.length < INLINE_CHARS.json : content.text.length < INLINE_CHARS[content.format];
    const light = isSmall ? prepareLight(text) : null;
    if (light) return light;
    const answer = await this.ask({ kind: 'prepare', text });
    if (answer.kind !== 'prepared') throw new Error(`the answer to prepare is ${answer.kind}`);
    return answer.preparation;
  }

  /** AppError `model-refused` where the packet has no place in the scenario, `invalid-request` for rules with errors. */
  async trace(scenario: string, question: TraceQuestion): Promise<{ result: TraceResult; warnings: Issue[] }> {
    const answer = await this.ask({ kind: 'trace', scenario, question });
    if (answer.kind === 'invalid') throw invalidRules(answer.issues);
    if (answer.kind !== 'traced') throw refusal(answer, (path) => path);
    return answer;
  }

  async rules(scenario: string, question: RulesQuestion): Promise<string> {
    const answer = await this.ask({ kind: 'rules', scenario, question });
    if (answer.kind !== 'rules') throw refusal(answer, (path) => path.replace('/', '?'));
    return answer.text;
  }

  /** AppError `invalid-scenario` where a variant is none that a scenario could have. */
  async matrix(ask: MatrixAsk): Promise<string> {
    const answer = await this.ask({ kind: 'matrix', ask });
    if (answer.kind === 'invalid') throw documentError(answer.issues);
    if (answer.kind !== 'matrix') throw refusal(answer, (path) => path);
    return answer.text;
  }

  /** AppError `invalid-scenario` where a cell is none that a scenario could have. */
  async cells(ask: CellsAsk): Promise<PreparedCell[]> {
    const answer = await this.ask({ kind: 'cells', ask });
    if (answer.kind === 'invalid') throw documentError(answer.issues);
    if (answer.kind !== 'cells') throw refusal(answer, (path) => path);
    return answer.cells;
  }

  /** Small ones at once. */
  async report(format: ReportFormat, sources: ReportSources): Promise<string> {
    const chars = sources.scenario.length + sources.healthz.length + sources.transcript.length;
    if (chars < INLINE_CHARS.report) return renderReport(format, sources);
    const answer = await this.ask({ kind: 'report', format, sources });
    if (answer.kind !== 'report') throw new Error(`the answer to report is ${answer.kind}`);
    return answer.text;
  }

  /** Small ones at once. */
  async experiment(format: ExperimentFormat, sources: ExperimentSources): Promise<string> {
    const chars = sources.trials.reduce((sum, { result }) => sum + (result?.length ?? 0), 0);
    if (chars < INLINE_CHARS.experiment) return renderExperiment(format, sources);
    const answer = await this.ask({ kind: 'experiment', format, sources });
    if (answer.kind !== 'experiment') throw new Error(`the answer to experiment is ${answer.kind}`);
    return answer.text;
  }

  private async ask(task: ModelTask): Promise<ModelAnswer> {
    const { mostMs, memoryMb } = this.bounds;
    try {
      return await this.pool.run(task, { signal: AbortSignal.timeout(mostMs) });
    } catch (error) {
      if (wasAborted(error)) throw tooMuch(`The answer was not ready after ${mostMs / 1000} s.`);
      if (ranOutOfMemory(error)) throw tooMuch(`The answer needs more than ${memoryMb} MB.`);
      throw error;
    }
  }
}

function tooMuch(message: string): AppError {
  const hint =
    'Leave objects out that do not matter, name one node, ask a matrix for fewer services, sources or families, or send large documents as JSON.';
  return new AppError('took-too-long', message, {
    issues: [{ code: 'took-too-long', severity: 'error', path: '', message, hint }],
    headers: { 'retry-after': '10' },
  });
}

function invalidRules(issues: readonly Issue[]): AppError {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const many = errors.length === 1 ? 'One error' : `${errors.length} errors`;
  return new AppError('invalid-request', `${many} in the rules: ${errors[0]?.message}`, { issues });
}

/** `placeOf`: from a place in the question to one in the request. */
function refusal(answer: ModelAnswer, placeOf: (path: string) => string): Error {
  if (answer.kind !== 'refused') return new Error(`an answer of the wrong kind: ${answer.kind}`);
  const issues = answer.refusals.map(({ path, ...rest }) => ({
    ...rest,
    severity: 'error' as const,
    path: placeOf(path),
  }));
  return new AppError('model-refused', issues.map(({ message }) => message).join('; '), { issues });
}
