import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type SimulationRow, VERSION } from '#platform';
import { accepted } from '../http/accept.js';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import type { ReportFormat } from './render-report.js';
import { ReportWriter } from './report-writer.js';
import { simulationId } from './simulations.controller.js';
import { SimulationsService } from './simulations.service.js';

const NoQuery = z.strictObject({});

@ApiTags('Simulations')
@Controller('v1/simulations')
export class ReportController {
  constructor(
    private readonly service: SimulationsService,
    private readonly writer: ReportWriter,
  ) {}

  @Get(':id/report')
  @Operation({
    summary: 'Read the report of a run',
    description:
      'One HTML file for people, complete in itself: what happened in a sentence, expectations, outcome over time with health checks and events on the same axis, the source IPs that pods saw, where their traffic came from, latency, losses by cause, and the paths of a sample of the requests. It opens from a disk, prints, and is at most 1.5 MB whatever the run. As `image/svg+xml` the timeline alone.',
    path: simulationId,
    query: NoQuery,
    headers: { 'If-None-Match': { description: 'An ETag: 304 where it is still current' } },
    responses: {
      200: {
        description: 'The report',
        headers: { ETag: 'Changes with the run and with the version of Hairpin' },
        content: {
          'text/html': { schema: { type: 'string', description: 'One self-contained file.' } },
          'image/svg+xml': { schema: { type: 'string', description: 'The timeline alone.' } },
        },
      },
      304: { description: 'It is still the one that If-None-Match names' },
    },
    errors: ['not-found', 'not-finished', 'no-results', 'took-too-long'],
  })
  async readReport(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'html', 'svg');
    const row = await this.service.findSucceeded(tenant, id);
    const tag = etagOf(row, format);
    response.setHeader('ETag', tag);
    response.setHeader('Cache-Control', 'private, no-cache');
    if (names(ifNoneMatch, tag)) {
      response.status(304).end();
      return;
    }
    await this.writer.send(response, row, format);
  }
}

/** A finished run does not change; who writes its report does. The example is made again under its id. */
function etagOf({ id, fingerprint, createdAtMs }: SimulationRow, format: ReportFormat): string {
  return `"${id}-${fingerprint}-${createdAtMs.toString(36)}-${VERSION}-${format}"`;
}

/** Weak comparison; `*` is any. */
function names(ifNoneMatch: string | undefined, tag: string): boolean {
  const named = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(tag);
}
