import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, DEFAULT_TENANT, JOB_QUEUE, type JobQueue, Metrics, SimulationStore } from '#platform';
import { Access } from '../http/access.js';
import { Operation } from '../http/operation.js';
import { Count } from '../http/shapes.js';
import type { WithPrincipal } from '../http/tenant.js';

/** How long a database or a broker may take to answer. */
const ANSWER_MS = 2_000;

const Readiness = z
  .object({
    status: z.literal('ready'),
    simulations: z
      .record(z.string(), Count)
      .optional()
      .describe('How many, by status; where nobody is asked for a key, or with one of the tenant `default`.'),
  })
  .meta({ id: 'Readiness' });

@ApiTags('Operations')
@Controller()
export class OpsController {
  constructor(
    private readonly simulations: SimulationStore,
    private readonly metrics: Metrics,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
  ) {}

  @Get('livez')
  @Access('open')
  @Operation({
    summary: 'Is the process alive?',
    description: 'Answers as long as the process does. Restart it when this fails.',
    responses: { 200: { description: 'It is', content: { 'text/plain': { schema: { type: 'string' } } } } },
  })
  livez(@Res() response: Response): void {
    response.type('text/plain').send('ok\n');
  }

  @Get('readyz')
  @Access('open')
  @Operation({
    summary: 'Can it do its work?',
    description:
      'Asks the database, and the broker where QUEUE_URL names one. While this fails, what is stored can be read as far as the database answers.',
    responses: { 200: { description: 'It can', content: { 'application/json': { schema: Readiness } } } },
    errors: ['unavailable'],
  })
  async readyz(@Req() { principal }: Request & WithPrincipal): Promise<z.infer<typeof Readiness>> {
    const simulations = await answerOf('database', this.simulations.countByStatus());
    await answerOf('queue (QUEUE_URL)', this.queue.check());
    return { status: 'ready', ...(principal?.tenant === DEFAULT_TENANT ? { simulations } : {}) };
  }

  @Get('metrics')
  @Access('operator-read')
  @Operation({
    summary: 'Metrics for Prometheus',
    description:
      'Simulations by status, durations, simulated requests and events, HTTP by route, and the process itself.',
    responses: {
      200: { description: 'Prometheus text format', content: { 'text/plain': { schema: { type: 'string' } } } },
    },
  })
  async readMetrics(@Res() response: Response): Promise<void> {
    const { registry } = this.metrics;
    response.type(registry.contentType).send(await registry.metrics());
  }
}

/** In time, or `unavailable`. */
async function answerOf<T>(part: string, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  try {
    return await Promise.race([asked, late]);
  } catch (error) {
    throw new AppError('unavailable', `The ${part} does not answer: ${(error as Error).message}`, {
      headers: { 'retry-after': '5' },
    });
  } finally {
    clearTimeout(timer);
  }
}
