import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

interface Event {
  id: string;
  event: string;
  data: { id: string; status: string; progress: number };
}

/** Reads events until the stream ends, or `enough` says so. */
async function follow(
  id: string,
  headers: Record<string, string> = {},
  enough: (event: Event) => boolean = () => false,
) {
  const aborter = new AbortController();
  const response = await fetch(`${server.origin}/v1/simulations/${id}/events`, { headers, signal: aborter.signal });
  const events: Event[] = [];
  let text = '';
  if (response.status === 200)
    try {
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
          if (fields.data === undefined) continue;
          const event = { ...fields, data: JSON.parse(fields.data) } as Event;
          events.push(event);
          if (enough(event)) aborter.abort();
        }
      }
    } catch (error) {
      if (!aborter.signal.aborted) throw error;
    }
  return { status: response.status, type: response.headers.get('content-type'), events };
}

describe('the events of a simulation', () => {
  it('tell its way to the end, and then end', async () => {
    const scenario = loadScenario({ ratePerSecond: 40_000, seconds: 15 });
    const { body } = await server.http.post('/v1/simulations').send({ scenario }).expect(202);
    const { type, events } = await follow(body.id);
    expect(type).toMatch(/^text\/event-stream/);
    const statuses = events.filter(({ event }) => event === 'status').map(({ data }) => data.status);
    expect(statuses.at(-1)).toBe('succeeded');
    expect(statuses).toContain('running');
    const progress = events.map(({ data }) => data.progress);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const read = await server.http.get(`/v1/simulations/${body.id}`).expect(200);
    expect(read.body.status).toBe('succeeded');
  });

  it('go on where a client lost them', async () => {
    const scenario = loadScenario({ ratePerSecond: 40_000, seconds: 30 });
    const { body } = await server.http.post('/v1/simulations').send({ scenario }).expect(202);
    const first = await follow(body.id, {}, ({ data }) => data.progress > 0.1);
    const lastId = first.events.at(-1)!.id;
    const second = await follow(body.id, { 'Last-Event-ID': lastId });
    expect(second.events.map(({ id }) => id)).not.toContain(lastId);
    expect(second.events.at(-1)!.data.status).toBe('succeeded');
    const seen = first.events.at(-1)!.data.progress;
    for (const { data } of second.events) expect(data.progress).toBeGreaterThanOrEqual(seen);
    const third = await follow(body.id, { 'Last-Event-ID': second.events.at(-1)!.id });
    expect(third.status).toBe(204);
  });

  it('of one that has ended are its end', async () => {
    const { id } = await simulate(server, { preset: 'source-ip-tutorial' });
    const { events } = await follow(id);
    expect(events.map(({ event, data }) => [event, data.status])).toEqual([['status', 'succeeded']]);
  });

  it('of one that is cancelled end with that', async () => {
    const scenario = loadScenario({ ratePerSecond: 50_000, seconds: 200 });
    const { body } = await server.http.post('/v1/simulations').send({ scenario }).expect(202);
    const following = follow(body.id);
    await follow(body.id, {}, ({ data }) => data.status === 'running');
    await server.http.delete(`/v1/simulations/${body.id}`).expect(202);
    expect((await following).events.at(-1)!.data.status).toBe('cancelled');
  });

  it('of one that is not there are a problem', async () => {
    expect((await follow('nobody')).status).toBe(404);
  });
});

it('an open stream does not keep the server from ending, and its run is given back', async () => {
  const own = await startServer();
  const scenario = loadScenario({ ratePerSecond: 50_000, seconds: 200 });
  const { body } = await own.http.post('/v1/simulations').send({ scenario }).expect(202);
  const stream = await fetch(`${own.origin}/v1/simulations/${body.id}/events`);
  const reading = stream.text().catch(() => 'cut');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const began = performance.now();
  await own.close();
  expect(performance.now() - began).toBeLessThan(2000);
  await reading;
});
