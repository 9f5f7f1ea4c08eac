/** Questions over all rows of a run, from packed chunks. */
import { engine } from '../programs.mjs';

const programs = { engine: engine('question', 1_000_000) };
const budget = { against: '', programs, unit: 'ms', floor: 150, goal: 25, smallerIsBetter: true };

export default function question() {
  return {
    rows: [
      { what: 'latency quantiles by pod over 1e6 rows', measure: ({ engine }) => engine.groupMs, ...budget },
      { what: 'a filter over 1e6 rows', measure: ({ engine }) => engine.filterMs, ...budget },
    ],
  };
}
