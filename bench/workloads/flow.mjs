/** The bare flow of ten events a request: the engine's own API and a model that does as little as possible. */
import { deepStrictEqual, ok } from 'node:assert';
import { has } from '../harness/peers.mjs';
import { runProgram } from '../harness/rounds.mjs';
import { cpp, engine, simpy } from '../programs.mjs';

const REQUESTS = 1_000_000;
const RATE = 10_000;
/** SimPy takes 15 s for a million: a quick run lets it do fewer, which is faster a request. */
const simpyRequests = (quick) => (quick ? 200_000 : REQUESTS);

const figuresOf = ({ meanLatencyMs, translated, probes }) => ({ meanLatencyMs, translated, probes });

/** What every engine with the same random stream must print at a million requests and 10,000/s. */
function checkExactly(figures) {
  deepStrictEqual(figuresOf(figures), { meanLatencyMs: 7.10963, translated: 0.9901, probes: 5003 });
}

/** SimPy has numbers of its own: near, not equal. */
function checkNearly({ meanLatencyMs, translated }) {
  ok(Math.abs(meanLatencyMs - 7.1) < 0.06, `mean latency ${meanLatencyMs} ms`);
  ok(Math.abs(translated - 0.99) < 0.002, `translated ${translated}`);
}

const engineFlow = { ...engine('flow', REQUESTS, RATE), check: checkExactly };
const cppFlow = { ...cpp('flow', REQUESTS, RATE), check: checkExactly };
export const simpyFlow = (quick) => ({ ...simpy('flow', simpyRequests(quick), RATE), check: checkNearly });
export const simpyStored = (quick) => ({ ...simpy('stored_flow', simpyRequests(quick), RATE), check: checkNearly });

export default function flow({ quick }) {
  const measure = ({ engine, peer }) => engine.rate / peer.rate;
  const what = 'bare flow, ten events a request';
  return {
    /** With the same stream SimPy's model is the same model. */
    selfCheck() {
      if (!has('simpy') || !has('cpp')) return;
      const same = runProgram(simpy('flow', 20_000, RATE, 'check'));
      deepStrictEqual(figuresOf(same), figuresOf(runProgram(cpp('flow', 20_000, RATE))));
    },
    rows: [
      {
        what,
        against: 'SimPy',
        programs: { engine: engineFlow, peer: simpyFlow(quick) },
        measure,
        unit: '×',
        floor: 14,
        goal: 18,
      },
      {
        what,
        against: 'C++ `std::priority_queue`',
        programs: { engine: engineFlow, peer: cppFlow },
        measure,
        unit: '×',
        floor: 0.65,
        goal: 0.85,
      },
    ],
  };
}
