/**
 * A typed client: every call of the API by its path, with the shapes of `api.ts`, which is generated from the OpenAPI
 * document. What is added here is what each script would write again: the key, errors that are thrown, and waiting.
 */
import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './api.js';

export type { components, operations, paths } from './api.js';
export type Problem = components['schemas']['Problem'];
export type Simulation = components['schemas']['Simulation'];
/** Asks for JSON; for other formats say so in `headers.accept` and `parseAs`. */
export type Hairpin = Client<paths, 'application/json'>;

export interface HairpinOptions {
  /** `https://hairpin.example.com`, without a path. */
  origin: string;
  /** An API key; without one only a server that asks for none answers. */
  key?: string;
  /** Instead of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

/** The server refused: what is wrong, and what to do; `problem` has a place and a hint for each issue. */
export class HairpinError extends Error {
  override readonly name = 'HairpinError';

  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(`${problem.code}: ${problem.detail} ${problem.hint}`);
  }
}

/** Calls by path: `hairpin.GET('/v1/simulations/{id}', { params: { path: { id } } })`. */
export function createHairpin({ origin, key, fetch }: HairpinOptions): Hairpin {
  return createClient<paths, 'application/json'>({
    baseUrl: origin,
    ...(fetch && { fetch }),
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
  });
}

/** The data of an answer that is no dry run's. Throws HairpinError where the server refused. */
export async function dataOf<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Exclude<NonNullable<Data>, { dryRun: true }>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new HairpinError(response.status, error as Problem);
  return data as Exclude<NonNullable<Data>, { dryRun: true }>;
}

/** The simulation when it has ended, however it did. `onProgress` hears 0..1 when that has changed, and last of all 1. */
export async function untilEnded(
  hairpin: Hairpin,
  id: string,
  onProgress: (progress: number) => void = () => {},
  everyMs = 200,
): Promise<Simulation> {
  for (let heard: number | null = null; ; ) {
    const simulation = await dataOf(hairpin.GET('/v1/simulations/{id}', { params: { path: { id } } }));
    const hasEnded = simulation.status !== 'queued' && simulation.status !== 'running';
    const progress = hasEnded ? 1 : simulation.progress;
    if (progress !== heard) onProgress(progress);
    if (hasEnded) return simulation;
    heard = progress;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
