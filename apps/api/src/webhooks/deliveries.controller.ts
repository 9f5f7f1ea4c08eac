import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { DELIVERY_STATUSES, DeliveryStore, type Position } from '#platform';
import { Operation } from '../http/operation.js';
import { Cursor, pageOf } from '../http/paging.js';
import { WholeNumber } from '../http/shapes.js';
import { Tenant } from '../http/tenant.js';
import { EXAMPLE_ID } from '../scenarios/scenario-source.js';
import { Delivery, DeliveryPage, deliveryView } from './delivery-shapes.js';
import { webhookId } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** Each has the log of up to 50 attempts. */
const MAX_PAGE = 100;

const ListQuery = z.strictObject({
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only those that have it.'),
  limit: WholeNumber(1, MAX_PAGE).default(20).describe(`How many entries a page holds at most: 1 to ${MAX_PAGE}.`),
  cursor: Cursor,
});
const NoQuery = z.strictObject({});

const oneDelivery = { ...webhookId, deliveryId: { description: 'Id of a delivery', example: EXAMPLE_ID } };
const accepted = {
  202: { description: 'It is about to be sent', content: { 'application/json': { schema: Delivery } } },
};

@ApiTags('Webhooks')
@Controller('v1/webhooks/:id')
export class DeliveriesController {
  constructor(
    private readonly service: WebhooksService,
    private readonly deliveries: DeliveryStore,
  ) {}

  @Get('deliveries')
  @Operation({
    summary: 'List the deliveries of a webhook',
    description:
      'Newest first, each with the log of its attempts: request, response, timing and what went wrong. They are kept for WEBHOOK_LOG_DAYS, and of those that have ended the 10,000 newest.',
    path: webhookId,
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: DeliveryPage } },
      },
    },
    errors: ['not-found', 'invalid-cursor'],
  })
  async listDeliveries(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof DeliveryPage>> {
    const webhook = await this.service.find(tenant, id);
    const list = async (after: Position | null, most: number) => {
      const found = await this.deliveries.list(tenant, { webhookId: webhook.id, status: query.status }, after, most);
      return found.map((logged) => ({ id: logged.row.id, createdAtMs: logged.row.createdAtMs, logged }));
    };
    const { items, next } = await pageOf(list, query, request, response);
    return { items: items.map(({ logged }) => deliveryView(logged)), next };
  }

  @Get('deliveries/:deliveryId')
  @Operation({
    summary: 'Read a delivery',
    description: 'With the log of its attempts.',
    path: oneDelivery,
    query: NoQuery,
    responses: { 200: { description: 'The delivery', content: { 'application/json': { schema: Delivery } } } },
    errors: ['not-found'],
  })
  async readDelivery(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Param('deliveryId') deliveryId: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Delivery>> {
    return deliveryView(await this.service.delivery(tenant, id, deliveryId));
  }

  @Post('deliveries/:deliveryId/redeliver')
  @HttpCode(202)
  @Operation({
    summary: 'Send a delivery again',
    description:
      'Now, with the same body and the same `webhook-id`: a receiver that has had it already can tell. What has ended begins its schedule of retries anew; what waits is brought forward. To a disabled webhook it is sent once.',
    path: oneDelivery,
    query: NoQuery,
    responses: accepted,
    errors: ['not-found', 'quota-exceeded'],
  })
  async redeliver(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Param('deliveryId') deliveryId: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Delivery>> {
    return deliveryView(await this.service.redeliver(tenant, id, deliveryId));
  }

  @Post('test')
  @HttpCode(202)
  @Operation({
    summary: 'Send a test',
    description:
      'An event `webhook.test` that says nothing else, signed like all others; also to a disabled webhook. It is sent once: look at the delivery for what came of it.',
    path: webhookId,
    query: NoQuery,
    responses: accepted,
    errors: ['not-found', 'quota-exceeded'],
  })
  async testWebhook(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Delivery>> {
    return deliveryView(await this.service.test(tenant, id));
  }
}
