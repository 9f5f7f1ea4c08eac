/** question REQUESTS: questions over all rows of a run, from its packed chunks, no chunk unpacked before. */
import { parseScenario } from '#scenario';
import { compileFilter, createRun, GroupQuery, matchingRows, PackedChunk, type SealedChunk } from '#sim';
import { loadScenario } from './load-scenario.js';

const TIMES = 7;

const requests = Number(process.argv[2]);
const { scenario, issues } = parseScenario(loadScenario(requests));
if (scenario === null) throw new Error(JSON.stringify(issues.slice(0, 5)));
const chunks: SealedChunk[] = [];
const run = createRun(scenario, { onChunk: (chunk) => chunks.push(chunk) });
while (!run.step(10_000));
const { dictionaries } = run.result();

function quantilesByPod(): number {
  const query = new GroupQuery('pod', dictionaries, [0.5, 0.99]);
  for (const { data } of chunks) query.add(new PackedChunk(data));
  return query.answer().groups.reduce((sum, group) => sum + group.requests, 0);
}

function requestsOfOnePod(): number {
  const filter = compileFilter({ pod: [dictionaries.pods[1]!.name] }, dictionaries);
  let found = 0;
  for (const { data } of chunks) found += matchingRows(new PackedChunk(data), filter).length;
  return found;
}

/** @returns ms, the median; the answer must be the same each time */
function time(question: () => number, least: number): number {
  const took = Array.from({ length: TIMES }, () => {
    const start = process.hrtime.bigint();
    const answer = question();
    if (answer < least) throw new Error(`${question.name} found ${answer} of ${least} requests`);
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return took.sort((x, y) => x - y)[TIMES >> 1]!;
}

console.log(
  JSON.stringify({ groupMs: time(quantilesByPod, requests), filterMs: time(requestsOfOnePod, requests / 20) }),
);
