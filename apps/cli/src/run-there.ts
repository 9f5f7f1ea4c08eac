/** Runs a scenario on a server: sends it with the run, so that nothing but the run stays there; follows it, reads what it came to. */
import { placesIn, readText } from '#scenario';
import type { RunSummary } from '#sim';
import type { EndedRun, OnProgress, ReportedRun } from './ended-run.js';
import { Failure, issueLine, type PrintedIssue, Refusal, refusalOfWarnings } from './refusal.js';
import type { ScenarioFile } from './run-here.js';

const LOOK_MS = 200;

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
  error: { code: string; message: string; hint?: string } | null;
  /** Of the answer that accepts it. */
  warnings?: PrintedIssue[];
}

interface Problem {
  code?: string;
  detail?: string;
  issues?: PrintedIssue[];
}

/** Who follows a run. */
export interface Onlooker {
  onProgress: OnProgress;
  /** A line that is no result: where the run is, a warning. */
  onNote(line: string): void;
}

export interface Order {
  /** Null for the scenario's own. */
  seed: number | null;
  wantsReport: boolean;
  /** Nothing is run where there are warnings. */
  isStrict: boolean;
}

/** `server`: its origin. `key`: an API key, or null. */
export async function runThere(
  server: string,
  key: string | null,
  source: ScenarioFile,
  { seed, wantsReport, isStrict }: Order,
  { onProgress, onNote }: Onlooker,
): Promise<ReportedRun> {
  const client = new Client(server, key, source);
  const body = JSON.stringify({ scenario: documentIn(source), ...(seed === null ? {} : { seed }) });
  if (isStrict) {
    const { warnings = [] } = await client.call<Simulation>('POST', '/v1/simulations?dryRun=All', body);
    if (warnings.length > 0) throw refusalOfWarnings(source.file, inFile(source, warnings));
  }
  let simulation = await client.call<Simulation>('POST', '/v1/simulations', body);
  const path = `/v1/simulations/${simulation.id}`;
  const release = onInterrupt(async () => {
    // One that has ended would be deleted by the same call.
    if (!isUnderWay(await client.call<Simulation>('GET', path))) return;
    await client.text('DELETE', path, 'application/json');
    onNote(`${server}${path}: cancelled`);
  });
  onNote(`${server}${path}`);
  for (const warning of inFile(source, simulation.warnings ?? [])) onNote(issueLine(source.file, warning));
  while (isUnderWay(simulation)) {
    onProgress(simulation.progress);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    simulation = await client.call<Simulation>('GET', path);
  }
  release();
  const { status, error, summary, expectations, fingerprint, modelVersion } = simulation;
  if (status !== 'succeeded' || summary === null)
    throw new Failure(`${server}${path}: ${status}${error ? `, ${failureText(error)}` : ''}`);
  const ended = {
    name: simulation.name,
    seed: simulation.seed,
    summary,
    expectations: expectations ?? [],
    fingerprint: fingerprint ?? '',
    modelVersion: modelVersion ?? '',
    url: `${server}${path}`,
  };
  return { ended, report: wantsReport ? await client.text('GET', `${path}/report`, 'text/html') : null };
}

const isUnderWay = ({ status }: Simulation) => status === 'queued' || status === 'running';

/** Once: then the signal ends this process, as does a second one meanwhile. Returns how to take that back. */
function onInterrupt(cancel: () => Promise<void>): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const release = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    release();
    void cancel()
      .catch(() => {})
      .finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return release;
}

/** A server of an earlier version gives no hint. */
const failureText = ({ code, message, hint = '' }: NonNullable<Simulation['error']>) =>
  `${code}: ${message} ${hint}`.trimEnd();

function documentIn({ file, text }: ScenarioFile): unknown {
  const { value, issues } = readText(text);
  if (value === undefined) throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  return value;
}

/** Issues of the request that lead into its scenario, as issues of the file. JSON is YAML, so that both have lines and columns. */
function inFile({ text }: ScenarioFile, issues: readonly PrintedIssue[]): PrintedIssue[] {
  const own = issues.map((issue) => ({ ...issue, path: issue.path.replace(/^\/scenario(?=\/|$)/, '') }));
  if (own.length === 0) return own;
  const paths = own.map(({ path }) => path);
  const places = placesIn(text, paths, { format: 'yaml' });
  return own.map((issue, n) => ({ ...issue, ...places[n] }));
}

class Client {
  constructor(
    private readonly server: string,
    private readonly key: string | null,
    private readonly source: ScenarioFile,
  ) {}

  async call<T>(method: string, path: string, body?: string): Promise<T> {
    return JSON.parse(await this.text(method, path, 'application/json', body)) as T;
  }

  async text(method: string, path: string, accept: string, body?: string): Promise<string> {
    const headers: Record<string, string> = { accept };
    if (body !== undefined) headers['content-type'] = 'application/json';
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
    const isInFile = ({ path }: PrintedIssue) => /^(?:\/scenario(?:\/|$)|$)/.test(path);
    const all = problem.issues ?? [];
    const issues = [
      ...all.filter((issue) => !isInFile(issue)).map((issue) => issueLine(this.server, issue)),
      ...inFile(this.source, all.filter(isInFile)).map((issue) => issueLine(this.source.file, issue)),
    ];
    const message = [
      `${this.server} answers ${status}: ${problem.detail ?? problem.code ?? 'no reason given'}`,
      ...(status === 401 ? ['Put an API key of the server into the environment variable HAIRPIN_KEY.'] : []),
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
