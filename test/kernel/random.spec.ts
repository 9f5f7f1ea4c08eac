/** Clusters from a fixed seed; `npm run conformance` compares as many others as wanted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { missingPrerequisites } from './prerequisites.js';
import { type ClusterReport, runCluster } from './random/run.js';

const SEED = 1;
const CLUSTERS = 25;

describe.runIf(missingPrerequisites().length === 0).each(['iptables', 'nftables'] as const)(
  'random clusters in mode %s',
  (mode) => {
    const reports: ClusterReport[] = [];
    let agent: string;

    beforeAll(() => {
      agent = compileAgent();
    });

    afterAll(() => {
      const sum = (of: 'flows' | 'agree') => reports.reduce((total, report) => total + report[of], 0);
      const flows = `${sum('flows')} flows, ${sum('agree')} agree`;
      console.log(`kernel conformance: ${flows} (${mode}, ${reports.length} random clusters)`);
    });

    it.concurrent.each([...Array(CLUSTERS).keys()])(
      'cluster %i does what Hairpin says',
      { timeout: 60_000 },
      async (n) => {
        const report = await runCluster(SEED, n, mode, agent);
        reports.push(report);
        expect([...report.disagreements].join('\n')).toBe('');
        expect(report.flows).toBeGreaterThan(20);
      },
    );
  },
);
