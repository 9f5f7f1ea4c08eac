import { type BeforeApplicationShutdown, Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RunSignals, SimulationStore } from '#platform';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import { WaitingCalls } from '../http/waiting-calls.js';
import { EventStream, eventId } from './event-stream.js';
import { simulationId } from './simulations.controller.js';
import { isOver, SimulationsService } from './simulations.service.js';

/** Runs in other processes tell nothing here: their rows are looked at. */
const LOOK_MS = 1_000;
/** Keeps proxies from closing a connection on which nothing happens. */
const COMMENT_MS = 15_000;

@ApiTags('Simulations')
@Controller('v1/simulations')
export class EventsController implements BeforeApplicationShutdown {
  private readonly open = new Set<EventStream>();

  constructor(
    private readonly service: SimulationsService,
    private readonly simulations: SimulationStore,
    private readonly signals: RunSignals,
    private readonly waiting: WaitingCalls,
  ) {}

  @Get(':id/events')
  @Operation({
    summary: 'Follow a simulation',
    description:
      'Server-sent events (`curl -N`): `status` when the status changes, `progress` while it runs, each with `{id, status, progress}`. The stream ends with the run. A client that comes back with `Last-Event-ID` gets what is new; where nothing can be new any more, 204.',
    path: simulationId,
    headers: {
      'Last-Event-ID': { description: 'The id of the last event that was seen; browsers send it by themselves' },
    },
    responses: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      204: { description: 'The client has seen the last event' },
    },
    errors: ['not-found', 'quota-exceeded'],
  })
  async followSimulation(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.find(tenant, id);
    if (isOver(row) && lastEventId === eventId(row)) {
      response.status(204).end();
      return;
    }
    const leave = this.waiting.enter(tenant);
    const stream = new EventStream(response, row.id, lastEventId);
    this.open.add(stream);
    const look = async () => {
      const now = await this.simulations.find(tenant, row.id);
      if (now) stream.tell(now);
      else stream.end();
    };
    const stopListening = this.signals.listen(row.id, (news) => stream.tell(news));
    const looking = setInterval(() => void look().catch(() => stream.end()), LOOK_MS);
    const commenting = setInterval(() => stream.comment(), COMMENT_MS);
    stream.onEnd(() => {
      leave();
      stopListening();
      clearInterval(looking);
      clearInterval(commenting);
      this.open.delete(stream);
    });
    // Once more: it may have changed before anybody listened.
    await look();
  }

  /** An open stream would keep the server from ending. */
  beforeApplicationShutdown(): void {
    for (const stream of [...this.open]) stream.end();
  }
}
