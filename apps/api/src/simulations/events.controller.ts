import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { type RunNews, type SimulationRow, SimulationStore } from '#platform';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import { EVENT_STREAM, EventFollower } from './event-follower.js';
import { simulationId } from './simulations.controller.js';
import { SimulationsService } from './simulations.service.js';

@ApiTags('Simulations')
@Controller('v1/simulations')
export class EventsController {
  constructor(
    private readonly service: SimulationsService,
    private readonly simulations: SimulationStore,
    private readonly follower: EventFollower,
  ) {}

  @Get(':id/events')
  @Operation({
    summary: 'Follow a simulation',
    description:
      'Server-sent events (`curl -N`): `status` when the status changes, `progress` while it runs, each with `{id, status, progress}`. The stream ends with the run. A client that comes back with `Last-Event-ID` gets what is new; where nothing can be new any more, 204.',
    path: simulationId,
    ...EVENT_STREAM,
  })
  async followSimulation(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.find(tenant, id);
    await this.follower.follow(tenant, response, lastEventId, stateOf(row), async () => {
      const now = await this.simulations.find(tenant, row.id);
      return now && stateOf(now);
    });
  }
}

function stateOf({ id, status, attempt, progress }: SimulationRow): RunNews {
  return { id, status, attempt, progress };
}
