import { Logger } from '@nestjs/common';
import { AppError } from '../errors.js';
import type { Shutdown } from '../shutdown.js';

/** How long a database or a broker may take to answer. */
const ANSWER_MS = 2_000;

/** What the process cannot do its work without. */
export interface Dependency {
  name: 'database' | 'migrations' | 'queue';
  /** As a problem names it. */
  title: string;
  /** Rejects where it is not as it should be. */
  check(): Promise<unknown>;
}

/** Whether the process can do its work: all that it depends on answers in time, and it is not about to end. */
export class Readiness {
  private readonly logger = new Logger('Readiness');
  private lastTold: string | null = null;

  constructor(
    readonly dependencies: readonly Dependency[],
    private readonly shutdown: Pick<Shutdown, 'begun'>,
  ) {}

  /** AppError `unavailable`, with the first reason. */
  async check(): Promise<void> {
    try {
      if (this.shutdown.begun) throw new AppError('unavailable', 'The process is about to end.');
      for (const dependency of this.dependencies) await answerOf(dependency);
      this.tell(null);
    } catch (error) {
      this.tell((error as Error).message);
      throw error;
    }
  }

  /** Once a change, not once a probe. */
  private tell(reason: string | null): void {
    if (reason === this.lastTold) return;
    if (reason === null) this.logger.log('Ready again');
    else this.logger.warn(`Not ready: ${reason}`);
    this.lastTold = reason;
  }
}

/** Resolves when it has answered in time; AppError `unavailable`. */
export async function answerOf({ title, check }: Pick<Dependency, 'title' | 'check'>): Promise<void> {
  try {
    await inTime(check());
  } catch (error) {
    throw new AppError('unavailable', `${title}: ${(error as Error).message}`, { headers: { 'retry-after': '5' } });
  }
}

/** The answer of a database or a broker, or a rejection where it takes too long. */
export async function inTime<Answer>(asked: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
