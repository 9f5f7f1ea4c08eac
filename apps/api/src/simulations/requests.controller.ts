import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, type SimulationRow } from '#platform';
import { requestMermaid, requestSvg } from '#report';
import { CSV_HEADER, type RequestFilter, type RequestRow, toCsv, toNdjson } from '#sim';
import { accepted, MEDIA } from '../http/accept.js';
import { Operation } from '../http/operation.js';
import { fromCursor, linkNext, listOf, MAX_PAGE, toCursor } from '../http/paging.js';
import { WholeNumber } from '../http/shapes.js';
import { Tenant } from '../http/tenant.js';
import { writeArrow } from './arrow-rows.js';
import { DiagramQuery, filterOf, RequestPage, RequestsQuery } from './result-shapes.js';
import { RunReader } from './run-reader.js';
import { simulationId } from './simulations.controller.js';
import { SimulationsService } from './simulations.service.js';

const DEFAULT_PAGE = 100;

/** Where a page begins. */
const Place = z.strictObject({ request: z.int().min(0) });

const RequestNumber = WholeNumber(0);

@ApiTags('Simulations')
@Controller('v1/simulations')
export class RequestsController {
  constructor(
    private readonly service: SimulationsService,
    private readonly reader: RunReader,
  ) {}

  @Get(':id/requests')
  @Operation({
    summary: 'Read the requests of a run',
    description:
      'One row a request: where it came from, which way it took, which source IP the pod saw, and how it ended. As JSON in pages; as `application/x-ndjson`, `text/csv` or an Arrow IPC stream all rows that pass the filters, streamed. A page costs the same at any depth.',
    path: simulationId,
    query: RequestsQuery,
    queryExamples: { outcome: ['ok', 'timeout'], limit: 100 },
    responses: {
      200: {
        description: 'A page, or all rows',
        headers: { Link: 'The next page, where there is one' },
        content: {
          'application/json': { schema: RequestPage },
          'application/x-ndjson': { schema: { type: 'string', description: 'One row a line.' } },
          'text/csv': { schema: { type: 'string', description: 'RFC 4180, with a header line.' } },
          'application/vnd.apache.arrow.stream': {
            schema: {
              type: 'string',
              format: 'binary',
              description:
                'An Arrow IPC stream of int32, float64 and dictionaries of texts: the quickest for many rows.',
            },
          },
        },
      },
    },
    errors: ['not-found', 'not-finished', 'no-results', 'invalid-cursor'],
  })
  async readRequests(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: RequestsQuery }) query: RequestsQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'ndjson', 'csv', 'arrow');
    const row = await this.service.findSucceeded(tenant, id);
    const filter = filterOf(query);
    const list = listOf(request, query);
    const from = fromCursor(query.cursor, Place, list)?.request ?? 0;
    if (filter !== null) await this.reader.checkFilter(row, filter);
    if (format !== 'json') {
      await this.stream(response, format, row, filter, from, query.limit);
      return;
    }
    const limit = pageSize(query.limit);
    const { rows, next } = await this.reader.page(row, filter, from, limit);
    const cursor = next === null ? null : toCursor({ request: next }, list);
    linkNext(request, response, cursor);
    response.json({ items: rows, next: cursor } satisfies z.infer<typeof RequestPage>);
  }

  @Get(':id/requests/:n/diagram')
  @Operation({
    summary: 'Draw the path of a request',
    description: 'Client, load balancer, nodes and pod, with the rewrites on the way and where it ended.',
    path: {
      ...simulationId,
      n: { description: 'Number of the request', example: 0, schema: { type: 'integer', minimum: 0 } },
    },
    query: DiagramQuery,
    responses: {
      200: {
        description: 'The diagram, by `format` or `Accept`',
        content: {
          'text/plain': { schema: { type: 'string', description: 'Mermaid.' } },
          'image/svg+xml': { schema: { type: 'string' } },
        },
      },
    },
    errors: ['not-found', 'not-finished', 'no-results'],
  })
  async drawRequest(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Param('n', { schema: RequestNumber }) n: number,
    @Query({ schema: DiagramQuery }) { format }: z.infer<typeof DiagramQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.reader.request(await this.service.findSucceeded(tenant, id), n);
    if (!row)
      throw new AppError('not-found', `Simulation ${id} has no request ${n}.`, {
        hint: 'They are counted from 0; GET …/requests lists them.',
      });
    const isSvg = format === undefined ? accepted(request, 'text', 'svg') === 'svg' : format === 'svg';
    if (isSvg) response.type('image/svg+xml').send(requestSvg(row));
    else response.type('text/plain').send(requestMermaid(row));
  }

  private async stream(
    response: Response,
    format: 'ndjson' | 'csv' | 'arrow',
    row: SimulationRow,
    filter: RequestFilter | null,
    from: number,
    limit: number | undefined,
  ): Promise<void> {
    const most = limit ?? Number.POSITIVE_INFINITY;
    response.type(MEDIA[format]);
    const written =
      format === 'arrow'
        ? this.reader
            .columns(row, filter, from, most)
            .then(({ batches, dictionaries }) => writeArrow(batches, dictionaries, response))
        : pipeline(Readable.from(textOf(upTo(this.reader.batches(row, filter, from), most), format)), response);
    // A client that goes away early is no error of the server.
    await written.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  }
}

function pageSize(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_PAGE;
  if (limit <= MAX_PAGE) return limit;
  const message = `A page holds at most ${MAX_PAGE} rows.`;
  const hint = `Follow next, or ask for ${MEDIA.ndjson}, ${MEDIA.csv} or ${MEDIA.arrow}, which have no limit.`;
  throw new AppError('invalid-request', message, {
    issues: [{ code: 'bad-value', severity: 'error', path: '?limit', message, hint }],
  });
}

async function* upTo(batches: AsyncIterable<RequestRow[]>, limit: number): AsyncGenerator<RequestRow[]> {
  let left = limit;
  for await (const batch of batches) {
    yield batch.length > left ? batch.slice(0, left) : batch;
    left -= batch.length;
    if (left <= 0) return;
  }
}

async function* textOf(batches: AsyncIterable<RequestRow[]>, format: 'ndjson' | 'csv'): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEADER;
  for await (const batch of batches) yield format === 'csv' ? toCsv(batch) : toNdjson(batch);
}
