/** What GET of an experiment answers: made in a thread if it is large, once for all who ask meanwhile, and kept when its runs change no more. */
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type ExperimentRow, ExperimentStore, VERSION } from '#platform';
import { MEDIA } from '../http/accept.js';
import { noSuch } from '../http/no-such.js';
import { ModelThreads } from '../scenarios/model-threads.js';
import { Recent } from '../simulations/recent.js';
import { isOver } from '../simulations/run-watch.js';
import { outlineOf } from './experiment-shapes.js';
import type { ExperimentFormat } from './experiment-table.js';

/** With the most cells and figures that there may be some 2 MB each. */
const ANSWERS_KEPT = 16;

@Injectable()
export class ExperimentWriter {
  private readonly kept = new Recent<string>(ANSWERS_KEPT);
  private readonly underway = new Map<string, Promise<string>>();

  constructor(
    private readonly store: ExperimentStore,
    private readonly threads: ModelThreads,
  ) {}

  /** With an ETag where it is the last word; 304 where that is known. */
  async sendCurrent(row: ExperimentRow, format: ExperimentFormat, request: Request, response: Response): Promise<void> {
    const settled = await this.isSettled(row);
    if (settled) {
      response.setHeader('ETag', `"${keyOf(row, format)}"`);
      response.setHeader('Cache-Control', 'private, no-cache');
      if (request.fresh) {
        response.status(304).end();
        return;
      }
    }
    response.type(MEDIA[format]).send(await this.text(row, format, settled));
  }

  async send(row: ExperimentRow, format: ExperimentFormat, response: Response): Promise<void> {
    response.type(MEDIA[format]).send(await this.text(row, format, await this.isSettled(row)));
  }

  private async text(row: ExperimentRow, format: ExperimentFormat, settled: boolean): Promise<string> {
    const key = keyOf(row, format);
    if (settled) return this.kept.get(key, () => this.made(row, format));
    const making = this.underway.get(key) ?? this.made(row, format).finally(() => this.underway.delete(key));
    this.underway.set(key, making);
    return making;
  }

  private async made(row: ExperimentRow, format: ExperimentFormat): Promise<string> {
    const [progress, cells, trials] = await Promise.all([
      isOver(row) ? row.runsDone / row.runs : this.store.progress(row),
      this.store.cells(row.tenant, row.id),
      this.store.results(row.tenant, row.id),
    ]);
    if (cells.length === 0) throw noSuch('experiment', row.id);
    const { figures } = JSON.parse(row.settings) as { figures: string[] };
    return this.threads.experiment(format, { outline: outlineOf(row, progress), figures, cells, trials });
  }

  /** Runs of one that was cancelled may be under way for a moment, and count when they end after all. */
  private async isSettled(row: ExperimentRow): Promise<boolean> {
    return isOver(row) && (row.status !== 'cancelled' || !(await this.store.hasOpenTrials(row.id)));
  }
}

/** One that was deleted may be made again under its id (the example): then it is another. Who sees a change asks for it anew. */
function keyOf({ id, createdAtMs, status, runsDone }: ExperimentRow, format: ExperimentFormat): string {
  return `${id}-${createdAtMs.toString(36)}-${status}-${runsDone}-${VERSION}-${format}`;
}
