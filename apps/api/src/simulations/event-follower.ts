import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { KeyRing, type RunNews, RunSignals } from '#platform';
import { whoAsks } from '../http/key-check.js';
import type { OperationSpec } from '../http/operation.js';
import { WaitingCalls } from '../http/waiting-calls.js';
import { EventStream, eventId } from './event-stream.js';
import { isOver } from './run-watch.js';

/** Runs in other processes tell nothing here: their rows are looked at. And so is the key. */
const LOOK_MS = 1_000;
/** Keeps proxies from closing a connection on which nothing happens. */
const COMMENT_MS = 15_000;

/** What every operation that follows a run says of itself. */
export const EVENT_STREAM = {
  headers: {
    'Last-Event-ID': { description: 'The id of the last event that was seen; browsers send it by themselves' },
  },
  responses: {
    200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
    204: { description: 'The client has seen the last event' },
  },
  errors: ['not-found', 'quota-exceeded'],
} satisfies Partial<OperationSpec>;

/** Server-sent events of runs of any kind, until they end, or the key of who follows them opens nothing any more. */
@Injectable()
export class EventFollower implements BeforeApplicationShutdown {
  private readonly open = new Set<EventStream>();

  constructor(
    private readonly signals: RunSignals,
    private readonly waiting: WaitingCalls,
    private readonly keys: KeyRing,
  ) {}

  /** `state`: as it is; `read`: as it is by then, null where it was deleted. */
  async follow(
    tenant: string,
    response: Response,
    lastEventId: string | undefined,
    state: RunNews,
    read: () => Promise<RunNews | null>,
  ): Promise<void> {
    if (isOver(state) && lastEventId === eventId(state)) {
      response.status(204).end();
      return;
    }
    const leave = this.waiting.enter(tenant);
    const stream = new EventStream(response, state.id, lastEventId);
    this.open.add(stream);
    const look = async () => {
      const isKnown = await whoAsks(this.keys, response.req, LOOK_MS);
      const now = isKnown && (await read());
      if (now) stream.tell(now);
      else stream.end();
    };
    const stopListening = this.signals.listen(state.id, (news) => stream.tell(news));
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
