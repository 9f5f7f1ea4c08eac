/** The hold model: the event queue alone. */
import { strictEqual } from 'node:assert';
import { cpp, engine, simpy } from '../programs.mjs';

const budgets = [
  { pending: 1_000, floor: 0.9, goal: 1.0 },
  { pending: 100_000, floor: 0.7, goal: 1.3 },
  { pending: 1_000_000, floor: 0.5, goal: 3.5 },
];
/** So many that a run takes half a second or more. */
const holdsAt = (pending) => (pending === 1_000 ? 10_000_000 : 4_000_000);
const SIMPY_HOLDS = 300_000;
/** SimPy's processes for a million pending events would take a gigabyte and most of a round. */
const simpyBudgets = [
  { pending: 1_000, floor: 15 },
  { pending: 100_000, floor: 25, goal: 50 },
];

export default function hold() {
  const what = (pending) => `event queue, hold model, ${pending.toLocaleString('en')} pending`;
  return {
    rows: [
      ...budgets.map(({ pending, floor, goal }) => ({
        what: what(pending),
        against: 'C++ `std::priority_queue`',
        programs: { engine: engine('hold', pending, holdsAt(pending)), peer: cpp('hold', pending, holdsAt(pending)) },
        measure: ({ engine, peer }) => {
          strictEqual(engine.endTime, peer.endTime, 'hold: the engine and C++ did not handle the same events');
          return engine.rate / peer.rate;
        },
        unit: '×',
        floor,
        goal,
      })),
      ...simpyBudgets.map(({ pending, floor, goal }) => ({
        what: what(pending),
        against: 'SimPy',
        programs: { engine: engine('hold', pending, holdsAt(pending)), peer: simpy('hold', pending, SIMPY_HOLDS) },
        measure: ({ engine, peer }) => engine.rate / peer.rate,
        unit: '×',
        floor,
        goal,
      })),
    ],
  };
}
