import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, DEFAULT_TENANT, inTime, Metrics, Readiness, SimulationStore } from '#platform';
import { Access } from '../http/access.js';
import { Operation } from '../http/operation.js';
import { Count } from '../http/shapes.js';
import type { WithPrincipal } from '../http/tenant.js';

const Ready = z
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
    private readonly readiness: Readiness,
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
      'Asks the database, whether its tables are up to date, and the broker where QUEUE_URL names one. Says no, first of all, when the process is about to end. While this fails, what is stored can be read as far as the database answers.',
    responses: { 200: { description: 'It can', content: { 'application/json': { schema: Ready } } } },
    errors: ['unavailable'],
  })
  async readyz(@Req() { principal }: Request & WithPrincipal): Promise<z.infer<typeof Ready>> {
    await this.readiness.check();
    if (principal?.tenant !== DEFAULT_TENANT) return { status: 'ready' };
    const simulations = await inTime(this.simulations.countByStatus()).catch((error: Error) => {
      throw new AppError('unavailable', `The simulations cannot be counted: ${error.message}`);
    });
    return { status: 'ready', simulations };
  }

  @Get('metrics')
  @Access('operator-read')
  @Operation({
    summary: 'Metrics for Prometheus',
    description:
      'What waits in the queue and for how long, simulations by status, durations, simulated requests and events, HTTP by route, and the process itself. docs/operations.md lists the names.',
    responses: {
      200: { description: 'Prometheus text format', content: { 'text/plain': { schema: { type: 'string' } } } },
    },
  })
  async readMetrics(@Res() response: Response): Promise<void> {
    const text = await this.metrics.text();
    response.type(this.metrics.registry.contentType).send(text);
  }
}
