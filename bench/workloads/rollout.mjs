/** A rolling update each half minute under load, with probes, grace periods, kept connections, retries and busy pods. */
import { ok } from 'node:assert';
import { engine } from '../programs.mjs';
import { simpyFlow } from './flow.mjs';

const REQUESTS = 1_000_000;
const FEWER = 200_000;
const SECONDS = 100;
const SMALL = [3, 10];
const LARGE = [100, 1000];

function checkRolledOut({ ok: share, ruleSyncs }) {
  ok(
    share > 0.99 && ruleSyncs > 50,
    `${share} of the requests answered, ${ruleSyncs} syncs: this is not the rollout that is meant`,
  );
}

const rollout = (requests, [nodes, services]) => ({
  ...engine('rollout', requests, SECONDS, nodes, services),
  check: checkRolledOut,
});

/** Of the requests alone: what more of them take beside the same changes. */
const seconds = (many, few) => many.runningSeconds - few.runningSeconds;

export default function rollingUpdates({ quick }) {
  const small = rollout(REQUESTS, SMALL);
  return {
    rows: [
      {
        what: 'rollouts with probes, kept connections and retries, 1e6 requests',
        against: "SimPy's bare flow",
        programs: { engine: small, peer: simpyFlow(quick) },
        measure: ({ engine, peer }) => engine.rate / peer.rate,
        unit: '×',
        floor: 8,
        goal: 16,
      },
      {
        what: 'the same, memory of the process',
        against: '',
        programs: { engine: small },
        measure: ({ engine }) => engine.peakMb,
        unit: 'MB',
        floor: 300,
        smallerIsBetter: true,
      },
      {
        what: 'cost of a request in them, 100 nodes and 1,000 services',
        against: 'with 3 and 10',
        programs: {
          largeMany: rollout(REQUESTS, LARGE),
          largeFew: rollout(FEWER, LARGE),
          smallMany: small,
          smallFew: rollout(FEWER, SMALL),
        },
        measure: ({ largeMany, largeFew, smallMany, smallFew }) =>
          seconds(largeMany, largeFew) / seconds(smallMany, smallFew),
        unit: '×',
        floor: 1.5,
        smallerIsBetter: true,
      },
    ],
  };
}
