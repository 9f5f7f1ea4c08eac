import { AppError, type Config, createThreadPool, ranOutOfMemory, wasAborted } from '#platform';
import type { RulesQuestion, TracePacket, TraceResult } from '#sim';
import type { ModelAnswer, ModelTask } from './model.thread.js';
import { type Preparation, prepareScenario, type ScenarioText } from './prepare-scenario.js';

const THREADS = 2;
const MEMORY_MB = 512;
const MOST_MS = 30_000;
/** Below this a thread costs more than it saves. */
const INLINE_CHARS = 65_536;

/** Asks the model without holding up other requests, and within bounds of time and memory. */
export class ModelThreads {
  private readonly pool;

  constructor(config: Pick<Config, 'threadFile'>) {
    this.pool = createThreadPool<ModelTask, ModelAnswer>(
      config.threadFile(new URL('./model.thread.js', import.meta.url)),
      {
        threads: THREADS,
        heapMb: MEMORY_MB,
      },
    );
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  /** `chars`: how much text it is about. */
  async prepare(text: ScenarioText, chars: number): Promise<Preparation> {
    if (chars < INLINE_CHARS) return prepareScenario(text);
    const answer = await this.ask({ kind: 'prepare', text });
    if (answer.kind !== 'prepared') throw new Error(`the answer to prepare is ${answer.kind}`);
    return answer.preparation;
  }

  /** AppError `model-refused` where the packet has no place in the scenario. */
  async trace(scenario: string, packet: TracePacket, atNs: number): Promise<TraceResult> {
    const answer = await this.ask({ kind: 'trace', scenario, packet, atNs });
    if (answer.kind !== 'traced') throw refusal(answer, (path) => path);
    return answer.result;
  }

  async rules(scenario: string, question: RulesQuestion): Promise<string> {
    const answer = await this.ask({ kind: 'rules', scenario, question });
    if (answer.kind !== 'rules') throw refusal(answer, (path) => path.replace('/', '?'));
    return answer.text;
  }

  private async ask(task: ModelTask): Promise<ModelAnswer> {
    try {
      return await this.pool.run(task, { signal: AbortSignal.timeout(MOST_MS) });
    } catch (error) {
      if (wasAborted(error))
        throw new AppError('took-too-long', `The answer was not ready after ${MOST_MS / 1000} s.`, {
          headers: { 'retry-after': '10' },
        });
      if (ranOutOfMemory(error)) throw new AppError('took-too-long', `The answer needs more than ${MEMORY_MB} MB.`);
      throw error;
    }
  }
}

/** `placeOf`: from a place in the question to one in the request. */
function refusal(answer: ModelAnswer, placeOf: (path: string) => string): Error {
  if (answer.kind !== 'refused') return new Error(`an answer of the wrong kind: ${answer.kind}`);
  const { code, path, message, hint } = answer.refusal;
  return new AppError('model-refused', message, {
    issues: [{ code, severity: 'error', path: placeOf(path), message, hint }],
  });
}
