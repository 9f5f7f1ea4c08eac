/** The whole product: a scenario goes in by HTTP, is simulated by a worker and stored in SQLite, and its rows are read by HTTP. */
import { join } from 'node:path';
import { ensureBuilt } from '../../bin/project.mjs';
import { root } from '../harness/folders.mjs';
import { engine } from '../programs.mjs';
import { simpyStored } from './flow.mjs';

const MILLION = 1_000_000;
const server = join(root, 'dist', 'apps', 'api', 'src', 'main.js');

const withPages = engine('end-to-end', MILLION, server, 'pages');
const alone = engine('end-to-end', MILLION, server);
const many = engine('end-to-end', 10 * MILLION, server);

const ceiling = { smallerIsBetter: true };
const pages = (what, measure, budget) => ({
  what,
  against: '',
  programs: { withPages },
  measure,
  ...budget,
  ...ceiling,
});

export default function stored({ quick }) {
  return {
    prepare: ensureBuilt,
    rows: [
      {
        what: 'end to end: simulated, stored, read by HTTP, 1e6 requests',
        against: 'SimPy, then SQLite',
        programs: { engine: alone, peer: simpyStored(quick) },
        measure: ({ engine, peer }) => engine.rate / peer.rate,
        unit: '×',
        floor: 5,
        goal: 13,
      },
      {
        what: 'the same, in requests',
        against: '',
        programs: { alone },
        measure: (figures) => figures.alone.rate / MILLION,
        unit: 'M/s',
        floor: 0.5,
        goal: 0.9,
      },
      {
        what: 'a request row on disk',
        against: '',
        programs: { alone },
        measure: (figures) => figures.alone.bytesPerRow,
        unit: 'bytes',
        floor: 16,
        ...ceiling,
      },
      pages('page of 100 at any depth, p50', ({ withPages }) => withPages.pageP50Ms, { unit: 'ms', floor: 2, goal: 1 }),
      pages('page of 100 at any depth, p99', ({ withPages }) => withPages.pageP99Ms, { unit: 'ms', floor: 6 }),
      pages('the deepest page against the first', ({ withPages }) => withPages.deepestToFirst, {
        unit: '×',
        floor: 1.5,
      }),
      pages('page of 100 while a run goes on, p50', ({ withPages }) => withPages.duringP50Ms, { unit: 'ms', floor: 3 }),
      ...(quick ? [] : memory),
    ],
  };
}

const memory = [
  {
    what: 'memory of the server, 1e7 requests',
    against: '',
    programs: { many },
    measure: (figures) => figures.many.peakMb,
    unit: 'MB',
    floor: 300,
    goal: 200,
    ...ceiling,
  },
  {
    what: 'memory of the server, each further million',
    against: '',
    programs: { many, alone },
    measure: (figures) => Math.max(0, figures.many.peakMb - figures.alone.peakMb) / 9,
    unit: 'MB',
    floor: 10,
    ...ceiling,
  },
];
