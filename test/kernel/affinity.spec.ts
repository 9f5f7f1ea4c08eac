/** Session affinity is memory: the same flows again, and again after a while. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, client, readFlow, service } from './cluster-case.js';
import { shapeOf } from './cluster-shape.js';
import { CLUSTER_CIDR, nodes, web1, web2, web3 } from './clusters/machines.js';
import { Network } from './network.js';
import { endOf } from './observe.js';
import { endOf as foretoldEnd, predict } from './predict.js';
import { missingPrerequisites } from './prerequisites.js';

/** Long enough for a busy machine to come back in time. */
const TIMEOUT_S = 3;
/** Enough that by chance alone not all of them find the same of three endpoints again: 3^-40. */
const ADDRESSES = Array.from({ length: 40 }, (_, n) => `203.0.113.${n + 1}`);

function cluster(version: string): ClusterCase {
  return {
    name: `session affinity in ${version}`,
    version,
    cni: 'bridge',
    kubeProxy: { clusterCIDR: CLUSTER_CIDR },
    nodes,
    pods: [web1, web2, web3],
    clients: [client('crowd', ...ADDRESSES)],
    services: [
      service(
        'sticky',
        {
          type: 'NodePort',
          clusterIP: '10.96.0.10',
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: TIMEOUT_S } },
          ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
        },
        ['web-1', 'web-2', 'web-3'],
      ),
    ],
    flows: [],
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.runIf(missingPrerequisites().length === 0)('session affinity in the kernel', () => {
  let agent: string;
  beforeAll(() => {
    agent = compileAgent();
  });

  it.concurrent.each(['1.21', '1.33'])(
    'keeps a client at its pod while it comes back in time, in %s',
    async (version) => {
      const sticky = cluster(version);
      const prediction = predict(sticky);
      const flowOf = (ip: string, to: string) => readFlow([`crowd as ${ip} via n1`, to, '']);
      const foretold = ['10.96.0.10:80', '192.168.0.11:30080'].flatMap((to) => {
        const flow = flowOf(ADDRESSES[0]!, to);
        return prediction.trace(flow).map((outcome) => foretoldEnd(sticky, flow, outcome));
      });
      const network = await Network.build(shapeOf(sticky), agent);
      /** By address of the crowd: the pod that answered. */
      const crowd = async (to: string) => {
        const attempts = ADDRESSES.map((ip) => network.attempt({ ...flowOf(ip, to), timeoutMs: 2_000 }));
        const ends = (await Promise.all(attempts)).map(endOf);
        for (const end of ends) expect(foretold).toContain(end);
        return ends.map((end) => end.split(' ')[0]);
      };
      try {
        await network.load(prediction.rules);
        const first = await crowd('10.96.0.10:80');
        expect(new Set(first).size).toBe(3);
        expect(await crowd('10.96.0.10:80')).toEqual(first);
        // A service port has one memory on a node, whichever way it is reached.
        expect(await crowd('192.168.0.11:30080')).toEqual(first);
        // Each new connection starts the time anew: more than the timeout after the first, but not after the last one.
        await pause(TIMEOUT_S * 550);
        expect(await crowd('10.96.0.10:80')).toEqual(first);
        await pause(TIMEOUT_S * 550);
        expect(await crowd('10.96.0.10:80')).toEqual(first);
        await pause(TIMEOUT_S * 1_200);
        expect(await crowd('10.96.0.10:80')).not.toEqual(first);
      } finally {
        await network.close();
      }
    },
  );
});
