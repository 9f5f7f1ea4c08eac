/** A process that compares some of the clusters: told which by its arguments, it sends a report of each to its parent. */
import { compileAgent } from '../agent.js';
import type { Mode } from '../cluster-case.js';
import { type ClusterReport, runCluster } from './run.js';

export interface ShardMessage {
  number: number;
  report: ClusterReport;
}

/** While one cluster waits for what will not be answered, another one is built. */
const AT_ONCE = 3;

const [seed, mode, ...numbers] = process.argv.slice(2);
const agent = compileAgent();
const left = numbers.map(Number);

async function work(): Promise<void> {
  for (let number = left.shift(); number !== undefined; number = left.shift()) {
    const report = await runCluster(Number(seed), number, mode as Mode, agent);
    process.send!({ number, report } satisfies ShardMessage);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
process.disconnect();
