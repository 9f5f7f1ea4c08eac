/**
 * end-to-end REQUESTS MAIN [pages]: the server as `npm start` starts it, SQLite in a folder of its own, asked over HTTP.
 *
 * The clock starts with the POST of the scenario and stops when a page of 100 near the end has come back.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from './load-scenario.js';
import { quantile } from './quantile.js';
import { originOf, startServer } from './server.js';

const PAGE = 100;
const WALK_PAGE = 1000;
const RANDOM_PAGES = 2000;
const READERS = 2;

interface Simulation {
  id: string;
  status: string;
  summary: { requests: number; outcomes: Record<string, number> };
}

interface Page {
  items: unknown[];
  next: string | null;
}

const [requestsText, main, mode] = process.argv.slice(2) as [string, string, string | undefined];
const requests = Number(requestsText);
const folder = mkdtempSync(join(tmpdir(), 'hairpin-bench-'));
const server = startServer(main, folder);
try {
  const origin = await originOf(server);
  const stored = await storeOne(origin);
  const figures = {
    ...stored.figures,
    bytesPerRow: folderBytes() / requests,
    ...(mode === 'pages' ? await readPages(origin, stored.id) : {}),
    peakMb: peakMb(),
  };
  console.log(JSON.stringify(figures));
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function storeOne(origin: string) {
  const start = performance.now();
  const { id, summary } = await simulate(origin);
  const page = await getPage(origin, id, `fromMs=${requests / 10 - 500}&limit=${PAGE}`);
  const seconds = (performance.now() - start) / 1000;
  if (summary.requests !== requests || page.items.length !== PAGE) throw new Error(JSON.stringify(summary));
  return { id, figures: { rate: requests / seconds, seconds, ok: (summary.outcomes.ok ?? 0) / requests } };
}

async function simulate(origin: string): Promise<Simulation> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=60' };
  const body = JSON.stringify({ scenario: loadScenario(requests) });
  let simulation = await json<Simulation>(`${origin}/v1/simulations`, { method: 'POST', headers, body });
  while (simulation.status === 'queued' || simulation.status === 'running') {
    simulation = await json<Simulation>(`${origin}/v1/simulations/${simulation.id}`, {
      headers: { prefer: 'wait=60' },
    });
  }
  if (simulation.status !== 'succeeded') throw new Error(JSON.stringify(simulation));
  return simulation;
}

/** Every page in turn, then pages at random places, then the same while another run goes on. */
async function readPages(origin: string, id: string) {
  const cursors: string[] = [];
  const start = performance.now();
  for (let page = await getPage(origin, id, `limit=${WALK_PAGE}`); ; ) {
    if (page.next === null) break;
    cursors.push(page.next);
    page = await getPage(origin, id, `limit=${WALK_PAGE}&cursor=${page.next}`);
  }
  const rowsPerSecond = requests / ((performance.now() - start) / 1000);
  if (cursors.length !== requests / WALK_PAGE - 1) throw new Error(`${cursors.length} pages`);
  const times = (await Promise.all(Array.from({ length: READERS }, () => read(RANDOM_PAGES / READERS)))).flat();
  const deepest = await Promise.all([readAt(cursors[0]!), readAt(cursors.at(-1)!)]);
  const during = await whileRunning(origin, () => read(1));
  return {
    rowsPerSecond,
    pageP50Ms: quantile(times, 0.5),
    pageP99Ms: quantile(times, 0.99),
    deepestToFirst: deepest[1] / deepest[0],
    duringP50Ms: quantile(during, 0.5),
    duringWorstMs: quantile(during, 1),
  };

  async function read(pages: number): Promise<number[]> {
    const took: number[] = [];
    for (let i = 0; i < pages; i++) {
      const cursor = cursors[Math.floor(Math.random() * cursors.length)]!;
      const before = performance.now();
      await getPage(origin, id, `limit=${PAGE}&cursor=${cursor}`);
      took.push(performance.now() - before);
    }
    return took;
  }

  async function readAt(cursor: string): Promise<number> {
    const took: number[] = [];
    for (let i = 0; i < 100; i++) {
      const before = performance.now();
      await getPage(origin, id, `limit=${PAGE}&cursor=${cursor}`);
      took.push(performance.now() - before);
    }
    return quantile(took, 0.5);
  }
}

/** What `read` measured, again and again, from the start of a run to its end. */
async function whileRunning(origin: string, read: () => Promise<number[]>): Promise<number[]> {
  const times: number[] = [];
  let running = true;
  const run = simulate(origin).finally(() => {
    running = false;
  });
  while (running) times.push(...(await read()));
  await run;
  return times;
}

async function getPage(origin: string, id: string, query: string): Promise<Page> {
  return await json<Page>(`${origin}/v1/simulations/${id}/requests?${query}`);
}

async function json<Body>(url: string, options: RequestInit = {}): Promise<Body> {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

function folderBytes(): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** The server's greatest resident size; Linux only. */
function peakMb(): number | null {
  const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
  return kb === undefined ? null : Number(kb) / 1024;
}
