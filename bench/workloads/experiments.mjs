/** An experiment through the product: 1,000 runs of 10,000 requests, by worker processes of one thread and one core each. */
import { join } from 'node:path';
import { ensureBuilt } from '../../bin/project.mjs';
import { root } from '../harness/folders.mjs';
import { engine } from '../programs.mjs';

const REQUESTS = 10_000;
/** Runs after which V8 has nothing left to compile. */
const WARM = 1_000;

export default function experiments({ quick }) {
  const runs = quick ? 200 : 1000;
  const workers = (count, warm) => engine('experiment', runs, REQUESTS, count, join(root, 'dist'), warm);
  const [one, two] = [workers(1, 0), workers(2, 0)];
  const [oneWarm, twoWarm] = [workers(1, WARM), workers(2, WARM)];
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
        what: 'the same: throughput of two workers that have run before, on a core each',
        against: '1 worker on 1 core',
        programs: { oneWarm, twoWarm },
        measure: (figures) => figures.oneWarm.seconds / figures.twoWarm.seconds,
        unit: '×',
        floor: 1.8,
      },
    ],
  };
}
