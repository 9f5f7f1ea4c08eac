/** Many clients at once: small GETs of 200 keep-alive clients, 300 a second in all, while simulations run. */
import { join } from 'node:path';
import { ensureBuilt } from '../../bin/project.mjs';
import { root } from '../harness/folders.mjs';
import { engine } from '../programs.mjs';

const server = join(root, 'dist', 'apps', 'api', 'src', 'main.js');

export default function load({ quick }) {
  const programs = { load: engine('load', server, quick ? 10 : 20) };
  const row = (what, measure, floor, unit) => ({
    what: `small GETs of 200 clients, 300/s, while simulations run: ${what}`,
    against: '',
    programs,
    measure: (figures) => measure(figures.load),
    unit,
    floor,
    smallerIsBetter: true,
  });
  return {
    prepare: ensureBuilt,
    rows: [
      row('p50', ({ p50Ms }) => p50Ms, 15, 'ms'),
      row('p99', ({ p99Ms }) => p99Ms, 100, 'ms'),
      row('errors', ({ errors }) => errors, 0, ''),
    ],
  };
}
