/** An experiment through the product: 1,000 runs of 10,000 requests, by worker processes of one thread each. */
import { join } from 'node:path';
import { ensureBuilt } from '../../bin/project.mjs';
import { root } from '../harness/folders.mjs';
import { engine } from '../programs.mjs';

const REQUESTS = 10_000;

export default function experiments({ quick }) {
  const runs = quick ? 200 : 1000;
  const workers = (count) => engine('experiment', runs, REQUESTS, count, join(root, 'dist'));
  const [one, two] = [workers(1), workers(2)];
  const what = `experiment: ${runs} runs of 10,000 requests`;
  return {
    prepare: ensureBuilt,
    rows: [
      {
        what: `${what}, 1 worker`,
        against: '',
        programs: { one },
        measure: (figures) => figures.one.seconds,
        unit: 's',
        smallerIsBetter: true,
      },
      {
        what: `${what}, 2 workers`,
        against: '',
        programs: { two },
        measure: (figures) => figures.two.seconds,
        unit: 's',
        floor: (60 * runs) / 1000,
        smallerIsBetter: true,
      },
      {
        what: 'the same: two workers against one',
        against: '1 worker',
        programs: { one, two },
        measure: (figures) => figures.one.seconds / figures.two.seconds,
        unit: '×',
        floor: 1.8,
      },
    ],
  };
}
