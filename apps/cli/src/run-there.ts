/** Runs a scenario on a server: posts it, follows it, reads what it came to. */
import type { RunSummary } from '#sim';
import type { EndedRun, OnProgress, ReportedRun } from './ended-run.js';
import { Failure, issueLine, type PrintedIssue, Refusal } from './refusal.js';
import type { ScenarioFile } from './run-here.js';

const LOOK_MS = 200;

interface Stored {
  id: string;
  warnings?: PrintedIssue[];
}

interface Simulation {
  id: string;
  status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  progress: number;
  name: string;
  seed: number;
  modelVersion: string | null;
  fingerprint: string | null;
  summary: RunSummary | null;
  expectations: EndedRun['expectations'] | null;
  error: { code: string; message: string } | null;
}

interface Problem {
  code?: string;
  detail?: string;
  issues?: PrintedIssue[];
}

/** Who follows a run. */
export interface Onlooker {
  onProgress: OnProgress;
  onWarning(warning: PrintedIssue): void;
}

/** `server`: its origin. `key`: an API key, or null. */
export async function runThere(
  server: string,
  key: string | null,
  { file, text }: ScenarioFile,
  seed: number | null,
  wantsReport: boolean,
  { onProgress, onWarning }: Onlooker,
): Promise<ReportedRun> {
  const client = new Client(server, key, file);
  const stored = await client.call<Stored>('POST', '/v1/scenarios', text, 'application/yaml');
  for (const warning of stored.warnings ?? []) onWarning(warning);
  const body = JSON.stringify({ scenarioId: stored.id, ...(seed === null ? {} : { seed }) });
  let simulation = await client.call<Simulation>('POST', '/v1/simulations', body, 'application/json');
  const path = `/v1/simulations/${simulation.id}`;
  while (simulation.status === 'queued' || simulation.status === 'running') {
    onProgress(simulation.progress);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    simulation = await client.call<Simulation>('GET', path);
  }
  const { status, error, summary, expectations, fingerprint, modelVersion } = simulation;
  if (status !== 'succeeded' || summary === null)
    throw new Failure(`${server}${path}: ${status}${error ? `, ${error.code}: ${error.message}` : ''}`);
  const ended = {
    name: simulation.name,
    seed: simulation.seed,
    summary,
    expectations: expectations ?? [],
    fingerprint: fingerprint ?? '',
    modelVersion: modelVersion ?? '',
  };
  return { ended, report: wantsReport ? await client.text('GET', `${path}/report`, 'text/html') : null };
}

class Client {
  constructor(
    private readonly server: string,
    private readonly key: string | null,
    private readonly file: string,
  ) {}

  async call<T>(method: string, path: string, body?: string, type?: string): Promise<T> {
    return JSON.parse(await this.text(method, path, 'application/json', body, type)) as T;
  }

  async text(method: string, path: string, accept: string, body?: string, type?: string): Promise<string> {
    const headers: Record<string, string> = { accept };
    if (type !== undefined) headers['content-type'] = type;
    if (this.key !== null) headers.authorization = `Bearer ${this.key}`;
    const url = new URL(path, this.server);
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) }).catch((error) => {
      const cause = (error as Error & { cause?: Error }).cause?.message ?? (error as Error).message;
      throw new Failure(`${url.origin} does not answer: ${cause}. Is the server running there?`);
    });
    const text = await answer.text();
    if (answer.ok) return text;
    throw this.refusal(answer.status, text);
  }

  private refusal(status: number, text: string): Error {
    const problem = problemOf(text);
    const issues = (problem.issues ?? []).map((issue) => issueLine(this.file, issue));
    const message = [
      `${this.server} answers ${status}: ${problem.detail ?? problem.code ?? 'no reason given'}`,
      ...issues,
    ];
    return status >= 400 && status < 500 ? new Refusal(message.join('\n')) : new Failure(message.join('\n'));
  }
}

function problemOf(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { detail: text.slice(0, 200) };
  }
}
