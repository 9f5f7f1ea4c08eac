import { type BeforeApplicationShutdown, Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RunSignals, SimulationStore } from '#platform';
import { Operation } from '../http/operation.js';
import { simulationId } from './simulations.controller.js';
import { isOver, SimulationsService } from './simulations.service.js';

/** A client that lost its connection comes back after this time. */
const RETRY_MS = 1_000;
/** Runs in other processes tell nothing here: their rows are looked at. */
const LOOK_MS = 1_000;
/** Keeps proxies from closing a connection on which nothing happens. */
const COMMENT_MS = 15_000;

interface State {
  status: string;
  progress: number;
}

@ApiTags('Simulations')
@Controller('v1/simulations')
export class EventsController implements BeforeApplicationShutdown {
  private readonly open = new Set<EventStream>();

  constructor(
    private readonly service: SimulationsService,
    private readonly simulations: SimulationStore,
    private readonly signals: RunSignals,
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
    errors: ['not-found'],
  })
  async followSimulation(
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.find(id);
    if (isOver(row) && lastEventId === eventId(row)) {
      response.status(204).end();
      return;
    }
    const stream = new EventStream(response, row.id, lastEventId);
    this.open.add(stream);
    const look = async () => {
      const now = await this.simulations.find(row.id);
      if (now) stream.tell(now);
      else stream.end();
    };
    const stopListening = this.signals.listen(row.id, (news) => stream.tell(news));
    const looking = setInterval(() => void look().catch(() => stream.end()), LOOK_MS);
    const commenting = setInterval(() => stream.comment(), COMMENT_MS);
    stream.onEnd(() => {
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

/** Ids tell states apart, so that a client that has seen one does not get it again. */
function eventId({ status, progress }: State): string {
  return `${status}-${Math.floor(progress * 10_000)}`;
}

class EventStream {
  private lastId: string;
  private lastStatus: string | null = null;

  constructor(
    private readonly response: Response,
    private readonly simulation: string,
    lastEventId: string | undefined,
  ) {
    this.lastId = lastEventId ?? '';
    response
      .status(200)
      .set({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  onEnd(listener: () => void): void {
    this.response.once('close', listener);
  }

  /** Writes an event where this is news, and ends with the run. */
  tell({ status, progress }: State): void {
    if (this.response.writableEnded) return;
    const id = eventId({ status, progress });
    if (id !== this.lastId) {
      const event = status === this.lastStatus ? 'progress' : 'status';
      const data = JSON.stringify({ id: this.simulation, status, progress });
      this.response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
      this.lastId = id;
      this.lastStatus = status;
    }
    if (isOver({ status } as Parameters<typeof isOver>[0])) this.end();
  }

  comment(): void {
    this.response.write(':\n\n');
  }

  end(): void {
    this.response.end();
  }
}
