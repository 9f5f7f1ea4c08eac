/** The whole model: rules, conntrack, health checks, endpoint changes; the tutorial's service under load. Nothing is stored. */
import { ok } from 'node:assert';
import { engine } from '../programs.mjs';
import { simpyFlow } from './flow.mjs';

const REQUESTS = 1_000_000;
const MANY_REQUESTS = 10_000_000;

function checkAnswered({ ok: share }) {
  ok(share > 0.95, `only ${share} of the requests were answered: this is not the load that is meant`);
}

const model = (...args) => ({ ...engine('model', ...args), check: checkAnswered });

export default function wholeModel({ quick }) {
  return {
    rows: [
      {
        what: 'whole model, simulated only, 1e6 requests',
        against: "SimPy's bare flow",
        programs: { engine: model(REQUESTS, 0), peer: simpyFlow(quick) },
        measure: ({ engine, peer }) => engine.rate / peer.rate,
        unit: '×',
        floor: 8,
        goal: 16,
      },
      {
        what: 'cost of a request with 5,000 services',
        against: 'with 10 services',
        programs: { many: model(REQUESTS, 5000, 'steady'), few: model(REQUESTS, 10, 'steady') },
        measure: ({ many, few }) => many.runningSeconds / few.runningSeconds,
        unit: '×',
        floor: 1.3,
        smallerIsBetter: true,
      },
      ...(quick ? [] : [growth]),
    ],
  };
}

const growth = {
  what: 'whole model, time for 1e7 requests',
  against: 'for 1e6',
  programs: { many: model(MANY_REQUESTS, 0), few: model(REQUESTS, 0) },
  measure: ({ many, few }) => many.seconds / few.seconds,
  unit: '×',
  floor: 11,
  smallerIsBetter: true,
};
